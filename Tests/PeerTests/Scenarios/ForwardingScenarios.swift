extension Scenario {
  private static func forward(
    _ name: String, routes: [String]? = nil, differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "Forwarding", routes: routes ?? ["{host} {origin}"], difference: differs, steps: steps)
  }

  /// Plain proxying: what reaches the origin and what comes back.
  static let forwarding: [Scenario] =
    methods + bodies + requestFields + responseFields + statuses + targets + connections

  private static let methods: [Scenario] = ["GET", "DELETE", "OPTIONS", "PATCH", "PROPFIND"].map { method in
    forward(
      "the method \(method)",
      differs: ["PATCH", "PROPFIND"].contains(method) ? .init(.emptyRequestLength, theirs: "content-length: 0") : nil,
      ask(method, "/a/b?c=d"), answer("200 OK", ["X-A: 1"], body: "done\n"), .response())
  }

  private static let bodies: [Scenario] = [
    forward("a HEAD", ask("HEAD"), .answer("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), .response()),
    forward(
      "a POST with a length", ask("POST", "/", ["Content-Type: text/plain"], body: "body"), answer(body: "done"),
      .response()),
    forward("a PUT with a length", ask("PUT", "/x", body: "body"), answer("201 Created", body: "made"), .response()),
    forward(
      "a chunked POST", ask("POST", "/", ["Transfer-Encoding: chunked"], body: "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
      answer(body: "done"), .response()),
    forward(
      "an empty POST", differs: .init(.emptyPostCloses, theirs: "connection: close"),
      ask("POST", "/", ["Connection: keep-alive"], body: ""), answer(body: "done"), .response()),
    forward(
      "a body of 20,000 bytes", ask("POST", "/", body: String(repeating: "0123456789", count: 2000)),
      answer(body: "done"),
      .response()),
    forward("a GET with a body", ask("GET", "/", body: "body"), answer(body: "done"), .response()),
    forward(
      "an answer of 100,000 bytes", ask(), answer(body: String(repeating: "0123456789", count: 10_000)), .response()),
    forward("an answer without a body", ask(), answer("200 OK", body: ""), .response()),
    forward(
      "an answer that ends with its connection",
      differs: .init(
        .completeAnswers, ours: "transfer-encoding: chunked", theirs: "content-length: 10", isSteady: false), ask(),
      answer("200 OK", body: nil), .reply("to the end"), .hangUp, .response()),
    forward(
      "a chunked answer in two parts", ask(), answer("200 OK", ["Transfer-Encoding: chunked"], body: nil),
      .reply("5\r\nfirst\r\n"), .head(), .body("first"), .reply("6\r\nsecond\r\n0\r\n\r\n"), .body("second"), .end()),
    forward(
      "a HEAD that is answered with chunks announced", differs: .init(.headLength, theirs: "content-length: 0"),
      ask("HEAD"), .answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), .response()),
    forward("a 204", ask(), .answer("HTTP/1.1 204 No Content\r\n\r\n"), .response()),
    forward("a 304", ask(), .answer("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), .response()),
    forward(
      "a body that waits for 100 Continue",
      ask("POST", "/", ["Content-Length: 4", "Expect: 100-continue"]), .interim(), .send("body"), answer(body: "done"),
      .response()),
  ]

  private static let requestFields: [Scenario] =
    [
      forward(
        "an empty value to the origin", differs: .init(.emptyValues, ours: "x-a:"), ask("GET", "/", ["X-A:"]),
        answer(body: "done"), .response()),
      forward(
        "an empty value to the client", differs: .init(.emptyValues, ours: "x-a:", theirs: "502 Bad Gateway"), ask(),
        answer("200 OK", ["X-A:"], body: "done"), .response()),
    ]
    + [
      ("ordinary fields", ["X-A: 1", "X-B: 2", "X-A: 3"]),
      ("cookies", ["Cookie: a=1", "Cookie: b=2"]),
      ("credentials", ["Authorization: Basic YTpi"]),
      ("Accept and languages", ["Accept: text/plain;q=0.5, */*", "Accept-Language: en"]),
      ("compression that the client takes", ["Accept-Encoding: br, gzip"]),
      (
        "GRIP fields of a client",
        ["Grip-Hold: stream", "Grip-Sig: abc", "Grip-Last: a; last-id=1", "grip-anything: x"]
      ),
      ("addresses that the client passes on", ["X-Forwarded-For: 192.0.2.1, 192.0.2.2"]),
      ("addresses in two fields", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"]),
      ("a forwarded protocol", ["X-Forwarded-Proto: https", "X-Forwarded-Protocol: https"]),
      ("fields about the connection", ["Connection: keep-alive", "Keep-Alive: timeout=5"]),
      ("a value with bytes above 127", ["X-A: caf\u{e9}"]),
      ("blanks around a value", ["X-A:   1  "]),
      ("a Range", ["Range: bytes=0-3", "If-Range: \"a\""]),
      ("conditions", ["If-None-Match: \"a\", \"b\"", "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT"]),
      ("an Origin and a Referer", ["Origin: https://web.test", "Referer: https://web.test/page"]),
      ("a User-Agent", ["User-Agent: test/1.0"]),
      ("CDN-Loop", ["CDN-Loop: other"]),
      ("a Via", ["Via: 1.1 other"]),
    ].map { name, fields in
      forward("\(name) to the origin", ask("GET", "/", fields), answer(body: "done"), .response())
    }

  private static let responseFields: [Scenario] =
    [
      ("ordinary fields", ["X-A: 1", "X-B: 2", "X-A: 3"]),
      ("cookies", ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2"]),
      ("Server and Via", ["Server: test", "Via: 1.1 other"]),
      ("caching", ["Cache-Control: no-store", "ETag: \"a\"", "Vary: Accept"]),
      ("fields about the connection", ["Connection: keep-alive", "Keep-Alive: timeout=5"]),
      ("a Location", ["Location: /elsewhere"]),
      ("CORS", ["Access-Control-Allow-Origin: *"]),
      ("a link", ["Link: </a>; rel=next"]),
    ].map { name, fields in
      forward("\(name) to the client", ask(), answer("200 OK", fields, body: "done"), .response())
    }

  private static let statuses: [Scenario] =
    [
      "200 Fine", "201 Created", "202 Accepted", "301 Moved Permanently", "302 Found", "400 Bad Request",
      "401 Unauthorized", "404 Not Found", "418 I'm a teapot", "500 Internal Server Error", "503 Service Unavailable",
      "599 Own",
    ].map { status in forward("the status \(status)", ask(), answer(status, body: "body\n"), .response()) }

  private static let targets: [Scenario] =
    [
      "/?", "/?a=b&c=d", "/a%2Fb", "/a%20b?c=%20", "//a//b", "/a/./b", "/a/../b", "/%E2%82%AC", "/a;b=c", "/a:b@c",
      "/a'b", "/a[b]", "/a+b", "/!$&()*,=", "/-._~",
    ].map { target in forward("the target \(target)", ask("GET", target), answer(body: "done"), .response()) }

  private static let connections: [Scenario] = [
    forward(
      "two requests on one connection", ask("GET", "/1"), answer(body: "one"), .response(), ask("GET", "/2"),
      answer(body: "two"), .response()),
    forward(
      "two requests sent at once",
      .send("GET /1 HTTP/1.1\r\nHost: {host}\r\n\r\nGET /2 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
      answer(body: "one"), .response(), answer(body: "two")),
    forward("a client that closes", ask("GET", "/", ["Connection: close"]), answer(body: "done"), .response(), .end()),
    forward(
      "HTTP/1.0", differs: .init(.http10Close, ours: "connection: close"),
      .send("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n"), answer(body: "done"), .response(), .end()),
    forward(
      "HTTP/1.0 that stays", .send("GET / HTTP/1.0\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n"),
      answer(body: "done"), .response()),
    forward(
      "no route", differs: .init(.noRouteText, ours: "Route not found", theirs: "No route for host: no-such-host.test"),
      .send("GET / HTTP/1.1\r\nHost: no-such-host.test\r\n\r\n"), .response()),
    forward(
      "no route, twice",
      differs: .init(.noRouteText, ours: "Route not found", theirs: "No route for host: no-such-host.test"),
      .send("GET / HTTP/1.1\r\nHost: no-such-host.test\r\n\r\n"), .response(),
      .send("GET / HTTP/1.1\r\nHost: no-such-host.test\r\n\r\n"), .response()),
    forward(
      "a HEAD without a route", differs: .init(.headLength, theirs: "content-length: 37"),
      .send("HEAD / HTTP/1.1\r\nHost: no-such-host.test\r\n\r\n"), .response()),
    forward("a dead target", routes: ["{host} {dead}"], ask(), .response()),
    forward(
      "a dead target, with debug", routes: ["{host},debug {dead}"],
      differs: .init(.originErrorDetail, ours: "connection refused", theirs: "content-length: 53"), ask(), .response()),
    forward(
      "two dead targets, with debug", routes: ["{host},debug {dead} {dead}"],
      differs: .init(.originErrorDetail, ours: "connection refused", theirs: "content-length: 66"), ask(), .response()),
    forward(
      "a dead target and a living one", routes: ["{host} {dead} {origin}"], ask(), answer(body: "alive"), .response()),
    forward(
      "a POST to a dead target and a living one", routes: ["{host} {dead} {origin}"], ask("POST", "/", body: "body"),
      answer(body: "alive"), .response()),
    forward("an origin that is no HTTP", ask(), .answer("nonsense\r\n\r\n"), .hangUp, .response()),
    forward(
      "an origin that is no HTTP, with debug", routes: ["{host},debug {origin}"],
      differs: .init(.originErrorDetail, ours: "Error: {origin}: ", theirs: "Error while proxying"), ask(),
      .answer("nonsense\r\n\r\n"), .hangUp, .response()),
  ]
}
