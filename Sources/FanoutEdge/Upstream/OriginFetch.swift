import NIOCore

/// One request on its way to one of several targets: passes over those that cannot be reached, and asks once more where a
/// pooled connection turned out to be dead.
///
/// Its receiver hears what an `OriginResponder` hears, but for `originAcquired`; it is kept until the end or `cancel`.
/// **Isolation**: its event loop, every member.
final class OriginFetch: OriginResponder {
  /// What is asked.
  struct Request {
    var method: String
    var targets: [OriginTarget]
    /// The `host[:port]` that a target's request names.
    var host: (OriginTarget) -> String
    /// Empty for none; then `GET` and `HEAD` have no framing.
    var body = ByteBuffer()
    /// Whether it may be sent twice.
    var isRepeatable = true
    /// Writes the head, with the given framing.
    var head: (OriginTarget, BodyFraming) -> ByteBuffer

    var framing: BodyFraming {
      body.readableBytes == 0 && (method == "GET" || method == "HEAD") ? .none : .length(body.readableBytes)
    }
  }

  private let loop: LoopContext
  private let request: Request
  private var receiver: (any OriginResponder)?
  private var ticket: OriginTicket?
  private var origin: OriginConnection?
  private(set) var targetIndex = 0
  private var hasResent = false
  private var hasHead = false

  init(loop: LoopContext, request: Request, receiver: any OriginResponder) {
    self.loop = loop
    self.request = request
    self.receiver = receiver
  }

  /// Begins with the first target.
  func start() { connect(reuse: request.isRepeatable ? .any : .recent) }

  /// Nothing is heard of it any more.
  func cancel() {
    receiver = nil
    ticket?.cancel()
    ticket = nil
    origin?.abandon()
    origin = nil
  }

  /// The receiver takes body bytes again.
  func resume() { origin?.resumeReading() }

  private func connect(reuse: OriginPool.Reuse) {
    guard targetIndex < request.targets.count else { return }
    let ticket = loop.pool.acquire(
      request.targets[targetIndex], reuse: reuse, peer: nil, host: request.host(request.targets[targetIndex]),
      responder: self)
    if !ticket.isOver { self.ticket = ticket }
  }

  func originAcquired(_ origin: OriginConnection) {
    ticket = nil
    guard receiver != nil else { return origin.abandon() }
    self.origin = origin
    let framing = request.framing
    origin.begin(
      method: request.method, head: request.head(request.targets[targetIndex], framing), framing: framing,
      responder: self)
    origin.sendBody(request.body)
    origin.endRequest()
  }

  func originFailed(_ failure: OriginFailure) {
    origin = nil
    ticket = nil
    guard receiver != nil else { return }
    if !hasHead, failure.kind == .unreachable || failure.kind == .blocked, targetIndex + 1 < request.targets.count {
      targetIndex += 1
      loop.counters.failovers += 1
      return connect(reuse: request.isRepeatable ? .any : .recent)
    }
    let isStale = failure.kind == .closed && failure.wasReused && !failure.hadResponseBytes
    if !hasHead, isStale, request.isRepeatable, !hasResent {
      hasResent = true
      loop.counters.resends += 1
      return connect(reuse: .none)
    }
    let receiver = receiver
    self.receiver = nil
    receiver?.originFailed(failure)
  }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    hasHead = true
    receiver?.responseHeadReceived(head, framing: framing)
  }

  func responseBodyReceived(_ bytes: ByteBuffer) { receiver?.responseBodyReceived(bytes) }

  func responseReadPaused() { receiver?.responseReadPaused() }

  func responseEnded() {
    origin = nil
    let receiver = receiver
    self.receiver = nil
    receiver?.responseEnded()
  }

  var acceptsResponseBody: Bool { receiver?.acceptsResponseBody ?? true }

  func originWritable() {}
}

@available(*, unavailable)
extension OriginFetch: Sendable {}
