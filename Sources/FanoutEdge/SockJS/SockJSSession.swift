import HTTPTypes
import Logging
import NIOCore

/// The client's side of a WebSocket whose client polls: what the origin sends waits here for the next poll.
///
/// **Spec**: GRIP proxy §18. Deviates: a poll that is broken off does not end the session; nothing of it was lost.
/// **Isolation**: its event loop, every member: the one that its key says (`LoopContext.home`).
final class SockJSSession: SocketHost {
  /// How far it has come.
  enum State {
    /// The origin has not answered.
    case opening
    case open
    /// The end is told to who polls.
    case closed(ByteBuffer)
    case over
  }

  /// A request that waits for an answer.
  private struct Waiting {
    let connectionID: Int
    let reply: @Sendable (SockJSReply) -> Void
  }

  let loop: LoopContext
  let key: SockJSKey
  /// For logs and operators.
  let id: Int
  let opened: NIODeadline
  /// What hears the client: a session or a relay, which lives as long as this keeps it.
  var receiver: (any SocketClientReceiver)?
  let request: SocketRequest
  /// Where it is counted as a WebSocket, until it is closed.
  var statistics: LoopStatistics.Connection?
  private(set) var state = State.opening
  private var owesOpen = false
  private var waiting: Waiting?
  /// Since when a poll waits; without one, since when there is none; once closed, since when that is.
  private var since: NIODeadline
  private var deadlineKey: Int32 = -1
  private var assembler: SockJSAssembler
  private var reader = SocketReader(.server)
  /// For the client, each a JSON string.
  private var queue: [ByteBuffer] = []
  private(set) var queuedBytes = 0
  private var owedDrains = 0
  private var isFull = false
  /// Of the client's, while the origin takes none.
  private var pending = CircularBuffer<ByteBuffer>()
  private var sending: Waiting?

  init(loop: LoopContext, key: SockJSKey, request: SocketRequest) {
    self.loop = loop
    self.key = key
    self.request = request
    id = loop.nextConnectionID()
    opened = loop.eventLoop.now
    since = opened
    assembler = SockJSAssembler(limit: loop.configuration.sockjs.maxMessageBytes)
    deadlineKey = loop.deadlines.add(self)
  }

  private var settings: SockJSConfiguration { loop.configuration.sockjs }

  // MARK: What clients ask

  /// The client waits for the next frame.
  func poll(_ order: SockJSOrder) {
    guard waiting == nil else {
      return order.reply(.frame(SockJSFrame.close(SocketClose(code: 2010, reason: "Another connection still open"))))
    }
    waiting = Waiting(connectionID: order.connectionID, reply: order.reply)
    if !isClosed { since = loop.eventLoop.now }
    deliver()
    settle()
  }

  /// The client has messages for the origin.
  func send(_ messages: [ByteBuffer], _ order: SockJSOrder) {
    if case .closed(let frame) = state { return order.reply(.frame(frame)) }
    guard sending == nil else { return order.reply(.text(400, "Already sending")) }
    sending = Waiting(connectionID: order.connectionID, reply: order.reply)
    pending.append(contentsOf: messages)
    resumeReading()
  }

  /// A connection that asked has gone.
  func gone(_ connectionID: Int) {
    if sending?.connectionID == connectionID { sending = nil }
    guard waiting?.connectionID == connectionID else { return }
    waiting = nil
    if !isClosed { since = loop.eventLoop.now }
    settle()
  }

  /// The edge ends it: polls get what waits, and then the end.
  func end(_ close: SocketClose) {
    let receiver = receiver
    switch state {
    case .opening: fail(.unavailable)
    case .open:
      self.receiver = nil
      finish(with: close)
    case .closed, .over: return
    }
    receiver?.clientLost()
  }

  // MARK: Towards the client

  private var isClosed: Bool { if case .closed = state { true } else { false } }

  /// Answers the poll, where there is one and something to say.
  private func deliver() {
    guard let poll = waiting else { return }
    let frame: ByteBuffer
    if owesOpen {
      owesOpen = false
      frame = SockJSFrame.open
    } else if !queue.isEmpty {
      frame = SockJSFrame.messages(queue)
      queue = []
      queuedBytes = 0
    } else if case .closed(let close) = state {
      frame = close
    } else {
      return
    }
    waiting = nil
    if !isClosed { since = loop.eventLoop.now }
    poll.reply(.frame(frame))
    drained()
  }

  /// There is room again: whoever waited for it goes on, later, since it may be in the middle of something.
  private func drained() {
    guard queuedBytes < settings.maxQueuedBytes, isFull || owedDrains > 0 else { return }
    let (wasFull, drains) = (isFull, owedDrains)
    isFull = false
    owedDrains = 0
    later { session in
      for _ in 0..<drains { session.receiver?.clientDrained() }
      if wasFull { session.receiver?.clientWritable() }
    }
  }

  private func add(_ frame: SocketFrame) {
    guard case .open = state else { return }
    switch assembler.take(frame) {
    case .nothing: return
    case .tooLarge:
      // Later: who has sent it is in the middle of something.
      later { $0.end(SocketClose(code: 1009, reason: "a message of the origin is too large")) }
    case .message(let message):
      let quoted = SockJSFrame.quoted(message)
      queue.append(quoted)
      queuedBytes += quoted.readableBytes + 1
      if queuedBytes >= settings.maxQueuedBytes { isFull = true }
    }
  }

  /// From now on polls get what waits, and then the end.
  private func finish(with close: SocketClose) {
    state = .closed(SockJSFrame.close(close))
    since = loop.eventLoop.now
    if let sending { sending.reply(.taken) }
    sending = nil
    pending.removeAll()
    loop.countSocket(-1, route: request.route.id)
    endStatistics()
    deliver()
    settle()
  }

  /// Nothing is left: polls make a new session.
  private func leave(_ answer: SockJSReply = .terminated) {
    if case .over = state { return }
    if case .open = state { loop.countSocket(-1, route: request.route.id) }
    state = .over
    endStatistics()
    waiting?.reply(answer)
    sending?.reply(.terminated)
    (waiting, sending) = (nil, nil)
    queue = []
    receiver = nil
    loop.deadlines.remove(&deadlineKey)
    loop.sockjs.remove(self)
  }

  /// It is no WebSocket any more for those who watch and those who command.
  private func endStatistics() {
    loop.namedSockets[request.socketID] = nil
    guard let connection = statistics else { return }
    statistics = nil
    loop.statistics?.ended(connection)
  }

  private func later(_ body: @escaping (SockJSSession) -> Void) {
    let bound = NIOLoopBound((self, body), eventLoop: loop.eventLoop)
    loop.eventLoop.execute { bound.value.1(bound.value.0) }
  }

  private func settle() {
    let time: TimeAmount? =
      switch state {
      case .closed: settings.linger
      case .opening: waiting == nil ? settings.sessionTimeout : nil
      case .open: waiting == nil ? settings.sessionTimeout : settings.heartbeat
      case .over: nil
      }
    loop.deadlines.set(deadlineKey, to: time.map { since + $0 })
  }
}

extension SockJSSession {
  var descriptor: Int32 { -1 }
  var isDeflating: Bool { false }

  var isWritable: Bool {
    if case .open = state { queuedBytes < settings.maxQueuedBytes } else { false }
  }

  func accept(fields: HTTPFields) {
    guard case .opening = state else { return }
    state = .open
    loop.countSocket(1, route: request.route.id)
    loop.counters.socketsOpened += 1
    owesOpen = true
    deliver()
    settle()
    // What the client has sent meanwhile.
    later { $0.resumeReading() }
  }

  func reject(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    guard case .opening = state else { return }
    leave(.refusal(status: status, reason: reason, fields: fields, body: body))
  }

  func fail(_ error: ProxyError) {
    guard case .opening = state else { return }
    loop.counters.originErrors[error.status, default: 0] += 1
    let text = error.body(isDebug: request.route.isDebug || loop.configuration.isDebug)
    leave(.text(error.status, String(text.dropLast())))
  }

  func send(_ frame: SocketFrame) {
    add(frame)
    deliver()
    settle()
  }

  func writeThroughPipeline(_ bytes: ByteBuffer) {
    var bytes = bytes
    // They are the edge's own, and whole.
    while case .frame(let frame)? = try? reader.next(&bytes) { add(frame) }
    owedDrains += 1
    deliver()
    drained()
    settle()
  }

  func close(_ close: SocketClose) {
    switch state {
    case .opening: fail(.origin("Error: the WebSocket was closed before it was opened"))
    case .open:
      finish(with: close)
      // A client that polls has no close frame of its own: its side is closed with this.
      later { session in
        let receiver = session.receiver
        session.receiver = nil
        receiver?.clientClosed(close)
      }
    case .closed, .over: return
    }
  }

  func drop(_ reason: CloseReason) {
    receiver = nil
    guard case .open = state, !queue.isEmpty else { return leave() }
    // What the origin has sent is not lost with it.
    finish(with: SocketClose(code: 1006, reason: "Session terminated"))
  }

  func resumeReading() {
    guard case .open = state else { return }
    while let receiver, receiver.acceptsClientFrames, let message = pending.popFirst() {
      receiver.clientSent(SocketFrame(.text, message))
    }
    guard pending.isEmpty, let sending else { return }
    self.sending = nil
    sending.reply(.taken)
  }
}

extension SockJSSession: ClientPhase {
  var connectionID: Int? { id }
  var isBusy: Bool { false }

  func deadlinePassed(now: NIODeadline) {
    switch state {
    case .open where waiting != nil:
      let poll = waiting
      waiting = nil
      since = now
      poll?.reply(.frame(SockJSFrame.heartbeat))
      settle()
    case .opening, .open:
      loop.logger.debug("a SockJS session is over: nobody polls", metadata: ["conn.id": "\(id)"])
      let receiver = receiver
      leave()
      receiver?.clientLost()
    case .closed: leave()
    case .over: return
    }
  }

  func drain(closesHeld: Bool) {
    if closesHeld { end(SocketClose(code: 1001, reason: "the proxy stops: come back")) }
  }

  func close(_ reason: CloseReason) {
    let receiver = receiver
    leave()
    receiver?.clientLost()
  }

  func closeForOperator() { end(SocketClose(code: 1001, reason: "closed by the operator")) }

  func report(now: NIODeadline) -> ConnectionReport? {
    var report = ConnectionReport(
      id: id, peer: request.peer, transport: "sockjs", state: isClosed ? "closing" : "held", route: request.route.id,
      path: key.base, ageMilliseconds: (now - opened).nanoseconds / 1_000_000, queuedBytes: queuedBytes)
    report.socketID = request.socketID
    if let slot = receiver?.heldSlot, let hold = loop.holds.report(slot) {
      report.queuedBytes += hold.queuedBytes
      report.channels = hold.channels
      report.user = hold.user
    }
    return report
  }
}

@available(*, unavailable)
extension SockJSSession: Sendable {}
