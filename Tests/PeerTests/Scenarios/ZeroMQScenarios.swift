extension Scenario {
  private static func zero(
    _ name: String, routes: [String] = ["{host} {origin}"], servers: ServerKind = .plain, isWarm: Bool = false,
    differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "ZeroMQ", routes: routes, servers: servers, isWarm: isWarm, difference: differs, steps: steps
    )
  }

  /// A stream that listens to `{c}`; then these messages are pushed, and what ends it is read.
  private static func pushed(_ name: String, _ messages: ZeroMQStep.Message..., until ending: String = "end\n")
    -> Scenario
  {
    Scenario(
      name: "pushed: \(name)", section: "ZeroMQ",
      steps: [ask(), holdStream(), .held(), .head(), .body("open\n")] + messages.map { .zeroMQ(.push($0)) }
        + [.zeroMQ(.push(.json(item(stream("end\\n"))))), .body(ending)])
  }

  private static func tnet(
    _ content: TNet, _ format: String = "http-stream", member: String = "content", channel: TNet? = "{c}",
    more: [(name: String, value: TNet)] = []
  ) -> TNet {
    let formats: TNet = .map([(format, .map([(member, content)]))])
    return .map((channel.map { [("channel", $0)] } ?? []) + more + [("formats", formats)])
  }

  private static func command(_ method: String, _ arguments: TNet? = nil, id: TNet? = "1") -> Step {
    var members: [(name: String, value: TNet)] = [("method", .text(method))]
    if let id { members.append(("id", id)) }
    if let arguments { members.append(("args", arguments)) }
    return .zeroMQ(.command(.bare(.map(members))))
  }

  /// What speaks through ZeroMQ: publishers, commands, statistics.
  static let zeroMQ: [Scenario] = pushes + topics + commands + statistics

  private static let pushes: [Scenario] = [
    pushed("JSON", .json(item(stream("a\\n")))),
    pushed("a tnetstring", .tnet(tnet("a\n"))),
    pushed("a tnetstring without a letter in front", .bare(tnet("a\n"))),
    pushed("raw bytes in a tnetstring", .tnet(tnet(.bytes([0, 255, 10])))),
    pushed("text beyond ASCII", .tnet(tnet("café\n")), .json(item(stream("caf\\u00e9\\n")))),
    pushed("base64 in JSON", .json(item(#""http-stream":{"content-bin":"AP8K"}"#))),
    pushed("ids", .tnet(tnet("1\n", more: [("id", "1")])), .tnet(tnet("2\n", more: [("id", "2"), ("prev-id", "1")]))),
    pushed("an id twice", .tnet(tnet("1\n", more: [("id", "1")])), .json(item(stream("1\\n"), id: "1"))),
    pushed("another channel", .tnet(tnet("lost\n", channel: "{d}"))),
    pushed(
      "no channel", .tnet(tnet("lost\n", channel: nil)), .json(#"{"formats":{"http-stream":{"content":"lost\n"}}}"#)),
    pushed("no formats", .tnet(["channel": "{c}"]), .json(#"{"channel":"{c}"}"#)),
    pushed(
      "formats in the item itself", .tnet(["channel": "{c}", "http-stream": ["content": "a\n"]]),
      .json(#"{"channel":"{c}","http-stream":{"content":"b\n"}}"#)),
    pushed("no JSON", .json("nonsense"), .json("{"), .json("1"), .json("[]")),
    pushed("garbage", .bytes("garbage"), .bytes("T"), .bytes("J"), .bytes("T-1:x,"), .bytes("X{}")),
    pushed(
      "wrong types", .tnet(["channel": 1, "formats": ["http-stream": ["content": "x"]]]),
      .tnet(["channel": "{c}", "formats": ["http-stream": "x"]])),
    pushed("an unknown format", .tnet(tnet("x", "smoke-signal"))),
    pushed(
      "bytes behind it", .bytes(#"T62:7:channel,1:x,7:formats,37:11:http-stream,18:7:content,5:lost\#n,}}}garbage"#)),
    pushed("an action", .json(item(#""http-stream":{"action":"close"}"#)), until: "never"),
    zero(
      "pushed to a long-poll", isWarm: true, ask(), holdResponse(), .held(),
      .zeroMQ(
        .push(
          .tnet([
            "channel": "{c}",
            "formats": [
              "http-response": ["code": .number(201), "reason": "Done", "headers": ["X-A": "1"], "body": "whole\n"]
            ],
          ]))), .response()),
    zero(
      "pushed to a long-poll, raw bytes", isWarm: true, ask(), holdResponse(), .held(),
      .zeroMQ(.push(.tnet(tnet(.bytes([0, 255]), "http-response", member: "body")))), .response()),
    zero(
      "pushed to a long-poll, fields as a list", isWarm: true, ask(), holdResponse(), .held(),
      .zeroMQ(
        .push(
          .tnet([
            "channel": "{c}", "formats": ["http-response": ["headers": [["X-A", "1"], ["X-A", "2"]], "body": "b"]],
          ]))), .response()),
    zero(
      "pushed to a WebSocket", upgrade(), acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(),
      originSays(.subscribe()), listens(), .zeroMQ(.push(.tnet(tnet("a", "ws-message")))), .next(at: "client")),
    zero(
      "pushed to a WebSocket, raw bytes", upgrade(), acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(),
      originSays(.subscribe()), listens(),
      .zeroMQ(.push(.tnet(tnet(.bytes([0, 255]), "ws-message", member: "content-bin")))),
      .next(at: "client")),
    zero(
      "pushed to a WebSocket, a close", upgrade(), acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(),
      originSays(.subscribe()), listens(),
      .zeroMQ(
        .push(
          .tnet([
            "channel": "{c}", "formats": ["ws-message": ["action": "close", "code": .number(4001), "reason": "go"]],
          ]))),
      .next(at: "client")),
    zero(
      "pushed with meta for a filter", ask(),
      holdStream(channel: "{c}; filter=skip-users", body: "open\n"), .held(), .head(), .body("open\n"),
      .zeroMQ(.push(.tnet(tnet("a\n", more: [("meta", ["x": "y"])])))), .body("a\n")),
  ]

  private static let topics: [Scenario] = [
    zero(
      "by channel: a listener's interest", .zeroMQ(.connectPublisher), ask(), holdStream(), .held(), .head(),
      .body("open\n"), .zeroMQ(.interest), .zeroMQ(.publish(channel: "{c}", .tnet(tnet("a\n")))), .body("a\n")),
    zero(
      "by channel: JSON", ask(), holdStream(), .held(), .head(), .body("open\n"), .zeroMQ(.connectPublisher),
      .zeroMQ(.interest), .zeroMQ(.publish(channel: "{c}", .json(item(stream("a\\n"))))), .body("a\n")),
    zero(
      "by channel: the item need not name it", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .zeroMQ(.connectPublisher), .zeroMQ(.interest),
      .zeroMQ(.publish(channel: "{c}", .tnet(tnet("a\n", channel: nil)))), .body("a\n")),
    zero(
      "by channel: what the item names does not count", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .zeroMQ(.connectPublisher), .zeroMQ(.interest),
      .zeroMQ(.publish(channel: "{c}", .tnet(tnet("a\n", channel: "{d}")))), .body("a\n")),
    zero(
      "by channel: one that only begins like it", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .zeroMQ(.connectPublisher), .zeroMQ(.interest), .zeroMQ(.publish(channel: "{c}-more", .tnet(tnet("lost\n")))),
      .zeroMQ(.publish(channel: "{c}", .tnet(tnet("end\n")))), .body("end\n")),
    zero(
      "by channel: interest of a WebSocket", upgrade(), acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(),
      originSays(.subscribe()), listens(), .zeroMQ(.connectPublisher), .zeroMQ(.interest),
      .zeroMQ(.publish(channel: "{c}", .tnet(tnet("a", "ws-message")))), .next(at: "client")),
    zero(
      "by channel: a long-poll", isWarm: true, ask(), holdResponse(), .held(), .zeroMQ(.connectPublisher),
      .zeroMQ(.interest),
      .zeroMQ(.publish(channel: "{c}", .tnet(tnet("whole", "http-response", member: "body")))), .response()),
    zero(
      "by channel: garbage", ask(), holdStream(), .held(), .head(), .body("open\n"), .zeroMQ(.connectPublisher),
      .zeroMQ(.interest), .zeroMQ(.publish(channel: "{c}", .bytes("garbage"))),
      .zeroMQ(.publish(channel: "{c}", .json("{}"))), .zeroMQ(.publish(channel: "{c}", .tnet(tnet("end\n")))),
      .body("end\n")),
    zero(
      "by channel: a prefix of the route", routes: ["{host},prefix={c}- {origin}"], .zeroMQ(.connectPublisher), ask(),
      holdStream(channel: "x"), .held(), .head(), .body("open\n"), .zeroMQ(.interest),
      .zeroMQ(.publish(channel: "{c}-x", .tnet(tnet("a\n")))), .body("a\n")),
  ]

  private static let commands: [Scenario] = [
    zero(
      "commands: recover asks the origin again", servers: .trusting, isWarm: true, ask("GET", "/1"), holdResponse(),
      .held(), command("recover"), answer(body: "again"), .response()),
    zero("commands: addresses", command("get-zmq-uris")),
    zero("commands: without an id", command("get-zmq-uris", id: nil)),
    zero("commands: an id of bytes", command("get-zmq-uris", id: .bytes([0, 255]))),
    zero("commands: an unknown method", command("make-coffee")),
    zero("commands: recover", servers: .trusting, command("recover")),
    zero("commands: nobody is connected", command("conncheck", ["ids": ["a", "b"]])),
    zero("commands: no connection is asked for", command("conncheck", ["ids": []])),
    zero(
      "commands: conncheck without ids", differs: .init(.commandErrors, ours: "value: “"), command("conncheck", [:])),
    zero(
      "commands: conncheck with wrong ids", differs: .init(.commandErrors, ours: "value: “"),
      command("conncheck", ["ids": "a"])),
    zero(
      "commands: conncheck without arguments", differs: .init(.commandErrors, ours: "value: “"), command("conncheck")),
    zero("commands: refresh of nobody", command("refresh", ["cid": "nobody"])),
    zero(
      "commands: refresh without arguments", differs: .init(.commandErrors, ours: "value: “"), command("refresh", [:])),
    zero(
      "commands: refresh with a wrong type", differs: .init(.commandErrors, ours: "value: “"),
      command("refresh", ["cid": 1])),
    zero("commands: publish nothing", command("publish", ["items": []])),
    zero("commands: publish without items", command("publish", [:])),
    zero("commands: publish of a wrong type", command("publish", ["items": "x"])),
    zero(
      "commands: publish", ask(), holdStream(), .held(), .head(), .body("open\n"),
      command("publish", ["items": [tnet("a\n"), tnet("b\n")]]), .body("b\n")),
    zero(
      "commands: publish with a wrong item", ask(), holdStream(), .held(), .head(), .body("open\n"),
      command("publish", ["items": [tnet("lost\n", channel: nil)]]), .publish(item(stream("end\\n"))), .body("end\n")),
    zero(
      "commands: several on one connection", servers: .trusting, command("recover", id: "1"),
      command("make-coffee", id: "2"),
      command("get-zmq-uris", id: "3")),
  ]

  private static let statistics: [Scenario] = [
    zero(
      "statistics: a stream's subscription", .zeroMQ(.watch("sub")), ask(), holdStream(), .held(), .head(),
      .body("open\n"), .zeroMQ(.told(1))),
    zero(
      "statistics: a long-poll's subscription", isWarm: true, .zeroMQ(.watch("sub")), ask(), holdResponse(), .held(),
      .zeroMQ(.told(1))),
    zero(
      "statistics: a WebSocket's subscription", .zeroMQ(.watch("sub")), upgrade(),
      acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(), originSays(.subscribe()), listens(),
      .zeroMQ(.told(1))),
    zero(
      "statistics: a message to a stream", .zeroMQ(.watch("message")), ask(), holdStream(), .held(), .head(),
      .body("open\n"), .publish(item(stream("a\\n"), id: "1")), .body("a\n"), .zeroMQ(.told(1))),
    zero(
      "statistics: a message to a long-poll", isWarm: true, .zeroMQ(.watch("message")), ask(), holdResponse(), .held(),
      .publish(item(whole("a"))), .response(), .zeroMQ(.told(1))),
    zero(
      "statistics: a message to a WebSocket", .zeroMQ(.watch("message")), upgrade(),
      acceptSocket(["Sec-WebSocket-Extensions: grip"]), .response(), originSays(.subscribe()), listens(),
      .publish(item(message("a"))), .next(at: "client"), .zeroMQ(.told(1))),
    zero(
      "statistics: a connection of a route with an id", routes: ["{host},id={slug} {origin}"], .zeroMQ(.watch("conn")),
      ask(), holdStream(), .held(), .head(), .body("open\n"), .zeroMQ(.told(1))),
  ]
}
