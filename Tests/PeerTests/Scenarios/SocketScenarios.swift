extension Scenario {
  private static func native(
    _ name: String, routes: [String] = ["{host} {origin}"], servers: ServerKind = .plain,
    differs: ShownDifference? = nil, unforgiven: Set<Difference> = [], _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "WebSocket", routes: routes, servers: servers, difference: differs, unforgiven: unforgiven,
      steps: steps)
  }

  /// A handshake that goes well, to the end.
  private static func open(_ fields: [String] = []) -> [Step] { [upgrade(), acceptSocket(fields), .response()] }

  /// WebSockets whose origin speaks WebSocket itself.
  static let sockets: [Scenario] =
    socketHandshakes + socketRefusals + socketMessages + socketCloses + socketRoutes

  private static let socketHandshakes: [Scenario] = [
    native("a handshake", upgrade(), acceptSocket(), .response(), says(.text("a")), .next(at: "origin")),
    native(
      "a target with a query", upgrade("/a/b?c=d&e"), acceptSocket(), .response(), says(.text("a")),
      .next(at: "origin")),
    native(
      "fields of the client",
      upgrade("/", ["Origin: http://a.test", "Cookie: a=1", "Authorization: Basic x", "X-A: 1"]),
      acceptSocket(), .response()),
    native(
      "fields of the origin", upgrade(), acceptSocket(["Set-Cookie: a=1", "Set-Cookie: b=2", "X-A: 1", "Server: s"]),
      .response()),
    native(
      "fields with Grip in their names, from the client",
      upgrade("/", ["Grip-Sig: a", "Grip-Feature: b", "Grip-A: c"]), acceptSocket(), .response()),
    native(
      "fields with Grip in their names, from the origin",
      upgrade(), acceptSocket(["Grip-A: b", "Grip-Channel: {c}", "Grip-Hold: stream"]), .response()),
    native(
      "a subprotocol", upgrade("/", ["Sec-WebSocket-Protocol: chat, superchat"]),
      acceptSocket(["Sec-WebSocket-Protocol: superchat"]), .response()),
    native(
      "a subprotocol that is not taken", upgrade("/", ["Sec-WebSocket-Protocol: chat"]), acceptSocket(), .response()),
    native(
      "a subprotocol with GRIP", upgrade("/", ["Sec-WebSocket-Protocol: chat"]),
      acceptSocket(["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: grip"]), .response()),
    native(
      "GRIP and a prefix do not show", upgrade(),
      acceptSocket([#"Sec-WebSocket-Extensions: grip; message-prefix="x:""#, "X-A: 1"]), .response()),
    native(
      "the client's own extensions stay with the proxy",
      upgrade("/", ["Sec-WebSocket-Extensions: x-odd; a=1, permessage-deflate"]), acceptSocket(), .response()),
    native(
      "the client's own GRIP extension is the proxy's", upgrade("/", ["Sec-WebSocket-Extensions: grip"]),
      acceptSocket(), .response()),
    native(
      "the address of the client", upgrade("/", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"]),
      acceptSocket(), .response()),
    native(
      "names in other letters",
      differs: .init(.upgradeInAnyCase, ours: "sec-websocket-extensions: grip", theirs: "upgrade: WebSocket"),
      .send(
        "GET / HTTP/1.1\r\nhost: {host}\r\nupgrade: WebSocket\r\nconnection: keep-alive, UPGRADE\r\n"
          + "sec-websocket-version: 13\r\nsec-websocket-key: \(Step.clientKey)\r\n\r\n"),
      acceptSocket(), .response()),
    native(
      "frames right behind the request",
      upgrade(), says(.text("early")), acceptSocket(), .response(), .next(at: "origin")),
    native(
      "frames right behind the answer", upgrade(), acceptSocket(), originSays(.text("early")), .response(),
      .next(at: "client")),
  ]

  private static let socketRefusals: [Scenario] = socketsRefused + socketsBroken

  private static let refusedAnswers: [(name: String, status: String, fields: [String], body: String)] = [
    ("403", "403 Forbidden", ["Content-Type: text/plain", "X-A: 1"], "no way\n"),
    ("404 without a body", "404 Not Found", [], ""),
    ("401 with a challenge", "401 Unauthorized", ["WWW-Authenticate: Basic realm=\"a\""], "who?"),
    ("a redirect", "302 Found", ["Location: /other"], ""),
    ("500", "500 Internal Server Error", [], "broken"),
    ("200", "200 OK", ["Content-Type: text/html"], "<p>a page</p>"),
    ("503 with JSON", "503 Service Unavailable", ["Content-Type: application/json", "Retry-After: 1"], "{}"),
    ("426", "426 Upgrade Required", ["Sec-WebSocket-Version: 13"], ""),
  ]

  private static let socketsRefused: [Scenario] = refusedAnswers.map { name, status, fields, body in
    native(
      "refused: \(name)",
      differs: .init(.socketRefusalFields, ours: "HTTP/1.1 \(status)", theirs: "HTTP/1.1 \(status.prefix(3)) \n"),
      upgrade(), answer(status, fields, body: body), .response())
  }

  private static let socketsBroken: [Scenario] = [
    native(
      "refused with instructions",
      differs: .init(.socketRefusalFields, ours: "HTTP/1.1 200 OK", theirs: "HTTP/1.1 200 \n"), upgrade(),
      holdStream(), .response()),
    native(
      "an origin that hangs up", differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(),
      .request, .hangUp, .response()),
    native(
      "an origin that is not there", routes: ["{host} {dead}"],
      differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(), .response()),
    native(
      "the second target where the first is not there", routes: ["{host} {dead} {origin}"], upgrade(),
      acceptSocket(), .response(), says(.text("a")), .next(at: "origin")),
    native("no route", routes: [], differs: .init(.noRouteText, ours: "Route not found"), upgrade(), .response()),
  ]

  private static let socketMessages: [Scenario] = framesRelayed + socketConversations

  private static let relayedFrames: [(name: String, frames: [Frame])] = [
    ("text", [Frame.text("hello")]),
    ("text beyond ASCII", [.text("café 😀 \u{2028}")]),
    ("an empty text", [.text("")]),
    ("binary", [.binary([0, 1, 2, 254, 255])]),
    ("an empty binary", [.binary([])]),
    ("125 bytes", [.text(String(repeating: "a", count: 125))]),
    ("126 bytes", [.text(String(repeating: "a", count: 126))]),
    ("65,535 bytes", [.text(String(repeating: "b", count: 65_535))]),
    ("65,536 bytes", [.binary([UInt8](repeating: 7, count: 65_536))]),
    ("150,000 bytes", [.text(String(repeating: "0123456789", count: 15_000))]),
    ("two fragments", [.first("wherefore "), .last("art thou")]),
    ("five fragments, some empty", [.first(""), .middle("a"), .middle(""), .middle("b"), .last("")]),
    ("three messages at once", [.text("one"), .binary([2]), .text("three")]),
    ("what looks like a control message", [.text(#"c:{"type":"subscribe","channel":"{c}"}"#)]),
    ("what looks like a prefix", [.text("m:a")]),
  ]

  private static let framesRelayed: [Scenario] = relayedFrames.flatMap { name, frames in
    let count = frames.filter { $0.isLast }.count
    func relayed(_ sender: String, _ receiver: String, _ text: String) -> Scenario {
      var steps = open()
      steps.append(.socket(.send(frames, by: sender)))
      for _ in 0..<count { steps.append(.next(at: receiver)) }
      return Scenario(name: text, section: "WebSocket", steps: steps)
    }
    return [
      relayed("client", "origin", "a client's \(name)"), relayed("origin", "client", "an origin's \(name)"),
    ]
  }

  private static let socketConversations: [Scenario] = [
    native(
      "to and fro", upgrade(), acceptSocket(), .response(), says(.text("a")), .next(at: "origin"),
      originSays(.text("b")), .next(at: "client"), says(.text("c")), .next(at: "origin"), originSays(.text("d")),
      .next(at: "client")),
    native(
      "a ping of the client's", differs: .init(.pingsAnswered, ours: "→ client: pong “hello”"), upgrade(),
      acceptSocket(), .response(), says(.ping("hello")), .next(at: "client")),
    native(
      "a ping passes to the origin where the proxy does not answer", servers: .secure,
      differs: .init(.pingPayloads, ours: "ping “hello”"), upgrade(), acceptSocket(), .response(),
      says(.ping("hello")), .next(at: "origin"), originSays(.pong("hello")), .next(at: "client")),
    native(
      "an empty ping passes to the origin", servers: .secure, upgrade(), acceptSocket(), .response(), says(.ping()),
      .next(at: "origin"), originSays(.pong()), .next(at: "client")),
    native(
      "a pong that nobody asked for", upgrade(), acceptSocket(), .response(), originSays(.pong()), .next(at: "client")
    ),
    native(
      "a ping between two messages", upgrade(), acceptSocket(), .response(),
      originSays(.text("a"), .ping(), .text("b")),
      .next(at: "client"), .next(at: "client"), .next(at: "client")),
  ]

  private static let socketCloses: [Scenario] = closesRelayed + socketEndings

  private static let closeFrames: [(name: String, frame: Frame)] = [
    ("1000", Frame.close(1000)), ("1000 with a reason", .close(1000, "bye")), ("1001", .close(1001, "going")),
    ("1011", .close(1011, "broken")), ("3000", .close(3000, "a library's")),
    ("4999", .close(4999, "an application's")),
    ("beyond ASCII", .close(4000, "adieu, café")),
    ("a long reason", .close(1000, String(repeating: "r", count: 123))),
  ]

  private static let closesRelayed: [Scenario] = closeFrames.flatMap { name, frame in
    [
      native(
        "a client closes: \(name)", upgrade(), acceptSocket(), .response(), says(frame), .next(at: "origin"),
        originSays(frame), .next(at: "client")),
      native(
        "an origin closes: \(name)", upgrade(), acceptSocket(), .response(), originSays(frame), .next(at: "client"),
        says(frame), .next(at: "origin")),
    ]
  }

  private static let socketEndings: [Scenario] = [
    native(
      "a client closes without a code",
      differs: .init(.closeWithoutCode, ours: "→ client: close without code", theirs: "→ client: close 1000"),
      upgrade(),
      acceptSocket(), .response(), says(.close(nil)), .next(at: "origin"), originSays(.close(nil)),
      .next(at: "client")),
    native(
      "an origin closes without a code",
      differs: .init(.closeWithoutCode, ours: "→ client: close without code", theirs: "→ client: close 1000"),
      upgrade(),
      acceptSocket(), .response(), originSays(.close(nil)), .next(at: "client"), says(.close(nil)),
      .next(at: "origin")),
    native(
      "an answer with another code", upgrade(), acceptSocket(), .response(), says(.close(4000, "a")),
      .next(at: "origin"), originSays(.close(4001, "b")), .next(at: "client")),
    native(
      "a client that vanishes", upgrade(), acceptSocket(), .response(), says(.text("a")), .next(at: "origin"),
      .drop(by: "client"), .next(at: "origin")),
    native(
      "an origin that vanishes", upgrade(), acceptSocket(), .response(), originSays(.text("a")), .next(at: "client"),
      .drop(by: "origin"), .next(at: "client")),
    native(
      "an invalid frame of the client's", differs: .init(.frameFaults, ours: "→ client: close 1002"), upgrade(),
      acceptSocket(), .response(), .socket(.send([Frame(kind: .reserved, text: "a")], by: "client")),
      .next(at: "client")),
    native(
      "a client's frame without a mask", differs: .init(.frameFaults, ours: "→ client: close 1002"), upgrade(),
      acceptSocket(), .response(),
      .socket(.send([Frame(kind: .text, text: "a", isMaskedWrongly: true)], by: "client")),
      .next(at: "client")),
    native(
      "text that is no UTF-8", differs: .init(.frameFaults, ours: "→ client: close 1007"), upgrade(),
      acceptSocket(), .response(), .socket(.send([Frame(kind: .text, bytes: [0xFF, 0xFE])], by: "client")),
      .next(at: "client")),
  ]

  private static let socketRoutes: [Scenario] = [
    native(
      "a route for WebSockets only", routes: ["{host},proto=http {dead}", "{host},proto=ws {origin}"], upgrade(),
      acceptSocket(), .response(), says(.text("a")), .next(at: "origin")),
    native(
      "another host for the origin", routes: ["{host} {origin},host=other.test"], upgrade(), acceptSocket(), .response()
    ),
    native("the route's host", routes: ["{host},as_host=other.test {origin}"], upgrade(), acceptSocket(), .response()),
    native(
      "a route that changes the path", routes: ["{host},path_beg=/a,path_rem=2 {origin}"], upgrade("/a/b"),
      acceptSocket(),
      .response()),
    native(
      "a route that sets a field", routes: ["{host},header=X-A:1 {origin}"], upgrade(), acceptSocket(), .response()),
    native(
      "a route with a key of its own", routes: ["{host},sig_iss=me,sig_key=mine {origin}"], upgrade(), acceptSocket(),
      .response()),
    native(
      "a route that has no GRIP", routes: ["{host},no_grip {origin}"], upgrade("/", ["Grip-A: 1"]), acceptSocket(),
      .response(), originSays(.text("m:a"), .text("c:{}")), .next(at: "client"), .next(at: "client")),
    native(
      "GRIP on a route that has none", routes: ["{host},no_grip {origin}"], upgrade(),
      acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(), originSays(.text("m:a"), .text("c:{}")),
      .next(at: "client"), .next(at: "client")),
    native(
      "pages of a route that is also one for WebSockets", ask(), answer(body: "a page"), .response(),
      upgrade(on: "second"),
      acceptSocket(), .response(on: "second")),
    native(
      "behind another proxy that has a key", servers: .trusting, upgrade(), acceptSocket(), .response(),
      originSays(.text("a")), .next(at: "client")),
  ]
}
