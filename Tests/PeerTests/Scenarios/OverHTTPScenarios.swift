extension Scenario {
  private static let route = ["{host} {origin},over_http"]

  /// A WebSocket over HTTP from its first step on.
  private static func bare(
    _ name: String, routes: [String] = route, servers: ServerKind = .plain, differs: ShownDifference? = nil,
    _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "WebSocket over HTTP", routes: routes, servers: servers, difference: differs, steps: steps)
  }

  /// One that its origin has accepted.
  private static func open(
    _ name: String, fields: [String] = [], routes: [String] = route, servers: ServerKind = .plain,
    differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "WebSocket over HTTP", routes: routes, servers: servers, difference: differs,
      steps: [upgrade(), .socket(.events([.open], fields)), .response()] + steps)
  }

  /// One with GRIP that listens to `{c}`.
  private static func grip(
    _ name: String, routes: [String] = route, differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "WebSocket over HTTP", routes: routes, difference: differs,
      steps: [
        upgrade(), .socket(.events([.open, .subscribe()], ["Sec-WebSocket-Extensions: grip"])), .response(), listens(),
      ] + steps)
  }

  private static let eventType = "Content-Type: application/websocket-events"

  /// WebSockets whose origin is asked over HTTP.
  static let overHTTP: [Scenario] =
    overHTTPOpenings + overHTTPRefusals + overHTTPMessages + overHTTPFields + overHTTPCloses + overHTTPGRIP

  private static let overHTTPOpenings: [Scenario] = [
    bare("opened", upgrade(), events(.open), .response(), says(.text("a")), events()),
    bare(
      "fields of the client go with every request",
      upgrade(
        "/a?b=c", ["Origin: http://a.test", "Cookie: a=1", "Authorization: Basic x", "X-A: 1", "User-Agent: me"]),
      events(.open), .response(), says(.text("a")), events(), says(.text("b")), events()),
    bare(
      "fields of the protocol do not come from the client",
      differs: .init(.overHTTPFieldsInside, theirs: "content-bytes-replayed: 3"),
      upgrade(
        "/",
        [
          "Connection-Id: mine", "Meta-User: romeo", "Content-Bytes-Replayed: 3", "Accept: text/html", "Grip-Sig: a",
        ]), events(.open), .response()),
    bare(
      "a subprotocol", upgrade("/", ["Sec-WebSocket-Protocol: chat, other"]),
      events(.open, fields: ["Sec-WebSocket-Protocol: chat"]), .response()),
    bare(
      "the client's extensions stay with the proxy", upgrade("/", ["Sec-WebSocket-Extensions: permessage-deflate"]),
      events(.open), .response()),
    bare(
      "fields of the origin", upgrade(),
      events(
        .open,
        fields: [
          "Set-Cookie: a=1", "Set-Cookie: b=2", "X-A: 1", "Set-Meta-User: romeo", "Keep-Alive-Interval: 60",
          "Sec-WebSocket-Extensions: grip",
        ]), .response()),
    bare(
      "messages with the opening", upgrade(), events(.open, .text("a"), .binary([1, 255])), .response(),
      .next(at: "client"), .next(at: "client")),
    bare(
      "opened and closed", upgrade(), events(.open, .close(4000, "no")), .response(), .next(at: "client"),
      says(.close(4000, "no")), .request),
    bare(
      "a client's early messages", upgrade(), says(.text("a"), .text("b")), events(.open), .response(),
      .gather(until: "TEXT 1\r\nb\r\n")),
    bare(
      "another path of the target's", routes: ["{host},path_beg=/a,path_rem=2 {origin},over_http"], upgrade("/a/b"),
      events(.open), .response()),
    bare(
      "another host for the origin", routes: ["{host} {origin},over_http,host=other.test"], upgrade(), events(.open),
      .response()),
    bare(
      "a route with a key of its own", routes: ["{host},sig_iss=me,sig_key=mine {origin},over_http"], upgrade(),
      events(.open), .response(), says(.text("a")), events()),
    bare(
      "behind another proxy that has a key", servers: .trusting, upgrade(), events(.open), .response(),
      says(.text("a")), events()),
  ]

  private static let overHTTPRefusals: [Scenario] = refusedOverHTTP + brokenOverHTTP

  private static let refusals: [(name: String, answer: Step)] = [
    ("403", answer("403 Forbidden", ["Content-Type: text/plain", "X-A: 1"], body: "no way\n")),
    ("404", answer("404 Not Found")),
    ("500", answer("500 Internal Server Error", body: "broken")),
    ("401 with a challenge", answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"a\""], body: "who?")),
    ("a page", answer("200 OK", ["Content-Type: text/html"], body: "<p>a page</p>")),
    ("events by another name", answer("200 OK", ["Content-Type: application/octet-stream"], body: "OPEN\r\n")),
    ("201", answer("201 Created", [eventType], body: "OPEN\r\n")),
    ("a redirect", answer("302 Found", ["Location: /other"])),
    ("no type", answer("200 OK", [], body: "OPEN\r\n")),
  ]

  private static let refusedOverHTTP: [Scenario] = refusals.map { name, reply in
    bare("refused: \(name)", upgrade(), reply, .response())
  }

  private static let brokenOverHTTP: [Scenario] = [
    bare("refused with instructions", upgrade(), holdStream(), .response()),
    bare(
      "the answer has another event first", differs: .init(.socketErrorFields, ours: "content-type: text/plain"),
      upgrade(), events(.text("a")), .response()),
    bare(
      "the answer closes", differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(),
      events(.close(4000, "no")), .response()),
    bare(
      "the answer has no event", differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(),
      events(), .response()),
    bare(
      "the answer is no event", differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(),
      answer("200 OK", [eventType], body: "nonsense"), .response()),
    bare(
      "a length that is none", differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(),
      answer("200 OK", [eventType], body: "OPEN\r\nTEXT x\r\na\r\n"), .response()),
    bare(
      "an origin that hangs up", differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(),
      .request, .hangUp, .response()),
    bare(
      "an origin that is not there", routes: ["{host} {dead},over_http"],
      differs: .init(.socketErrorFields, ours: "content-type: text/plain"), upgrade(), .response()),
    bare(
      "the second target where the first is not there", routes: ["{host} {dead},over_http {origin},over_http"],
      upgrade(), events(.open), .response()),
  ]

  private static let overHTTPMessages: [Scenario] = eventsOfOrigins + eventsOfClients + overHTTPConversations

  private static let originEvents: [(name: String, frame: Frame)] = [
    ("text", Frame.text("hello")), ("text beyond ASCII", .text("café 😀")), ("binary", .binary([0, 1, 254, 255])),
    ("an empty binary", .binary([])), ("16 bytes", .text("0123456789abcdef")),
    ("10,000 bytes", .text(String(repeating: "0123456789", count: 1000))),
    ("what looks like an event", .text("TEXT 1\r\na\r\n")), ("a ping", .ping("hello")), ("a pong", .pong("hello")),
    ("an empty pong", .pong()),
  ]

  private static let eventsOfOrigins: [Scenario] = originEvents.map { name, frame in
    open("an origin's \(name)", says(.text("go")), events(frame), .next(at: "client"))
  }

  private static let clientEvents: [(name: String, frame: Frame)] = [
    ("text", Frame.text("hello")), ("text beyond ASCII", .text("café 😀")), ("binary", .binary([0, 1, 254, 255])),
    ("16 bytes", .text("0123456789abcdef")), ("10,000 bytes", .text(String(repeating: "0123456789", count: 1000))),
    ("100,000 bytes", .text(String(repeating: "0123456789", count: 10_000))),
    ("what looks like an event", .text("TEXT 1\r\na\r\n")), ("a pong", .pong("hello")),
  ]

  private static let eventsOfClients: [Scenario] = clientEvents.map { name, frame in
    open("a client's \(name)", says(frame), events(.text("done")), .next(at: "client"))
  }

  private static let overHTTPConversations: [Scenario] = [
    open(
      "a client's empty text", says(.text("")), events(.text("done")), .next(at: "client")),
    open(
      "an origin's empty text", says(.text("go")), events(.text(""), .text("end")), .next(at: "client"),
      .next(at: "client")),
    open(
      "a client's fragments", says(.first("where"), .middle(""), .last("fore")), events(.text("done")),
      .next(at: "client")),
    open(
      "a client's ping", differs: .init(.pingsAnswered, ours: "→ client: pong “hello”"), says(.ping("hello")),
      .next(at: "client")),
    open(
      "a client's ping passes where the proxy does not answer", servers: .secure, says(.ping("hello")),
      events(.pong("hello")), .next(at: "client")),
    open("a client's empty ping", servers: .secure, says(.ping()), events(.pong()), .next(at: "client")),
    open(
      "several events in one answer", says(.text("go")), events(.text("1"), .binary([2]), .text("3")),
      .next(at: "client"), .next(at: "client"), .next(at: "client")),
    open(
      "events in capitals' lengths", says(.text("go")),
      answer("200 OK", [eventType], body: "TEXT A\r\n0123456789\r\nTEXT 0a\r\n0123456789\r\n"), .next(at: "client"),
      .next(at: "client")),
    open(
      "an unknown event", says(.text("go")), answer("200 OK", [eventType], body: "WHAT\r\nTEXT 1\r\na\r\n"),
      .next(at: "client")),
    open(
      "the last line end is missing", says(.text("go")), answer("200 OK", [eventType], body: "TEXT 1\r\na"),
      .next(at: "client")),
    open(
      "less than its length says", says(.text("go")), answer("200 OK", [eventType], body: "TEXT 5\r\nab"),
      .next(at: "client")),
    open(
      "an answer in chunks", says(.text("go")),
      .answer(
        "HTTP/1.1 200 OK\r\n\(eventType)\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nTEXT 1\r\n\r\n3\r\na\r\n\r\n0\r\n\r\n"
      ), .next(at: "client")),
    open(
      "one after the other", says(.text("1")), events(.text("one")), .next(at: "client"), says(.text("2")),
      events(.text("two")), .next(at: "client"), says(.binary([3])), events(.text("three")), .next(at: "client")),
    open(
      "what came meanwhile goes together", says(.text("1")), .request, says(.text("2"), .text("3")),
      .reply(response("200 OK", [eventType], body: "TEXT 1\r\na\r\n")), .next(at: "client"),
      .gather(until: "TEXT 1\r\n3\r\n")),
    open(
      "one event in a request", routes: ["{host} {origin},over_http,one_event"],
      says(.text("1"), .text("2"), .text("3")), events(), events(), events()),
    open(
      "one event in a request, the close too", routes: ["{host} {origin},over_http,one_event"],
      says(.text("1"), .close(1000)), events(), events(.close(1000)), .next(at: "client")),
    open("an answer that opens again", says(.text("go")), events(.open), .next(at: "client")),
    open(
      "an answer of another type", says(.text("go")),
      answer("200 OK", ["Content-Type: text/plain"], body: "TEXT 1\r\na\r\n"), .next(at: "client")),
    open(
      "500 in the middle", says(.text("go")), answer("500 Internal Server Error", body: "broken"), .next(at: "client")
    ),
    open(
      "a body that is no event in the middle", says(.text("go")),
      answer("200 OK", [eventType], body: "TEXT x\r\na\r\n"), .next(at: "client")),
    open(
      "a dropped request is made again", says(.text("go")), .request, .hangUp, events(.text("a")), .next(at: "client")
    ),
  ]

  private static let overHTTPFields: [Scenario] = [
    open(
      "values that the origin keeps", fields: ["Set-Meta-User: romeo", "Set-Meta-Room: verona"], says(.text("a")),
      events()),
    open(
      "a value replaced, another deleted", fields: ["Set-Meta-User: romeo", "Set-Meta-Room: verona"],
      differs: .init(.emptyValues, ours: "meta-user: juliet", theirs: " failed: "), says(.text("a")),
      events(fields: ["Set-Meta-User: juliet", "Set-Meta-Room:"]), says(.text("b")), events()),
    open(
      "a value with other letters in its name", fields: ["set-meta-user: romeo"], says(.text("a")),
      events(fields: ["Set-Meta-USER: juliet"]), says(.text("b")), events()),
    open(
      "some bytes accepted", differs: .init(.bytesAccepted, ours: "content-bytes-replayed: 3"), says(.text("{a}{bc")),
      events(fields: ["Content-Bytes-Accepted: 3"]), says(.text("d}")),
      events(.text("ok")), .next(at: "client")),
    open(
      "no bytes accepted", differs: .init(.bytesAccepted, ours: "content-bytes-replayed: 3"), says(.text("abc")),
      events(fields: ["Content-Bytes-Accepted: 0"]), says(.text("d")),
      events(.text("ok")), .next(at: "client")),
    open(
      "all bytes accepted", says(.text("abc")), events(fields: ["Content-Bytes-Accepted: 3"]), says(.text("d")),
      events(.text("ok")), .next(at: "client")),
    open(
      "more bytes accepted than there were",
      differs: .init(.bytesAccepted, ours: "→ client: (closed)", theirs: " failed: "), says(.text("abc")),
      events(fields: ["Content-Bytes-Accepted: 4"]),
      .next(at: "client")),
    open(
      "bytes accepted that are no number",
      differs: .init(.bytesAccepted, ours: "→ client: (closed)", theirs: " failed: "), says(.text("abc")),
      events(fields: ["Content-Bytes-Accepted: some"]),
      .next(at: "client")),
    open(
      "binary accepted in parts", differs: .init(.bytesAccepted, ours: "content-bytes-replayed: 2"),
      says(.binary([1, 2, 3, 4])), events(fields: ["Content-Bytes-Accepted: 2"]),
      says(.binary([5])), events(.text("ok")), .next(at: "client")),
    open(
      "not accepted before a close", differs: .init(.bytesAccepted, ours: "content-bytes-replayed: 2"),
      says(.text("abc")), events(fields: ["Content-Bytes-Accepted: 1"]),
      says(.close(1000)), events(.close(1000)), .next(at: "client")),
    open(
      "fields of a later answer are for nobody", says(.text("a")),
      events(.text("b"), fields: ["X-A: 1", "Set-Cookie: a=1"]), .next(at: "client")),
    open(
      "a keep-alive that is no number", fields: ["Keep-Alive-Interval: soon"], says(.text("a")), events(.text("b")),
      .next(at: "client")),
  ]

  private static let overHTTPCloses: [Scenario] = [
    open("a client closes", says(.close(1000)), events(.close(1000)), .next(at: "client")),
    open(
      "a client closes with a reason", says(.close(4000, "bye, café")), events(.close(4000, "bye, café")),
      .next(at: "client")),
    open(
      "a client closes without a code",
      differs: .init(.closeWithoutCode, ours: "→ client: close without code", theirs: "→ client: close 1000"),
      says(.close(nil)), events(.close(nil)), .next(at: "client")),
    open(
      "a close is answered with another code", says(.close(4000)), events(.close(4001, "other")), .next(at: "client")),
    open("a close is not answered", says(.close(1000)), events(), .next(at: "client")),
    open(
      "a close is answered with messages before it", says(.close(1000)), events(.text("last"), .close(1000)),
      .next(at: "client"), .next(at: "client")),
    open("a message and a close", says(.text("a"), .close(1000)), .gather(until: "CLOSE 2\r\n\\x3\\xe8\r\n")),
    open(
      "an origin closes", says(.text("go")), events(.close(1001, "going")), .next(at: "client"),
      says(.close(1001, "going")), events()),
    open(
      "an origin closes without a code",
      differs: .init(.closeWithoutCode, ours: "→ client: close without code", theirs: "→ client: close 1000"),
      says(.text("go")), events(.close(nil)), .next(at: "client"), says(.close(nil)),
      events()),
    open(
      "an origin closes with 0",
      differs: .init(.unsendableCodes, ours: "→ client: close without code", theirs: "→ client: close 0"),
      says(.text("go")), answer("200 OK", [eventType], body: "CLOSE 2\r\n{x0000}\r\n"),
      .next(at: "client")),
    open(
      "an origin closes with one byte",
      differs: .init(.closeWithoutCode, ours: "→ client: close without code", theirs: "→ client: close 1000"),
      says(.text("go")), answer("200 OK", [eventType], body: "CLOSE 1\r\na\r\n"),
      .next(at: "client")),
    open(
      "nothing follows a close", says(.text("go")), events(.close(4000), .text("lost")), .next(at: "client"),
      says(.close(4000)), events()),
    open(
      "an origin disconnects", differs: .init(.disconnectAfterMessages, ours: "text “a”"), says(.text("go")),
      events(.text("a"), .disconnect), .next(at: "client"),
      .next(at: "client")),
    open("nothing follows a disconnect", says(.text("go")), events(.disconnect, .text("lost")), .next(at: "client")),
    open(
      "a client that vanishes", says(.text("a")), events(.text("b")), .next(at: "client"), .drop(by: "client"), events()
    ),
    open(
      "a client that vanishes, with values kept", fields: ["Set-Meta-User: romeo"], says(.text("a")),
      events(.text("b")),
      .next(at: "client"), .drop(by: "client"), events()),
  ]

  private static let overHTTPGRIP: [Scenario] = [
    grip("a published message", .publish(item(message("a"))), .next(at: "client")),
    grip("published binary", .publish(item(#""ws-message":{"content-bin":"AP8="}"#)), .next(at: "client")),
    grip(
      "a published close", .publish(item(#""ws-message":{"action":"close","code":4001,"reason":"go"}"#)),
      .next(at: "client"), says(.close(4001, "go")), events()),
    grip(
      "the prefix", says(.text("go")), events(.text("m:a"), .text("dropped"), .text("m:b")), .next(at: "client"),
      .next(at: "client")),
    grip(
      "subscribed and left", says(.text("go")),
      events(.control(#""type":"unsubscribe","channel":"{c}""#), .subscribe("{d}")), listens("{d}"),
      .publish(item(message("lost"))), .publish(item(message("a"), channel: "{d}")), .next(at: "client")),
    grip(
      "detached", says(.text("go")), events(.control(#""type":"detach""#)), events(), .publish(item(message("a"))),
      .next(at: "client")),
    grip(
      "a value for filters", says(.text("go")),
      events(
        .control(#""type":"set-meta","name":"user","value":"romeo""#), .subscribe("{d}", #","filters":["skip-self"]"#)),
      listens("{d}"), .publish(item(message("own"), channel: "{d}", more: #""meta":{"sender":"romeo"}"#)),
      .publish(item(message("a"), channel: "{d}")), .next(at: "client")),
    grip(
      "a keep-alive", says(.text("go")), events(.control(#""type":"keep-alive","content":"k","timeout":1"#)),
      .next(at: "client"), .next(at: "client")),
    grip(
      "a delayed message", says(.text("go")),
      events(.control(#""type":"send-delayed","content":"later","timeout":1"#), .text("m:now")), .next(at: "client"),
      .next(at: "client")),
    grip(
      "a prefix of the route", routes: ["{host},prefix={d}- {origin},over_http"], .publish(item(message("lost"))),
      .publish(item(message("a"), channel: "{d}-{c}")), .next(at: "client")),
    grip(
      "published without a request to the origin", .publish(item(message("a"))), .next(at: "client"), says(.text("b")),
      events()),
    bare(
      "a prefix of its own", upgrade(),
      events(
        .open, .text("x:a"), .text("m:b"), .text("x:c"),
        fields: [#"Sec-WebSocket-Extensions: grip; message-prefix="x:""#]), .response(), .next(at: "client"),
      .next(at: "client")),
    bare(
      "an empty prefix", upgrade(),
      events(
        .open, .text("a"), .subscribe(), .text("b"), fields: [#"Sec-WebSocket-Extensions: grip; message-prefix="""#]),
      .response(), .next(at: "client"), .next(at: "client")),
    bare(
      "control messages without GRIP", upgrade(), events(.open, .subscribe(), .text("m:b")), .response(),
      .next(at: "client"), .next(at: "client")),
    bare(
      "a channel of the target", routes: ["{host} {origin},over_http,sub={c}"], upgrade(), events(.open), .response(),
      listens(), .publish(item(message("a"))), .next(at: "client")),
    bare(
      "a client that asks with POST", differs: .init(.refusedBodies, ours: "connection: close"),
      ask("POST", "/", [eventType, "Connection-Id: 1"], body: "OPEN\r\n"), .response()),
    grip(
      "refresh asks the origin",
      differs: .init(.refreshByHTTP, ours: "→ client: text “a”", theirs: " failed: publish: 400"),
      .publish(item(#""ws-message":{"action":"refresh"}"#)), events(.text("m:a")), .next(at: "client")),
  ]
}
