import GRIP
import HTTPTypes
import Testing

@Suite("GRIP §11 items")
struct ItemTests {
  private static func decode(_ json: String) throws -> [GRIPItem] { try GRIPItem.decodeBatch(json.utf8) }

  @Test func `the example of the specification is read`() throws {
    let items = try Self.decode(
      #"""
      { "items": [
        { "channel": "room-7", "id": "42", "prev-id": "41", "meta": { "sender": "alice" },
          "formats": {
            "http-response": { "code": 200, "headers": {"Content-Type": "application/json"}, "body": "{\"n\":42}\n" },
            "http-stream":   { "content": "id: 42\ndata: {\"n\":42}\n\n" },
            "ws-message":    { "content": "{\"n\":42}" } } },
        { "channel": "room-9", "formats": { "http-stream": { "action": "close" },
            "ws-message": { "action": "close", "code": 4001, "reason": "kicked" } } },
        { "channel": "room-8", "formats": { "http-response": { "action": "hint" }, "http-stream": { "action": "hint" } } }
      ] }
      """#)
    #expect(
      items == [
        GRIPItem(
          channel: "room-7", id: "42", previousID: "41",
          httpResponse: .send(
            GRIPHTTPResponseMessage(
              headers: [.contentType: "application/json"], body: .full(.text("{\"n\":42}\n")))),
          httpStream: .send(.text("id: 42\ndata: {\"n\":42}\n\n")),
          webSocket: .send(.text("{\"n\":42}"), isBinary: false), meta: ["sender": "alice"]),
        GRIPItem(channel: "room-9", httpStream: .close, webSocket: .close(code: 4001, reason: "kicked")),
        GRIPItem(channel: "room-8", httpResponse: .hint, httpStream: .hint),
      ])
  }

  @Test func `formats may stand in the item itself, with what old libraries add`() throws {
    let items = try Self.decode(
      #"{"items":[{"channel":"c","id":"2","prev-id":"1","exports":{},"http-response":{"code":"200","reason":"OK","body":"x"}}]}"#
    )
    #expect(
      items == [
        GRIPItem(
          channel: "c", id: "2", previousID: "1",
          httpResponse: .send(GRIPHTTPResponseMessage(reason: "OK", body: .full(.text("x")))))
      ])
  }

  @Test(arguments: [
    (#"{"body":"a"}"#, GRIPHTTPResponseFormat.send(GRIPHTTPResponseMessage(body: .full(.text("a"))))),
    (#"{"body":"a","body-bin":"AP8"}"#, .send(GRIPHTTPResponseMessage(body: .full(.binary([0, 255]))))),
    (#"{"body":"","body-patch":[]}"#, .send(GRIPHTTPResponseMessage(body: .full(.text(""))))),
    (
      #"{"body-patch":[ {"op":"add", "path":"/a", "value":1.50} ],"code":"404"}"#,
      .send(GRIPHTTPResponseMessage(status: 404, body: .patch(json: #"[{"op":"add","path":"/a","value":1.50}]"#)))
    ),
    (
      #"{"body":"a","content-filters":["x","y"],"action":"send"}"#,
      .send(GRIPHTTPResponseMessage(body: .full(.text("a")), contentFilters: ["x", "y"]))
    ), (#"{"action":"hint","body":"x"}"#, .hint), (#"{"action":"close"}"#, .close),
    (#"{"action":"refresh"}"#, .refresh),
  ])
  func `http-response is read`(json: String, expected: GRIPHTTPResponseFormat) throws {
    let items = try Self.decode(#"{"items":[{"channel":"c","formats":{"http-response":\#(json)}}]}"#)
    #expect(items.first?.httpResponse == expected)
  }

  @Test func `headers of an item keep Grip-Expose-Headers and lose the other Grip ones`() throws {
    let items = try Self.decode(
      #"{"items":[{"channel":"c","http-response":{"body":"","headers":[["X-A","1"],["x-a","2"],["Grip-Hold","x"],["grip-expose-headers","X-A"]]}}]}"#
    )
    guard case .send(let message)? = items.first?.httpResponse else {
      Issue.record("no http-response")
      return
    }
    #expect(message.headers == (try fields(["X-A": "1", "x-a": "2", "grip-expose-headers": "X-A"])))
  }

  @Test(arguments: [
    (#"{"content":""}"#, GRIPHTTPStreamFormat.send(.text(""))),
    (#"{"content":"a","content-bin":"/w=="}"#, .send(.binary([255]))), (#"{"action":"close","content":""}"#, .close),
    (#"{"action":"hint","content":7}"#, .hint),
    (#"{"content":"a","content-filters":[]}"#, .send(.text("a"), contentFilters: [])),
  ])
  func `http-stream is read`(json: String, expected: GRIPHTTPStreamFormat) throws {
    let items = try Self.decode(#"{"items":[{"channel":"c","formats":{"http-stream":\#(json)}}]}"#)
    #expect(items.first?.httpStream == expected)
  }

  @Test(arguments: [
    (#"{"content":"a"}"#, GRIPWebSocketFormat.send(.text("a"), isBinary: false)),
    (#"{"content-bin":"/w=="}"#, .send(.binary([255]), isBinary: true)),
    (#"{"content":"a","content-bin":"Yg=="}"#, .send(.binary([0x62]), isBinary: true)),
    (#"{"content":"a","type":"binary"}"#, .send(.text("a"), isBinary: true)),
    (#"{"content-bin":"Yg==","type":"text"}"#, .send(.binary([0x62]), isBinary: false)),
    (#"{"content":"a","content-filters":["x"]}"#, .send(.text("a"), isBinary: false, contentFilters: ["x"])),
    (#"{"type":"ping"}"#, .ping([])), (#"{"type":"pong","content":"a"}"#, .pong([0x61])),
    (#"{"action":"close"}"#, .close(code: nil, reason: "")),
    (#"{"action":"close","code":"1000"}"#, .close(code: 1000, reason: "")),
    (#"{"action":"close","code":0}"#, .close(code: nil, reason: "")), (#"{"action":"hint"}"#, .hint),
    (#"{"action":"refresh"}"#, .refresh),
  ])
  func `ws-message is read`(json: String, expected: GRIPWebSocketFormat) throws {
    let items = try Self.decode(#"{"items":[{"channel":"c","formats":{"ws-message":\#(json)}}]}"#)
    #expect(items.first?.webSocket == expected)
  }

  @Test func `an item of unknown formats, an empty batch and unknown members are accepted`() throws {
    #expect(try Self.decode(#"{"items":[]}"#).isEmpty)
    let items = try Self.decode(
      #"{"v":2,"items":[{"channel":"c","formats":{"x-mail":{}},"size":"12","no-seq":true,"id":"","user-meta":7}]}"#)
    #expect(items == [GRIPItem(channel: "c", id: "", size: 12, isUnsequenced: true)])
  }

  @Test(arguments: 0..<300) func `a batch is read as it was written`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let written = (0..<Int.random(in: 0...4, using: &generator)).map { _ in Self.item(&generator) }
    #expect(try GRIPItem.decodeBatch(try GRIPItem.encodeBatch(written)) == written)
  }

  @Test func `a batch is cut anywhere and refused`() throws {
    let body = try GRIPItem.encodeBatch([
      GRIPItem(channel: "é", id: "1", httpStream: .send(.binary([0, 255])), meta: ["a": "\"\\\n"])
    ])
    for end in body.indices {
      #expect(throws: GRIPDecodingError.self, "\(end) bytes") { try GRIPItem.decodeBatch(body[..<end]) }
    }
  }

  @Test func `formats are always written under formats, lengths are bytes`() throws {
    let body = try GRIPItem.encodeBatch([GRIPItem(channel: "c", id: "1", httpStream: .send(.text("é")))])
    let text = #"{"items":[{"channel":"c","id":"1","formats":{"http-stream":{"content":"é"}}}]}"#
    #expect(body == Array(text.utf8))
  }

  private static func item(_ generator: inout Generator) -> GRIPItem {
    let characters = "ab é€😀;,\"\\=<>{}[]:/"
    var item = GRIPItem(channel: "c" + generator.text(20, from: characters))
    if generator.bool() { item.id = generator.text(9, from: characters) }
    if generator.bool() { item.previousID = generator.text(9, from: characters) }
    let content: GRIPContent =
      generator.bool() ? .binary(generator.bytes(50)) : .text(generator.text(50, from: characters + "\r\n\0\t"))
    let filters = generator.bool() ? ["build-id", "x"] : nil
    let body: GRIPHTTPResponseMessage.Body =
      generator.bool() ? .full(content) : .patch(json: #"[{"op":"remove","path":"/a~1b"}]"#)
    item.httpResponse =
      [
        nil, .hint, .close, .refresh,
        .send(
          GRIPHTTPResponseMessage(
            status: Int.random(in: 0...999, using: &generator), reason: generator.bool() ? "Très bien" : nil,
            headers: generator.bool() ? [.contentType: "a/b; c=\"d\"", .setCookie: "x", .setCookie: "y"] : [:],
            body: body,
            contentFilters: filters)),
      ].randomElement(using: &generator) ?? nil
    item.httpStream =
      [.hint, .close, .send(content, contentFilters: filters)].randomElement(using: &generator)
    item.webSocket =
      [
        nil, .hint, .refresh, .ping(generator.bytes(125)), .pong(generator.bytes(125)),
        .close(code: generator.bool() ? 4001 : nil, reason: generator.text(20, from: characters)),
        .send(content, isBinary: true, contentFilters: filters), .send(.text("é"), isBinary: false),
      ].randomElement(using: &generator) ?? nil
    if generator.bool() { item.meta = ["sender": generator.text(9, from: characters)] }
    if generator.bool() { item.size = Int.random(in: 0...1000, using: &generator) }
    item.isUnsequenced = generator.bool()
    return item
  }
}

@Suite("Malformed publishes")
struct MalformedItemTests {
  @Test(arguments: [
    ("", "Body is not valid JSON."), ("{", "Body is not valid JSON."), ("{}x", "Body is not valid JSON."),
    ("[]", "Invalid format."), ("7", "Invalid format."), ("{}", "Invalid format: object does not contain 'items'"),
    (#"{"items":{}}"#, "Invalid format: object contains 'items' with wrong type"),
    (#"{"items":null}"#, "Invalid format: object contains 'items' with wrong type"),
  ])
  func `a wrong body is refused in Pushpin's words`(json: String, text: String) {
    let error = #expect(throws: GRIPDecodingError.self) { try GRIPItem.decodeBatch(json.utf8) }
    #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("7", "an item is not an object"), ("{}", "object does not contain 'channel'"),
    (#"{"channel":7,"http-stream":{"content":""}}"#, "object contains 'channel' with wrong type"),
    (#"{"channel":"","http-stream":{"content":""}}"#, "a channel name is empty"),
    (#"{"channel":"a\nb","http-stream":{"content":""}}"#, "a channel name holds a control character"),
    (#"{"channel":"c"}"#, "no formats specified"), (#"{"channel":"c","formats":{}}"#, "no formats specified"),
    (#"{"channel":"c","formats":{},"http-stream":{"content":""}}"#, "no formats specified"),
    (#"{"channel":"c","formats":[]}"#, "object contains 'formats' with wrong type"),
    (#"{"channel":"c","id":1,"http-stream":{"content":""}}"#, "object contains 'id' with wrong type"),
    (#"{"channel":"c","id":null,"http-stream":{"content":""}}"#, "object contains 'id' with wrong type"),
    (#"{"channel":"c","id":"1\r\n","http-stream":{"content":""}}"#, "an id holds a control character"),
    (#"{"channel":"c","prev-id":2.5,"http-stream":{"content":""}}"#, "object contains 'prev-id' with wrong type"),
    (#"{"channel":"c","meta":{"a":1},"http-stream":{"content":""}}"#, "object contains 'meta' with wrong type"),
    (#"{"channel":"c","size":-1,"http-stream":{"content":""}}"#, "'size' must be between 0 and"),
    (#"{"channel":"c","size":"x","http-stream":{"content":""}}"#, "object contains 'size' with wrong type"),
    (#"{"channel":"c","size":true,"http-stream":{"content":""}}"#, "object contains 'size' with wrong type"),
    (#"{"channel":"c","no-seq":1,"http-stream":{"content":""}}"#, "object contains 'no-seq' with wrong type"),
    (#"{"channel":"c","no-seq":"true","http-stream":{"content":""}}"#, "object contains 'no-seq' with wrong type"),
    (#"{"channel":"c","formats":{"http-stream":"x"}}"#, "object contains 'http-stream' with wrong type"),
    (#"{"channel":"c","http-stream":{}}"#, "http-stream: object does not contain 'content' or 'content-bin'"),
    (#"{"channel":"c","http-stream":{"content":7}}"#, "http-stream: object contains 'content' with wrong type"),
    (#"{"channel":"c","http-stream":{"content-bin":"A"}}"#, "http-stream: 'content-bin' is not base64"),
    (#"{"channel":"c","http-stream":{"action":"refresh"}}"#, "http-stream: unknown action (one of send, hint, close"),
    (#"{"channel":"c","http-stream":{"action":""}}"#, "http-stream: unknown action"),
    (#"{"channel":"c","http-stream":{"action":"send hint"}}"#, "http-stream: unknown action"),
    (#"{"channel":"c","http-stream":{"action":7}}"#, "http-stream: object contains 'action' with wrong type"),
    (#"{"channel":"c","http-stream":{"content":"","content-filters":"x"}}"#, "'content-filters' with wrong type"),
    (#"{"channel":"c","http-stream":{"content":"","content-filters":[1]}}"#, "'content-filters' with wrong type"),
    (
      #"{"channel":"c","http-response":{}}"#,
      "http-response: object does not contain 'body', 'body-bin' or 'body-patch'"
    ),
    (#"{"channel":"c","http-response":{"body":[]}}"#, "http-response: object contains 'body' with wrong type"),
    (#"{"channel":"c","http-response":{"body-bin":"*"}}"#, "http-response: 'body-bin' is not base64"),
    (
      #"{"channel":"c","http-response":{"body-patch":{}}}"#,
      "http-response: object contains 'body-patch' with wrong type"
    ),
    (#"{"channel":"c","http-response":{"body":"","code":1000}}"#, "http-response: 'code' must be between 0 and 999"),
    (
      #"{"channel":"c","http-response":{"body":"","code":"ok"}}"#,
      "http-response: object contains 'code' with wrong type"
    ),
    (
      #"{"channel":"c","http-response":{"body":"","code":null}}"#,
      "http-response: object contains 'code' with wrong type"
    ),
    (
      #"{"channel":"c","http-response":{"body":"","reason":7}}"#,
      "http-response: object contains 'reason' with wrong type"
    ),
    (#"{"channel":"c","http-response":{"body":"","reason":"OK\r\nX: y"}}"#, "'reason' holds a control character"),
    (#"{"channel":"c","http-response":{"body":"","headers":"x"}}"#, "'headers' with wrong type"),
    (#"{"channel":"c","http-response":{"body":"","headers":[["a","b","c"]]}}"#, "'headers' with wrong type"),
    (#"{"channel":"c","http-response":{"body":"","headers":{"X":["a"]}}}"#, "'headers' with wrong type"),
    (#"{"channel":"c","http-response":{"body":"","headers":{"X:":"a"}}}"#, "a header's name is not a token"),
    (
      #"{"channel":"c","http-response":{"body":"","headers":{"X":"v\r\nX-Injected: 1"}}}"#, "header 'X' holds a control"
    ),
    (#"{"channel":"c","http-response":{"body":"","headers":{"X":"v\n"}}}"#, "header 'X' holds a control"),
    (#"{"channel":"c","http-response":{"body":"","headers":{"X":"\u0000"}}}"#, "header 'X' holds a control"),
    (#"{"channel":"c","http-response":{"action":"explode"}}"#, "http-response: unknown action"),
    (#"{"channel":"c","ws-message":{}}"#, "ws-message: object does not contain 'content' or 'content-bin'"),
    (#"{"channel":"c","ws-message":{"type":"text"}}"#, "ws-message: object does not contain 'content'"),
    (#"{"channel":"c","ws-message":{"content":"","type":"blob"}}"#, "'type' must be text, binary, ping or pong"),
    (#"{"channel":"c","ws-message":{"content":"","type":1}}"#, "ws-message: object contains 'type' with wrong type"),
    (#"{"channel":"c","ws-message":{"content-bin":"/w==","type":"text"}}"#, "'content-bin' of type text is not UTF-8"),
    (#"{"channel":"c","ws-message":{"action":"close","code":-1}}"#, "'code' must be between 0 and 65535"),
    (#"{"channel":"c","ws-message":{"action":"close","code":65536}}"#, "'code' must be between 0 and 65535"),
    (#"{"channel":"c","ws-message":{"action":"close","reason":7}}"#, "'reason' with wrong type"),
    (#"{"channel":"c","ws-message":{"action":"open"}}"#, "ws-message: unknown action"),
  ])
  func `a wrong item refuses the whole publish, with its index`(item: String, text: String) {
    let good = #"{"channel":"c","http-stream":{"content":""}}"#
    let error = #expect(throws: GRIPDecodingError.self) {
      try GRIPItem.decodeBatch(#"{"items":[\#(good),\#(item),\#(good)]}"#.utf8)
    }
    let description = error?.description ?? ""
    #expect(description.hasPrefix("Invalid format: item 1: "), "\(description)")
    #expect(description.contains(text), "\(description)")
  }

  @Test func `long pings and close reasons are refused in both directions`() {
    let long = String(repeating: "x", count: 126)
    for json in [#"{"type":"ping","content":"\#(long)"}"#, #"{"action":"close","reason":"\#(long)"}"#] {
      #expect(throws: GRIPDecodingError.self) {
        try GRIPItem.decodeBatch(#"{"items":[{"channel":"c","ws-message":\#(json)}]}"#.utf8)
      }
    }
    for format in [
      GRIPWebSocketFormat.ping(Array(long.utf8)), .close(code: nil, reason: long), .close(code: 70_000, reason: ""),
    ] {
      #expect(throws: GRIPEncodingError.self) { try GRIPItem.encodeBatch([GRIPItem(channel: "c", webSocket: format)]) }
    }
  }

  @Test func `an item that cannot be written names its index`() {
    let good = GRIPItem(channel: "c", httpStream: .hint)
    let message = GRIPHTTPResponseMessage(body: .patch(json: "[1"))
    for wrong in [
      GRIPItem(channel: "", httpStream: .hint), GRIPItem(channel: "a\n", httpStream: .hint), GRIPItem(channel: "c"),
      GRIPItem(channel: "c", id: "\n", httpStream: .hint), GRIPItem(channel: "c", previousID: "\0", httpStream: .hint),
      GRIPItem(channel: "c", httpStream: .hint, size: -1), GRIPItem(channel: "c", httpResponse: .send(message)),
      GRIPItem(channel: "c", httpResponse: .send(GRIPHTTPResponseMessage(status: 1000, body: .full(.text(""))))),
      GRIPItem(channel: "c", httpResponse: .send(GRIPHTTPResponseMessage(reason: "\n", body: .full(.text(""))))),
      GRIPItem(channel: "c", webSocket: .send(.binary([0xFF]), isBinary: false)),
    ] {
      let error = #expect(throws: GRIPEncodingError.self, "\(wrong)") { try GRIPItem.encodeBatch([good, wrong]) }
      #expect(error?.description.hasPrefix("item 1: ") == true)
    }
  }

  @Test func `limits of a publish are the caller's`() {
    var limits = GRIPLimits()
    limits.itemsPerPublish = 1
    let items =
      #"{"items":[{"channel":"c","http-stream":{"content":""}},{"channel":"c","http-stream":{"content":""}}]}"#
    #expect(throws: GRIPDecodingError("Invalid format: more than 1 items")) {
      try GRIPItem.decodeBatch(items.utf8, limits: limits)
    }
    limits = GRIPLimits()
    limits.publishBytes = 20
    #expect(throws: GRIPDecodingError("Request body too large.")) {
      try GRIPItem.decodeBatch(items.utf8, limits: limits)
    }
    limits = GRIPLimits()
    limits.jsonDepth = 2
    #expect(throws: GRIPDecodingError.self) { try GRIPItem.decodeBatch(items.utf8, limits: limits) }
  }
}
