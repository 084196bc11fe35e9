import NIOCore

/// A client's connection in whatever phase it is: before TLS, in its handshake, speaking HTTP/1 or HTTP/2, or one stream of
/// it.
///
/// **Isolation**: its event loop, every member.
protocol ClientPhase: DeadlineOwner {
  /// The edge stops: what is idle closes now, the rest after its response. What is held stays unless `closesHeld`.
  func drain(closesHeld: Bool)
  /// Whether a request is under way: neither held, nor over.
  var isBusy: Bool { get }
  /// Closes at once.
  func close(_ reason: CloseReason)
}

/// What is known of a client that did not come by plain TCP; such a one needs no word of memory for it.
final class ClientProvenance {
  /// The address that counts as the client's; `nil` where there is none (a Unix socket).
  let peer: String?
  /// Whether its bytes came by TLS.
  let isSecure: Bool
  /// Whether it is a stream of an HTTP/2 connection, whose channel has no options and no socket.
  let isStream: Bool
  /// Whether its channel is a bare socket, which may be written past the pipeline.
  let isBareSocket: Bool
  /// Of a stream: bytes that have been written and have not left.
  var queuedBytes = 0

  init(peer: String?, isSecure: Bool, isStream: Bool = false, isBareSocket: Bool = false) {
    self.peer = peer
    self.isSecure = isSecure
    self.isStream = isStream
    self.isBareSocket = isBareSocket
  }
}

@available(*, unavailable)
extension ClientProvenance: Sendable {}
