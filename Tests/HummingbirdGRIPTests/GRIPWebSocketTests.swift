import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import HummingbirdTesting
import NIOCore
import Testing

@Suite("WebSockets over HTTP")
struct GRIPWebSocketTests {
  typealias Handler =
    @Sendable (inout GRIPWebSocketSession, [GRIPWebSocketEvent], ProxiedContext) async throws -> Void

  /// What a server answered.
  struct Answer {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]

    /// The body's events.
    var events: [GRIPWebSocketEvent] { get throws { try GRIPWebSocketEvent.decode(body) } }
  }

  /// A request as a proxy sends it, with the fields given in place of its own.
  static func post(
    _ body: [UInt8], _ fields: HTTPFields = [:], without: HTTPField.Name? = nil, limits: GRIPLimits = GRIPLimits(),
    handler: @escaping Handler
  ) async throws -> Answer {
    let router = Router(context: ProxiedContext.self)
    router.add(
      middleware: GRIPMiddleware(
        endpoints: [GRIPEndpoint(controlURI: "http://a", verifyKey: Tokens.key)], now: { 1000 }))
    router.gripWebSocket("/ws", limits: limits, handler: handler)
    var headers: HTTPFields = [
      .gripSig: try Tokens.token(), .contentType: GRIPWebSocketEvent.mediaType, .connectionID: "C1",
      .secWebSocketExtensions: "grip",
    ]
    for name in Set(fields.map(\.name)) { headers[name] = nil }
    headers.append(contentsOf: fields)
    if let without { headers[without] = nil }
    let sent = headers
    return try await Application(router: router).test(.router) { client in
      try await client.execute(uri: "/ws", method: .post, headers: sent, body: ByteBuffer(bytes: body)) {
        Answer(status: $0.status, headers: $0.headers, body: Array($0.body.readableBytesView))
      }
    }
  }

  static func post(
    _ events: [GRIPWebSocketEvent], _ fields: HTTPFields = [:], without: HTTPField.Name? = nil,
    handler: @escaping Handler
  ) async throws -> Answer {
    try await post(GRIPWebSocketEvent.encode(events), fields, without: without, handler: handler)
  }

  @Test func `a connection is accepted, subscribed and greeted`() async throws {
    let answer = try await Self.post([.open]) { session, events, _ in
      #expect(session.connectionID == "C1")
      #expect(session.isOpening)
      #expect(events == [.open])
      session.send("hello")
      session.accept()
      try session.subscribe("room", filters: ["skip-self"])
      session.send([1, 2])
      session.keepAliveInterval = .milliseconds(29_001)
      session.headers[.secWebSocketProtocol] = "chat"
    }
    #expect(answer.status == .ok)
    #expect(answer.headers[.contentType] == "application/websocket-events")
    #expect(answer.headers[.secWebSocketExtensions] == "grip")
    #expect(answer.headers[.secWebSocketProtocol] == "chat")
    #expect(answer.headers[.keepAliveInterval] == "30")
    #expect(answer.headers[.contentBytesAccepted] == nil)
    #expect(
      try answer.events == [
        .open, .text("m:hello"), .text(#"c:{"type":"subscribe","channel":"room","filters":["skip-self"]}"#),
        .binary(Array("m:".utf8) + [1, 2]),
      ])
  }

  @Test func `later messages are answered, and an order in a client's text is none`() async throws {
    let answer = try await Self.post([.text(#"c:{"type":"detach"}"#)]) { session, events, _ in
      #expect(!session.isOpening)
      for case .text(let text) in events { session.send(text) }
    }
    #expect(answer.headers[.secWebSocketExtensions] == nil)
    #expect(try answer.events == [.text(#"m:c:{"type":"detach"}"#)])
    let empty = try await Self.post([UInt8]()) { _, events, _ in #expect(events.isEmpty) }
    #expect(empty.status == .ok)
    #expect(empty.body.isEmpty)
  }

  @Test func `pings and closes are answered without the handler`() async throws {
    let ignoring: Handler = { session, _, _ in session.send("a") }
    let pings = try await Self.post([.ping([1]), .text("x"), .ping([])], handler: ignoring)
    #expect(try pings.events == [.pong([1]), .pong([]), .text("m:a")])
    let close = try await Self.post([.ping([2]), .close(code: 4001, reason: "bye")], handler: ignoring)
    #expect(try close.events == [.pong([2]), .text("m:a"), .close(code: 4001, reason: "bye")])
    let own = try await Self.post([.close(code: nil, reason: "")]) { session, _, _ in session.close() }
    #expect(try own.events == [.close(code: 1000, reason: "")])
    let disconnect = try await Self.post([.text("x"), .disconnect], handler: ignoring)
    #expect(try disconnect.events.isEmpty)
    let ended = try await Self.post([.text("x")]) { session, _, _ in
      session.disconnect()
      session.close()
      session.send("a")
    }
    #expect(try ended.events == [.text("m:a"), .disconnect])
  }

  @Test func `what is not accepted is not answered`() async throws {
    let events: [GRIPWebSocketEvent] = [.text("{a}{bc"), .ping([1, 2]), .close(code: 1000, reason: "")]
    for (accepted, expected) in [
      (0, []), (3, []), (7, []), (8, [GRIPWebSocketEvent.pong([1, 2])]), (9, [.pong([1, 2])]),
      (10, [.pong([1, 2]), .close(code: 1000, reason: "")]),
    ] {
      let answer = try await Self.post(events, [.contentBytesReplayed: "3"]) { session, _, _ in
        #expect(session.offeredBytes == 10)
        #expect(session.replayedBytes == 3)
        session.acceptedBytes = accepted
      }
      #expect(answer.headers[.contentBytesAccepted] == "\(accepted)")
      #expect(try answer.events == expected, "\(accepted)")
    }
    for accepted in [-1, 11] {
      let answer = try await Self.post(events) { session, _, _ in session.acceptedBytes = accepted }
      #expect(answer.status == .internalServerError)
    }
  }

  @Test func `meta that has changed goes back`() async throws {
    let fields = HTTPFields([
      HTTPField(name: HTTPField.Name("Meta-User")!, value: "alice"),
      HTTPField(name: HTTPField.Name("meta-room")!, value: "7"),
      HTTPField(name: HTTPField.Name("Meta-Old")!, value: "x"),
    ])
    let answer = try await Self.post([.text("a")], fields) { session, _, _ in
      #expect(session.meta == ["user": "alice", "room": "7", "old": "x"])
      session.meta["room"] = "8"
      session.meta["old"] = nil
      session.meta["new"] = "y"
      session.meta["empty"] = ""
    }
    let set = answer.headers.filter { $0.name.canonicalName.hasPrefix("set-meta-") }
    #expect(
      set.map { "\($0.name.canonicalName)=\($0.value)" } == ["set-meta-new=y", "set-meta-old=", "set-meta-room=8"])
    for (name, value) in [("a b", "x"), ("", "x"), ("a", "x\r\nB: c")] {
      let answer = try await Self.post([.text("a")]) { session, _, _ in session.meta[name] = value }
      #expect(answer.status == .internalServerError, "\(name)")
    }
  }

  @Test func `a connection is refused unless it is accepted`() async throws {
    #expect(try await Self.post([.open]) { session, _, _ in session.send("a") }.status == .forbidden)
    let rejected = try await Self.post([.open]) { session, _, _ in
      session.accept()
      session.reject(.unauthorized)
      session.headers[.wwwAuthenticate] = "Basic"
    }
    #expect(rejected.status == .unauthorized)
    #expect(rejected.headers[.wwwAuthenticate] == "Basic")
    #expect(try await Self.post([.open]) { session, _, _ in session.reject(.ok) }.status == .forbidden)
    let waiting = try await Self.post([.open]) { session, _, _ in session.keepAliveInterval = .seconds(20) }
    #expect(waiting.status == .ok)
    #expect(waiting.body.isEmpty)
    #expect(waiting.headers[.secWebSocketExtensions] == nil)
  }

  @Test func `without the extension there are no prefixes and no orders`() async throws {
    let plain = try await Self.post([.open], without: .secWebSocketExtensions) { session, _, _ in
      session.accept()
      session.send("hello")
      #expect(throws: GRIPEncodingError.self) { try session.subscribe("room") }
    }
    #expect(plain.headers[.secWebSocketExtensions] == nil)
    #expect(try plain.events == [.open, .text("hello")])
  }

  @Test func `what is no request of a trusted proxy never reaches the handler`() async throws {
    let never: Handler = { _, _, _ in Issue.record("the handler was called") }
    let body = try GRIPWebSocketEvent.encode([.open])
    #expect(try await Self.post(body, without: .gripSig, handler: never).status == .notImplemented)
    let forged: HTTPFields = [.gripSig: try Tokens.token(Tokens.other)]
    #expect(try await Self.post(body, forged, handler: never).status == .notImplemented)
    #expect(try await Self.post(body, without: .contentType, handler: never).status == .unsupportedMediaType)
    for type in ["text/plain", "", ";application/websocket-events", "application/websocket-eventsx"] {
      #expect(
        try await Self.post(body, [.contentType: type], handler: never).status == .unsupportedMediaType, "\(type)")
    }
    #expect(try await Self.post(body, without: .connectionID, handler: never).status == .badRequest)
    #expect(try await Self.post(body, [.connectionID: ""], handler: never).status == .badRequest)
    for text in ["OPEN", "TEXT 5\r\nabc\r\n", "TEXT zz\r\n", "open\r\n"] {
      #expect(try await Self.post(Array(text.utf8), handler: never).status == .badRequest, "\(text)")
    }
    var limits = GRIPLimits()
    limits.webSocketEventsBytes = 12
    limits.webSocketEvents = 1
    #expect(
      try await Self.post(Array("TEXT 4\r\nabcd\r\n".utf8), limits: limits, handler: never).status == .contentTooLarge)
    #expect(try await Self.post(Array("A\r\nB\r\n".utf8), limits: limits, handler: never).status == .contentTooLarge)
  }

  @Test func `the type decides, in any case and with parameters`() async throws {
    for type in [
      "Application/WebSocket-Events", "application/websocket-events; charset=x", "application/websocket-events ;a",
    ] {
      let answer = try await Self.post([.text("a")], [.contentType: type]) { session, _, _ in session.send("b") }
      #expect(answer.status == .ok, "\(type)")
    }
  }

  @Test func `what cannot be written is the server's error`() async throws {
    let handlers: [Handler] = [
      { session, _, _ in session.close(code: 1006) },
      { session, _, _ in session.ping(Array(repeating: 0, count: 126)) },
      { session, _, _ in session.close(code: 1000, reason: String(repeating: "x", count: 124)) },
      { session, _, _ in session.keepAliveInterval = .seconds(-1) }, { session, _, _ in try session.subscribe("") },
    ]
    for handler in handlers {
      #expect(try await Self.post([.text("a")], handler: handler).status == .internalServerError)
    }
  }
}
