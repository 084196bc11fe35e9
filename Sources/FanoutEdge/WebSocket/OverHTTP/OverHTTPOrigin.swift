import GRIP
import HTTPTypes
import Logging
import NIOCore

/// An origin that does not speak WebSocket: a series of HTTP requests, never two at a time (GRIP proxy §15).
///
/// The decisions are `OverHTTPMachine`'s. It lives as long as it has something to ask, also when nobody waits for the answer.
/// **Isolation**: its event loop, every member.
final class OverHTTPOrigin: SocketOrigin {
  /// What the deadline that is set means.
  private enum Deadline { case keepAlive, retry }

  private let loop: LoopContext
  private let common: OverHTTPRequest
  /// Takes over where the next target is a native one, with that target's index.
  var passOn: ((Int) -> Void)?
  private var receiver: (any SocketOriginReceiver)?
  private var machine: OverHTTPMachine
  private var targetIndex: Int
  private var request: OverHTTPMachine.Request?
  private var ticket: OriginTicket?
  private var connection: OriginConnection?
  private var head: ResponseHead?
  private var body = ByteBuffer()
  private var hasResent = false
  private var failure: OriginFailure?
  private var deadlineKey: Int32 = -1
  private var deadline = Deadline.keepAlive
  private var isRunning = false
  private var isCleanup = false

  /// An origin that has not been asked.
  ///
  /// - Parameters:
  ///   - targetIndex: which of the route's targets is asked first.
  ///   - receiver: kept until it is over.
  init(loop: LoopContext, request: OverHTTPRequest, targetIndex: Int = 0, receiver: any SocketOriginReceiver) {
    self.loop = loop
    common = request
    self.targetIndex = targetIndex
    self.receiver = receiver
    machine = OverHTTPMachine(
      configuration: loop.configuration.overHTTP, isOneEvent: request.route.targets[targetIndex].isOneEvent)
  }

  // MARK: SocketOrigin

  var isWritable: Bool { machine.isWritable }

  func open() {
    deadlineKey = loop.deadlines.add(self)
    advance()
  }

  func send(_ frame: SocketFrame) {
    common.figures?.serverSent(frame)
    run(machine.clientSent(frame))
  }

  func close(_ close: SocketClose) {
    machine.clientClosed(close)
    if case .ending = machine.phase { letGo() }
    advance()
  }

  func clientLost() {
    machine.clientLost()
    letGo()
    advance()
  }

  func detach() {
    machine.detach()
    letGo()
    advance()
  }

  func refresh() {
    machine.refresh()
    advance()
  }

  func resume(_ lastIDs: [(channel: String, id: String)]) {
    machine.resume(Dictionary(lastIDs.map { ($0.channel, $0.id) }) { _, last in last })
    advance()
  }

  func resumeReading() { advance() }

  /// Nobody waits for an answer any more. The rest happens in the background, for a bounded number of them.
  private func letGo() {
    receiver = nil
    guard !isCleanup else { return }
    isCleanup = true
    loop.socketCleanups += 1
    guard loop.socketCleanups > loop.configuration.overHTTP.maxCleanups else { return }
    loop.logger.warning(
      "an origin is not told that a WebSocket has ended", metadata: ["conn.id": "\(common.connectionID)"])
    finish()
  }

  // MARK: Requests

  /// Makes the next request where there is one to make.
  private func advance() {
    guard !isRunning, deadlineKey >= 0 else { return }
    if machine.phase == .over { return finish() }
    if let next = machine.nextRequest(hasRoom: receiver?.acceptsOriginFrames ?? true) {
      loop.deadlines.set(deadlineKey, to: nil)
      request = next
      hasResent = false
      connect(.recent)
    } else if !machine.isUnderWay, !machine.isWaiting, let seconds = machine.keepAliveSeconds {
      guard !machine.isRefreshDue else { return }
      deadline = .keepAlive
      loop.deadlines.set(deadlineKey, to: loop.eventLoop.now + .seconds(Int64(seconds)))
    }
  }

  private var targets: [OriginTarget] { common.route.targets }

  private func connect(_ reuse: OriginPool.Reuse) {
    head = nil
    body = ByteBuffer()
    let peer = common.trust == .trusted || isCleanup ? nil : common.peer
    let target = targets[targetIndex]
    ticket = loop.pool.acquire(
      target, reuse: reuse, peer: peer,
      host: target.hostReplacement ?? common.route.hostReplacement ?? common.head.authority, responder: self)
  }

  private func run(_ actions: [OverHTTPMachine.Action]) {
    let isOutermost = !isRunning
    isRunning = true
    for action in actions { perform(action) }
    guard isOutermost else { return }
    isRunning = false
    advance()
  }

  private func perform(_ action: OverHTTPMachine.Action) {
    switch action {
    case .opened(let fields, let grip): receiver?.originOpened(fields: fields, grip: grip, target: targets[targetIndex])
    case .rejected(let status, let reason, let fields, let body):
      receiver?.originRejected(status: status, reason: reason, fields: fields, body: body)
    case .failed(let text): receiver?.originFailed(error(text))
    case .frame(let frame):
      common.figures?.serverReceived(frame)
      receiver?.originSent(frame)
    case .closed(let close): receiver?.originClosed(close)
    case .lost(let text): receiver?.originLost(text)
    case .retry(let attempt):
      let delay = 1000 << Int64(min(attempt, 16)) + Int64.random(in: 0..<1000)
      deadline = .retry
      loop.deadlines.set(deadlineKey, to: loop.eventLoop.now + .milliseconds(delay))
    case .finished: break
    }
  }

  private func error(_ text: String) -> ProxyError {
    loop.logger.warning(
      "origin failed",
      metadata: ["conn.id": "\(common.connectionID)", "route": "\(common.route.id)", "error": "\(text)"])
    switch failure?.kind {
    case .unreachable?:
      let tried = targets.map(\.description).joined(separator: ", ")
      return .origin("Unable to connect to any targets. Tried: \(tried)")
    case .blocked?: return .origin("Error: Origin host/IP blocked.")
    case .busy?: return .busy
    case .timeout?: return .timeout("Error: \(text)")
    case .closed?, .malformed?, nil: return .origin("Error: \(text)")
    }
  }

  private func finish() {
    loop.deadlines.remove(&deadlineKey)
    if isCleanup { loop.socketCleanups -= 1 }
    isCleanup = false
    receiver = nil
    ticket?.cancel()
    connection?.abandon()
    connection = nil
  }
}

extension OverHTTPOrigin: DeadlineOwner {
  func deadlinePassed(now: NIODeadline) {
    switch deadline {
    case .keepAlive: machine.keepAliveDue()
    case .retry: machine.retryDue()
    }
    advance()
  }
}

extension OverHTTPOrigin: OriginResponder {
  func originAcquired(_ origin: OriginConnection) {
    guard let request, deadlineKey >= 0 else { return origin.abandon() }
    connection = origin
    let bytes = common.encode(
      request, target: targets[targetIndex], rewrite: loop.rewrite,
      signature: common.route.isGRIP ? loop.signatures.token(for: common.route) : nil)
    origin.begin(method: "POST", head: bytes, framing: .length(request.body.count), responder: self)
    origin.sendBody(ByteBuffer(bytes: request.body))
    origin.endRequest()
  }

  func originFailed(_ failure: OriginFailure) {
    connection = nil
    self.failure = failure
    let isSilent = failure.kind == .closed && !failure.hadResponseBytes
    if isSilent, failure.wasReused, !hasResent {
      hasResent = true
      loop.counters.resends += 1
      return connect(.none)
    }
    if request?.isOpening == true, failure.kind == .unreachable || failure.kind == .blocked,
      targetIndex + 1 < targets.count
    {
      targetIndex += 1
      loop.counters.failovers += 1
      guard targets[targetIndex].isOverHTTP else {
        let index = targetIndex
        finish()
        passOn?(index)
        return
      }
      return connect(.recent)
    }
    let isRetryable = failure.kind == .unreachable || failure.kind == .busy || isSilent
    run(machine.requestFailed(failure.text, isRetryable: isRetryable))
  }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    common.figures?.responseReceived(head)
    var head = head
    head.fields.removeHopByHop()
    self.head = head
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    guard let head else { return }
    body.writeImmutableBuffer(bytes)
    guard !machine.takes(bodyBytes: body.readableBytes, of: head) else { return }
    connection?.abandon()
    connection = nil
    failure = nil
    run(machine.requestFailed("\(targets[targetIndex]): its response is too large", isRetryable: false))
  }

  func responseReadPaused() {}
  func originWritable() {}
  var acceptsResponseBody: Bool { true }

  func responseEnded() {
    connection = nil
    failure = nil
    guard let head else { return }
    self.head = nil
    let bytes = body
    body = ByteBuffer()
    run(machine.responseReceived(head, body: bytes))
    if machine.isWritable { receiver?.originWritable() }
  }
}

@available(*, unavailable)
extension OverHTTPOrigin: Sendable {}
