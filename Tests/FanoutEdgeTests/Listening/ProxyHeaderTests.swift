import FanoutEdge
import NIOCore
import Testing

@Suite("PROXY protocol: the header before a connection's first byte")
struct ProxyHeaderTests {
  struct Entry: Sendable, CustomTestStringConvertible {
    var bytes: [UInt8]
    var peer: String?
    var testDescription: String

    init(_ name: String, _ bytes: [UInt8], peer: String?) {
      (testDescription, self.bytes, self.peer) = (name, bytes, peer)
    }

    init(_ line: String, peer: String?) { self.init(line, Array((line + "\r\n").utf8), peer: peer) }
  }

  static func version2(command: UInt8, family: UInt8, _ payload: [UInt8], size: Int? = nil) -> [UInt8] {
    let count = size ?? payload.count
    return [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, command, family]
      + [UInt8(count >> 8), UInt8(count & 0xFF)] + payload
  }

  private static let v4: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0x1F, 0x90, 0x01, 0xBB]
  private static let v6: [UInt8] =
    [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 16) + [0, 1, 0, 2]
  /// Two TLVs, the second of them empty.
  private static let extras: [UInt8] = [0x02, 0, 3, 0x61, 0x62, 0x63, 0x04, 0, 0]

  static let good: [Entry] = [
    Entry("PROXY TCP4 192.0.2.7 198.51.100.1 8080 443", peer: "192.0.2.7"),
    Entry("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535", peer: "255.255.255.255"),
    Entry("PROXY TCP6 2001:db8::1 ::1 0 443", peer: "2001:db8::1"),
    Entry("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 443", peer: "::ffff:192.0.2.7"),
    Entry("PROXY UNKNOWN", peer: nil),
    Entry("PROXY UNKNOWN whatever stands here", peer: nil),
    Entry("version 2, IPv4", version2(command: 0x21, family: 0x11, v4), peer: "192.0.2.7"),
    Entry("version 2, IPv4 with TLVs", version2(command: 0x21, family: 0x11, v4 + extras), peer: "192.0.2.7"),
    Entry("version 2, IPv6", version2(command: 0x21, family: 0x21, v6), peer: "2001:db8::1"),
    Entry("version 2, LOCAL", version2(command: 0x20, family: 0x00, []), peer: nil),
    Entry("version 2, LOCAL with addresses", version2(command: 0x20, family: 0x11, v4), peer: nil),
    Entry("version 2, no family", version2(command: 0x21, family: 0x00, extras), peer: nil),
    Entry(
      "version 2, Unix socket", version2(command: 0x21, family: 0x31, [UInt8](repeating: 0x61, count: 216)), peer: nil),
    Entry(
      "version 2, as long as is taken", version2(command: 0x20, family: 0, [UInt8](repeating: 0, count: 4096)),
      peer: nil),
  ]

  @Test(arguments: good)
  func `a header gives the client's address, wherever its bytes are cut, and nothing after it is taken`(entry: Entry) {
    for count in 0..<entry.bytes.count {
      #expect(ProxyHeader.read(ByteBuffer(bytes: entry.bytes.prefix(count)).readableBytesView) == .needsMore)
    }
    let whole = ByteBuffer(bytes: entry.bytes + Array("GET / HTTP/1.1\r\n".utf8))
    #expect(
      ProxyHeader.read(whole.readableBytesView) == .header(peer: entry.peer, length: entry.bytes.count))
  }

  static let bad: [Entry] =
    [
      "GET / HTTP/1.1", "PROXY", "proxy TCP4 192.0.2.7 198.51.100.1 1 2", "PROXY TCP4",
      "PROXY TCP5 1.1.1.1 2.2.2.2 1 2",
      "PROXY TCP4 192.0.2.7 198.51.100.1 1", "PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3",
      "PROXY  TCP4 1.1.1.1 2.2.2.2 1 2",
      "PROXY TCP4 ::1 ::1 1 2", "PROXY TCP6 1.1.1.1 2.2.2.2 1 2", "PROXY TCP4 1.1.1.256 2.2.2.2 1 2",
      "PROXY TCP4 1.1.1 2.2.2.2 1 2", "PROXY TCP4 localhost 2.2.2.2 1 2", "PROXY TCP4 1.1.1.1 2.2.2.2 01 2",
      "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2", "PROXY TCP4 1.1.1.1 2.2.2.2 -1 2", "PROXY TCP4 1.1.1.1 2.2.2.2 x 2",
      "PROXY TCP4 1.1.1.1\n2.2.2.2 1 2", "PROXY UNKNOWN " + String(repeating: "x", count: 100),
    ].map { Entry($0, peer: nil) } + [
      Entry("no LF after CR", Array("PROXY UNKNOWN\rX".utf8), peer: nil),
      Entry("bare LF", Array(("PROXY UNKNOWN\n" + String(repeating: "x", count: 100)).utf8), peer: nil),
      Entry("version 1 of the binary form", version2(command: 0x11, family: 0x11, v4), peer: nil),
      Entry("unknown command", version2(command: 0x22, family: 0x11, v4), peer: nil),
      Entry("unknown family", version2(command: 0x21, family: 0x41, v4), peer: nil),
      Entry("too short for IPv4", version2(command: 0x21, family: 0x11, Array(v4.dropLast())), peer: nil),
      Entry("too short for IPv6", version2(command: 0x21, family: 0x21, v4), peer: nil),
      Entry("too long", version2(command: 0x21, family: 0x11, v4, size: 4097), peer: nil),
      Entry("a TLS handshake", [0x16, 0x03, 0x01, 0x02, 0x00], peer: nil),
    ]

  @Test(arguments: bad)
  func `what is no header is refused`(entry: Entry) {
    guard case .malformed = ProxyHeader.read(ByteBuffer(bytes: entry.bytes).readableBytesView) else {
      Issue.record("it was taken for a header")
      return
    }
  }
}
