import GRIP
import HTTPTypes
import Testing

@Suite("Items as ZeroMQ messages")
struct MessageTests {
  private static let example =
    "T93:7:channel,4:news,2:id,1:8,7:prev-id,1:7,7:formats,39:11:http-stream,20:7:content,7:hi you\n,}}}"

  @Test func `JSON, tagged and bare tnetstrings are read`() throws {
    let item = GRIPItem(channel: "news", id: "8", previousID: "7", httpStream: .send(.text("hi you\n")))
    let json = #"J{"channel":"news","id":"8","prev-id":"7","formats":{"http-stream":{"content":"hi you\n"}}}"#
    #expect(try GRIPItem.decode(message: json.utf8) == item)
    let tagged = try item.message(.tnetstring)
    #expect(try GRIPItem.decode(message: tagged) == item)
    #expect(try GRIPItem.decode(message: tagged.dropFirst()) == item)
    #expect(try GRIPItem.decode(message: tagged + Array("more".utf8)) == item)
    #expect(try item.message() == Array(json.utf8))
    #expect(String(decoding: tagged, as: UTF8.self) == Self.example)
    for length in 0..<tagged.count {
      #expect(throws: GRIPDecodingError.self) { try GRIPItem.decode(message: tagged.prefix(length)) }
    }
    for length in 0..<json.utf8.count {
      #expect(throws: GRIPDecodingError.self) { try GRIPItem.decode(message: json.utf8.prefix(length)) }
    }
  }

  @Test func `the channel of a SUB message is its first part`() throws {
    let format = #""formats":{"http-stream":{"content":"a"}}"#
    for message in ["J{\(format)}", #"J{"channel":"own",\#(format)}"#, #"J{"channel":7,\#(format)}"#] {
      #expect(try GRIPItem.decode(message: message.utf8, channel: "first").channel == "first")
    }
    #expect(throws: GRIPDecodingError.self) { try GRIPItem.decode(message: "J{\(format)}".utf8) }
    #expect(throws: GRIPDecodingError.self) { try GRIPItem.decode(message: "J{\(format)}".utf8, channel: "") }
    let own = try GRIPItem(channel: "own", httpStream: .send(.text("a"))).message(.tnetstring)
    #expect(try GRIPItem.decode(message: own, channel: "first").channel == "first")
  }

  @Test(arguments: [
    "T5:abc,", "T10:2:aa,99:x,}", "5:abc,", "T-1:x,", "T999999999999999999999999999999999999999:x,", "T", "", "J",
    "garbage", "T:", "T1", "T1:", "T1:a", "T1:a?", "T0:,", "T0:}", "0:}", "T3:0:,}", "T6:0:,0:,]", "T999999999:,",
    "T9:1:a,99:b,}", "T1:x#", "T0:#", "T1:x^", "T3:nan^", "T3:yes!", "T1:x~", "T2: 1,}", "T7:1:1#0:,}", "T4:1:\u{7F},}",
    "T18446744073709551617:a,", "T09223372036854775807:a,", "T5:0:}0:,}",
  ])
  func `a hostile message is refused`(message: String) {
    #expect(throws: GRIPDecodingError.self) { try GRIPItem.decode(message: message.utf8) }
  }

  @Test func `nesting is bounded`() throws {
    func nested(_ levels: Int, _ type: String) -> [UInt8] {
      var text = "0:~"
      for _ in 0..<levels { text = "\(text.utf8.count):\(text)\(type)" }
      return Array(text.utf8)
    }
    #expect(throws: Never.self) { try TNetReader.read(nested(64, "]")) }
    #expect(throws: GRIPDecodingError.self) { try TNetReader.read(nested(65, "]")) }
    #expect(throws: GRIPDecodingError.self) { try TNetReader.read(nested(2000, "]")) }
    var limits = GRIPLimits()
    limits.jsonDepth = 100_000
    #expect(throws: GRIPDecodingError.self) { try TNetReader.read(nested(257, "]"), limits: limits) }
    #expect(throws: GRIPDecodingError.self) { try TNetReader.read(nested(2000, "]"), limits: limits) }
    limits.publishBytes = 5
    #expect(throws: GRIPDecodingError.self) { try TNetReader.read("3:abc,".utf8, limits: limits) }
    #expect(throws: GRIPDecodingError.self) { try GRIPItem.decode(message: "T3:abc,".utf8, limits: limits) }
  }

  @Test func `values of every type are read`() throws {
    let text = "57:1:a,3:x\r\n,1:b,2:-7#1:c,3:1.5^1:d,4:true!1:e,0:~1:f,3:0:,]}"
    #expect(
      try TNetReader.read(text.utf8)
        == .map([
          .init("a", .bytes([0x78, 13, 10])), .init("b", .integer(-7)), .init("c", .float("1.5")),
          .init("d", .bool(true)), .init("e", .null), .init("f", .list([.bytes([])])),
        ]))
    var written: [UInt8] = []
    try TNetReader.read(text.utf8).write(to: &written)
    #expect(written == Array(text.utf8))
    for length in 0..<text.utf8.count {
      #expect(throws: GRIPDecodingError.self) { try TNetReader.read(text.utf8.prefix(length)) }
    }
  }

  @Test func `content is any bytes, and base64 has no place`() throws {
    func item(_ name: String, _ members: [TNetValue.Member]) throws -> GRIPItem {
      var message: [UInt8] = []
      TNetValue.map([.init("channel", .bytes([0x61])), .init("formats", .map([.init(name, .map(members))]))])
        .write(to: &message)
      return try GRIPItem.decode(message: message)
    }
    let raw: [UInt8] = [0, 0xFF]
    #expect(
      try item("http-response", [.init("body", .bytes(raw))]).httpResponse
        == .send(GRIPHTTPResponseMessage(body: .full(.binary(raw)))))
    #expect(try item("http-stream", [.init("content", .bytes(raw))]).httpStream == .send(.binary(raw)))
    #expect(
      try item("ws-message", [.init("content-bin", .bytes(raw))]).webSocket == .send(.binary(raw), isBinary: true))
    #expect(
      try item("ws-message", [.init("content", .bytes(raw)), .init("type", .bytes(Array("binary".utf8)))]).webSocket
        == .send(.binary(raw), isBinary: true))
    #expect(throws: GRIPDecodingError.self) { try item("ws-message", [.init("content", .bytes(raw))]) }
    #expect(throws: GRIPDecodingError.self) { try item("http-stream", [.init("content-bin", .bytes(raw))]) }
    #expect(throws: GRIPDecodingError.self) { try item("http-response", [.init("body-bin", .bytes(raw))]) }
    #expect(throws: GRIPDecodingError.self) { try item("http-stream", [.init("content", .integer(1))]) }
    #expect(throws: GRIPDecodingError.self) {
      try item("http-stream", [.init("content", .bytes([])), .init("action", .bytes(raw))])
    }
  }

  @Test(arguments: 0..<200) func `an item is read as it was written, in both forms`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let item = Self.item(&generator)
    #expect(try GRIPItem.decode(message: item.message()) == item)
    let message = try item.message(.tnetstring)
    #expect(try GRIPItem.decode(message: message) == item)
    for _ in 0..<30 {
      var tampered = message
      let position = Int.random(in: 0..<tampered.count, using: &generator)
      tampered[position] = Array("0123456789:,#^!~]}TJ\u{0}".utf8).randomElement(using: &generator) ?? 0
      if generator.bool() { tampered.remove(at: Int.random(in: 0..<tampered.count, using: &generator)) }
      guard let read = try? GRIPItem.decode(message: tampered), let again = try? read.message(.tnetstring) else {
        continue
      }
      #expect(try GRIPItem.decode(message: again).channel == read.channel)
    }
  }

  private static func item(_ generator: inout Generator) -> GRIPItem {
    // 0xFF in front: bytes that are text come back as text, for tnetstrings do not tell them apart.
    func content() -> GRIPContent {
      generator.bool() ? .text(generator.text(30, from: "aé\n\"\u{0}:,}")) : .binary([0xFF] + generator.bytes(40))
    }
    var item = GRIPItem(channel: "c" + generator.text(8, from: "aé:,}"), isUnsequenced: generator.bool())
    if generator.bool() { item.id = generator.text(5, from: "0123é") }
    if generator.bool() { item.previousID = generator.text(5, from: "0123é") }
    if generator.bool() { item.meta = ["sender": generator.text(5, from: "aé")] }
    if generator.bool() { item.size = Int.random(in: 0...1_000_000, using: &generator) }
    item.httpStream = generator.bool() ? .send(content(), contentFilters: ["a"]) : .hint
    let patch = #"[{"op":"add","path":"/a","value":[1,2.5,null,true,{"b":"c"}]}]"#
    item.httpResponse = .send(
      GRIPHTTPResponseMessage(
        status: 404, headers: [.contentType: "text/plain", .eTag: "\"a\""],
        body: generator.bool() ? .full(content()) : .patch(json: patch)))
    switch Int.random(in: 0...2, using: &generator) {
    case 0: item.webSocket = .close(code: 1001, reason: "é")
    case 1: item.webSocket = .send(.text("é"), isBinary: generator.bool())
    default: item.webSocket = .send(.binary([0xFF]), isBinary: true)
    }
    return item
  }
}
