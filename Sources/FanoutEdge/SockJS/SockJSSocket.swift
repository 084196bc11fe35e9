import HTTPTypes
import Logging
import NIOCore

/// SockJS's frames on a WebSocket: stands between the client's side and what connects it with the origin, which sees plain
/// messages.
///
/// **Spec**: SockJS 0.3.3; GRIP proxy §18.
/// **Isolation**: its event loop, every member.
final class SockJSSocket: SocketHost {
  private let loop: LoopContext
  /// `nil` when it is over.
  private var socket: DownstreamSocket?
  var receiver: (any SocketClientReceiver)?
  private var isOpen = false
  private var isClientClosed = false
  private var isOver = false
  private var fromClient: SockJSAssembler
  private var fromOrigin: SockJSAssembler
  private var reader = SocketReader(.server)
  /// Of the client's, while the origin takes none.
  private var pending = CircularBuffer<ByteBuffer>()
  private var deadlineKey: Int32 = -1
  private var lastSent: NIODeadline

  /// Takes the client's side over.
  init(_ socket: DownstreamSocket) {
    loop = socket.loop
    self.socket = socket
    fromClient = SockJSAssembler(limit: loop.configuration.sockjs.maxRequestBytes)
    fromOrigin = SockJSAssembler(limit: loop.configuration.sockjs.maxMessageBytes)
    lastSent = loop.eventLoop.now
    socket.receiver = self
  }

  // MARK: What the session asks for

  var descriptor: Int32 { -1 }
  var isDeflating: Bool { false }
  var isWritable: Bool { socket?.isWritable ?? false }

  func accept(fields: HTTPFields) {
    guard let socket, !isOver else { return }
    isOpen = true
    deadlineKey = loop.deadlines.add(self)
    socket.accept(fields: fields)
    write(SockJSFrame.open)
    setHeartbeat()
  }

  func reject(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    leave()?.reject(status: status, reason: reason, fields: fields, body: body)
  }

  func fail(_ error: ProxyError) { leave()?.fail(error) }

  func send(_ frame: SocketFrame) {
    guard let frame = translated(frame) else { return }
    lastSent = loop.eventLoop.now
    socket?.send(frame)
  }

  func writeThroughPipeline(_ bytes: ByteBuffer) {
    var bytes = bytes
    var written = ByteBuffer()
    // They are the edge's own, and whole.
    while case .frame(let frame)? = try? reader.next(&bytes) {
      guard let frame = translated(frame) else { continue }
      let (header, payload) = SocketFrameEncoder.parts(frame, mask: nil, deflater: nil)
      written.writeImmutableBuffer(header)
      written.writeImmutableBuffer(payload)
    }
    lastSent = loop.eventLoop.now
    // Also where nothing is left to write: the receiver waits until it has left.
    socket?.writeThroughPipeline(written)
  }

  func close(_ close: SocketClose) {
    guard let socket, !isOver else { return }
    if isOpen, !isClientClosed { write(SockJSFrame.close(close)) }
    // The client's answer is still heard.
    endHeartbeat()
    if isClientClosed { leave() }
    socket.close(close)
  }

  func drop(_ reason: CloseReason) { leave()?.drop(reason) }

  func resumeReading() {
    passOn()
    if pending.isEmpty { socket?.resumeReading() }
  }

  // MARK: Frames

  /// What the client gets of an origin's frame; `nil` where nothing, yet.
  private func translated(_ frame: SocketFrame) -> SocketFrame? {
    guard !isOver else { return nil }
    if frame.kind == .ping || frame.kind == .pong { return frame }
    switch fromOrigin.take(frame) {
    case .nothing: return nil
    case .tooLarge:
      refuse(SocketClose(code: 1009, reason: "a message of the origin is too large"))
      return nil
    case .message(let message):
      return SocketFrame(.text, SockJSFrame.messages(CollectionOfOne(SockJSFrame.quoted(message))))
    }
  }

  private func write(_ frame: ByteBuffer) {
    lastSent = loop.eventLoop.now
    socket?.send(SocketFrame(.text, frame))
  }

  /// Ends both sides: one of them cannot be understood.
  private func refuse(_ close: SocketClose) {
    let receiver = receiver
    loop.counters.socketFaults[close.code ?? 0, default: 0] += 1
    let socket = leave()
    socket?.close(close)
    receiver?.clientLost()
  }

  private func passOn() {
    while let receiver, receiver.acceptsClientFrames, let message = pending.popFirst() {
      receiver.clientSent(SocketFrame(.text, message))
    }
  }

  /// Lets both sides go, and gives the client's.
  @discardableResult
  private func leave() -> DownstreamSocket? {
    let socket = socket
    isOver = true
    self.socket = nil
    receiver = nil
    pending.removeAll()
    endHeartbeat()
    return socket
  }

  private func endHeartbeat() { loop.deadlines.remove(&deadlineKey) }

  private func setHeartbeat() { loop.deadlines.set(deadlineKey, to: lastSent + loop.configuration.sockjs.heartbeat) }
}

extension SockJSSocket: SocketClientReceiver {
  var heldSlot: HoldSlot? { receiver?.heldSlot }

  func refreshOrigin() { receiver?.refreshOrigin() }

  var acceptsClientFrames: Bool { pending.isEmpty && (receiver?.acceptsClientFrames ?? true) }

  func clientSent(_ frame: SocketFrame) {
    guard !isOver else { return }
    guard frame.kind == .text || frame.kind == .binary else { receiver?.clientSent(frame); return }
    switch fromClient.take(frame) {
    case .nothing: return
    case .tooLarge: refuse(SocketClose(code: 1009, reason: "a message is too large"))
    case .message(let text):
      // An empty one says nothing (SockJS 0.3.3).
      guard text.readableBytes > 0 else { return }
      guard let messages = SockJSFrame.read(text.readableBytesView, limit: fromClient.limit) else {
        return refuse(SocketClose(code: 1007, reason: "a SockJS message is a JSON array of strings"))
      }
      pending.append(contentsOf: messages)
      passOn()
    }
  }

  func clientClosed(_ close: SocketClose) {
    isClientClosed = true
    endHeartbeat()
    receiver?.clientClosed(close)
  }

  func clientLost() {
    let receiver = receiver
    leave()
    receiver?.clientLost()
  }

  func clientWritable() { receiver?.clientWritable() }

  func clientDrained() { receiver?.clientDrained() }
}

extension SockJSSocket: DeadlineOwner {
  func deadlinePassed(now: NIODeadline) {
    let due = lastSent + loop.configuration.sockjs.heartbeat
    // Where nothing leaves, what waits tells enough when it does.
    if now >= due, isWritable { write(SockJSFrame.heartbeat) } else if now >= due { lastSent = now }
    setHeartbeat()
  }
}

@available(*, unavailable)
extension SockJSSocket: Sendable {}
