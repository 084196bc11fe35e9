extension Scenario {
  private static func quirk(
    _ name: String, _ differs: ShownDifference?, routes: [String] = ["{host} {origin}"], isWarm: Bool = false,
    unforgiven: Set<Difference> = [], _ steps: Step...
  ) -> Scenario {
    Scenario(
      name: name, section: "Known differences", routes: routes, isWarm: isWarm, difference: differs,
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
  ]
}
