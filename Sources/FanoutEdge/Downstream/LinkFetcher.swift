import GRIP
import HTTPTypes
import NIOCore

/// Fetches a next link through the route of the request that it belongs to (GRIP §9.5).
///
/// Links to other places are refused: what an origin's response names may not make the edge talk to whom it likes.
/// **Isolation**: its event loop, every member.
final class LinkFetcher: LinkFetch, OriginResponder {
  private let loop: LoopContext
  private var receiver: (any LinkReceiver)?
  private var ticket: OriginTicket?
  private var origin: OriginConnection?
  private var makeHead: ((OriginTarget) -> ByteBuffer)?
  private var route: Route?
  private var targetIndex = 0
  private var hasResent = false
  private var head: ResponseHead?
  /// The body of an `application/grip-instruct` document, `nil` where the body is for the client.
  private var document: ByteBuffer?
  private var awaitsReceiver = false
  private var end: Result<GRIPInstruction, LinkFailure>?

  init(loop: LoopContext, receiver: any LinkReceiver) {
    self.loop = loop
    self.receiver = receiver
  }

  /// Begins.
  ///
  /// - Parameter base: the request as the client sent it; relative links are relative to it.
  func start(
    link: String, base: RequestHead, route: Route, lastIDs: [(channel: String, id: String)], peer: String?
  ) {
    guard let reference = LinkReference(link, base: base, scheme: "http") else {
      return fail(LinkFailure("the next link is no http URI", isRetryable: false))
    }
    guard reference.isSamePlace(as: base, scheme: "http") else {
      return fail(LinkFailure("external next links are not enabled", isRetryable: false))
    }
    loop.counters.linkFetches += 1
    self.route = route
    let request = RequestHead(method: "GET", target: reference.target, authority: base.authority)
    makeHead = { [loop] target in
      let rewritten = loop.rewrite.rewrite(
        request, route: route, target: target, trust: .internal,
        signature: route.isGRIP ? loop.signatures.token(for: route) : nil, lastIDs: lastIDs, peer: peer)
      loop.statistics?.figures(of: route.explicitID).add {
        $0.server.headerSent += StatisticsHead.request(
          method: "GET", target: rewritten.target, host: rewritten.host, fields: rewritten.fields)
      }
      return MessageEncoder.requestHead(
        method: "GET", target: rewritten.target, host: rewritten.host, fields: rewritten.fields, framing: .none)
    }
    connect(reuse: .any)
  }

  /// Nothing is heard of it any more.
  func cancel() {
    receiver = nil
    ticket?.cancel()
    origin?.abandon()
    origin = nil
  }

  /// Tells the receiver, after the present turn of the loop so that nobody is called while it asks.
  func fail(_ failure: LinkFailure) {
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    loop.eventLoop.execute { bound.value.complete(.failure(failure)) }
  }

  private func connect(reuse: OriginPool.Reuse) {
    guard let route else { return }
    ticket = loop.pool.acquire(route.targets[targetIndex], reuse: reuse, peer: nil, responder: self)
  }

  func originAcquired(_ origin: OriginConnection) {
    guard receiver != nil, let route, let makeHead else { return origin.abandon() }
    self.origin = origin
    origin.begin(method: "GET", head: makeHead(route.targets[targetIndex]), framing: .none, responder: self)
    origin.endRequest()
  }

  func originFailed(_ failure: OriginFailure) {
    origin = nil
    guard let route, receiver != nil else { return }
    if head == nil, failure.kind == .unreachable || failure.kind == .blocked, targetIndex + 1 < route.targets.count {
      targetIndex += 1
      return connect(reuse: .any)
    }
    if head == nil, failure.kind == .closed, failure.wasReused, !failure.hadResponseBytes, !hasResent {
      hasResent = true
      return connect(reuse: .none)
    }
    complete(.failure(LinkFailure(failure.text, isRetryable: failure.kind != .blocked)))
  }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    figures?.add {
      $0.server.headerReceived += StatisticsHead.response(
        status: head.status, reason: head.reason, fields: head.fields)
    }
    var head = head
    head.fields.removeHopByHop()
    self.head = head
    guard (200...299).contains(head.status) else {
      origin?.abandon()
      origin = nil
      return complete(.failure(LinkFailure("the next link answered \(head.status)", isRetryable: head.status >= 500)))
    }
    let isDocument = head.fields.contains { field in
      field.name == .contentType
        && field.value.prefix { $0 != ";" }.trimmingBlanks().lowercased() == "application/grip-instruct"
    }
    if isDocument { document = ByteBuffer() }
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    figures?.add { $0.server.contentReceived += bytes.readableBytes }
    guard document == nil else {
      document?.writeImmutableBuffer(bytes)
      if document?.readableBytes ?? 0 > loop.configuration.maxInstructionBytes {
        origin?.abandon()
        origin = nil
        complete(.failure(LinkFailure("the next link's instruction is too large", isRetryable: false)))
      }
      return
    }
    pass(bytes)
  }

  func responseReadPaused() {}
  func originWritable() {}
  var acceptsResponseBody: Bool { !awaitsReceiver }

  func responseEnded() {
    origin = nil
    guard let head, receiver != nil else { return }
    do throws(GRIPDecodingError) {
      let (instruction, response) = try GRIPInstruction.decode(
        status: head.status, reason: head.reason, headers: head.fields,
        body: document.map { Array($0.readableBytesView) } ?? [])
      if document != nil, !response.body.isEmpty { pass(ByteBuffer(bytes: response.body)) }
      finish(.success(instruction))
    } catch {
      finish(.failure(LinkFailure("the next link's instruction: \(error)", isRetryable: false)))
    }
  }

  private func pass(_ bytes: ByteBuffer) {
    awaitsReceiver = true
    figures?.add { $0.client.contentSent += bytes.readableBytes }
    receiver?.bodyReceived(bytes) { [weak self] in self?.resumed() }
  }

  private var figures: LoopStatistics.RouteFigures? {
    loop.statistics?.figures(of: route?.explicitID)
  }

  private func resumed() {
    guard awaitsReceiver else { return }
    awaitsReceiver = false
    if let end {
      complete(end)
    } else {
      origin?.resumeReading()
    }
  }

  /// The end comes after the receiver has taken the last part.
  private func finish(_ result: Result<GRIPInstruction, LinkFailure>) {
    if awaitsReceiver { end = result } else { complete(result) }
  }

  private func complete(_ result: Result<GRIPInstruction, LinkFailure>) {
    let receiver = receiver
    self.receiver = nil
    receiver?.completed(result)
  }
}

@available(*, unavailable)
extension LinkFetcher: Sendable {}
