import NIOCore

/// What hears an origin's frames.
///
/// **Isolation**: its event loop.
protocol OriginSocketDelegate: AnyObject {
  /// Whether more frames can be taken; where not, `OriginSocket.resumeReading` follows.
  var acceptsFrames: Bool { get }
  func socketReceived(_ frame: SocketFrame)
  func socketReceivedClose(_ close: SocketClose)
  func socketWritable()
  /// The end: nothing follows. `text` is `nil` after a complete closing handshake.
  func socketEnded(_ text: String?)
}

/// A connection to an origin after its 101: frames out, masked, and frames in. An origin that is silent is asked whether it
/// lives (RFC 6455 §5.5.2), so that one that has died without a word is found in seconds.
///
/// **Isolation**: its event loop, every member.
final class OriginSocket: ChannelInboundHandler, DeadlineOwner {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case open
    /// Our close frame is out.
    case closing
    /// The origin's close frame is here.
    case closed
    /// Both are; the origin closes the connection (RFC 6455 §7.1.1).
    case over
  }

  private let loop: LoopContext
  private weak var delegate: (any OriginSocketDelegate)?
  private var context: ChannelHandlerContext?
  private var deadlineKey: Int32 = -1
  private var state = State.open
  private var reader: SocketReader
  private var life: SocketLife
  private let compresses: Bool
  private var input: ByteBuffer?
  private var originClose = SocketClose()
  private var isReadPending = true
  private var isParsing = false
  private var isInputEnded = false
  private var hasTold = false

  init(loop: LoopContext, inflation: SocketReader.Inflation, delegate: any OriginSocketDelegate) {
    self.loop = loop
    self.delegate = delegate
    compresses = inflation != .none
    life = SocketLife(now: loop.eventLoop.now)
    reader = SocketReader(
      .server, inflation: inflation, limits: loop.configuration.sockets.readerLimits(of: .server))
  }

  /// Begins with what has come behind the 101.
  func start(_ rest: ByteBuffer) {
    if rest.readableBytes > 0 { input = rest }
    parse()
  }

  var isWritable: Bool { state == .open && context?.channel.isWritable ?? false }

  /// Sends a frame of the client's.
  func send(_ frame: SocketFrame) {
    guard state == .open, let context else { return }
    let (header, payload) = SocketFrameEncoder.parts(
      frame, mask: .random(), deflater: compresses ? loop.deflater : nil)
    if payload.readableBytes <= SocketFrameEncoder.copiedBytes {
      write(SocketFrameEncoder.joined(header, payload))
    } else {
      context.write(wrapOutboundOut(header), promise: nil)
      write(payload)
    }
  }

  /// Sends a close frame: the first one, or the answer to the origin's.
  func close(_ close: SocketClose) {
    switch state {
    case .open: state = .closing
    case .closed: state = .over
    case .closing, .over: return
    }
    write(SocketFrameEncoder.close(close, mask: .random()))
    setDeadline()
    parse()
  }

  /// Goes on reading.
  func resumeReading() { parse() }

  /// Nothing is heard of it any more; it says good-bye to the origin in its own time.
  func leave() {
    delegate = nil
    close(SocketClose())
  }

  /// Ends without a close frame.
  func drop() {
    delegate = nil
    state = .over
    input = nil
    context?.close(promise: nil)
  }

  /// Nobody holds on to it: without a closing handshake under way it ends.
  func ownerGone() {
    if state == .open { drop() }
  }

  // MARK: Events of NIO

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = loop.deadlines.add(self)
    setDeadline()
    loop.counters.originSockets += 1
    try? context.channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.deadlines.remove(&deadlineKey)
    loop.counters.originSockets -= 1
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard state != .over else { return }
    // Whatever they are, the origin lives. A deadline that comes too early is looked at when it has passed, but that of a
    // ping's answer may be later than that of the next ping.
    let wasAsked = life.isAsked
    life.heard(now: loop.eventLoop.now)
    if wasAsked, state == .open { setDeadline() }
    if input == nil { input = bytes } else { input?.writeBuffer(&bytes) }
    parse()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReadPending = false
    readMore()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    life.writabilityChanged(isStalled: !context.channel.isWritable, now: loop.eventLoop.now)
    if state == .open { setDeadline() }
    if context.channel.isWritable { delegate?.socketWritable() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    // What came before the end is still passed on, however slowly it is taken.
    isInputEnded = true
    parse()
  }

  func deadlinePassed(now: NIODeadline) {
    switch state {
    case .open: lookAtLife(now: now)
    // Nobody answers the origin's close.
    case .closed: close(originClose)
    case .closing, .over: context?.close(promise: nil)
    }
  }

  /// Asks an origin that has said nothing, and gives up one that does not answer or takes nothing.
  private func lookAtLife(now: NIODeadline) {
    let action = life.passed(
      loop.configuration.sockets.towardsOrigins, stall: loop.timeouts.values.stall, isOpen: true,
      isReading: delegate?.acceptsFrames ?? true, queued: context?.channel.unconfirmedBytes ?? 0, now: now)
    switch action {
    case .none, .closeOverdue: break
    case .ping(let payload): send(SocketFrame(.ping, payload))
    case .unresponsive: return giveUp("it did not answer a ping in time")
    case .slow: return giveUp("it has taken nothing for too long")
    }
    setDeadline()
  }

  private func giveUp(_ text: String) {
    state = .over
    loop.counters.unresponsiveOrigins += 1
    tellEnd(text)
    context?.close(promise: nil)
  }

  // MARK: Reading

  private func parse() {
    guard !isParsing else { return }
    isParsing = true
    var buffer = input ?? ByteBuffer()
    input = nil
    do throws(SocketFault) {
      while state == .closing || (state == .open && delegate?.acceptsFrames ?? true) {
        guard try step(&buffer) else { break }
      }
    } catch {
      refuse(error)
    }
    if buffer.readableBytes > 0, state == .open || state == .closing {
      buffer.discardReadBytes()
      input = buffer
    }
    isParsing = false
    readMore()
  }

  private func step(_ buffer: inout ByteBuffer) throws(SocketFault) -> Bool {
    switch try reader.next(&buffer) {
    case .needsMore:
      if isInputEnded {
        state = .over
        tellEnd("it closed the connection without a close frame")
      }
      return false
    case .frame(let frame) where frame.kind == .pong && life.isAnswer(frame.payload): break
    case .frame(let frame):
      delegate?.socketReceived(frame)
    case .close(let close):
      originClose = close
      let isAnswer = state == .closing
      state = isAnswer ? .over : .closed
      setDeadline()
      delegate?.socketReceivedClose(close)
      if isAnswer { tellEnd(nil) }
      return false
    }
    return true
  }

  private func refuse(_ fault: SocketFault) {
    if state != .closing {
      write(SocketFrameEncoder.close(SocketClose(code: fault.code, reason: fault.text), mask: .random()))
    }
    state = .over
    setDeadline()
    tellEnd(fault.text)
  }

  private func tellEnd(_ text: String?) {
    guard !hasTold else { return }
    hasTold = true
    delegate?.socketEnded(text)
  }

  private func write(_ bytes: ByteBuffer) {
    context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  /// Reads on where it should. With nothing being read the end of the connection is seen all the same.
  private func readMore() {
    guard let context, !isReadPending, !isInputEnded else { return }
    switch state {
    case .open: guard delegate?.acceptsFrames ?? true else { return }
    case .closing, .closed, .over: break
    }
    isReadPending = true
    context.read()
  }

  private func setDeadline() {
    let settings = loop.configuration.sockets
    let now = loop.eventLoop.now
    let deadline: NIODeadline? =
      switch state {
      case .open: life.deadline(settings.towardsOrigins, stall: loop.timeouts.values.stall, isOpen: true)
      case .closing, .closed: now + settings.closeTimeout
      case .over: now + loop.timeouts.values.linger
      }
    loop.deadlines.set(deadlineKey, to: deadline)
  }
}

@available(*, unavailable)
extension OriginSocket: Sendable {}
