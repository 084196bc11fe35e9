import GRIP
import HTTPTypes
import Logging
import NIOCore

/// An origin that speaks WebSocket itself (GRIP §14.4): asks the route's targets one after the other, passes on what one
/// refuses, and relays frames with one that accepts.
///
/// **Isolation**: its event loop, every member.
final class NativeSocketOrigin: SocketOrigin, OriginResponder, OriginSocketDelegate {
  private enum Phase {
    case connecting
    case waiting
    /// An ordinary response, which is collected.
    case refused(ResponseHead, ByteBuffer)
    case open
    case over
  }

  private var request: SocketRequest
  private let loop: LoopContext
  /// Of the route, where bytes and messages are counted.
  private let figures: LoopStatistics.RouteFigures?
  private weak var receiver: (any SocketOriginReceiver)?
  /// Takes over where the next target is one over HTTP, with that target's index.
  var passOn: ((Int) -> Void)?
  private var phase = Phase.connecting
  private var targetIndex: Int
  private var ticket: OriginTicket?
  private var origin: OriginConnection?
  private var socket: OriginSocket?
  private let handshake: OriginHandshake

  /// - Parameters:
  ///   - receiver: hears it as long as it lives.
  ///   - targetIndex: which of the route's targets is asked first.
  init(
    _ request: SocketRequest, loop: LoopContext, receiver: any SocketOriginReceiver, targetIndex: Int = 0
  ) {
    self.request = request
    self.loop = loop
    figures = loop.statistics?.figures(of: request.route.explicitID)
    self.receiver = receiver
    self.targetIndex = targetIndex
    handshake = OriginHandshake(
      offersGRIP: request.offersGRIP, offersCompression: loop.configuration.sockets.allowsCompression)
  }

  deinit { socket?.ownerGone() }

  // MARK: What the session asks for

  var isWritable: Bool { socket?.isWritable ?? false }

  func open() { connect() }

  func send(_ frame: SocketFrame) {
    figures?.serverSent(frame)
    socket?.send(frame)
  }

  func close(_ close: SocketClose) { socket?.close(close) }

  func clientLost() {
    receiver = nil
    phase = .over
    ticket?.cancel()
    ticket = nil
    origin?.abandon()
    origin = nil
    socket?.drop()
    socket = nil
  }

  func detach() {
    receiver = nil
    guard let socket else { return clientLost() }
    phase = .over
    socket.leave()
    self.socket = nil
  }

  func refresh() {}

  func resumeReading() { socket?.resumeReading() }

  // MARK: Connecting

  private var target: OriginTarget { request.route.targets[targetIndex] }

  private func connect() {
    guard !target.isOverHTTP, !target.isTest else {
      guard let passOn else { return fail(.origin("Error: \(target) takes no native WebSockets")) }
      phase = .over
      return passOn(targetIndex)
    }
    guard loop.hasRoomForOriginSocket else { return fail(.busy) }
    phase = .connecting
    ticket = loop.pool.acquire(
      target, reuse: .none, peer: request.trust == .trusted ? nil : request.peer,
      host: target.hostReplacement ?? request.route.hostReplacement ?? request.head.authority, responder: self)
  }

  func originAcquired(_ origin: OriginConnection) {
    ticket = nil
    guard case .connecting = phase else { return origin.abandon() }
    phase = .waiting
    self.origin = origin
    let route = request.route
    var rewritten = loop.rewrite.rewrite(
      request.head, route: route, target: target, trust: request.trust,
      signature: request.isGRIP ? loop.signatures.token(for: route) : nil, lastIDs: [], peer: request.peer,
      isSecure: request.isSecure, isWebSocket: true)
    handshake.apply(to: &rewritten.fields)
    figures?.requestSent(
      method: "GET", target: rewritten.target, host: rewritten.host, fields: rewritten.fields)
    let head = MessageEncoder.requestHead(
      method: "GET", target: rewritten.target, host: rewritten.host, fields: rewritten.fields, framing: .none)
    origin.begin(method: "GET", head: head, framing: .none, responder: self, asksUpgrade: true)
    origin.endRequest()
  }

  func originFailed(_ failure: OriginFailure) {
    origin = nil
    ticket = nil
    switch phase {
    case .connecting where failure.kind == .unreachable || failure.kind == .blocked:
      log(failure.text, "target passed over")
      guard targetIndex + 1 < request.route.targets.count else { return failed(failure) }
      targetIndex += 1
      loop.counters.failovers += 1
      connect()
    case .connecting, .waiting, .refused: failed(failure)
    case .open, .over: break
    }
  }

  private func failed(_ failure: OriginFailure) {
    log(failure.text, "origin failed")
    switch failure.kind {
    case .unreachable:
      let tried = request.route.targets.map(\.description).joined(separator: ", ")
      fail(.origin("Unable to connect to any targets. Tried: \(tried)"))
    case .blocked: fail(.origin("Error: Origin host/IP blocked."))
    case .busy: fail(.busy)
    case .timeout: fail(.timeout("Error: \(failure.text)"))
    case .closed, .malformed: fail(.origin("Error: \(failure.text)"))
    }
  }

  private func fail(_ error: ProxyError) {
    phase = .over
    origin?.abandon()
    origin = nil
    receiver?.originFailed(error)
  }

  private func log(_ text: String, _ message: Logger.Message) {
    loop.logger.warning(
      message,
      metadata: [
        "conn.id": "\(request.connectionID)", "route": "\(request.route.id)", "origin": "\(target)",
        "path": "\(request.head.path)", "error": "\(text)",
      ])
  }

  // MARK: The answer

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    guard case .waiting = phase else { return }
    figures?.responseReceived(head)
    guard head.status == 101 else {
      var head = head
      head.fields.removeHopByHop()
      phase = .refused(head, ByteBuffer())
      return
    }
    do throws(SocketFault) { opened(try handshake.read(head)) } catch {
      log(error.text, "origin failed")
      fail(.origin("Error: \(target): \(error.text)"))
    }
  }

  private func opened(_ answer: OriginHandshake.Answer) {
    let socket = OriginSocket(loop: loop, inflation: answer.inflation, delegate: self)
    guard let rest = origin?.handOver(to: socket) else {
      return fail(.origin("Error: \(target): it closed the connection"))
    }
    origin = nil
    phase = .open
    self.socket = socket
    // An open WebSocket has no use for them.
    request.head.fields = HTTPFields()
    receiver?.originOpened(fields: answer.fields, grip: answer.grip, target: target)
    socket.start(rest)
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    guard case .refused(let head, var body) = phase else { return }
    phase = .waiting  // So that the buffer has one owner.
    body.writeImmutableBuffer(bytes)
    phase = .refused(head, body)
    guard body.readableBytes > loop.configuration.sockets.maxRejectionBytes else { return }
    fail(.origin("Error: \(target): its refusal is over \(loop.configuration.sockets.maxRejectionBytes) bytes"))
  }

  func responseEnded() {
    origin = nil
    guard case .refused(let head, let body) = phase else { return }
    phase = .over
    receiver?.originRejected(status: head.status, reason: head.reason, fields: head.fields, body: body)
  }

  func responseReadPaused() {}
  var acceptsResponseBody: Bool { true }
  func originWritable() {}

  // MARK: Frames

  var acceptsFrames: Bool { receiver?.acceptsOriginFrames ?? true }

  func socketReceived(_ frame: SocketFrame) {
    figures?.serverReceived(frame)
    receiver?.originSent(frame)
  }

  func socketReceivedClose(_ close: SocketClose) { receiver?.originClosed(close) }

  func socketWritable() { receiver?.originWritable() }

  func socketEnded(_ text: String?) {
    phase = .over
    guard let text else { return }
    log(text, "origin's websocket broke")
    receiver?.originLost(text)
  }
}

@available(*, unavailable)
extension NativeSocketOrigin: Sendable {}
