extension Scenario {
  private static func route(
    _ name: String, _ routes: [String], differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(name: name, section: "Routes", routes: routes, difference: differs, steps: steps)
  }

  /// Which route a request takes and what the route does to it.
  static let routing: [Scenario] = rewriting + choosing

  /// One route and one target each: what the origin sees.
  private static let rewriting: [Scenario] =
    [
      ("as_host", "{host},as_host=other.test {origin}", "/a"),
      ("as_host with a port", "{host},as_host=other.test:8080 {origin}", "/a"),
      ("a target's host", "{host} {origin},host=other.test", "/a"),
      ("a target's host with a port", "{host} {origin},host=other.test:99", "/a"),
      ("as_host and a target's host", "{host},as_host=one.test {origin},host=two.test", "/a"),
      ("path_rem", "{host},path_beg=/app,path_rem=4 {origin}", "/app/a?b"),
      ("path_rem without path_beg", "{host},path_rem=3 {origin}", "/ab/c?d"),
      ("replace_beg", "{host},path_beg=/app,replace_beg=/new {origin}", "/app/a?b"),
      ("replace_beg by a slash", "{host},path_beg=/app/,replace_beg=/ {origin}", "/app/a?b"),
      ("a forced field", "{host},header=X-A:forced {origin}", "/"),
      ("two forced fields", "{host},header=X-A:1,header=X-B:2 {origin}", "/"),
      ("a forced field with a quoted value", #"{host},header="X-A:a b, c=d" {origin}"#, "/"),
      ("a field of the client replaced", "{host},header=X-Client:forced {origin}", "/"),
      ("a field of the client removed", "{host},header=X-Client: {origin}", "/"),
      ("no_grip", "{host},no_grip {origin}", "/"),
      ("an own key", "{host},sig_iss=route,sig_key=own {origin}", "/"),
      ("an own key as base64", "{host},sig_iss=route,sig_key=base64:b3du {origin}", "/"),
      ("an own issuer in quotes", #"{host},sig_iss="my route",sig_key=own {origin}"#, "/"),
      ("a comment", "{host} {origin} # and nothing more", "/"),
      ("several blanks", "{host}    {origin}", "/"),
      ("an id", "{host},id=my-route {origin}", "/"),
    ].map { name, line, target in
      route(name, [line], ask("GET", target, ["X-Client: 1"]), answer(body: "done"), .response())
    }

  private static let choosing: [Scenario] = [
    route(
      "a path that loses its slash", ["{host},path_rem=2 {origin}"],
      differs: .init(.pathWithoutSlash, ours: "GET /b/c?d", theirs: " failed: "),
      ask("GET", "/ab/c?d"), answer(body: "done"), .response()),
    route(
      "the longer path_beg wins", ["{host},path_beg=/a {origin}", "{host},path_beg=/a/b {origin2}"],
      ask("GET", "/a/b/c"), .answerAtSecond(response(body: "second")), .response(),
      ask("GET", "/a/c"), answer(body: "first"), .response()),
    route(
      "path_beg is a plain prefix", ["{host},path_beg=/a {origin}", "{host} {origin2}"],
      ask("GET", "/ab"), answer(body: "first"), .response(), ask("GET", "/b"),
      .answerAtSecond(response(body: "second")), .response()),
    route(
      "path_beg compares encoded bytes", ["{host},path_beg=/a%2Fb {origin}", "{host} {origin2}"],
      ask("GET", "/a/b"), .answerAtSecond(response(body: "second")), .response(), ask("GET", "/a%2Fb"),
      answer(body: "first"), .response()),
    route(
      "path_beg and the query", ["{host},path_beg=/a?b {origin}", "{host} {origin2}"],
      ask("GET", "/a?b"), .answerAtSecond(response(body: "second")), .response()),
    route(
      "a host with rules does not fall back", ["{host},path_beg=/a {origin}"],
      differs: .init(.noRouteText, ours: "Route not found", theirs: "No route for host"),
      ask("GET", "/b"), .response()),
    route(
      "of two equal lines the first stays", ["{host} {origin}", "{host} {origin2}"],
      ask(), answer(body: "first"), .response()),
    route(
      "a host in capitals", ["{host} {origin}"],
      differs: .init(.hostAsWritten, ours: "host: ROUTES", theirs: "host: routes"),
      .send("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n"), answer(body: "done"), .response()),
    route(
      "a host with a port", ["{host} {origin}"],
      .send("GET / HTTP/1.1\r\nHost: {host}:7999\r\n\r\n"), answer(body: "done"), .response()),
    route(
      "a prefix before channels", ["{host},prefix=pre- {origin}"],
      ask(), holdStream(), .held(), .head(), .body("open\n"), .publish(item(stream("without\\n"))),
      .publish(item(stream("with\\n"), channel: "pre-{c}")), .body("\n")),
    route(
      "an implicit channel", ["{host},prefix=pre- {origin},sub={d}"],
      ask(), holdStream(), .held(2), .head(), .body("open\n"), .publish(item(stream("implicit\\n"), channel: "{d}")),
      .body("\n")),
    route(
      "two implicit channels", ["{host} {origin},sub={d},sub={e}"],
      ask(), holdStream(), .held(3), .head(), .body("open\n"), .publish(item(stream("one\\n"), channel: "{d}")),
      .body("one\n"),
      .publish(item(stream("two\\n"), channel: "{e}")), .body("two\n")),
    route("fail-over within a line", ["{host} {dead} {dead} {origin}"], ask(), answer(body: "third"), .response()),
  ]
}
