import GRIP
import Testing

@Suite("Control messages")
struct ControlMessageTests {
  @Test(arguments: [
    (#"{"type": "subscribe", "channel": "general"}"#, GRIPControlMessage.subscribe(channel: "general")),
    (
      #"{"type":"subscribe","channel":"a","filters":["skip-self","x"],"more":1}"#,
      .subscribe(channel: "a", filters: ["skip-self", "x"])
    ),
    (#"{"type":"unsubscribe","channel":"a"}"#, .unsubscribe(channel: "a")), (#"{"type":"detach"}"#, .detach),
    (#"{"type":"session","id":"s"}"#, .session(id: "s")), (#"{"type":"session","id":""}"#, .session(id: nil)),
    (#"{"type":"session"}"#, .session(id: nil)),
    (#"{"type":"set-meta","name":"a","value":""}"#, .setMeta(name: "a", value: "")),
    (#"{"type":"set-meta","name":"a"}"#, .setMeta(name: "a", value: nil)),
    (#"{"type":"keep-alive"}"#, .keepAlive(nil)), (#"{"type":"keep-alive","timeout":5}"#, .keepAlive(nil)),
    (#"{"type":"keep-alive","content":"{}"}"#, .keepAlive(.init(.text("{}")))),
    (
      #"{"type":"keep-alive","content":"","message-type":"ping","timeout":0,"mode":"interval"}"#,
      .keepAlive(.init(.ping([]), mode: .interval))
    ),
    (
      #"{"type":"keep-alive","content":"x","content-bin":"AP8=","message-type":"binary","timeout":20,"mode":"idle"}"#,
      .keepAlive(.init(.binary([0, 255]), timeout: .seconds(20)))
    ),
    (#"{"type":"keep-alive","content-bin":"aGk="}"#, .keepAlive(.init(.text("hi")))),
    (#"{"type":"keep-alive","content":"hi","message-type":"binary"}"#, .keepAlive(.init(.binary([104, 105])))),
    (#"{"type":"send-delayed","content":"a"}"#, .sendDelayed(.text("a"))),
    (
      #"{"type":"send-delayed","content":"a","message-type":"pong","timeout":"7"}"#,
      .sendDelayed(.pong([97]), timeout: .seconds(7))
    ),
    (#"{"type":"flush-delayed"}"#, .flushDelayed),
  ])
  func `a control message is read`(json: String, message: GRIPControlMessage) throws {
    #expect(try GRIPControlMessage.decode(json.utf8) == message)
    let written = try message.encoded()
    #expect(written.hasPrefix("c:{"))
    #expect(try GRIPControlMessage.decode(written.utf8.dropFirst(2)) == message)
    for length in 0..<json.utf8.count {
      #expect(throws: GRIPControlMessageError.self) { try GRIPControlMessage.decode(json.utf8.prefix(length)) }
    }
  }

  @Test(arguments: [
    ("", "not JSON"), ("[]", "is not an object"), ("{}", "'type'"), (#"{"type":1}"#, "'type'"),
    (#"{"type":"ack"}"#, "'type' must be one of"), (#"{"type":"Subscribe","channel":"a"}"#, "'type' must be"),
    (#"{"type":"subscribe"}"#, "'channel'"), (#"{"type":"subscribe","channel":""}"#, "empty"),
    (#"{"type":"subscribe","channel":5}"#, "'channel' with wrong type"),
    (#"{"type":"subscribe","channel":"a\n"}"#, "control character"),
    (#"{"type":"subscribe","channel":"a","filters":"x"}"#, "'filters'"),
    (#"{"type":"subscribe","channel":"a","filters":[1]}"#, "'filters'"),
    (#"{"type":"subscribe","channel":"a","filters":[""]}"#, "filter"),
    (#"{"type":"unsubscribe"}"#, "'channel'"), (#"{"type":"session","id":null}"#, "'id'"),
    (#"{"type":"set-meta"}"#, "'name'"), (#"{"type":"set-meta","name":""}"#, "empty"),
    (#"{"type":"set-meta","name":"a","value":1}"#, "'value'"),
    (#"{"type":"keep-alive","content":1}"#, "'content'"),
    (#"{"type":"keep-alive","content-bin":"*"}"#, "not base64"),
    (#"{"type":"keep-alive","content-bin":"/w=="}"#, "not UTF-8"),
    (#"{"type":"keep-alive","content":"a","message-type":"Text"}"#, "'message-type'"),
    (#"{"type":"keep-alive","content":"a","timeout":-1}"#, "'timeout'"),
    (#"{"type":"keep-alive","content":"a","timeout":2147483648}"#, "'timeout'"),
    (#"{"type":"keep-alive","content":"a","mode":"never"}"#, "'mode'"),
    (#"{"type":"keep-alive","mode":"never"}"#, "'mode'"),
    (#"{"type":"send-delayed"}"#, "'content'"), (#"{"type":"send-delayed","content":"a","timeout":-5}"#, "'timeout'"),
    (#"{"type":"detach"} x"#, "not JSON"),
  ])
  func `a wrong one is refused, and says why`(json: String, text: String) {
    #expect {
      try GRIPControlMessage.decode(json.utf8)
    } throws: { error in
      guard case .malformed(let reason)? = error as? GRIPControlMessageError else { return false }
      return reason.contains(text)
    }
  }

  @Test func `too many filters are an error of their own`() {
    let json = #"{"type":"subscribe","channel":"a","filters":["1","2","3","4","5","6"]}"#
    #expect(throws: GRIPControlMessageError.tooManyFilters(limit: 5)) { try GRIPControlMessage.decode(json.utf8) }
    #expect(throws: GRIPEncodingError.self) {
      try GRIPControlMessage.subscribe(channel: "a", filters: ["1", "2", "3", "4", "5", "6"]).encoded()
    }
  }

  @Test func `long messages and payloads are refused in both directions`() throws {
    let ping = GRIPControlMessage.sendDelayed(.ping(Array(repeating: 1, count: 126)))
    #expect(throws: GRIPEncodingError.self) { try ping.encoded() }
    let json = #"{"type":"send-delayed","message-type":"ping","content":"\#(String(repeating: "x", count: 126))"}"#
    #expect(throws: GRIPControlMessageError.self) { try GRIPControlMessage.decode(json.utf8) }
    let long = GRIPControlMessage.sendDelayed(.text(String(repeating: "x", count: 16_384)))
    #expect(throws: GRIPEncodingError.self) { try long.encoded() }
    var limits = GRIPLimits()
    limits.controlMessageBytes = 20_000
    let text = try long.encoded(limits: limits)
    #expect(throws: GRIPControlMessageError.self) { try GRIPControlMessage.decode(text.utf8.dropFirst(2)) }
    #expect(try GRIPControlMessage.decode(text.utf8.dropFirst(2), limits: limits) == long)
  }

  @Test(arguments: [
    GRIPControlMessage.subscribe(channel: ""), .subscribe(channel: "a\u{7F}"), .subscribe(channel: "a", filters: [""]),
    .unsubscribe(channel: ""), .session(id: "a\n"), .setMeta(name: "", value: "a"),
    .keepAlive(.init(.text("a"), timeout: .seconds(-1))), .sendDelayed(.pong(Array(repeating: 1, count: 126))),
  ])
  func `what a proxy would ignore is not written`(message: GRIPControlMessage) {
    #expect(throws: GRIPEncodingError.self) { try message.encoded() }
  }

  @Test func `times are written as whole seconds, never as 0`() throws {
    #expect(
      try GRIPControlMessage.sendDelayed(.text("a"), timeout: .zero).encoded()
        == #"c:{"type":"send-delayed","message-type":"text","content":"a","timeout":1}"#)
    #expect(
      try GRIPControlMessage.keepAlive(.init(.ping([1]), timeout: .milliseconds(20_001))).encoded()
        == #"c:{"type":"keep-alive","message-type":"ping","content-bin":"AQ==","timeout":21,"mode":"idle"}"#)
  }

  @Test(arguments: 0..<200) func `a message is read as it was written`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let message = Self.message(&generator)
    var json = Array(try message.encoded().utf8.dropFirst(2))
    #expect(try GRIPControlMessage.decode(json) == message)
    for _ in 0..<20 {
      json[Int.random(in: 0..<json.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      guard let read = try? GRIPControlMessage.decode(json) else { continue }
      #expect(try GRIPControlMessage.decode(read.encoded().utf8.dropFirst(2)) == read)
    }
  }

  private static func message(_ generator: inout Generator) -> GRIPControlMessage {
    let name = "n" + generator.text(10, from: "aé\"\\ ;,")
    let timeout = Duration.seconds(Int.random(in: 1...1000, using: &generator))
    switch Int.random(in: 0...7, using: &generator) {
    case 0: return .subscribe(channel: name, filters: generator.bool() ? [] : ["skip-self", name])
    case 1: return .unsubscribe(channel: name)
    case 2: return .detach
    case 3: return .session(id: generator.bool() ? nil : name)
    case 4: return .setMeta(name: name, value: generator.bool() ? nil : generator.text(10, from: "a\n\"é"))
    case 5:
      guard generator.bool() else { return .keepAlive(nil) }
      let mode: GRIPKeepAlive.Mode = generator.bool() ? .idle : .interval
      return .keepAlive(.init(content(&generator), timeout: timeout, mode: mode))
    case 6: return .sendDelayed(content(&generator), timeout: timeout)
    default: return .flushDelayed
    }
  }

  private static func content(_ generator: inout Generator) -> GRIPControlMessage.Content {
    switch Int.random(in: 0...3, using: &generator) {
    case 0: .text(generator.text(60, from: "aé😀\r\n\u{0}\""))
    case 1: .binary(generator.bytes(200))
    case 2: .ping(generator.bytes(125))
    default: .pong(generator.bytes(125))
    }
  }
}
