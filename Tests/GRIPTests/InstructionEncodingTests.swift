import GRIP
import HTTPTypes
import Testing

@Suite("Writing instructions")
struct InstructionEncodingTests {
  private static let delimiters = "ab é€😀;,\"\\=<>%?&#'{}[]:/@"

  @Test(arguments: 0..<200) func `the header form is read as it was written`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let written = Self.instruction(&generator, channelCharacters: "abé😀=<>\\%/@:#'{}")
    let fields = try written.headerFields()
    let (read, response) = try GRIPInstruction.decode(status: 200, reason: nil, headers: fields, body: [])
    #expect(read == written)
    #expect(response == GRIPResponse())
    for field in fields { #expect(!field.value.utf8.contains { $0 < 0x20 || $0 == 0x7F }) }
  }

  @Test(arguments: 0..<200) func `the body form is read as it was written`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    var written = Self.instruction(&generator, channelCharacters: Self.delimiters)
    if written.hold == nil { written.channels = [] }
    if written.hold == nil { written.meta = [:] }
    let response = Self.response(&generator)
    let (read, readResponse) = try GRIPInstruction.decode(
      status: 200, reason: nil, headers: try written.documentFields(), body: try written.document(wrapping: response))
    #expect(read == written)
    #expect(readResponse == response)
  }

  @Test func `both forms hold alike`() throws {
    let instruction = GRIPInstruction(
      hold: .stream(keepAlive: GRIPKeepAlive(content: Array(":\n\n".utf8), timeout: .seconds(20))),
      channels: [GRIPChannel("a", previousID: "1"), GRIPChannel("b", filters: ["skip-self"])], meta: ["user": "alice"])
    let byHeaders = try GRIPInstruction.decode(
      status: 200, reason: nil, headers: instruction.headerFields(), body: []
    ).instruction
    let byBody = try GRIPInstruction.decode(
      status: 200, reason: nil, headers: instruction.documentFields(),
      body: instruction.document(wrapping: GRIPResponse())
    ).instruction
    #expect(byHeaders == byBody)
  }

  @Test(arguments: [
    "", "a\r\nX-Injected: 1", "a\n", "a\0", "a\tb", "a;b", "a,b", "a\"b", " a", "a ", "a\u{7F}", "\u{1}",
    String(repeating: "x", count: 1025),
  ])
  func `a channel name that a header cannot carry is an error there`(name: String) {
    let instruction = GRIPInstruction(hold: .response(timeout: .seconds(55)), channels: [GRIPChannel(name)])
    #expect(throws: GRIPEncodingError.self) { try instruction.headerFields() }
  }

  @Test func `the body form carries all names but those with control characters`() throws {
    for name in ["a;b", "a,b", "a\"b", " a "] {
      let written = GRIPInstruction(hold: .response(timeout: .seconds(55)), channels: [GRIPChannel(name)])
      #expect(!GRIPChannel(name).isHeaderSafe)
      let body = try written.document(wrapping: GRIPResponse())
      #expect(
        try GRIPInstruction.decode(status: 200, reason: nil, headers: written.documentFields(), body: body).instruction
          == written)
    }
    for name in ["a\nb", "a\0", "a\tb", ""] {
      let instruction = GRIPInstruction(hold: .stream(keepAlive: nil), channels: [GRIPChannel(name)])
      #expect(throws: GRIPEncodingError.self) { try instruction.document(wrapping: GRIPResponse()) }
    }
  }

  @Test func `what cannot be written is an error, not another header`() {
    let wrong: [GRIPInstruction] = [
      GRIPInstruction(channels: [GRIPChannel("a", previousID: "1\r\nX: y")]),
      GRIPInstruction(channels: [GRIPChannel("a", filters: ["f\n"])]),
      GRIPInstruction(channels: [GRIPChannel("a", filters: [""])]),
      GRIPInstruction(channels: [GRIPChannel("a", filters: ["1", "2", "3", "4", "5", "6"])]),
      GRIPInstruction(meta: ["a\n": "b"]), GRIPInstruction(meta: ["a": "b\r\nX: y"]),
      GRIPInstruction(meta: ["a=b": "c"]),
      GRIPInstruction(meta: ["": "c"]), GRIPInstruction(nextLink: GRIPNextLink("")),
      GRIPInstruction(nextLink: GRIPNextLink("/a>; rel=gone, <x")),
      GRIPInstruction(nextLink: GRIPNextLink("/a\r\nX: y")),
      GRIPInstruction(nextLink: GRIPNextLink("/a", timeout: .seconds(-1))), GRIPInstruction(goneLink: "/é"),
      GRIPInstruction(lastIDs: ["a\n": "1"]), GRIPInstruction(lastIDs: ["a": "1\n"]),
      GRIPInstruction(exposedHeaders: ["X-A\r\nX: y"]), GRIPInstruction(hold: .response(timeout: .seconds(-1))),
      GRIPInstruction(hold: .response(timeout: .seconds(Int64.max))),
      GRIPInstruction(hold: .response(timeout: .seconds(Int64.max) + .milliseconds(1))),
      GRIPInstruction(hold: .stream(keepAlive: GRIPKeepAlive(content: []))),
      GRIPInstruction(hold: .stream(keepAlive: GRIPKeepAlive(content: [1], timeout: .seconds(-1)))),
    ]
    for instruction in wrong {
      #expect(throws: GRIPEncodingError.self, "\(instruction)") { try instruction.headerFields() }
    }
    let nothing = GRIPInstruction()
    #expect(throws: GRIPEncodingError.self) { try nothing.headerFields(status: 1000) }
    #expect(throws: GRIPEncodingError.self) { try nothing.headerFields(status: 200, reason: "a\r\nX: y") }
    #expect(throws: GRIPEncodingError.self) { try nothing.document(wrapping: GRIPResponse(status: -1)) }
    #expect(throws: GRIPEncodingError.self) { try nothing.document(wrapping: GRIPResponse(reason: "a\n")) }
  }

  @Test func `bounds of what is written are the caller's`() throws {
    var limits = GRIPLimits()
    limits.channelNameBytes = 2000
    limits.filtersPerChannel = 6
    let channel = GRIPChannel(String(repeating: "x", count: 2000), filters: ["1", "2", "3", "4", "5", "6"])
    let instruction = GRIPInstruction(hold: .stream(keepAlive: nil), channels: [channel])
    let read = try GRIPInstruction.decode(
      status: 200, reason: nil, headers: instruction.headerFields(limits: limits), body: [], limits: limits
    ).instruction
    #expect(read == instruction)
    #expect(try !instruction.document(wrapping: GRIPResponse(), limits: limits).isEmpty)
    #expect(throws: GRIPEncodingError.self) { try instruction.headerFields() }
    let item = GRIPItem(channel: channel.name, httpStream: .hint)
    #expect(try GRIPItem.decodeBatch(GRIPItem.encodeBatch([item], limits: limits), limits: limits) == [item])
    #expect(throws: GRIPEncodingError.self) { try GRIPItem.encodeBatch([item]) }
  }

  @Test func `a 304 travels as Grip-Status`() throws {
    let fields = try GRIPInstruction().headerFields(status: 304, reason: "Not Modified")
    #expect(fields[.gripStatus] == "304 Not Modified")
    let response = try GRIPInstruction.decode(status: 200, reason: "OK", headers: fields, body: []).response
    #expect(response == GRIPResponse(status: 304, reason: "Not Modified"))
  }

  @Test func `an instruction without channels writes no empty Grip-Channel`() throws {
    #expect(try GRIPInstruction(hold: .stream(keepAlive: nil)).headerFields()[.gripChannel] == nil)
    #expect(try GRIPInstruction().headerFields().isEmpty)
  }

  @Test func `a fraction of a second is rounded up`() throws {
    let instruction = GRIPInstruction(hold: .response(timeout: .milliseconds(9_001)))
    #expect(try instruction.headerFields()[.gripTimeout] == "10")
  }

  @Test(arguments: UInt8.min...UInt8.max) func `a keep-alive of any byte survives both forms`(byte: UInt8) throws {
    for content in [[byte], [0x61, byte, 0x62], [byte, byte], [0x5C, byte]] {
      let written = GRIPInstruction(
        hold: .stream(keepAlive: GRIPKeepAlive(content: content, mode: .interval, timeout: .seconds(7))))
      let headers = try written.headerFields()
      let value = try #require(headers[.gripKeepAlive])
      // Pushpin loses a tab that a cstring writes as \t.
      #expect(!value.hasSuffix("format=cstring") || !value.replacing("\\\\", with: "").contains("\\t"))
      #expect(try GRIPInstruction.decode(status: 200, reason: nil, headers: headers, body: []).instruction == written)
      let body = try written.document(wrapping: GRIPResponse())
      #expect(
        try GRIPInstruction.decode(status: 200, reason: nil, headers: written.documentFields(), body: body).instruction
          == written)
    }
  }

  @Test func `a keep-alive is written raw, as cstring or as base64, whichever is safe`() throws {
    func value(_ content: String) throws -> String? {
      try GRIPInstruction(hold: .stream(keepAlive: GRIPKeepAlive(content: Array(content.utf8)))).headerFields()[
        .gripKeepAlive]
    }
    #expect(try value("ping") == "ping; mode=idle; timeout=55")
    #expect(try value(":\n\n") == ":\\n\\n; mode=idle; timeout=55; format=cstring")
    #expect(try value("a;\tb") == "a\\x3b\\x09b; mode=idle; timeout=55; format=cstring")
    #expect(try value("é") == "w6k=; mode=idle; timeout=55; format=base64")
  }

  private static func instruction(_ generator: inout Generator, channelCharacters: String) -> GRIPInstruction {
    var instruction = GRIPInstruction()
    switch Int.random(in: 0...2, using: &generator) {
    case 0: instruction.hold = .response(timeout: .seconds(Int.random(in: 5...1000, using: &generator)))
    case 1:
      var keepAlive: GRIPKeepAlive?
      if generator.bool() {
        keepAlive = GRIPKeepAlive(
          content: generator.bytes(20) + [UInt8.random(in: 0...255, using: &generator)],
          mode: generator.bool() ? .idle : .interval, timeout: .seconds(Int.random(in: 1...99, using: &generator)))
      }
      instruction.hold = .stream(keepAlive: keepAlive)
    default: instruction.nextLink = GRIPNextLink("/next?x=1,2;3&y=%20", timeout: .seconds(9))
    }
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      instruction.channels.append(
        GRIPChannel(
          "c" + generator.text(12, from: channelCharacters) + "c",
          previousID: generator.bool() ? generator.text(8, from: delimiters) : nil,
          filters: (0..<Int.random(in: 0...5, using: &generator)).map { "f\($0)" + generator.text(4, from: delimiters) }
        ))
    }
    for name in ["user", "tier"] where generator.bool() {
      instruction.meta[name] = generator.text(12, from: delimiters)
    }
    if generator.bool() { instruction.goneLink = "left?who=\(generator.text(5, from: "abc,;"))" }
    if generator.bool() { instruction.lastIDs = ["np-a": generator.text(8, from: delimiters), "np-b": "7"] }
    if generator.bool() { instruction.exposedHeaders = ["X-A", "ETag"] }
    return instruction
  }

  private static func response(_ generator: inout Generator) -> GRIPResponse {
    var response = GRIPResponse(
      status: Int.random(in: 0...999, using: &generator), reason: generator.bool() ? "Très bien" : nil,
      body: generator.bool() ? generator.bytes(40) : Array(generator.text(40, from: delimiters + "\r\n\t").utf8))
    for name in [HTTPField.Name.contentType, .setCookie, .setCookie] where generator.bool() {
      response.headers.append(HTTPField(name: name, value: "v" + generator.text(8, from: "é;,\"\\") + "v"))
    }
    return response
  }
}
