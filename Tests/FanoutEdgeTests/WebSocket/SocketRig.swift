import GRIP
import Glibc
import HTTPTypes
import Logging
import NIOCore
import Testing

@testable import FanoutEdge

/// A client's side: one end of a socket pair, and a pipeline that takes what it is given unless it is blocked.
final class FakeSocketClient: SocketClient {
  var isDeflating = false
  /// Whether bytes must pass the pipeline, as with TLS.
  var isPipelined = false
  /// Whether the pipeline keeps what it gets.
  private(set) var isBlocked = false
  /// What fills the socket meanwhile.
  private var filling = 0
  var events: [String] = []
  var resumes = 0
  weak var session: SocketSession?
  private let own: Int32
  private let peer: Int32
  private var piped: [UInt8] = []
  private var read: [UInt8] = []
  private var isOpenMessage = false

  init(sendBuffer: Int32? = nil) {
    var ends: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    own = ends[0]
    peer = ends[1]
    if var size = sendBuffer {
      setsockopt(own, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  deinit {
    Glibc.close(own)
    Glibc.close(peer)
  }

  var descriptor: Int32 { isPipelined || isOpenMessage || !piped.isEmpty ? -1 : own }
  var isWritable: Bool { !isBlocked }

  func accept(fields: HTTPFields) { events.append("accepted") }
  func reject(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    events.append("rejected \(status) \(String(buffer: body))")
  }
  func fail(_ error: ProxyError) { events.append("failed \(error.status)") }

  func send(_ frame: SocketFrame) {
    if frame.kind == .text || frame.kind == .binary { isOpenMessage = !frame.isLast }
    var bytes: [UInt8] = [(frame.isLast ? 0x80 : 0) | (frame.isFirst ? frame.kind.rawValue : 0)]
    bytes.append(UInt8(frame.payload.readableBytes))
    bytes += frame.payload.readableBytesView
    put(bytes)
  }

  func writeThroughPipeline(_ bytes: ByteBuffer) {
    put(Array(bytes.readableBytesView))
    if !isBlocked { session?.clientDrained() }
  }

  private func put(_ bytes: [UInt8]) {
    // What the socket has is before what the pipeline gets.
    readSocket()
    piped += bytes
    if !isBlocked { flushPipeline() }
  }

  private func flushPipeline() {
    read += piped
    piped = []
  }

  /// Reads no more: the socket is full, the pipeline keeps what it gets.
  func block() {
    readSocket()
    while Glibc.send(own, [UInt8(0)], 1, Int32(MSG_DONTWAIT)) == 1 { filling += 1 }
    isBlocked = true
  }

  /// Reads again.
  func unblock() {
    isBlocked = false
    let before = read.count
    readSocket()
    read.removeSubrange(before..<before + filling)
    filling = 0
    flushPipeline()
    session?.clientWritable()
  }

  func close(_ close: SocketClose) {
    events.append("close \(close.code.map(String.init) ?? "-") \(close.reason)".trimmed)
  }
  func drop(_ reason: CloseReason) { events.append("drop \(reason)") }
  func resumeReading() { resumes += 1 }

  private func readSocket() {
    guard !isBlocked else { return }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(peer, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { break }
      read += buffer[0..<count]
    }
  }

  /// The frames that the client has received since the last look: `text hello`, `text- part`, `+ rest`.
  func frames() throws -> [String] {
    readSocket()
    var frames: [String] = []
    var rest = read[...]
    while rest.count >= 2, let first = rest.popFirst(), let length = rest.popFirst() {
      var count = Int(length)
      if length == 126 { count = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst()) }
      if length == 127 { count = (0..<8).reduce(0) { sum, _ in sum << 8 | Int(rest.removeFirst()) } }
      let payload = rest.prefix(count)
      rest = rest.dropFirst(count)
      let name = try #require([0: "+", 1: "text", 2: "binary", 9: "ping", 10: "pong"][Int(first & 0x0F)])
      let isCompressed = first & 0x40 != 0
      let text = isCompressed ? "deflated" : String(decoding: payload, as: UTF8.self)
      frames.append("\(name)\(first & 0x80 == 0 ? "-" : "") \(text)".trimmed)
    }
    read = Array(rest)
    return frames
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// An origin's side that remembers what it was told.
final class FakeSocketOrigin: SocketOrigin {
  var isWritable = true
  var events: [String] = []
  var lastIDs: [[String: String]] = []

  func open() { events.append("open") }
  func send(_ frame: SocketFrame) { events.append("sent \(String(buffer: frame.payload))") }
  func close(_ close: SocketClose) { events.append("close \(close.code.map(String.init) ?? "-")") }
  func clientLost() { events.append("lost") }
  func detach() { events.append("detach") }
  func refresh() { events.append("refresh") }
  func resume(_ lastIDs: [(channel: String, id: String)]) {
    self.lastIDs.append(Dictionary(lastIDs.map { ($0.channel, $0.id) }) { $1 })
  }
  func resumeReading() {}
}

/// A session between the two, on a rig's table.
struct SocketRig {
  let rig: DeliveryRig
  let client: FakeSocketClient
  let origin = FakeSocketOrigin()
  let session: SocketSession

  /// Opened, with an origin that speaks GRIP.
  init(
    _ rig: DeliveryRig, on loop: Int = 0, client: FakeSocketClient = FakeSocketClient(), prefix: String = "",
    messagePrefix: String? = "m:", implicit: [String] = [], isDebug: Bool = false, opens: Bool = true
  ) throws {
    self.rig = rig
    self.client = client
    session = SocketSession(
      client: client, table: try rig.table(loop),
      settings: SocketSession.Settings(
        connectionID: "c1", uri: "/chat", routeID: "1", channelPrefix: prefix, isDebug: isDebug),
      logger: rig.logger)
    client.session = session
    session.start(origin)
    guard opens else { return }
    var target = OriginTarget(host: "localhost", port: 80)
    target.implicitChannels = implicit
    session.originOpened(
      fields: [:], grip: messagePrefix.map { GRIPWebSocketExtension(messagePrefix: $0) }, target: target)
    rig.run()
  }

  /// The origin says something.
  func say(_ text: String) {
    session.originSent(.text(text))
    rig.run()
  }

  func control(_ json: String) { say("c:" + json) }

  func subscribe(_ channel: String, _ rest: String = "") {
    control(#"{"type":"subscribe","channel":"\#(channel)"\#(rest)}"#)
  }
}

extension DeliveryRig {
  var logger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }
}

extension GRIPItem {
  static func message(
    _ text: String, in channel: String, id: String? = nil, after previous: String? = nil, meta: [String: String] = [:]
  ) -> GRIPItem {
    GRIPItem(
      channel: channel, id: id, previousID: previous, webSocket: .send(.text(text), isBinary: false), meta: meta)
  }
}
