extension Scenario {
  private static func quirk(
    _ name: String, _ differs: ShownDifference?, routes: [String] = ["{host} {origin}"], isWarm: Bool = false,
    servers: ServerKind = .plain, unforgiven: Set<Difference> = [], _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "Known differences", routes: routes, servers: servers, isWarm: isWarm, difference: differs,
      unforgiven: unforgiven, steps: steps)
  }

  /// What is forgiven everywhere, seen; and what Pushpin is known to do otherwise.
  static let quirks: [Scenario] = [
    quirk(
      "the outgoing program's own fields", .init(.originAcceptEncoding, theirs: "accept-encoding: "),
      unforgiven: [.originAcceptEncoding], ask(), answer(body: "done"), .response()),
    quirk(
      "the list of features",
      .init(.gripFeatureList), unforgiven: [.gripFeatureList], ask(),
      answer(body: "done"), .response()),
    quirk(
      "a nominated Transfer-Encoding", .init(.chunkedNominated, theirs: "connection: Transfer-Encoding"),
      unforgiven: [.chunkedNominated], ask(), holdStream(), .head(), .body("open\n")),
    quirk(
      "the client's address in each request of a WebSocket over HTTP",
      .init(.forwardedForOnce, theirs: "x-forwarded-for: 127.0.0.1, 127.0.0.1"),
      routes: ["{host} {origin},over_http"], unforgiven: [.forwardedForOnce], upgrade(), events(.open), .response(),
      says(.text("a")), events()),
    quirk(
      "the length of a body within JSONP", .init(.jsonpEnvelopes, theirs: #""Content-Length":"4""#),
      routes: ["{host},aco {origin}"], unforgiven: [.jsonpEnvelopes], ask("GET", "/?callback=f"), answer(body: "done"),
      .response()),
    quirk(
      "compression offered to a native origin",
      .init(.compressionOffered, ours: "permessage-deflate"), servers: .secure, unforgiven: [.compressionOffered],
      upgrade(), acceptSocket(), .response()),
  ]
}
