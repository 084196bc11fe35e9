import NIOCore

/// What is kept of a held WebSocket beside what every hold has.
///
/// **Isolation**: its loop.
final class SocketHold {
  /// What the edge writes to a quiet client (GRIP proxy §16.3).
  struct KeepAlive {
    /// A whole frame.
    var bytes: ByteBuffer
    var timeout: TimeAmount
    /// Whether the time counts from the last frame; otherwise from the last keep-alive.
    var isIdle: Bool
  }

  let session: SocketSession
  var queue = SocketQueue()
  var keepAlive: KeepAlive?
  /// A whole frame that is sent when its time has come.
  var delayed: ByteBuffer?
  var delayedTimer = TimerWheel.ID.none
  /// The channels, as the origin names them, of which it has not told yet where they go on.
  var resuming: Set<String> = []
  /// How often it has been asked.
  var resumeAttempts = 0

  init(session: SocketSession) {
    self.session = session
  }
}

@available(*, unavailable)
extension SocketHold: Sendable {}
