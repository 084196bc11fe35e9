import GRIP
import HTTPTypes
import Logging
import NIOCore
import ServerKit

/// One request on its way through an origin: fail-over, streaming both ways, and the decision whether the response is for
/// the client or an instruction for us.
///
/// **Isolation**: its event loop, every member.
final class Exchange: OriginResponder, RequestReceiver {
  /// How far it has come.
  enum Phase {
    /// Waits for a connection to the present target.
    case connecting
    /// The request is being sent, or is sent.
    case waiting
    /// The response passes to the client.
    case relaying
    /// The response is an instruction and is read whole.
    case collecting(ResponseHead, ByteBuffer)
    /// The response is the long start of a stream that is held afterwards.
    case streamingStart(GRIPInstruction)
    /// The instruction is there, the end of the request is not.
    case awaitingRequest(GRIPInstruction, GRIPResponse, isStarted: Bool)
    case over
  }

  unowned let connection: DownstreamConnection
  let loop: LoopContext
  let head: RequestHead
  let route: Route
  let trust: RequestRewrite.Trust
  let began: NIODeadline
  let isRetry: Bool
  var phase = Phase.connecting
  private(set) var body: RequestBody
  let lastIDs: [(channel: String, id: String)]
  private(set) var origin: OriginConnection?
  private var ticket: OriginTicket?
  var targetIndex = 0
  /// The place in a response that others read too; then there is no `origin`.
  var reader: SharedReader?
  private var hasResent = false
  /// When the present target was turned to.
  private var attempted = NIODeadline.uptimeNanoseconds(0)
  /// What became of targets that could not be reached, one line each.
  private var attempts: [String] = []
  /// When the request was sent to the present origin.
  private(set) var sent: NIODeadline?

  init(
    connection: DownstreamConnection, head: RequestHead, route: Route, trust: RequestRewrite.Trust, body: RequestBody,
    began: NIODeadline, isRetry: Bool = false, lastIDs: [(channel: String, id: String)] = []
  ) {
    self.connection = connection
    loop = connection.loop
    self.head = head
    self.route = route
    self.trust = trust
    self.body = body
    self.began = began
    self.isRetry = isRetry
    self.lastIDs = lastIDs
  }

  /// Whether the client came by TLS, as far as is known.
  var isSecure: Bool { loop.configuration.forwarding.isSecure(head.fields, connection: connection.isSecure) }

  /// Whether clients of this request are told details.
  var isDebug: Bool { route.isDebug || loop.configuration.isDebug }

  /// Begins with the first target.
  func start() {
    if isShareable { startShared() } else { connect(reuse: head.isIdempotent ? .any : .recent) }
  }

  /// The client has gone, or its request broke: nothing is heard of the exchange any more.
  func cancel() {
    phase = .over
    ticket?.cancel()
    origin?.abandon()
    origin = nil
    leaveShared()
  }

  // MARK: Towards the origin

  /// Whether more of the request's body can be taken.
  var acceptsBody: Bool {
    switch phase {
    case .connecting: body.count < max(1, min(65_536, loop.configuration.maxReplayBytes))
    case .waiting, .relaying, .collecting, .streamingStart: origin?.isWritable ?? true
    case .awaitingRequest: true
    case .over: false
    }
  }

  /// A part of the body has come.
  func bodyReceived(_ bytes: ByteBuffer) {
    var isConnecting = false
    if case .connecting = phase { isConnecting = true }
    body.append(bytes, hasSendingBegun: !isConnecting)
    if isConnecting { return }
    connection.statistics?.figures.add { $0.server.contentSent += bytes.readableBytes }
    origin?.sendBody(bytes)
    origin?.flush()
    if case .awaitingRequest = phase, body.kept == nil { fail(.requestTooLarge) }
  }

  /// The body is whole.
  func bodyCompleted() {
    body.complete()
    origin?.endRequest()
    if case .awaitingRequest(let instruction, let response, let isStarted) = phase {
      hold(instruction, response, isStarted: isStarted)
    }
  }

  /// The client takes bytes again.
  func downstreamWritable() {
    origin?.resumeReading()
    reader?.resume()
  }

  private func connect(reuse: OriginPool.Reuse) {
    phase = .connecting
    origin = nil
    if route.targets[targetIndex].isTest { return answerAsTest() }
    attempted = loop.eventLoop.now
    ticket = loop.pool.acquire(
      route.targets[targetIndex], reuse: reuse, peer: trust == .trusted ? nil : connection.peer,
      host: route.targets[targetIndex].hostReplacement ?? route.hostReplacement ?? head.authority, responder: self)
  }

  func originAcquired(_ origin: OriginConnection) {
    guard case .connecting = phase else { return origin.abandon() }
    phase = .waiting
    self.origin = origin
    sent = loop.eventLoop.now
    let rewritten = loop.rewrite.rewrite(
      head, route: route, target: route.targets[targetIndex], trust: trust, signature: signature, lastIDs: lastIDs,
      peer: connection.peer, isSecure: isSecure)
    connection.statistics?.figures.add {
      $0.server.headerSent += StatisticsHead.request(
        method: head.method, target: rewritten.target, host: rewritten.host, fields: rewritten.fields)
    }
    let framing = body.originFraming
    let bytes = MessageEncoder.requestHead(
      method: head.method, target: rewritten.target, host: rewritten.host, fields: rewritten.fields, framing: framing)
    origin.begin(method: head.method, head: bytes, framing: framing, responder: self)
    if let beginning = body.takeBeginning() {
      connection.statistics?.figures.add { $0.server.contentSent += beginning.readableBytes }
      origin.sendBody(beginning)
    }
    if body.isComplete { origin.endRequest() } else { origin.flush() }
    connection.process()
  }

  var signature: String? {
    trust == .trusted || !route.isGRIP ? nil : loop.signatures.token(for: route)
  }

  func originWritable() { connection.process() }

  func originFailed(_ failure: OriginFailure) {
    origin = nil
    reader = nil
    loop.counters.originFailures[failure.kind, default: 0] += 1
    var failure = failure
    failure.text += " (after \(AccessRecord.milliseconds(loop.eventLoop.now - attempted)) ms"
    failure.text += failure.wasReused ? ", on a connection that had served before)" : ")"
    if case .connecting = phase { attempts.append(failure.text) }
    switch phase {
    case .over: return
    case .connecting:
      if failure.kind == .unreachable || failure.kind == .blocked, targetIndex + 1 < route.targets.count {
        targetIndex += 1
        loop.counters.failovers += 1
        log(failure, "target passed over")
        return connect(reuse: head.isIdempotent ? .any : .recent)
      }
      return failed(failure)
    case .waiting:
      let isStale = failure.kind == .closed && failure.wasReused && !failure.hadResponseBytes
      if isStale, head.isIdempotent, body.kept != nil, !hasResent {
        hasResent = true
        loop.counters.resends += 1
        return connect(reuse: .none)
      }
      return failed(failure)
    case .collecting:
      return failed(failure)
    case .relaying, .streamingStart:
      log(failure, "response cut short")
      cut(failure)
    case .awaitingRequest:
      // The response was whole; the rest of the request is not the origin's any more.
      return
    }
  }

  /// No response has begun: the proxy answers itself.
  private func failed(_ failure: OriginFailure) {
    log(failure, "origin failed")
    switch failure.kind {
    case .unreachable:
      let tried = route.targets.map(\.description).joined(separator: ", ")
      // The first line is Pushpin's; what follows is what it leaves the reader to find out.
      fail(
        .origin(
          (["Unable to connect to any targets. Tried: \(tried)"] + attempts).joined(separator: "\n  ")))
    case .blocked: fail(.origin("Error: Origin host/IP blocked."))
    case .busy: fail(.busy)
    case .timeout: fail(.timeout("Error: \(failure.text)"))
    case .closed, .malformed: fail(.origin("Error: \(failure.text)"))
    }
  }

  /// A response has begun: it must not look whole.
  private func cut(_ failure: OriginFailure) {
    phase = .over
    if isDebug, connection.isBodyDelimited {
      connection.sendBody(ByteBuffer(string: "\n\nError: \(failure.text)\n"))
      connection.finishResponse(isComplete: true)
    } else {
      connection.finishResponse(isComplete: false)
    }
  }

  /// Answers with an error of the proxy's own.
  func fail(_ error: ProxyError) {
    phase = .over
    origin?.abandon()
    origin = nil
    leaveShared()
    loop.counters.originErrors[error.status, default: 0] += 1
    connection.respond(error, isDebug: isDebug, fields: forClient(HTTPFields()))
  }

  private func log(_ failure: OriginFailure, _ message: Logger.Message) {
    loop.logger.warning(
      message,
      metadata: .keys([
        .connection: connection.id, .route: route.id, .origin: route.targets[targetIndex].description,
        .method: head.method, .path: String(head.path), .errorCode: failure.kind.name, .errorDetail: failure.text,
        .milliseconds: AccessRecord.milliseconds(loop.eventLoop.now - began),
      ]))
  }

  /// The response is whole: the connection to the origin is no longer ours.
  func originDone() {
    origin = nil
    reader = nil
  }
}

@available(*, unavailable)
extension Exchange: Sendable {}
