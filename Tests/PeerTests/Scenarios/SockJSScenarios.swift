extension Scenario {
  private static func sockjs(_ name: String, _ differs: ShownDifference? = nil, _ steps: Step...) -> Scenario {
    Scenario(
      name: name, section: "SockJS",
      routes: ["{host},sockjs=/sj {origin}", "{host},path_beg=/dead,sockjs=/dead {dead}"],
      difference: differs, steps: steps)
  }

  /// GRIP proxy §18, as far as no WebSocket reaches an origin.
  static let sockjs: [Scenario] = [
    sockjs(
      "paths that there are not", nil,
      ask("GET", "/sj/else", ["Origin: http://o.test"]), .response(), ask("GET", "/sj/"), .response(),
      ask("GET", "/sj/0/1/eventsource"), .response(), ask("GET", "/sj/info/"), .response()),
    sockjs(
      "messages for a session that there is not", nil,
      ask("POST", "/sj/0/none/xhr_send", ["Origin: http://o.test"], body: #"["a"]"#), .response(),
      ask("POST", "/sj/0/none/jsonp_send", body: "d=%5B%5D"), .response()),
    sockjs("a script without a callback", nil, ask("GET", "/sj/0/j/jsonp"), .response()),
    sockjs(
      "a body that is too large", nil,
      ask(
        "POST", "/sj/0/none/xhr_send", ["Connection: close"],
        body: #"[""# + String(repeating: "x", count: 100_001) + #""]"#), .response()),
    sockjs("a path that is none of SockJS's", nil, ask("GET", "/other"), answer(body: "origin"), .response()),
    sockjs(
      "a poll without an origin", .init(.sockjsContentType, ours: "content-type: text/plain"),
      ask("POST", "/dead/0/d/xhr", body: "x"), .response()),
    sockjs(
      "a question of a browser", .init(.sockjsPreflight, ours: "access-control-allow-methods: POST"),
      ask(
        "OPTIONS", "/sj/0/s/xhr", ["Origin: http://o.test", "Access-Control-Request-Method: POST"]), .response()),
  ]
}
