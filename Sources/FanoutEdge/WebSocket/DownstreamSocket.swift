import HTTPTypes
import Logging
import NIOCore

/// The client's side of a WebSocket, on the connection that its request came on.
///
/// It reads what the client sends as fast as the receiver takes it, answers pings, finds out whether the client still
/// lives, and sees the closing handshake through. Its connection gives it bytes, time and the state of the socket.
///
/// **Isolation**: its event loop, every member.
final class DownstreamSocket: SocketHost {
  /// How far it has come.
  enum State {
    /// The origin has not answered.
    case waiting
    case open
    /// Our close frame is out, the client's is not here.
    case closing
    /// The client's close frame is here, ours is not out.
    case closed
    case over
  }

  unowned let connection: DownstreamConnection
  let loop: LoopContext
  let isDeflating: Bool
  /// What statistics, commands and the origin know it as.
  let id: String
  /// When traffic was told of last, where it is counted.
  var lastActivity: NIODeadline?
  /// The request, until it is answered.
  private var request: SocketRequest?
  /// What hears the client: a session or a relay, which lives as long as this keeps it.
  var receiver: (any SocketClientReceiver)?
  private(set) var state = State.waiting
  private var reader: SocketReader
  private var life: SocketLife
  private var isReading = false
  private var isInMessage = false
  /// Whether the client sends nothing more.
  private var isInputEnded = false
  private var clientClose = SocketClose()
  /// The answer to the newest ping, while nothing can be written.
  private var owedPong: ByteBuffer?

  init(connection: DownstreamConnection, request: SocketRequest) {
    self.connection = connection
    loop = connection.loop
    id = request.socketID
    self.request = request
    isDeflating = request.handshake.compression != nil
    let settings = connection.loop.configuration.sockets
    reader = SocketReader(
      .client, inflation: isDeflating ? .perMessage : .none,
      limits: settings.readerLimits(of: .client))
    life = SocketLife(now: connection.loop.eventLoop.now)
  }

  // MARK: What the session asks for

  var descriptor: Int32 { state == .open && !isInMessage ? connection.descriptor : -1 }

  var isWritable: Bool { state != .over && connection.isWritable }

  /// Its place in the hold table, through its session; `nil` where it is only relayed.
  var heldSlot: HoldSlot? { receiver?.heldSlot }

  func accept(fields: HTTPFields) {
    guard state == .waiting, let request else { return }
    state = .open
    self.request = nil
    loop.countSocket(1, route: connection.access.route)
    loop.counters.socketsOpened += 1
    life = SocketLife(now: loop.eventLoop.now)
    connection.upgraded(request.handshake.answer(fields, grip: fields[.secWebSocketExtensions]))
  }

  func reject(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    guard leaveWaiting() else { return }
    connection.respond(status: status, reason: reason, fields: fields, body: body)
  }

  func fail(_ error: ProxyError) {
    let isDebug = request?.route.isDebug ?? false
    guard leaveWaiting() else { return }
    loop.counters.originErrors[error.status, default: 0] += 1
    connection.respond(error, isDebug: isDebug || loop.configuration.isDebug)
  }

  private func leaveWaiting() -> Bool {
    guard state == .waiting else { return false }
    state = .over
    loop.namedSockets[id] = nil
    receiver = nil
    connection.socket = nil
    return true
  }

  func send(_ frame: SocketFrame) {
    guard state == .open || state == .closed else { return }
    if frame.kind == .text || frame.kind == .binary { isInMessage = !frame.isLast }
    countSent(frame)
    write(frame)
    if !connection.isWritable, connection.bufferedBytes > loop.configuration.sockets.maxQueuedBytes {
      end(.slow)
    }
  }

  func writeThroughPipeline(_ bytes: ByteBuffer) {
    guard state == .open else { return }
    connection.write(bytes) { [weak self] in
      guard let self, self.state == .open else { return }
      self.receiver?.clientDrained()
    }
  }

  func close(_ close: SocketClose) {
    switch state {
    case .waiting: fail(.origin("Error: the WebSocket was closed before it was opened"))
    case .open:
      state = .closing
      life.closeBegun(now: loop.eventLoop.now)
      write(SocketFrameEncoder.close(close))
      connection.process()
    case .closed:
      write(SocketFrameEncoder.close(close))
      finish(isClean: true)
    case .closing, .over: return
    }
  }

  func drop(_ reason: CloseReason) {
    guard state != .over else { return }
    leave()
    receiver = nil
    connection.close(reason)
  }

  func resumeReading() {
    if state == .open { connection.process() }
  }

  // MARK: What the connection tells

  /// Whether it takes more bytes now.
  var wantsRead: Bool {
    switch state {
    case .waiting, .over: false
    case .open: receiver?.acceptsClientFrames ?? true
    // After the client's close frame only to see that it goes away.
    case .closing, .closed: true
    }
  }

  /// Reads what has come, as far as it is taken.
  func read(_ input: inout ByteBuffer) {
    guard !isReading else { return }
    isReading = true
    defer { isReading = false }
    do throws(SocketFault) {
      while state == .closing || (state == .open && receiver?.acceptsClientFrames ?? true) {
        guard try step(&input) else { break }
      }
      if state == .closed { input.clear() }
      // Behind what has been read nothing comes: neither a close frame, nor the answer to ours.
      let isAccepting = state == .closing || (state == .open && receiver?.acceptsClientFrames ?? true)
      if isInputEnded, isAccepting { return connection.close(.clientGone) }
    } catch {
      refuse(error)
    }
    if state == .open { connection.readSize(isLarge: reader.remaining > DownstreamConnection.uploadBytes) }
  }

  /// The client sends nothing more. What has come is read as far as it is taken; then, without a close frame, it is gone.
  func inputEnded() { isInputEnded = true }

  /// Bytes have come: whatever they are, the client lives.
  func heard() { life.heard(now: loop.eventLoop.now) }

  private func step(_ input: inout ByteBuffer) throws(SocketFault) -> Bool {
    switch try reader.next(&input) {
    case .needsMore: return false
    case .frame(let frame):
      guard state == .open else { return true }
      countReceived(frame)
      switch frame.kind {
      case .ping where loop.configuration.sockets.answersPings: answer(frame.payload)
      case .pong where life.isAnswer(frame.payload): break
      default: receiver?.clientSent(frame)
      }
    case .close(let close):
      if state == .closing {
        let receiver = receiver
        finish(isClean: true)
        receiver?.clientClosed(close)
        return false
      }
      state = .closed
      clientClose = close
      life.closeBegun(now: loop.eventLoop.now)
      receiver?.clientClosed(close)
    }
    return true
  }

  /// Of several pings that come while nothing can be written, the newest is answered (RFC 6455 §5.5.3), so that a client
  /// that does not read cannot make the queue grow.
  private func answer(_ payload: ByteBuffer) {
    guard connection.isWritable else {
      owedPong = payload
      return
    }
    write(SocketFrame(.pong, payload))
  }

  /// The client broke the protocol: it is told how, the origin's side is let go.
  private func refuse(_ fault: SocketFault) {
    guard state != .over else { return }
    loop.counters.socketFaults[fault.code, default: 0] += 1
    loop.logger.debug(
      "websocket refused",
      metadata: ["conn.id": "\(connection.id)", "code": "\(fault.code)", "reason": "\(fault.text)"])
    let receiver = receiver
    if state != .closing { write(SocketFrameEncoder.close(SocketClose(code: fault.code, reason: fault.text))) }
    finish(isClean: false)
    receiver?.clientLost()
  }

  /// What was written leaves again, or does not.
  func writabilityChanged(isWritable: Bool) {
    life.writabilityChanged(isStalled: !isWritable, now: loop.eventLoop.now)
    guard isWritable, state == .open || state == .closed else { return }
    if let payload = owedPong {
      owedPong = nil
      write(SocketFrame(.pong, payload))
    }
    receiver?.clientWritable()
  }

  /// When `deadlinePassed` is wanted.
  var deadline: NIODeadline? {
    life.deadline(loop.configuration.sockets, stall: loop.timeouts.values.stall, isOpen: state == .open)
  }

  func deadlinePassed(now: NIODeadline) {
    let settings = loop.configuration.sockets
    switch life.passed(
      settings, stall: loop.timeouts.values.stall, isOpen: state == .open, isReading: wantsRead,
      queued: connection.kernelQueuedBytes, now: now)
    {
    case .none: break
    case .ping(let payload): write(SocketFrame(.ping, payload))
    case .unresponsive: end(.unresponsive)
    case .slow: end(.slow)
    case .closeOverdue:
      if state == .closed {
        // The other side does not answer the client's close: it gets its own back.
        close(clientClose)
      } else {
        end(.timeout)
      }
    }
  }

  /// The connection is gone.
  func connectionLost() {
    guard state != .over else { return }
    let receiver = receiver
    leave()
    self.receiver = nil
    receiver?.clientLost()
  }

  /// The edge stops: whoever is open is told to come back elsewhere.
  func goAway() {
    guard state == .open else { return }
    let receiver = receiver
    write(SocketFrameEncoder.close(SocketClose(code: 1001, reason: "the proxy stops")))
    finish(isClean: false)
    receiver?.clientLost()
  }

  // MARK: Ends

  /// Ends without a word.
  private func end(_ reason: CloseReason) {
    let receiver = receiver
    drop(reason)
    receiver?.clientLost()
  }

  /// Everything is written: the sending side is closed, and the rest a moment later.
  private func finish(isClean: Bool) {
    guard state != .over else { return }
    leave()
    receiver = nil
    connection.socketEnded(isClean: isClean)
  }

  private func leave() {
    if state != .waiting { loop.countSocket(-1, route: connection.access.route) }
    state = .over
    loop.namedSockets[id] = nil
    owedPong = nil
  }

  private func write(_ frame: SocketFrame) {
    let (header, payload) = SocketFrameEncoder.parts(frame, mask: nil, deflater: isDeflating ? loop.deflater : nil)
    if payload.readableBytes <= SocketFrameEncoder.copiedBytes {
      write(SocketFrameEncoder.joined(header, payload))
    } else {
      connection.write(header)
      write(payload)
    }
  }

  private func write(_ bytes: ByteBuffer) {
    connection.write(bytes)
    connection.flush()
    connection.access.bytes += bytes.readableBytes
  }
}

@available(*, unavailable)
extension DownstreamSocket: Sendable {}
