import NIOCore

/// What takes the response of an origin: an exchange, or a link fetch.
///
/// **Isolation**: the event loop of both, every member.
protocol OriginResponder: AnyObject {
  /// A connection is there. The responder sends its request on it now.
  func originAcquired(_ origin: OriginConnection)
  /// There is none. Also the end of a request that failed; nothing follows.
  func originFailed(_ failure: OriginFailure)
  /// The final head. `framing` says how the origin framed the body, which is undone.
  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming)
  /// A part of the body, never empty.
  func responseBodyReceived(_ bytes: ByteBuffer)
  /// Nothing more has come for now: what was written may be flushed.
  func responseReadPaused()
  /// The response is whole. The connection is no longer the responder's.
  func responseEnded()
  /// Whether the responder can take more of the body; where it cannot, it calls `resumeReading` later.
  var acceptsResponseBody: Bool { get }
  /// The origin takes request bytes again.
  func originWritable()
}
