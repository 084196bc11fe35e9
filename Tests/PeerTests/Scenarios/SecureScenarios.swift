extension Scenario {
  private static func secure(
    _ name: String, routes: [String] = ["{host} {origin}"], isOriginSecure: Bool = false,
    differs: ShownDifference? = nil, _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "TLS", routes: routes, servers: .secure, isOriginSecure: isOriginSecure, difference: differs,
      steps: steps)
  }

  /// Clients that come by TLS, and origins that are asked by it.
  static let overTLS: [Scenario] = tlsListeners + tlsOrigins

  private static let tlsListeners: [Scenario] = [
    secure("a request", .secure(), ask("GET", "/", ["X-A: 1"]), answer(body: "done"), .response()),
    secure("a client without a name", .secure(name: nil), ask(), answer(body: "done"), .response()),
    secure("a name with a certificate", .secure(name: "named.test"), ask(), answer(body: "done"), .response()),
    secure("a name in capitals", .secure(name: "Named.TEST"), ask(), answer(body: "done"), .response()),
    secure("a name of a wildcard", .secure(name: "a.wild.test"), ask(), answer(body: "done"), .response()),
    secure("two labels below a wildcard", .secure(name: "a.b.wild.test"), ask(), answer(body: "done"), .response()),
    secure("a wildcard's own name", .secure(name: "wild.test"), ask(), answer(body: "done"), .response()),
    secure(
      "a client that offers HTTP/1.1",
      differs: .init(.protocolAgreed, ours: "protocol http/1.1", theirs: "protocol none"), .secure(alpn: ["http/1.1"]),
      ask(), answer(body: "done"), .response()),
    secure("a protocol that nobody speaks", .secure(alpn: ["odd"]), ask(), answer(body: "done"), .response()),
    secure(
      "fields of the protocol from the client", .secure(),
      ask("GET", "/", ["X-Forwarded-Proto: http", "X-Forwarded-Protocol: http"]), answer(body: "done"), .response()),
    secure(
      "the same without TLS", ask("GET", "/", ["X-Forwarded-Proto: https", "X-Forwarded-Protocol: https"]),
      answer(body: "done"), .response()),
    secure("no fields of the protocol without TLS", ask(), answer(body: "done"), .response()),
    secure(
      "a route for TLS only", routes: ["{host},ssl=no {dead}", "{host},ssl=yes {origin}"], .secure(), ask(),
      answer(body: "done"), .response()),
    secure(
      "a route for clients without TLS", routes: ["{host},ssl=no {origin}", "{host},ssl=yes {dead}"], ask(),
      answer(body: "done"), .response()),
    secure(
      "two requests on a connection", .secure(), ask(), answer(body: "1"), .response(), ask("GET", "/2"),
      answer(body: "2"), .response()),
    secure(
      "a body", .secure(), ask("POST", "/", body: String(repeating: "b", count: 50_000)),
      answer(body: String(repeating: "a", count: 50_000)), .response()),
    secure("a long-poll", .secure(), ask(), holdResponse(), .held(), .publish(item(whole("published"))), .response()),
    secure(
      "a stream", .secure(), ask(), holdStream(), .held(), .head(), .body("open\n"), .publish(item(stream("a\\n"))),
      .body("a\n"), .publish(item(#""http-stream":{"action":"close"}"#)), .end()),
    secure(
      "a WebSocket", .secure(), upgrade(), acceptSocket(), .response(), says(.text("a")), .next(at: "origin"),
      originSays(.text("b")), .next(at: "client")),
    secure(
      "a WebSocket that something is published to", .secure(), upgrade(),
      acceptSocket(["Sec-WebSocket-Extensions: grip"]),
      .response(), originSays(.subscribe()), listens(), .publish(item(message("a"))), .next(at: "client")),
    secure(
      "a WebSocket over HTTP", routes: ["{host} {origin},over_http"], .secure(), upgrade(), events(.open), .response(),
      says(.text("a")), events(.text("b")), .next(at: "client")),
    secure(
      "no route", routes: [], differs: .init(.noRouteText, ours: "Route not found"), .secure(), ask(), .response()),
    secure(
      "plain HTTP to the port of TLS", .secure(), .close(), ask(on: "second"), answer(body: "done"),
      .response(on: "second")),
  ]

  private static let tlsOrigins: [Scenario] = [
    secure(
      "an origin by TLS", routes: ["{host} {origin},ssl,insecure"], isOriginSecure: true,
      ask("GET", "/a?b", ["X-A: 1"]), answer("200 OK", ["X-B: 2"], body: "done"), .response()),
    secure(
      "an origin by TLS with another host", routes: ["{host} {origin},ssl,insecure,host=other.test"],
      isOriginSecure: true, ask(), answer(body: "done"), .response()),
    secure(
      "TLS on both sides", routes: ["{host} {origin},ssl,insecure"], isOriginSecure: true, .secure(), ask(),
      answer(body: "done"), .response()),
    secure(
      "a body to an origin by TLS", routes: ["{host} {origin},ssl,insecure"], isOriginSecure: true,
      ask("POST", "/", body: String(repeating: "b", count: 50_000)),
      answer(body: String(repeating: "a", count: 50_000)), .response()),
    secure(
      "a stream of an origin by TLS", routes: ["{host} {origin},ssl,insecure"], isOriginSecure: true, ask(),
      holdStream(), .held(), .head(), .body("open\n"), .publish(item(stream("a\\n"))), .body("a\n")),
    secure(
      "a next link of an origin by TLS", routes: ["{host} {origin},ssl,insecure"], isOriginSecure: true,
      ask("GET", "/1"), answer("200 OK", ["Grip-Link: </2>; rel=next"], body: "one\n"), answer(body: "two\n"), .head(),
      .body("two\n"), .end()),
    secure(
      "a WebSocket to an origin by TLS", routes: ["{host} {origin},ssl,insecure"], isOriginSecure: true, upgrade(),
      acceptSocket(), .response(), says(.text("a")), .next(at: "origin"), originSays(.text("b")), .next(at: "client")),
    secure(
      "a WebSocket over HTTP to an origin by TLS", routes: ["{host} {origin},over_http,ssl,insecure"],
      isOriginSecure: true, upgrade(), events(.open), .response(), says(.text("a")), events(.text("b")),
      .next(at: "client")),
    secure(
      "an origin that speaks no TLS", routes: ["{host} {dead},ssl,insecure {origin}"], ask(), answer(body: "done"),
      .response()),
    secure(
      "an origin whose certificate nobody knows", routes: ["{host} {origin},ssl"], isOriginSecure: true,
      differs: .init(.originCertificates, ours: "502"), ask(), .response()),
    secure(
      "a certificate that nobody knows, with WebSockets", routes: ["{host} {origin},ssl"], isOriginSecure: true,
      differs: .init(.originCertificates, ours: "502"), upgrade(), .response()),
  ]
}
