extension Scenario {
  /// With GRIP, subscribed to `{c}`; further steps.
  private static func grip(
    _ name: String, filters: String = "", routes: [String] = ["{host} {origin}"], servers: ServerKind = .plain,
    differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "WebSocket and GRIP", routes: routes, servers: servers, difference: differs,
      steps: [
        upgrade(), acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(),
        originSays(.subscribe("{c}", filters)),
        listens(),
      ] + steps)
  }

  /// The same without a subscription.
  private static func plain(
    _ name: String, prefix: String? = nil, routes: [String] = ["{host} {origin}"], differs: ShownDifference? = nil,
    _ steps: Step...
  ) -> Scenario {
    let field = "Sec-WebSocket-Extensions: grip" + (prefix.map { "; message-prefix=\"\($0)\"" } ?? "")
    return Scenario(
      name: name, section: "WebSocket and GRIP", routes: routes, difference: differs,
      steps: [upgrade(), acceptSocket([field]), .response()] + steps)
  }

  private static let end = [Step.publish(item(message("end"))), .next(at: "client")]

  /// What origins say to the proxy through a WebSocket, and what is published to it.
  static let socketGRIP: [Scenario] = socketPrefixes + socketControl + socketItems + socketFilters

  private static let socketPrefixes: [Scenario] = [
    plain(
      "the prefix is cut, what has none is dropped", originSays(.text("m:a"), .text("dropped"), .text("m:b")),
      .next(at: "client"), .next(at: "client")),
    plain(
      "an empty message behind the prefix", originSays(.text("m:"), .text("m:b")), .next(at: "client"),
      .next(at: "client")),
    plain(
      "binary behind the prefix", originSays(.binary([0x6D, 0x3A, 0, 255]), .binary([1]), .text("m:end")),
      .next(at: "client"), .next(at: "client")),
    plain(
      "a prefix of its own", prefix: "to client:", originSays(.text("m:dropped"), .text("to client:a")),
      .next(at: "client")),
    plain(
      "an empty prefix", prefix: "", originSays(.text("a"), .text("m:b"), .control(#""type":"none""#), .text("c")),
      .next(at: "client"), .next(at: "client"), .next(at: "client")),
    plain(
      "fragments behind the prefix", originSays(.first("m:a"), .middle("b"), .last("c"), .text("m:end")),
      .next(at: "client"), .next(at: "client")),
    plain(
      "a client's messages have no prefix", says(.text("a"), .text("m:b"), .text("c:{}")), .next(at: "origin"),
      .next(at: "origin"), .next(at: "origin")),
    plain(
      "an unknown control message", originSays(.control(#""type":"none""#), .text("m:a")), .next(at: "client")),
    plain(
      "control messages that are no JSON",
      originSays(.text("c:{"), .text("c:"), .text("c:[]"), .text("c:1"), .text("m:a")),
      .next(at: "client")),
    plain(
      "control messages with wrong types",
      originSays(
        .control(#""type":1"#), .control(#""type":"subscribe","channel":1"#), .control(#""type":"subscribe""#),
        .control(#""type":"subscribe","channel":"""#), .control(#""type":"keep-alive","timeout":"x""#), .text("m:a")),
      .next(at: "client")),
    plain(
      "a binary control message is for nobody", prefix: "x:",
      originSays(Frame(kind: .binary, text: #"c:{"type":"detach"}"#), .text("x:a")), .next(at: "client"),
      says(.text("b")), .next(at: "origin")),
  ]

  private static let socketControl: [Scenario] = [
    grip(
      "a control message in fragments", differs: .init(.controlInFragments, ours: "text “end”", theirs: "text “a”"),
      originSays(.first(#"c:{"type":"unsub"#), .last(#"scribe","channel":"{c}"}"#), .subscribe("{d}")), listens("{d}"),
      .publish(item(message("a"))), .publish(item(message("end"), channel: "{d}")), .next(at: "client")),
    grip("a subscription", .publish(item(message("a"))), .next(at: "client")),
    grip(
      "two channels", originSays(.subscribe("{d}")), listens("{d}"), .publish(item(message("a"))), .next(at: "client"),
      .publish(item(message("b"), channel: "{d}")), .next(at: "client")),
    grip(
      "one channel twice", originSays(.subscribe(), .subscribe("{d}")), listens("{d}"), .publish(item(message("a"))),
      .next(at: "client"), .publish(item(message("end"), channel: "{d}")), .next(at: "client")),
    grip(
      "a channel is left", originSays(.control(#""type":"unsubscribe","channel":"{c}""#), .subscribe("{d}")),
      listens("{d}"),
      .publish(item(message("lost"))), .publish(item(message("end"), channel: "{d}")), .next(at: "client")),
    grip(
      "a channel that nobody had is left", originSays(.control(#""type":"unsubscribe","channel":"{d}""#)),
      .publish(item(message("a"))), .next(at: "client")),
    grip(
      "a prefix of the route", routes: ["{host},prefix={d}- {origin}"], .publish(item(message("lost"))),
      .publish(item(message("a"), channel: "{d}-{c}")), .next(at: "client")),
    grip(
      "a channel of the target", routes: ["{host} {origin},sub={d}"], .publish(item(message("a"), channel: "{d}")),
      .next(at: "client")),
    Scenario(
      name: "a channel of the target without GRIP", section: "WebSocket and GRIP",
      routes: ["{host} {origin},sub={c}"],
      steps: [
        upgrade(), acceptSocket(), .response(), listens(), originSays(.text("as it is")), .next(at: "client"),
        .publish(item(message("a"))), .next(at: "client"),
      ]),
    grip(
      "detached: the origin is let go", originSays(.control(#""type":"detach""#)), .next(at: "origin"),
      .publish(item(message("a"))), .next(at: "client")),
    grip(
      "detached: the proxy answers the client's close",
      differs: .init(.detachedCloses, ours: "→ client: close 4000 “bye”", theirs: "→ client: close 1000"),
      originSays(.control(#""type":"detach""#)), .next(at: "origin"),
      says(.text("for nobody"), .close(4000, "bye")), .next(at: "client")),
    grip(
      "detached: a published close", originSays(.control(#""type":"detach""#)), .next(at: "origin"),
      .publish(item(#""ws-message":{"action":"close","code":4001,"reason":"go"}"#)), .next(at: "client")),
    plain(
      "keep-alive", originSays(.control(#""type":"keep-alive","content":"still here","timeout":1"#)),
      .next(at: "client"),
      .next(at: "client")),
    plain(
      "keep-alive as a ping",
      originSays(.control(#""type":"keep-alive","content":"","message-type":"ping","timeout":1"#)), .next(at: "client")),
    plain(
      "keep-alive as binary in base64",
      originSays(.control(#""type":"keep-alive","content-bin":"AAH/","message-type":"binary","timeout":1"#)),
      .next(at: "client")),
    plain(
      "keep-alive by interval",
      originSays(.control(#""type":"keep-alive","content":"k","timeout":1,"mode":"interval""#)), .next(at: "client"),
      .next(at: "client")),
    plain(
      "keep-alive with the content changed",
      originSays(
        .control(#""type":"keep-alive","content":"old","timeout":1"#),
        .control(#""type":"keep-alive","content":"new","timeout":1"#)), .next(at: "client")),
    plain(
      "keep-alive switched off",
      originSays(
        .control(#""type":"keep-alive","content":"k","timeout":1"#), .control(#""type":"keep-alive""#),
        .control(#""type":"send-delayed","content":"delayed","timeout":3"#)), .next(at: "client")),
    plain(
      "a delayed message",
      originSays(.control(#""type":"send-delayed","content":"later","timeout":1"#), .text("m:now")),
      .next(at: "client"), .next(at: "client")),
    plain(
      "a delayed message of binary",
      originSays(.control(#""type":"send-delayed","content-bin":"AP8=","message-type":"binary","timeout":1"#)),
      .next(at: "client")),
    plain(
      "two delayed messages",
      originSays(
        .control(#""type":"send-delayed","content":"first","timeout":100"#),
        .control(#""type":"send-delayed","content":"second","timeout":1"#)), .next(at: "client"), .next(at: "client")),
    plain(
      "a delayed message sent at once",
      originSays(
        .control(#""type":"send-delayed","content":"later","timeout":100"#), .control(#""type":"flush-delayed""#)),
      .next(at: "client")),
    plain(
      "nothing delayed to send", originSays(.control(#""type":"flush-delayed""#), .text("m:a")), .next(at: "client")),
    plain(
      "a session is accepted", originSays(.control(#""type":"session","id":"s""#), .text("m:a")), .next(at: "client")),
  ]

  private static let socketItems: [Scenario] = formatsPublished + itemsPublished

  private static let socketFormats: [(name: String, format: String)] = [
    ("content", #"{"content":"x"}"#), ("content as base64", #"{"content-bin":"AP8="}"#),
    ("base64 wins", #"{"content-bin":"AP8=","content":"other"}"#),
    ("text as base64", #"{"type":"text","content-bin":"Y2Fmw6k="}"#),
    ("binary as text", #"{"type":"binary","content":"x"}"#),
    ("text beyond ASCII", #"{"content":"caf\u00e9 \ud83d\ude00"}"#),
    ("an explicit send", #"{"action":"send","content":"x"}"#),
    ("empty content", #"{"content":""}"#), ("unknown members", #"{"content":"x","colour":"blue"}"#),
    ("a ping", #"{"type":"ping","content":"x"}"#), ("a pong", #"{"type":"pong","content":"x"}"#),
    ("what begins like a prefix", #"{"content":"m:x"}"#),
    ("30,000 bytes", #"{"content":"\#(String(repeating: "x", count: 30_000))"}"#),
  ]

  private static let formatsPublished: [Scenario] = socketFormats.map { name, format in
    grip("published: \(name)", .publish(item(#""ws-message":\#(format)"#)), .next(at: "client"), end[0], end[1])
  }

  private static let itemsPublished: [Scenario] = [
    grip(
      "published: a ping without content", differs: .init(.emptyPings, ours: "→ client: ping\n"),
      .publish(item(#""ws-message":{"type":"ping"}"#)), .next(at: "client"), end[0], end[1]),
    grip(
      "published: a close", .publish(item(#""ws-message":{"action":"close"}"#)), .next(at: "client"),
      .next(at: "origin")),
    grip(
      "published: a close with a code",
      .publish(item(#""ws-message":{"action":"close","code":4001,"reason":"go"}"#)), .next(at: "client"),
      .next(at: "origin"), says(.close(4001, "go")), .next(at: "client")),
    grip(
      "published: nothing follows a close",
      .publish(
        item(#""ws-message":{"action":"close","code":4001}"#) + "," + item(message("lost"))), .next(at: "client"),
      says(.close(4001)), .next(at: "client")),
    grip("an item for streams leaves it alone", .publish(item(stream("x"))), end[0], end[1]),
    grip(
      "an item for all of them", .publish(item(stream("x"), whole("y"), message("z"))), .next(at: "client"), end[0],
      end[1]),
    grip(
      "several in one publish",
      .publish([item(message("1")), item(message("2")), item(message("3"))].joined(separator: ",")),
      .next(at: "client"), .next(at: "client"), .next(at: "client")),
    grip(
      "ids in the wrong order", .publish(item(message("1"), id: "1")),
      .publish(item(message("3"), id: "3", previous: "2")),
      .publish(item(message("2"), id: "2", previous: "1")), .next(at: "client"), .next(at: "client"),
      .next(at: "client")),
    grip(
      "an id twice", .publish(item(message("1"), id: "1")), .publish(item(message("1"), id: "1")),
      .next(at: "client"), end[0], end[1]),
    grip(
      "the origin's messages and published ones", originSays(.text("m:a")), .next(at: "client"),
      .publish(item(message("b"))), .next(at: "client"), originSays(.text("m:c")), .next(at: "client")),
  ]

  private static let socketFilters: [Scenario] = [
    grip(
      "skip-self", filters: #","filters":["skip-self"]"#,
      originSays(.control(#""type":"set-meta","name":"user","value":"romeo""#), .subscribe("{d}")),
      listens("{d}"), .publish(item(message("own"), more: #""meta":{"sender":"romeo"}"#)),
      .publish(item(message("of juliet"), more: #""meta":{"sender":"juliet"}"#)), .next(at: "client")),
    grip(
      "skip-users", filters: #","filters":["skip-users"]"#,
      originSays(.control(#""type":"set-meta","name":"user","value":"romeo""#), .subscribe("{d}")),
      listens("{d}"), .publish(item(message("not for romeo"), more: #""meta":{"skip_users":"tybalt, romeo"}"#)), end[0],
      end[1]),
    grip(
      "require-sub", filters: #","filters":["require-sub"]"#,
      differs: .init(.requireSubSockets, ours: "text “a”", theirs: " failed: "),
      .publish(item(message("lost"), more: #""meta":{"require_sub":"{d}"}"#)),
      .publish(item(message("a"), more: #""meta":{"require_sub":"{c}"}"#)), .next(at: "client")),
    grip(
      "build-id", filters: #","filters":["build-id"]"#,
      originSays(.control(#""type":"set-meta","name":"id_format","value":"a%sb""#), .subscribe("{d}")),
      listens("{d}"), .publish(item(message("x"), id: "1")), .next(at: "client")),
    grip(
      "var-subst", filters: #","filters":["var-subst"]"#,
      originSays(.control(#""type":"set-meta","name":"user","value":"romeo""#), .subscribe("{d}")),
      listens("{d}"), .publish(item(message("for %(user)s"))), .next(at: "client")),
    grip(
      "meta deleted", filters: #","filters":["skip-self"]"#,
      originSays(
        .control(#""type":"set-meta","name":"user","value":"romeo""#), .control(#""type":"set-meta","name":"user""#),
        .subscribe("{d}")),
      listens("{d}"), .publish(item(message("own"), more: #""meta":{"sender":"romeo"}"#)), .next(at: "client")),
    grip(
      "filters replaced by none", filters: #","filters":["skip-self"]"#,
      originSays(.control(#""type":"set-meta","name":"user","value":"romeo""#), .subscribe(), .subscribe("{d}")),
      listens("{d}"),
      .publish(item(message("own"), more: #""meta":{"sender":"romeo"}"#)), .next(at: "client")),
    grip("an unknown filter", filters: #","filters":["nonsense"]"#, .publish(item(message("a"))), .next(at: "client")),
    grip(
      "content-filters that are not the client's",
      .publish(item(#""ws-message":{"content":"x","content-filters":["skip-self"]}"#)),
      end[0], end[1]),
    grip(
      "content-filters that are", filters: #","filters":["var-subst"]"#,
      .publish(item(#""ws-message":{"content":"x","content-filters":["var-subst"]}"#)), .next(at: "client")),
  ]
}
