package import NIOCore

extension EdgeConfiguration {
  /// Bounds and habits of proxied WebSockets.
  package struct Sockets: Sendable, Hashable {
    /// Whether permessage-deflate is agreed with clients and offered to origins (`allow_compression`). Default no, as
    /// Pushpin.
    package var allowsCompression = false
    /// From 1 (fast) to 9 (small). Default 6.
    package var compressionLevel = 6
    /// Bytes of one message from a client or an origin, inflated. It is passed on in pieces and never kept, so there is no
    /// limit by default.
    package var maxMessageBytes = Int.max
    /// Bytes of one frame. No limit by default.
    package var maxFrameBytes = Int.max
    /// Bytes of one message that came compressed, inflated. Default 64 MiB.
    package var maxInflatedBytes = 67_108_864
    /// Whether the edge answers clients' pings itself. Otherwise they pass to the origin, as with Pushpin. Default yes.
    package var answersPings = true
    /// After how much silence a client gets a ping. Default 30 s; 0 for never.
    package var pingInterval = TimeAmount.seconds(30)
    /// How long it has then to say anything at all. Default 10 s.
    package var pingGrace = TimeAmount.seconds(10)
    /// After how much silence an origin gets a ping, on a native WebSocket. Default 20 s; 0 for never.
    package var originPingInterval = TimeAmount.seconds(20)
    /// How long it has then to say anything at all; whoever does not is gone. Default 10 s.
    package var originPingGrace = TimeAmount.seconds(10)
    /// How long the other side has to answer a close frame. Default 10 s.
    package var closeTimeout = TimeAmount.seconds(10)
    /// Bytes that may wait for one client in this process; beyond it the client is dropped as slow. Default 1 MiB.
    package var maxQueuedBytes = 1_048_576
    /// Bytes of an origin's refusal, which is passed on whole. Default 100,000.
    package var maxRejectionBytes = 100_000
    /// Native WebSockets to origins, over all loops; beyond it 503. Default: half of the limit of descriptors.
    package var maxOriginSockets = max(64, DescriptorLimit.current / 2)
    /// A frame that is longer is passed on in pieces of at least so many bytes: peers limit the fragments of a message.
    /// Default 65,536; as many are kept for each connection on which such a frame is under way.
    package var pieceBytes = 65_536
    /// Bytes of a frame of an origin's that come to the session in one part, so that it sees control messages whole.
    /// Default 65,536.
    package var wholeOriginFrameBytes = 65_536

    package init() {}

    /// All that is wrong, by the names of the settings.
    func problems() -> [(key: String, text: String)] {
      var problems: [(key: String, text: String)] = []
      func require(_ isRight: Bool, _ key: String, _ text: String) {
        if !isRight { problems.append(("sockets." + key, text)) }
      }
      require((1...9).contains(compressionLevel), "compressionLevel", "1 to 9")
      require(maxMessageBytes >= 125, "maxMessageBytes", "at least 125 bytes")
      require(maxFrameBytes >= 125, "maxFrameBytes", "at least 125 bytes")
      require(maxInflatedBytes >= 125, "maxInflatedBytes", "at least 125 bytes")
      require(pingInterval.nanoseconds >= 0, "pingInterval", "0 or more")
      require(pingGrace.nanoseconds > 0, "pingGrace", "more than 0")
      require(originPingInterval.nanoseconds >= 0, "originPingInterval", "0 or more")
      require(originPingGrace.nanoseconds > 0, "originPingGrace", "more than 0")
      require(closeTimeout.nanoseconds > 0, "closeTimeout", "more than 0")
      require(maxQueuedBytes >= 65_536, "maxQueuedBytes", "at least 65,536 bytes")
      require(maxRejectionBytes >= 1024, "maxRejectionBytes", "at least 1024 bytes")
      require(maxOriginSockets >= 1, "maxOriginSockets", "at least 1")
      require((1024...16_777_216).contains(pieceBytes), "pieceBytes", "1024 to 16,777,216 bytes")
      require(
        (0...1_048_576).contains(wholeOriginFrameBytes), "wholeOriginFrameBytes", "0 to 1,048,576 bytes")
      return problems
    }

    /// The same with the times of pings to origins in place of those to clients.
    var towardsOrigins: Sockets {
      var settings = self
      settings.pingInterval = originPingInterval
      settings.pingGrace = originPingGrace
      return settings
    }

    /// How frames are read from clients, or from origins.
    func readerLimits(of peer: SocketFrameParser.Peer) -> SocketReader.Limits {
      var limits = SocketReader.Limits()
      limits.frameBytes = maxFrameBytes
      limits.messageBytes = maxMessageBytes
      limits.inflatedBytes = maxInflatedBytes
      limits.gatheredBytes = pieceBytes
      limits.wholeBytes = peer == .server ? wholeOriginFrameBytes : 0
      return limits
    }
  }
}
