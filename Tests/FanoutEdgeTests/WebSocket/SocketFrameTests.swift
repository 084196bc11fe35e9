import FanoutEdge
import NIOCore
import Testing

@Suite("RFC 6455 §5: frames")
struct SocketFrameTests {
  /// What a reader makes of bytes: messages whole, and the code of the fault that ended it.
  private struct Reading: Equatable {
    var texts: [String] = []
    var controls: [String] = []
    var close: SocketClose?
    var fault: UInt16?
    var isPartial = false
  }

  private static func read(
    _ bytes: [UInt8], from peer: SocketFrameParser.Peer = .client, splits: [Int] = [],
    inflation: SocketReader.Inflation = .none, limits: SocketReader.Limits = SocketReader.Limits()
  ) -> Reading {
    var reader = SocketReader(peer, inflation: inflation, limits: limits)
    var reading = Reading()
    var message: [UInt8] = []
    var buffer = ByteBuffer()
    var start = 0
    do throws(SocketFault) {
      for end in splits + [bytes.count] {
        buffer.writeBytes(bytes[start..<end])
        start = end
        reading: while true {
          switch try reader.next(&buffer) {
          case .needsMore: break reading
          case .close(let close): reading.close = close
          case .frame(let frame):
            guard frame.kind == .text || frame.kind == .binary else {
              reading.controls.append("\(frame.kind) \(String(buffer: frame.payload))")
              continue
            }
            if frame.isFirst { message = [] }
            message += Array(frame.payload.readableBytesView)
            if frame.isLast { reading.texts.append(String(decoding: message, as: UTF8.self)) }
          }
        }
      }
    } catch {
      reading.fault = error.code
    }
    reading.isPartial = reading.fault == nil && buffer.readableBytes > 0
    return reading
  }

  private static func client(_ opcode: UInt8, _ payload: [UInt8], first: UInt8 = 0x80) -> [UInt8] {
    RawFrame.bytes(opcode, payload, first: first, isMasked: true)
  }

  private static func text(_ text: String, first: UInt8 = 0x80) -> [UInt8] { client(1, Array(text.utf8), first: first) }

  @Test func `a conversation reads the same however its bytes are cut`() {
    let bytes =
      Self.text("Romeo") + Self.text("wherefore ", first: 0) + Self.client(9, Array("alive?".utf8))
      + Self.client(0, Array("art ".utf8), first: 0) + Self.client(0, Array("thou ❤".utf8)) + Self.client(10, [])
      + Self.client(2, Array(repeating: 0x61, count: 200)) + Self.client(1, [], first: 0) + Self.client(0, [])
      + Self.client(8, [0x03, 0xE8] + Array("bye".utf8))
    let whole = Self.read(bytes)
    #expect(whole.texts == ["Romeo", "wherefore art thou ❤", String(repeating: "a", count: 200), ""])
    #expect(whole.controls == ["ping alive?", "pong "])
    #expect(whole.close == SocketClose(code: 1000, reason: "bye"))
    for split in 1..<bytes.count { #expect(Self.read(bytes, splits: [split]) == whole, "\(split)") }
    #expect(Self.read(bytes, splits: Array(1..<bytes.count)) == whole)
  }

  /// Bytes that break the protocol, and the code that they get.
  static let hostile: [(name: String, bytes: [UInt8], code: UInt16)] = [
    ("not masked", RawFrame.bytes(1, Array("x".utf8), isMasked: false), 1002),
    ("RSV1 without compression", text("x", first: 0xC0), 1002),
    ("RSV2", text("x", first: 0xA0), 1002),
    ("RSV3", text("x", first: 0x90), 1002),
    ("reserved data opcode", client(3, []), 1002),
    ("reserved control opcode", client(11, []), 1002),
    ("ping of 126 bytes", client(9, Array(repeating: 0, count: 126)), 1002),
    ("fragmented ping", client(9, [], first: 0), 1002),
    ("fragmented close", client(8, [], first: 0), 1002),
    ("continuation of nothing", client(0, Array("x".utf8)), 1002),
    ("continuation after the end", text("x") + client(0, Array("x".utf8)), 1002),
    ("message within a message", text("x", first: 0) + text("y"), 1002),
    ("length 125 in 16 bits", [0x81, 0xFE, 0, 125, 0, 0, 0, 0], 1002),
    ("length 65535 in 64 bits", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], 1002),
    ("length with the highest bit", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
    ("close of one byte", client(8, [0x03]), 1002),
    ("close 0", client(8, [0, 0]), 1002),
    ("close 999", client(8, [0x03, 0xE7]), 1002),
    ("close 1004", client(8, [0x03, 0xEC]), 1002),
    ("close 1005", client(8, [0x03, 0xED]), 1002),
    ("close 1006", client(8, [0x03, 0xEE]), 1002),
    ("close 1015", client(8, [0x03, 0xF7]), 1002),
    ("close 2999", client(8, [0x0B, 0xB7]), 1002),
    ("close 5000", client(8, [0x13, 0x88]), 1002),
    ("close reason not UTF-8", client(8, [0x03, 0xE8, 0xFF]), 1007),
    ("text not UTF-8", client(1, [0x61, 0xFF]), 1007),
    ("text with an overlong slash", client(1, [0xC0, 0xAF]), 1007),
    ("text with a surrogate", client(1, [0xED, 0xA0, 0x80]), 1007),
    ("text above U+10FFFF", client(1, [0xF4, 0x90, 0x80, 0x80]), 1007),
    ("text that ends within a character", client(1, [0xE2, 0x9D]), 1007),
    ("character broken over fragments", client(1, [0xE2], first: 0) + client(0, [0x41]), 1007),
  ]

  @Test(arguments: hostile.indices)
  func `what breaks the protocol gets its code, however it is cut`(index: Int) {
    let (name, bytes, code) = Self.hostile[index]
    #expect(Self.read(bytes).fault == code, "\(name)")
    for split in 1..<bytes.count { #expect(Self.read(bytes, splits: [split]).fault == code, "\(name) at \(split)") }
  }

  @Test func `a wrong character is found before its frame is whole`() {
    var frame = Self.client(1, [0x61, 0xFF] + Array(repeating: 0x61, count: 100))
    frame.removeLast(60)
    #expect(Self.read(frame).fault == 1007)
  }

  @Test func `a masked frame of a server's is refused`() {
    #expect(Self.read(Self.text("x"), from: .server).fault == 1002)
    #expect(Self.read(RawFrame.bytes(1, Array("x".utf8), isMasked: false), from: .server).texts == ["x"])
  }

  @Test func `limits count frames and messages`() {
    var limits = SocketReader.Limits()
    limits.frameBytes = 200
    limits.messageBytes = 300
    let part = Array(repeating: UInt8(ascii: "a"), count: 150)
    #expect(Self.read(Self.client(1, part), limits: limits).texts.count == 1)
    #expect(Self.read(Self.client(1, part, first: 0) + Self.client(0, part), limits: limits).texts.count == 1)
    #expect(Self.read(Self.client(2, part + part), limits: limits).fault == 1009)
    let three = Self.client(2, part, first: 0) + Self.client(0, part, first: 0) + Self.client(0, [1])
    #expect(Self.read(three, limits: limits).fault == 1009)
  }

  @Test func `a frame of a server's comes whole where it is small, and its beginning is never shorter`() throws {
    var limits = SocketReader.Limits()
    limits.wholeBytes = 1000
    var reader = SocketReader(.server, limits: limits)
    var buffer = ByteBuffer(bytes: RawFrame.bytes(2, Array(repeating: 7, count: 900), isMasked: false).dropLast())
    #expect(try reader.next(&buffer) == .needsMore)
    buffer.writeInteger(UInt8(7))
    guard case .frame(let frame) = try reader.next(&buffer) else { throw SocketFault(code: 0, text: "no frame") }
    #expect(frame.payload.readableBytes == 900 && frame.isFirst && frame.isLast)
    let large = RawFrame.bytes(2, Array(repeating: 7, count: 1500), isMasked: false)
    buffer.writeBytes(large.prefix(1003))
    #expect(try reader.next(&buffer) == .needsMore)
    buffer.writeBytes(large[1003..<1010])
    guard case .frame(let start) = try reader.next(&buffer) else { throw SocketFault(code: 0, text: "no frame") }
    #expect(start.payload.readableBytes == 1006 && start.isFirst && !start.isLast)
  }

  @Test func `a long frame comes in few parts, however it is cut`() throws {
    let bytes = RawFrame.bytes(2, [UInt8](repeating: 0, count: 200_000), isMasked: true, key: [0, 0, 0, 0])
    var reader = SocketReader(.client)
    var buffer = ByteBuffer()
    var parts: [Int] = []
    for start in stride(from: 0, to: bytes.count, by: 1000) {
      buffer.writeBytes(bytes[start..<min(start + 1000, bytes.count)])
      while case .frame(let frame) = try reader.next(&buffer) { parts.append(frame.payload.readableBytes) }
    }
    #expect(parts.reduce(0, +) == 200_000)
    #expect(parts.count == 4)
  }

  @Test(arguments: [0, 1, 7, 8, 125, 126, 65_535, 65_536, 100_000])
  func `what is encoded is read again`(count: Int) {
    let payload = ByteBuffer(bytes: (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) })
    let sent = SocketFrameEncoder.message(.text, payload)
    #expect(sent.getInteger(at: 0) == UInt8(0x81))
    #expect(Self.read(Array(sent.readableBytesView), from: .server).texts == [String(buffer: payload)])
    let (header, body) = SocketFrameEncoder.parts(
      SocketFrame(.text, payload), mask: SocketMask(key: 0x0102_0304), deflater: nil)
    let masked = SocketFrameEncoder.joined(header, body)
    #expect(Self.read(Array(masked.readableBytesView)).texts == [String(buffer: payload)])
    let expected = RawFrame.bytes(1, Array(payload.readableBytesView), isMasked: false)
    #expect(Array(sent.readableBytesView) == expected)
  }

  @Test func `a close frame has only codes that may be sent, and a reason that fits`() {
    func body(_ close: SocketClose) -> [UInt8] {
      Array(SocketFrameEncoder.close(close).readableBytesView.dropFirst(2))
    }
    #expect(body(SocketClose()) == [])
    #expect(body(SocketClose(code: 4001, reason: "x")) == [0x0F, 0xA1, 0x78])
    #expect(body(SocketClose(code: 0)) == [0x03, 0xE8])
    let long = body(SocketClose(code: 1000, reason: String(repeating: "é", count: 100)))
    #expect(long.count == 2 + 122)
    #expect(Self.read(Self.client(8, long)).close?.reason == String(repeating: "é", count: 61))
  }
}
