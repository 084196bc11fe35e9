import FanoutEdge
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// One end of a WebSocket in a test, the client's or the origin's: remembers what comes, sends what it is told.
final class SocketPeer: Sendable {
  /// What came, messages whole.
  enum Event: Equatable, Sendable {
    case text(String)
    case binary([UInt8])
    /// A message of so many bytes that it was only counted.
    case large(Int)
    case ping(String)
    case pong(String)
    case close(UInt16?, String)
    /// What came was no WebSocket.
    case fault(String)
  }

  struct State: Sendable {
    /// The other side's head, without its last line.
    var head = ""
    var events: [Event] = []
    /// Payload bytes of data frames.
    var count = 0
    var frames = 0
    var isClosed = false
    var channel: (any Channel)?
  }

  struct Timeout: Error { var state: State }

  let state = Mutex(State())
  let isClient: Bool

  init(isClient: Bool) { self.isClient = isClient }

  var events: [Event] { state.withLock { $0.events } }
  var head: String { state.withLock { $0.head } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// The value of a field of the other side's head.
  func field(_ name: String) -> String? {
    for line in head.components(separatedBy: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
      if parts.count == 2, parts[0].lowercased() == name.lowercased() { return String(parts[1]) }
    }
    return nil
  }

  /// Waits until what came satisfies the test.
  func wait(seconds: Int = 20, _ test: @escaping (State) -> Bool) async throws {
    for _ in 0..<(seconds * 100) {
      if state.withLock({ test($0) }) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Timeout(state: state.withLock { $0 })
  }

  /// Waits for so many events, and gives them.
  @discardableResult
  func wait(for count: Int) async throws -> [Event] {
    try await wait { $0.events.count >= count }
    return events
  }

  func waitForClose() async throws { try await wait { $0.isClosed } }

  func send(bytes: [UInt8]) async throws {
    try await state.withLock { $0.channel }?.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  func send(_ text: String) async throws { try await send(bytes: frame(1, Array(text.utf8))) }

  /// Writes without waiting until it has left.
  func post(bytes: [UInt8]) {
    state.withLock { $0.channel }?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  /// A frame of this side's, by hand.
  func frame(_ opcode: UInt8, _ payload: [UInt8], first: UInt8 = 0x80) -> [UInt8] {
    RawFrame.bytes(opcode, payload, first: first, isMasked: isClient)
  }

  /// A frame of zeros, so that masking it takes no time.
  func zeros(_ count: Int) -> [UInt8] {
    RawFrame.bytes(2, [UInt8](repeating: 0, count: count), isMasked: isClient, key: [0, 0, 0, 0])
  }

  func sendClose(_ code: UInt16?, _ reason: String = "") async throws {
    let body = code.map { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] } ?? []
    try await send(bytes: frame(8, body + Array(reason.utf8)))
  }

  func setReading(_ isOn: Bool) async throws {
    let channel = state.withLock { $0.channel }
    try await channel?.setOption(.autoRead, value: isOn).get()
    if isOn { channel?.read() }
  }

  /// Payload frames that have come.
  var frames: Int { state.withLock { $0.frames } }

  /// Bytes that this side has written and the kernel has not taken.
  var waiting: Int {
    get async throws {
      guard let channel = state.withLock({ $0.channel }) else { return 0 }
      return try await channel.getOption(.bufferedWritableBytes).get()
    }
  }

  /// Waits until what this side has written does not get less any more.
  func waitUntilStill() async throws -> Int {
    var last = -1
    for _ in 0..<200 {
      let now = try await waiting
      if now == last, now > 0 { break }
      last = now
      try await Task.sleep(for: .milliseconds(200))
    }
    return last
  }

  func disconnect() async { try? await state.withLock { $0.channel }?.close().get() }

  /// Ends the connection with a reset.
  func reset() async throws {
    guard let channel = state.withLock({ $0.channel }) else { return }
    try await channel.eventLoop.submit {
      _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }.get()
    try await channel.close().get()
  }
}

/// Frames without our encoder.
enum RawFrame {
  static func bytes(
    _ opcode: UInt8, _ payload: [UInt8], first: UInt8 = 0x80, isMasked: Bool, key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
  ) -> [UInt8] {
    var bytes: [UInt8] = [first | opcode]
    let bit: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case ...125: bytes.append(bit | UInt8(payload.count))
    case ...65_535: bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [bit | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    guard isMasked else { return bytes + payload }
    bytes += key
    if key == [0, 0, 0, 0] { return bytes + payload }
    return bytes + payload.enumerated().map { $0.element ^ key[$0.offset & 3] }
  }
}

/// Reads the head, then frames. What `upgrade` gives is written when the head is there.
final class SocketPeerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What is done with a head: bytes to write, and whether frames follow.
  typealias Upgrade = @Sendable (_ head: String) -> (bytes: [UInt8], isAccepted: Bool, echoes: Bool)

  private let peer: SocketPeer
  private let upgrade: Upgrade?
  private var parser: SocketFrameParser
  private var input = ByteBuffer()
  private var isUpgraded = false
  private var echoes = false
  private var message: [UInt8] = []
  private var messageCount = 0

  init(_ peer: SocketPeer, upgrade: Upgrade?) {
    self.peer = peer
    self.upgrade = upgrade
    parser = SocketFrameParser(peer.isClient ? .server : .client, allowsDeflate: true)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    peer.state.withLock { $0.channel = channel }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    input.writeBuffer(&bytes)
    if !isUpgraded { readHead(context) }
    if isUpgraded { readFrames(context) }
    if input.readableBytes == 0 { input.clear() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) { peer.state.withLock { $0.isClosed = true } }

  private func readHead(_ context: ChannelHandlerContext) {
    let text = String(buffer: input)
    let parts = text.components(separatedBy: "\r\n\r\n")
    guard parts.count > 1 else { return }
    let head = parts[0]
    guard let upgrade else {
      isUpgraded = head.hasPrefix("HTTP/1.1 101 ")
      if isUpgraded { input.moveReaderIndex(forwardBy: head.utf8.count + 4) }
      // Of a refusal the body is part of what is remembered.
      peer.state.withLock { $0.head = isUpgraded ? head : text }
      return
    }
    input.moveReaderIndex(forwardBy: head.utf8.count + 4)
    let (bytes, isAccepted, echoes) = upgrade(head)
    isUpgraded = isAccepted
    self.echoes = echoes
    peer.state.withLock { $0.head = head }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  private func readFrames(_ context: ChannelHandlerContext) {
    do throws(SocketFault) {
      while true {
        switch try parser.next(&input) {
        case .needsMore: return
        case .ping(let payload): add(.ping(String(buffer: payload)))
        case .pong(let payload): add(.pong(String(buffer: payload)))
        case .close(let close):
          add(.close(close.code, close.reason))
          if echoes { write(8, Array(close.body.readableBytesView), context) }
        case .part(let part): take(part, context)
        }
      }
    } catch {
      add(.fault(error.text))
      context.close(promise: nil)
    }
  }

  private func take(_ part: SocketFrameParser.Part, _ context: ChannelHandlerContext) {
    if part.isMessageStart { (message, messageCount) = ([], 0) }
    messageCount += part.payload.readableBytes
    if messageCount <= 1_048_576 { message += Array(part.payload.readableBytesView) }
    peer.state.withLock { state in
      state.count += part.payload.readableBytes
      state.frames += 1
    }
    guard part.isMessageEnd else { return }
    if part.isDeflated { return add(.binary([0xDE, 0xF1] + message)) }
    if messageCount > 1_048_576 { return add(.large(messageCount)) }
    add(part.isText ? .text(String(decoding: message, as: UTF8.self)) : .binary(message))
    if echoes { write(part.isText ? 1 : 2, message, context) }
  }

  private func write(_ opcode: UInt8, _ payload: [UInt8], _ context: ChannelHandlerContext) {
    context.writeAndFlush(
      wrapOutboundOut(ByteBuffer(bytes: RawFrame.bytes(opcode, payload, isMasked: peer.isClient))), promise: nil)
  }

  private func add(_ event: SocketPeer.Event) { peer.state.withLock { $0.events.append(event) } }
}
