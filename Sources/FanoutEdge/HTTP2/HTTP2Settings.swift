package import NIOCore
import NIOHTTP2

extension EdgeConfiguration {
  /// HTTP/2 towards clients. Streams are connections of their own in everything else: their time limits and the bounds of
  /// their requests are those of HTTP/1.
  package struct HTTP2: Sendable, Hashable {
    /// Streams of one connection at once; further ones are refused. Default 100.
    package var maxConcurrentStreams = 100
    /// Bytes of a request's body that a client may send ahead of what is read, for each stream. Default 65,535.
    package var windowBytes = 65_535
    /// Bytes of a response that wait for a client's window before its source is not read any more. Default 65,536.
    package var outputBytes = 65_536
    /// How long a connection without streams stays open. Default 60 s.
    package var idleTimeout = TimeAmount.seconds(60)
    /// Streams that a client may reset in half a minute before the connection is closed with `ENHANCE_YOUR_CALM`
    /// (CVE-2023-44487). Default 200.
    package var maxResets = 200
    /// `PING`, `SETTINGS` and `PRIORITY` frames that a client may send in half a minute. Default 200.
    package var maxControlFrames = 200
    /// Whether WebSockets may be opened on streams (RFC 8441). Default yes.
    package var allowsWebSocket = true

    package init() {}

    /// For NIO. Beyond the limit of a head, which is answered with 431, there is one where the connection is closed.
    func connectionConfiguration(limits: MessageLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
      var configuration = NIOHTTP2Handler.ConnectionConfiguration()
      configuration.initialSettings = [
        HTTP2Setting(parameter: .maxConcurrentStreams, value: maxConcurrentStreams),
        HTTP2Setting(parameter: .maxHeaderListSize, value: limits.maxHeadBytes * 2),
        HTTP2Setting(parameter: .initialWindowSize, value: windowBytes),
        HTTP2Setting(parameter: .enableConnectProtocol, value: allowsWebSocket ? 1 : 0),
      ]
      configuration.maximumSequentialEmptyDataFrames = 8
      configuration.maximumBufferedControlFrames = 1000
      configuration.controlFrameRateLimit.maximumCount = maxControlFrames
      return configuration
    }

    /// For NIO.
    var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
      var configuration = NIOHTTP2Handler.StreamConfiguration()
      configuration.targetWindowSize = windowBytes
      configuration.outboundBufferSizeHighWatermark = outputBytes
      configuration.outboundBufferSizeLowWatermark = outputBytes / 2
      configuration.streamResetFrameRateLimit.maximumCount = maxResets
      configuration.streamErrorRateLimit.maximumCount = maxResets
      return configuration
    }
  }
}
