import GRIP
import HTTPTypes
import Testing

@Suite("The grip extension of a WebSocket")
struct WebSocketExtensionTests {
  private static func prefix(_ values: String...) throws -> String? {
    let fields = HTTPFields(values.map { HTTPField(name: .secWebSocketExtensions, value: $0) })
    return try GRIPWebSocketExtension.decode(fields)?.messagePrefix
  }

  @Test func `the message prefix is read from a list of extensions`() throws {
    #expect(try Self.prefix() == nil)
    #expect(try Self.prefix("") == nil)
    #expect(try Self.prefix("permessage-deflate; client_max_window_bits") == nil)
    #expect(try Self.prefix("gripped") == nil)
    #expect(try Self.prefix("grip") == "m:")
    #expect(try Self.prefix("grip;") == "m:")
    #expect(try Self.prefix(#"grip; message-prefix="""#) == "")
    #expect(try Self.prefix(#"grip; message-prefix="x:""#) == "x:")
    #expect(try Self.prefix("grip; message-prefix=x:; other=1") == "x:")
    #expect(try Self.prefix(#"permessage-deflate, grip ; message-prefix="a,b;\"\\""#) == #"a,b;"\"#)
    #expect(try Self.prefix("permessage-deflate", "grip; message-prefix=1", "grip; message-prefix=2") == "1")
  }

  @Test func `a prefix is bounded`() throws {
    let long = String(repeating: "x", count: 257)
    #expect(throws: GRIPDecodingError.self) { try Self.prefix("grip; message-prefix=\(long)") }
    #expect(throws: GRIPEncodingError.self) { try GRIPWebSocketExtension(messagePrefix: long).headerValue() }
    #expect(throws: GRIPEncodingError.self) { try GRIPWebSocketExtension(messagePrefix: "a\r\nB: c").headerValue() }
    var limits = GRIPLimits()
    limits.messagePrefixBytes = 257
    #expect(try GRIPWebSocketExtension(messagePrefix: long).headerValue(limits: limits).contains(long))
  }

  @Test func `a prefix that would make every text an order is not written`() {
    for prefix in ["c:", "c:m:"] {
      #expect(throws: GRIPEncodingError.self) { try GRIPWebSocketExtension(messagePrefix: prefix).headerValue() }
    }
  }

  @Test(arguments: 0..<100) func `a prefix is read as it was written`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let prefix = generator.text(12, from: "mxé:;,\"\\ =")
    let value = try GRIPWebSocketExtension(messagePrefix: prefix).headerValue()
    #expect(try Self.prefix("permessage-deflate, \(value), other") == prefix, "\(value)")
  }

  @Test func `control comes before the prefix, and only as text`() {
    let standard = GRIPWebSocketExtension()
    #expect(standard.meaning(of: "c:{}".utf8, isText: true) == .control(Array("{}".utf8)))
    #expect(standard.meaning(of: "c:{}".utf8, isText: false) == .nothing)
    #expect(standard.meaning(of: "m:hi".utf8, isText: true) == .message(prefix: 2))
    #expect(standard.meaning(of: "m:".utf8, isText: false) == .message(prefix: 2))
    for other in ["", "m", "c", "hi", "M:hi", " m:hi"] {
      #expect(standard.meaning(of: other.utf8, isText: true) == .nothing, "\(other)")
    }
    let bare = GRIPWebSocketExtension(messagePrefix: "")
    #expect(bare.meaning(of: "".utf8, isText: true) == .message(prefix: 0))
    #expect(bare.meaning(of: "c:".utf8, isText: true) == .control([]))
    #expect(bare.meaning(of: "c:".utf8, isText: false) == .message(prefix: 0))
  }
}
