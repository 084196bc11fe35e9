extension Scenario {
  private static func helper(
    _ name: String, _ route: String, differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "Other origins", routes: ["{host},\(route) {origin}"], isWarm: true, difference: differs,
      steps: steps)
  }

  /// What the proxy does for pages of other origins: CORS and JSONP.
  static let helpers: [Scenario] = crossOrigin + paddedJSON

  private static let crossOrigin: [Scenario] = [
    helper("a response", "aco", ask("GET", "/", ["Origin: http://a.test"]), answer(body: "done"), .response()),
    helper("a response to nobody's origin", "aco", ask(), answer(body: "done"), .response()),
    helper(
      "a response with fields", "aco", ask("GET", "/", ["Origin: http://a.test"]),
      answer("200 OK", ["X-A: 1", "ETag: a", "Cache-Control: no-cache", "Content-Type: text/plain"], body: "done"),
      .response()),
    helper(
      "a response that says it itself", "aco", ask("GET", "/", ["Origin: http://a.test"]),
      answer("200 OK", ["Access-Control-Allow-Origin: http://b.test", "Access-Control-Max-Age: 1"], body: "done"),
      .response()),
    helper(
      "a preflight", "aco",
      ask(
        "OPTIONS", "/",
        ["Origin: http://a.test", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: X-A, X-B"]),
      answer("204 No Content", body: nil), .response()),
    helper(
      "a preflight that the origin refuses", "aco",
      ask("OPTIONS", "/", ["Origin: http://a.test", "Access-Control-Request-Method: PUT"]),
      answer("405 Method Not Allowed", ["Allow: GET"], body: "no\n"), .response()),
    helper(
      "an error of the proxy's", "aco", ask("GET", "/", ["Origin: http://a.test"]), .request, .hangUp, .response()),
    helper(
      "a long-poll", "aco", ask("GET", "/", ["Origin: http://a.test"]), holdResponse(), .held(),
      .publish(item(whole("news\\n"))), .response()),
    helper(
      "a stream", "aco", ask("GET", "/", ["Origin: http://a.test"]), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(stream("a\\n"))), .body("a\n")),
    Scenario(
      name: "a route without it", section: "Other origins",
      steps: [ask("GET", "/", ["Origin: http://a.test"]), answer(body: "done"), .response()]),
  ]

  private static let paddedJSON: [Scenario] = [
    helper(
      "JSONP", "aco", ask("GET", "/a?b=c&callback=f"),
      answer("200 OK", ["Content-Type: application/json"], body: #"{"a":1}"#), .response()),
    helper(
      "JSONP with other things in the query", "aco",
      ask("GET", "/?callback=f&_method=POST&_body=hello&_headers=%7B%22X-A%22%3A%221%22%7D"),
      answer("201 Created", ["X-B: 2"], body: "made"), .response()),
    helper(
      "JSONP with a bad method", "aco",
      differs: .init(.jsonpMethods, ours: "Invalid _method parameter.", theirs: " failed: "),
      ask("GET", "/?callback=f&_method=%20"), .response()),
    helper("JSONP with bad fields", "aco", ask("GET", "/?callback=f&_headers=nonsense"), .response()),
    helper("JSONP with an empty callback", "aco", ask("GET", "/?callback="), .response()),
    helper("JSONP with another name", "aco,jsonp_cb=cb", ask("GET", "/?cb=f"), answer(body: "done"), .response()),
    helper(
      "JSONP as it is", "aco,jsonp_mode=basic", differs: .init(.emptyRequestLength, theirs: "content-length: 0"),
      ask("GET", "/?callback=f"),
      answer("200 OK", ["Content-Type: application/json"], body: #"{"a":1}"# + "\n"), .response()),
    helper(
      "JSONP and a long-poll", "aco", ask("GET", "/?callback=f"), holdResponse(), .held(),
      .publish(item(whole("news\\n"))), .response()),
    helper(
      "JSONP and an error of the origin's", "aco", ask("GET", "/?callback=f"),
      answer("500 Internal Server Error", body: "broken"), .response()),
    helper("no JSONP in a POST", "aco", ask("POST", "/?callback=f", body: "a"), answer(body: "done"), .response()),
  ]
}
