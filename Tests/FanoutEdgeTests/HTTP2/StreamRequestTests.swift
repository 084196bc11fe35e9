import FanoutEdge
import NIOCore
import NIOHPACK
import Testing

@Suite("RFC 9113 §8: a request of HTTP/2 as one of HTTP/1.1")
struct StreamRequestTests {
  typealias Fields = [(String, String)]

  static let get: Fields = [(":method", "GET"), (":scheme", "https"), (":path", "/a?b"), (":authority", "api.test")]

  static func text(_ fields: Fields, isWhole: Bool = true) throws -> String {
    String(buffer: try StreamRequest(HPACKHeaders(fields), isWhole: isWhole, key: "a2V5").head)
  }

  @Test func `a request is written as HTTP 1 has it, cookies joined`() throws {
    let text = try Self.text(
      Self.get + [("x", "1"), ("cookie", "a=b"), ("y", ""), ("cookie", "c=d"), ("te", "trailers")])
    #expect(
      text == "GET /a?b HTTP/1.1\r\nHost: api.test\r\nx: 1\r\ny: \r\ncookie: a=b; c=d\r\n\r\n")
  }

  @Test func `host stands in for the authority, and may repeat it`() throws {
    #expect(try Self.text(Array(Self.get.dropLast()) + [("host", "h.test")]).contains("\r\nHost: h.test\r\n"))
    let both = try Self.text(Self.get + [("host", "API.test")])
    #expect(both.contains("\r\nHost: api.test\r\n"))
    #expect(!both.lowercased().contains("\r\nhost: api.test\r\nhost"))
  }

  @Test func `a body is framed by its length, or in chunks`() throws {
    let post: Fields = [(":method", "POST")] + Self.get.dropFirst()
    let known = try StreamRequest(HPACKHeaders(post + [("content-length", "5")]), isWhole: false, key: "")
    #expect(known.framing == .length(5))
    #expect(String(buffer: known.head).hasSuffix("\r\nContent-Length: 5\r\n\r\n"))
    let unknown = try StreamRequest(HPACKHeaders(post), isWhole: false, key: "")
    #expect(unknown.framing == .chunked)
    #expect(String(buffer: unknown.head).hasSuffix("\r\nTransfer-Encoding: chunked\r\n\r\n"))
    #expect(try StreamRequest(HPACKHeaders(post), isWhole: true, key: "").framing == .none)
  }

  @Test func `a WebSocket of RFC 8441 becomes an upgrade`() throws {
    let connect: Fields = [(":method", "CONNECT"), (":protocol", "websocket")] + Self.get.dropFirst()
    let request = try StreamRequest(
      HPACKHeaders(connect + [("sec-websocket-version", "13"), ("sec-websocket-key", "theirs")]), isWhole: false,
      key: "a2V5")
    #expect(request.framing == .tunnel)
    #expect(request.method == "GET")
    #expect(
      String(buffer: request.head)
        == "GET /a?b HTTP/1.1\r\nHost: api.test\r\nsec-websocket-version: 13\r\nConnection: Upgrade\r\n"
        + "Upgrade: websocket\r\nSec-WebSocket-Key: a2V5\r\n\r\n")
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fields: [[String]]
    var isWhole = true

    init(_ name: String, _ fields: Fields, isWhole: Bool = true) {
      testDescription = name
      self.fields = fields.map { [$0.0, $0.1] }
      self.isWhole = isWhole
    }
  }

  private static func with(_ name: String, _ value: String) -> Fields {
    get.map { $0.0 == name ? (name, value) : $0 }
  }

  static let bad: [Bad] = [
    Bad("no method", Array(get.dropFirst())), Bad("no path", get.filter { $0.0 != ":path" }),
    Bad("no scheme", get.filter { $0.0 != ":scheme" }), Bad("empty path", with(":path", "")),
    Bad("path without slash", with(":path", "a")), Bad("absolute path", with(":path", "http://other/")),
    Bad("asterisk with GET", with(":path", "*")), Bad("blank in the path", with(":path", "/a HTTP/1.1")),
    Bad("line break in the path", with(":path", "/a\r\nX: y")), Bad("other scheme", with(":scheme", "ftp")),
    Bad("bad method", with(":method", "GE T")), Bad("line break in the method", with(":method", "GET\r\n")),
    Bad("line break in the authority", with(":authority", "a\r\nX: y")),
    Bad("blank in the authority", with(":authority", "a b")),
    Bad("method twice", get + [(":method", "GET")]), Bad("unknown pseudo-header", get + [(":x", "y")]),
    Bad("status in a request", get + [(":status", "200")]),
    Bad("pseudo-header after a field", [("x", "y")] + get), Bad("upper case", get + [("X", "y")]),
    Bad("no name", get + [("", "y")]), Bad("blank in a name", get + [("x y", "z")]),
    Bad("colon in a name", get + [("x:y", "z")]),
    Bad("CR in a value", get + [("x", "a\rb")]), Bad("LF in a value", get + [("x", "a\nb")]),
    Bad("CR LF in a value", get + [("x", "a\r\nHost: b")]), Bad("NUL in a value", get + [("x", "a\0b")]),
    Bad("blank before a value", get + [("x", " a")]), Bad("tab after a value", get + [("x", "a\t")]),
    Bad("connection", get + [("connection", "close")]), Bad("keep-alive", get + [("keep-alive", "5")]),
    Bad("transfer-encoding", get + [("transfer-encoding", "chunked")]), Bad("upgrade", get + [("upgrade", "h2c")]),
    Bad("proxy-connection", get + [("proxy-connection", "close")]), Bad("te", get + [("te", "gzip")]),
    Bad("other host", get + [("host", "other.test")]),
    Bad("two hosts", get + [("host", "api.test"), ("host", "api.test")]),
    Bad("two lengths", get + [("content-length", "1"), ("content-length", "1")], isWhole: false),
    Bad("list of lengths", get + [("content-length", "1, 1")], isWhole: false),
    Bad("signed length", get + [("content-length", "+1")], isWhole: false),
    Bad("huge length", get + [("content-length", "18446744073709551617")], isWhole: false),
    Bad("length without a body", get + [("content-length", "1")]),
    Bad("protocol without CONNECT", get + [(":protocol", "websocket")]),
    Bad("CONNECT with a path", with(":method", "CONNECT")),
    Bad("other protocol", with(":method", "CONNECT") + [(":protocol", "connect-udp")], isWhole: false),
  ]

  @Test(arguments: bad)
  func `what could be read in two ways is malformed`(entry: Bad) {
    let headers = HPACKHeaders(entry.fields.map { ($0[0], $0[1]) })
    #expect(throws: StreamRequest.Malformed.self) {
      try StreamRequest(headers, isWhole: entry.isWhole, key: "")
    }
  }
}

@Suite("RFC 9113 §5.1: heads on streams that have ended")
struct EndedStreamsTests {
  private static func frame(_ type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload
  }

  /// Stream 1 ends and has a head again, stream 3 ends by data, stream 5 never.
  private static let bytes: [UInt8] =
    Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, flags: 0, stream: 0, [0, 3, 0, 0, 0, 100])
    + frame(1, flags: 5, stream: 1, [0x82, 0x84]) + frame(1, flags: 4, stream: 3, [0x82])
    + frame(0, flags: 1, stream: 3, [1, 5, 1, 0, 0]) + frame(1, flags: 4, stream: 5, [0x82])
    + frame(1, flags: 5, stream: 1, [0x82])

  @Test func `a head after the end is found wherever the bytes are cut`() {
    for cut in 0...Self.bytes.count {
      var streams = EndedStreams(limit: 10)
      streams.received(ByteBuffer(bytes: Self.bytes.prefix(cut)))
      streams.received(ByteBuffer(bytes: Self.bytes.dropFirst(cut)))
      let resets = [1, 1, 3, 5].map { streams.reset($0) }
      #expect(resets == [true, false, false, false])
    }
  }

  @Test func `after our answer the stream is no longer followed`() {
    var streams = EndedStreams(limit: 10)
    streams.received(ByteBuffer(bytes: Self.bytes.dropLast(10)))
    streams.answered(1)
    streams.received(ByteBuffer(bytes: Self.bytes.suffix(10)))
    let isViolated = streams.reset(1)
    #expect(!isViolated)
  }
}
