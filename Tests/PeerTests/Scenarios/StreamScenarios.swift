extension Scenario {
  private static func flow(
    _ name: String, isWarm: Bool = false, differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(name: name, section: "Stream", isWarm: isWarm, difference: differs, steps: steps)
  }

  private static let closing = Step.publish(item(#""http-stream":{"action":"close"}"#))

  /// Streams.
  static let streaming: [Scenario] = plainStreams + streamFormats + keepAlives + nextLinks + sequences

  private static let plainStreams: [Scenario] = [
    flow(
      "two items and a close", ask(), holdStream(["X-A: 1"]), .held(), .head(), .body("open\n"),
      .publish(item(stream("a\\n")) + "," + item(stream("b\\n"))), .body("b\n"), closing, .end()),
    flow(
      "an empty beginning", ask(), holdStream(body: ""), .held(), .head(), .publish(item(stream("a\\n"))), .body("a\n"),
      closing, .end()),
    flow("a status", ask(), holdStream(["Grip-Status: 404 Odd"]), .held(), .head(), .body("open\n"), closing, .end()),
    flow(
      "exposed fields", ask(), holdStream(["Grip-Expose-Headers: X-A", "X-A: 1", "X-B: 2"]), .held(), .head(),
      .body("open\n"), closing, .end()),
    flow(
      "HTTP/1.0", differs: .init(.http10Close, ours: "connection: close"),
      .send("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n"), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("a\\n"))), .body("a\n"), closing, .end()),
    flow(
      "the connection serves the next request", ask(), holdStream(), .held(), .head(), .body("open\n"), closing, .end(),
      ask("GET", "/next"), answer(body: "next"), .response()),
    flow(
      "by JSON", ask(),
      instruct(
        #"{"hold":{"mode":"stream","channels":[{"name":"{c}"}]},"response":{"headers":{"Content-Type":"text/event-stream"},"body":"open\n"}}"#
      ),
      .held(), .head(), .body("open\n"), .publish(item(stream("a\\n"))), .body("a\n"), closing, .end()),
    flow(
      "two channels", ask(), holdStream(channel: "{c}, {d}"), .held(2), .head(), .body("open\n"),
      .publish(item(stream("a\\n"))), .body("a\n"),
      .publish(item(stream("b\\n"), channel: "{d}")), .body("b\n"), closing, .end()),
    flow(
      "two clients", ask(on: "a"), holdStream(), .held(), .head(on: "a"), .body("open\n", on: "a"), ask(on: "b"),
      holdStream(), .held(), .head(on: "b"),
      .body("open\n", on: "b"), .publish(item(stream("a\\n"))), .body("a\n", on: "a"), .body("a\n", on: "b")),
    flow(
      "an item for long-polls leaves it alone", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(whole("x"))), .publish(item(stream("a\\n"))), .body("a\n")),
    flow(
      "a POST", ask("POST", "/", body: "body"), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("a\\n"))), .body("a\n")),
    flow(
      "prev-id without a next link", differs: .init(.streamErrors, ours: "(closed)", theirs: "(end of body)"), ask(),
      holdStream(channel: "{c}; prev-id=1"), .head(), .body("open\n"), .end()),
    flow(
      "a client that closes", ask("GET", "/", ["Connection: close"]), holdStream(), .held(), .head(), .body("open\n"),
      closing, .end()),
    flow(
      "what is published while nobody listens is gone", .publish(item(stream("lost\\n"))), ask(), holdStream(), .held(),
      .head(), .body("open\n"), .publish(item(stream("a\\n"))), .body("a\n")),
  ]

  private static let streamFormats: [Scenario] =
    [
      ("content", #"{"content":"x\n"}"#),
      ("content as base64", #"{"content-bin":"eAo="}"#),
      ("base64 wins", #"{"content-bin":"eAo=","content":"other\n"}"#),
      ("text beyond ASCII", #"{"content":"caf\u00e9 \ud83d\ude00\n"}"#),
      ("zero bytes", #"{"content-bin":"AAAK"}"#),
      ("an explicit send", #"{"action":"send","content":"x\n"}"#),
      ("empty content", #"{"content":""}"#),
      ("unknown members", #"{"content":"x\n","colour":"blue"}"#),
      ("events", #"{"content":"id: 1\nevent: a\ndata: b\n\n"}"#),
    ].map { name, format in
      flow(
        "published: \(name)", ask(), holdStream(), .held(), .head(), .body("open\n"),
        .publish(item(#""http-stream":\#(format)"#)),
        .publish(item(stream("end\\n"))), .body("end\n"))
    }

  private static let keepAlives: [Scenario] =
    [
      ("raw", ":; timeout=1", ":"),
      ("cstring", #":\n\n; format=cstring; timeout=1"#, ":\n\n"),
      ("cstring in hexadecimal", #"a\x41\r\n; format=cstring; timeout=1"#, "aA\r\n"),
      ("base64", "OgoK; format=base64; timeout=1", ":\n\n"),
      ("mode interval", "k; mode=interval; timeout=1", "k"),
      ("mode idle", "k; mode=idle; timeout=1", "k"),
      ("timeout 0", "k; timeout=0", "k"),
    ].map { name, field, data in
      flow(
        "keep-alive \(name)", ask(), holdStream(["Grip-Keep-Alive: \(field)"]), .held(), .head(), .body("open\n"),
        .body(data), .body(data))
    } + [
      flow(
        "keep-alive by JSON", ask(),
        instruct(
          #"{"hold":{"mode":"stream","channels":[{"name":"{c}"}],"keep-alive":{"content":"k\n","timeout":1}},"response":{"body":"open\n"}}"#
        ),
        .held(), .head(), .body("open\n"), .body("k\n"), .body("k\n")),
      flow(
        "keep-alive by JSON as base64", ask(),
        instruct(
          #"{"hold":{"mode":"stream","channels":[{"name":"{c}"}],"keep-alive":{"content-bin":"awo=","timeout":1}},"response":{"body":"open\n"}}"#
        ),
        .held(), .head(), .body("open\n"), .body("k\n")),
    ]

  private static let nextLinks: [Scenario] = [
    flow(
      "pages before the hold", ask("GET", "/1"),
      answer("200 OK", ["Content-Type: text/plain", "Grip-Link: </2>; rel=next"], body: "one\n"),
      answer("200 OK", ["Grip-Link: </3>; rel=next"], body: "two\n"), holdStream(body: "three\n"), .head(),
      .body("three\n"), .held(),
      .publish(item(stream("a\\n"))), .body("a\n")),
    flow(
      "pages to the end", ask("GET", "/1"), answer("200 OK", ["Grip-Link: </2>; rel=next"], body: "one\n"),
      answer(body: "two\n"), .head(), .body("two\n"), .end()),
    flow(
      "a relative link", ask("GET", "/a/b?c"), answer("200 OK", ["Grip-Link: <d?e>; rel=next"], body: "one\n"),
      answer(body: "two\n"), .head(), .body("two\n"), .end()),
    flow(
      "a link that is only a query", ask("GET", "/a/b?c"),
      answer("200 OK", ["Grip-Link: <?e>; rel=next"], body: "one\n"), answer(body: "two\n"), .head(), .body("two\n"),
      .end()),
    flow(
      "the next link's time", isWarm: true, ask("GET", "/1", ["Cookie: a=1"]),
      holdStream(["Grip-Link: </2>; rel=next; timeout=1"]), .held(), .head(), .body("open\n"),
      holdStream(["Grip-Link: </2>; rel=next; timeout=100"], body: "more\n"), .body("more\n"),
      .publish(item(stream("a\\n"))), .body("a\n")),
    flow(
      "a hint", isWarm: true, ask("GET", "/1"), holdStream(["Grip-Link: </2>; rel=next"], channel: "{c}; prev-id=1"),
      .held(), .head(), .body("open\n"),
      .publish(item(#""http-stream":{"action":"hint"}"#)),
      holdStream(["Grip-Link: </2>; rel=next"], channel: "{c}; prev-id=2", body: "more\n"), .body("more\n"),
      .publish(item(stream("a\\n"), id: "3", previous: "2")), .body("a\n")),
    flow(
      "a gap", isWarm: true, ask("GET", "/1"), holdStream(["Grip-Link: </2>; rel=next"], channel: "{c}; prev-id=1"),
      .held(), .head(), .body("open\n"),
      .publish(item(stream("2\\n"), id: "2", previous: "1")), .body("2\n"),
      .publish(item(stream("4\\n"), id: "4", previous: "3")),
      holdStream(["Grip-Link: </2>; rel=next"], channel: "{c}; prev-id=4", body: "3\n4\n"), .body("4\n"),
      .publish(item(stream("5\\n"), id: "5", previous: "4")), .body("5\n")),
    flow(
      "a conflict at the start", isWarm: true, .publish(item(stream("2\\n"), id: "2", previous: "1")), ask("GET", "/1"),
      holdStream(["Grip-Link: </2>; rel=next"], channel: "{c}; prev-id=1"), .head(), .body("open\n"),
      holdStream(["Grip-Link: </2>; rel=next"], channel: "{c}; prev-id=2", body: "2\n"), .body("2\n"),
      .publish(item(stream("3\\n"), id: "3", previous: "2")), .body("3\n")),
    flow(
      "a next link that ends the stream", isWarm: true, ask("GET", "/1"),
      holdStream(["Grip-Link: </2>; rel=next; timeout=1"]), .held(), .head(), .body("open\n"),
      answer(body: "bye\n"), .body("bye\n"), .end()),
    flow(
      "a next link with other channels", isWarm: true, ask("GET", "/1"),
      holdStream(["Grip-Link: </2>; rel=next; timeout=1"]), .held(), .head(), .body("open\n"),
      holdStream(channel: "{d}", body: "more\n"), .body("more\n"), .held(), .publish(item(stream("c\\n"))),
      .publish(item(stream("d\\n"), channel: "{d}")), .body("d\n")),
    flow(
      "a next link that wants a response hold", isWarm: true,
      differs: .init(.streamErrors, ours: "(closed)", theirs: "(end of body)"), ask("GET", "/1"),
      holdStream(["Grip-Link: </2>; rel=next; timeout=1"]), .held(), .head(), .body("open\n"),
      holdResponse(), .end()),
    flow(
      "an external next link",
      differs: .init(.externalLinks, theirs: "iss=pushpin\nhost: {origin2}"), ask("GET", "/1"),
      answer("200 OK", ["Grip-Link: <http://{origin2}/x?y>; rel=next"], body: "one\n"),
      .answerAtSecond(response(body: "two\n")), .head(), .body("two\n"), .end()),
  ]

  /// Order by id and prev-id, for a stream without a position of its own.
  private static let sequences: [Scenario] = [
    flow(
      "ids in order", ask(), holdStream(), .held(), .head(), .body("open\n"), .publish(item(stream("1\\n"), id: "1")),
      .publish(item(stream("2\\n"), id: "2", previous: "1")), .body("2\n")),
    flow(
      "an id twice", ask(), holdStream(), .held(), .head(), .body("open\n"), .publish(item(stream("1\\n"), id: "1")),
      .publish(item(stream("1\\n"), id: "1")), .publish(item(stream("end\\n"))), .body("end\n")),
    flow(
      "two in the wrong order", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("1\\n"), id: "1")),
      .publish(item(stream("3\\n"), id: "3", previous: "2")), .publish(item(stream("2\\n"), id: "2", previous: "1")),
      .body("3\n")),
    flow(
      "three in the wrong order", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("1\\n"), id: "1")),
      .publish(item(stream("4\\n"), id: "4", previous: "3")), .publish(item(stream("3\\n"), id: "3", previous: "2")),
      .publish(item(stream("2\\n"), id: "2", previous: "1")), .body("4\n")),
    flow(
      "one that never comes", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("1\\n"), id: "1")), .publish(item(stream("3\\n"), id: "3", previous: "2")), .body("3\n")),
    flow(
      "no-seq", ask(), holdStream(), .held(), .head(), .body("open\n"), .publish(item(stream("1\\n"), id: "1")),
      .publish(item(stream("3\\n"), id: "3", previous: "2", more: #""no-seq":true"#)), .body("3\n")),
    flow(
      "a prev-id that nothing came before", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("8\\n"), id: "8", previous: "7")), .body("8\n")),
    flow(
      "all in one publish", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(
        [
          item(stream("1\\n"), id: "1"), item(stream("2\\n"), id: "2", previous: "1"),
          item(stream("3\\n"), id: "3", previous: "2"),
        ].joined(separator: ",")), .body("3\n")),
  ]
}
