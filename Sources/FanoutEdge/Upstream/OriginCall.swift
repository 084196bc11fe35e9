import NIOCore

/// A request whose whole response is wanted, within a time and a size.
///
/// It keeps itself until it is over; `completion` is called once, unless it is cancelled.
/// **Isolation**: its event loop, every member.
final class OriginCall: OriginResponder, DeadlineOwner {
  typealias Answer = (head: ResponseHead, body: ByteBuffer)

  private let loop: LoopContext
  private let limit: Int
  private let timeout: TimeAmount
  private var completion: ((Result<Answer, OriginFailure>) -> Void)?
  private var fetch: OriginFetch?
  private var head: ResponseHead?
  private var body = ByteBuffer()
  private var deadlineKey: Int32 = -1

  /// - Parameters:
  ///   - limit: bytes of the response's body.
  ///   - timeout: from `start` to the end of the response.
  init(
    loop: LoopContext, limit: Int, timeout: TimeAmount,
    completion: @escaping (Result<Answer, OriginFailure>) -> Void
  ) {
    self.loop = loop
    self.limit = limit
    self.timeout = timeout
    self.completion = completion
  }

  /// Asks.
  func start(_ request: OriginFetch.Request) {
    let fetch = OriginFetch(loop: loop, request: request, receiver: self)
    self.fetch = fetch
    deadlineKey = loop.deadlines.add(self)
    loop.deadlines.set(deadlineKey, to: loop.eventLoop.now + timeout)
    fetch.start()
  }

  /// Nothing is heard of it any more.
  func cancel() {
    completion = nil
    fetch?.cancel()
    fetch = nil
    loop.deadlines.remove(&deadlineKey)
  }

  func deadlinePassed(now: NIODeadline) { give(.failure(OriginFailure(.timeout, "no whole response in time"))) }

  func originAcquired(_ origin: OriginConnection) {}
  func originWritable() {}
  func responseReadPaused() {}
  var acceptsResponseBody: Bool { true }

  func originFailed(_ failure: OriginFailure) { give(.failure(failure)) }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    if self.head == nil { self.head = head }
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    guard body.readableBytes + bytes.readableBytes <= limit else {
      return give(.failure(OriginFailure(.malformed, "the response is larger than \(limit) bytes")))
    }
    body.writeImmutableBuffer(bytes)
  }

  func responseEnded() {
    guard let head else { return give(.failure(OriginFailure(.closed, "no response"))) }
    give(.success((head, body)))
  }

  private func give(_ result: Result<Answer, OriginFailure>) {
    let completion = completion
    cancel()
    completion?(result)
  }
}

@available(*, unavailable)
extension OriginCall: Sendable {}
