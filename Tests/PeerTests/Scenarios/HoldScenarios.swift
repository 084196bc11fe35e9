extension Scenario {
  private static func poll(
    _ name: String, routes: [String] = ["{host} {origin}"], differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(name: name, section: "Long-poll", routes: routes, isWarm: true, difference: differs, steps: steps)
  }

  /// Long-polls.
  static let longPoll: [Scenario] = pollEndings + pollFormats + pollRetries

  private static let pollEndings: [Scenario] = [
    poll("its time-out", ask(), holdResponse(["Grip-Timeout: 0", "X-A: 1"]), .held(), .response()),
    poll(
      "its time-out by JSON", ask(),
      instruct(
        #"{"hold":{"channels":[{"name":"{c}"}],"timeout":0},"response":{"code":201,"reason":"Odd","headers":{"X-A":"1"},"body":"nothing\n"}}"#
      ),
      .held(), .response()),
    poll(
      "its time-out with a status", ask(), holdResponse(["Grip-Timeout: 0", "Grip-Status: 404 Nothing"]), .held(),
      .response()),
    poll(
      "its time-out with exposed fields", ask(),
      holdResponse(["Grip-Timeout: 0", "Grip-Expose-Headers: X-A", "X-A: 1", "X-B: 2"]), .held(), .response()),
    poll("its time-out without a body", ask(), holdResponse(["Grip-Timeout: 0"], body: ""), .held(), .response()),
    poll(
      "the connection serves the next request", ask(), holdResponse(), .held(), .publish(item(whole("news\\n"))),
      .response(),
      ask("GET", "/next"), answer(body: "next"), .response()),
    poll(
      "a client that closes", ask("GET", "/", ["Connection: close"]), holdResponse(), .held(),
      .publish(item(whole("news\\n"))), .response(), .end()),
    poll(
      "HTTP/1.0", differs: .init(.http10Close, ours: "connection: close"),
      .send("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n"), holdResponse(), .held(), .publish(item(whole("news\\n"))),
      .response(), .end()),
    poll(
      "two clients on one channel", ask(on: "a"), holdResponse(), .held(), ask(on: "b"), holdResponse(), .held(),
      .publish(item(whole("news\\n"))), .response(on: "a"), .response(on: "b")),
    poll(
      "two channels, the second gets something", ask(), holdResponse(channel: "{c}, {d}"), .held(2),
      .publish(item(whole("news\\n"), channel: "{d}")), .response()),
    poll(
      "an item for streams leaves it alone", ask(), holdResponse(), .held(), .publish(item(stream("x"))),
      .publish(item(whole("news\\n"))), .response()),
    poll(
      "a close leaves it alone", ask(), holdResponse(), .held(), .publish(item(#""http-response":{"action":"close"}"#)),
      .publish(item(whole("news\\n"))), .response()),
    poll(
      "a POST is held", ask("POST", "/", body: "body"), holdResponse(), .held(), .publish(item(whole("news\\n"))),
      .response()),
  ]

  /// What is published, onto a held response with some fields.
  private static let pollFormats: [Scenario] =
    [
      ("a body", #"{"body":"news\n"}"#),
      ("an empty body", #"{"body":""}"#),
      ("a body as base64", #"{"body-bin":"bmV3cwo="}"#),
      ("base64 wins", #"{"body-bin":"bmV3cwo=","body":"other"}"#),
      ("bytes that are no text", #"{"body-bin":"AAH/"}"#),
      ("text beyond ASCII", #"{"body":"caf\u00e9 \ud83d\ude00\n"}"#),
      ("a code", #"{"code":404,"body":"x"}"#),
      ("a code as a string", #"{"code":"404","body":"x"}"#),
      ("a code and a reason", #"{"code":404,"reason":"Nope","body":"x"}"#),
      ("an unknown code", #"{"code":555,"body":"x"}"#),
      ("a 204", #"{"code":204,"body":""}"#),
      ("a 304", #"{"code":304,"body":""}"#),
      ("a field replaced", #"{"headers":{"X-A":"2"},"body":"x"}"#),
      ("a field replaced in another case", #"{"headers":{"x-a":"2"},"body":"x"}"#),
      ("a field added", #"{"headers":{"X-C":"3"},"body":"x"}"#),
      ("fields as pairs", #"{"headers":[["X-A","2"],["X-A","3"]],"body":"x"}"#),
      ("the type replaced", #"{"headers":{"Content-Type":"application/json"},"body":"{}"}"#),
      ("GRIP fields dropped", #"{"headers":{"Grip-Hold":"stream","X-C":"3"},"body":"x"}"#),
      ("framing fields", #"{"headers":{"Content-Length":"99","Transfer-Encoding":"chunked"},"body":"x"}"#),
      ("an explicit send", #"{"action":"send","body":"x"}"#),
      ("a patch that adds", #"{"body-patch":[{"op":"add","path":"/b","value":2}]}"#),
      ("a patch that replaces", #"{"body-patch":[{"op":"replace","path":"/a","value":[1,2]}]}"#),
      ("a patch that removes", #"{"body-patch":[{"op":"remove","path":"/a"}]}"#),
      ("a patch that moves", #"{"body-patch":[{"op":"move","from":"/a","path":"/z"}]}"#),
      ("a patch that copies", #"{"body-patch":[{"op":"copy","from":"/a","path":"/z"}]}"#),
      (
        "a patch that tests",
        #"{"body-patch":[{"op":"test","path":"/a","value":1},{"op":"add","path":"/b","value":true}]}"#
      ),
      ("a patch that appends", #"{"body-patch":[{"op":"add","path":"/list/-","value":3}]}"#),
      ("a patch with an escaped path", #"{"body-patch":[{"op":"add","path":"/x~1y~0z","value":null}]}"#),
    ].map { name, format in
      poll(
        "published: \(name)",
        differs: ["a patch that adds", "a patch that tests"].contains(name)
          ? .init(.patchOrder, ours: #""list":[1,2],"b":"#, theirs: #","list":[1,2]}"#) : nil,
        ask(), holdResponse(["X-A: 1", "X-B: 2"], body: #"{"a":1,"list":[1,2]}"# + "\n"), .held(),
        .publish(item(#""http-response":\#(format)"#)), .response())
    }

  private static let pollRetries: [Scenario] = [
    poll(
      "a hint asks again", ask("GET", "/p?q", ["X-A: 1"]), holdResponse(), .held(),
      .publish(item(#""http-response":{"action":"hint"}"#)),
      answer(body: "answered"), .response()),
    poll(
      "a hint asks again with a prev-id", ask(), holdResponse(channel: "{c}; prev-id=1"), .held(),
      .publish(item(#""http-response":{"action":"hint"}"#)),
      answer(body: "answered"), .response()),
    poll(
      "a hint asks again with the body", ask("POST", "/", ["Content-Type: text/plain"], body: "body"), holdResponse(),
      .held(), .publish(item(#""http-response":{"action":"hint"}"#)),
      answer(body: "answered"), .response()),
    poll(
      "asked again, it is held again", ask(), holdResponse(), .held(),
      .publish(item(#""http-response":{"action":"hint"}"#)),
      holdResponse(["X-Again: 1"]), .held(), .publish(item(whole("news\\n"))), .response()),
    poll(
      "an item that follows", ask(), holdResponse(channel: "{c}; prev-id=1"), .held(),
      .publish(item(whole("news\\n"), id: "2", previous: "1")), .response()),
    poll(
      "an item that does not follow", ask(), holdResponse(channel: "{c}; prev-id=1"), .held(),
      .publish(item(whole("lost\\n"), id: "3", previous: "2")),
      answer(body: "from the origin"), .response()),
    poll(
      "an item without a prev-id", ask(), holdResponse(channel: "{c}; prev-id=1"), .held(),
      .publish(item(whole("lost\\n"), id: "3")),
      answer(body: "from the origin"), .response()),
    poll(
      "a conflict at the start", .publish(item(whole("early\\n"), id: "2", previous: "1")), ask(),
      holdResponse(channel: "{c}; prev-id=1"),
      answer(body: "from the origin"), .response()),
    poll(
      "no conflict at the start", .publish(item(whole("early\\n"), id: "2", previous: "1")), ask(),
      holdResponse(channel: "{c}; prev-id=2"), .held(),
      .publish(item(whole("next\\n"), id: "3", previous: "2")), .response()),
    poll(
      "an empty prev-id", ask(), holdResponse(channel: "{c}; prev-id="), .held(),
      .publish(item(whole("news\\n"), id: "1", previous: "")), .response()),
  ]
}
