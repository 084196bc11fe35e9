import FanoutEdge
import HTTPTypes
import NIOCore
import Testing

@Suite("RFC 7692: compression")
struct SocketCompressionTests {
  private static func answer(_ offers: String...) -> String? {
    var fields = HTTPFields()
    for offer in offers { fields.append(HTTPField(name: .secWebSocketExtensions, value: offer)) }
    return SocketExtension.list(fields).flatMap { SocketCompression.answer(to: $0) }
  }

  private static let taken = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

  @Test(arguments: [
    "permessage-deflate", "permessage-deflate; client_max_window_bits", "Permessage-Deflate;client_max_window_bits=10",
    "x-webkit-deflate-frame, permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits=10, permessage-deflate",
    "permessage-deflate; unknown=\"a, b\", permessage-deflate",
  ])
  func `an offer that fits is taken, without context`(offer: String) {
    #expect(Self.answer(offer) == Self.taken)
  }

  @Test func `the largest window is confirmed where it was asked for`() {
    #expect(Self.answer("permessage-deflate; server_max_window_bits=15") == Self.taken + "; server_max_window_bits=15")
  }

  @Test(arguments: [
    "", "x", "permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits",
    "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_max_window_bits=08",
    "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; ;",
  ])
  func `an offer that does not fit is declined`(offer: String) {
    #expect(Self.answer(offer) == nil)
  }

  /// The messages that come out, `nil` with the first fault.
  private static func read(
    _ bytes: ByteBuffer, _ peer: SocketFrameParser.Peer = .server, _ inflation: SocketReader.Inflation = .perMessage,
    limits: SocketReader.Limits = SocketReader.Limits(), step: Int? = nil
  ) throws(SocketFault) -> (messages: [Int], largest: Int, text: String) {
    var reader = SocketReader(peer, inflation: inflation, limits: limits)
    var rest = bytes
    var buffer = ByteBuffer()
    var (messages, largest, text, count) = ([Int](), 0, "", 0)
    while rest.readableBytes > 0 {
      buffer.writeImmutableBuffer(rest.readSlice(length: min(step ?? rest.readableBytes, rest.readableBytes))!)
      reading: while true {
        switch try reader.next(&buffer) {
        case .needsMore: break reading
        case .close: break
        case .frame(let frame):
          largest = max(largest, frame.payload.readableBytes)
          if frame.isFirst { (count, text) = (0, "") }
          count += frame.payload.readableBytes
          if count < 100_000 { text += String(buffer: frame.payload) }
          if frame.isLast { messages.append(count) }
        }
      }
    }
    return (messages, largest, text)
  }

  private static let verse = String(repeating: "Wherefore art thou Romeo? ", count: 40)

  @Test func `what is compressed is smaller, and inflates to the same, at every cut`() throws {
    let bytes = SocketFrameEncoder.message(.text, ByteBuffer(string: Self.verse), isDeflated: true)
    #expect(bytes.getInteger(at: 0) == UInt8(0xC1))
    #expect(bytes.readableBytes < Self.verse.utf8.count / 4)
    for step in 1..<bytes.readableBytes {
      #expect(try Self.read(bytes, step: step).text == Self.verse)
    }
  }

  @Test func `a compressor is used again, each message on its own`() throws {
    let deflater = try #require(SocketDeflater(level: 1))
    let first = SocketFrameEncoder.message(.text, ByteBuffer(string: Self.verse), deflater: deflater)
    let second = SocketFrameEncoder.message(.text, ByteBuffer(string: Self.verse), deflater: deflater)
    #expect(first == second)
    #expect(try Self.read(second).text == Self.verse)
    // Nothing to gain: as it is.
    #expect(
      SocketFrameEncoder.message(.text, ByteBuffer(string: "short"), deflater: deflater).getInteger(at: 0)
        == UInt8(0x81))
  }

  @Test func `RFC 7692's own examples are understood`() throws {
    // §7.2.3.1 one frame; §7.2.3.1 two fragments; §7.2.3.3 stored block; §7.2.3.4 with BFINAL; §7.2.3.5 two blocks.
    let examples: [[UInt8]] = [
      [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
      [0x41, 0x03, 0xF2, 0x48, 0xCD, 0x80, 0x04, 0xC9, 0xC9, 0x07, 0x00],
      [0xC1, 0x0B, 0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
      [0xC1, 0x08, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
      [0xC1, 0x0D, 0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
    ]
    for example in examples {
      for step in [example.count, 1] {
        #expect(try Self.read(ByteBuffer(bytes: example), step: step).text == "Hello")
      }
    }
    // §7.2.3.2: the second message refers to the first.
    let two: [UInt8] = [0xC1, 0x07, 0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xC1, 0x05, 0xF2, 0x00, 0x11, 0x00, 0x00]
    #expect(try Self.read(ByteBuffer(bytes: two), .server, .continuous).messages == [5, 5])
    #expect(throws: SocketFault.self) { try Self.read(ByteBuffer(bytes: two), .server, .perMessage) }
  }

  @Test func `a bomb comes out in pieces, and ends at its limit`() throws {
    let bomb = SocketFrameEncoder.message(.binary, ByteBuffer(repeating: 0, count: 10_000_000), isDeflated: true)
    #expect(bomb.readableBytes < 20_000)
    let (messages, largest, _) = try Self.read(bomb)
    #expect(messages == [10_000_000])
    #expect(largest <= 65_536)
    var limits = SocketReader.Limits()
    limits.inflatedBytes = 1_000_000
    #expect(throws: SocketFault(code: 1009, text: "a compressed message is over 1000000 bytes")) {
      try Self.read(bomb, limits: limits)
    }
  }

  @Test func `what cannot be inflated is bad data`() {
    let bytes = ByteBuffer(bytes: [0xC2, 0x04, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(throws: SocketFault.self) { try Self.read(bytes) }
  }

  @Test func `inflated text is checked too`() throws {
    let wrong = SocketFrameEncoder.message(.text, ByteBuffer(repeating: 0xFF, count: 500), isDeflated: true)
    #expect(throws: SocketFault(code: 1007, text: "a text message is not UTF-8")) { try Self.read(wrong) }
  }
}
