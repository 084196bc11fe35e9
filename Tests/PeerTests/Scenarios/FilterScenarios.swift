extension Scenario {
  private static func filter(_ name: String, differs: ShownDifference? = nil, isWarm: Bool = false, _ steps: Step...)
    -> Scenario
  {
    Scenario(name: name, section: "Filters", isWarm: isWarm, difference: differs, steps: steps)
  }

  /// Filters that change content, and the agreement about them.
  static let contentFilters: [Scenario] = [
    filter(
      "var-subst in a message", ask(),
      holdStream([#"Grip-Set-Meta: greeting="hello""#], channel: "{c}; filter=var-subst"), .held(), .head(),
      .body("open\n"), .publish(item(stream("%(greeting)s 100%%\\n"))), .body("\n")),
    filter(
      "var-subst with two variables", ask(),
      holdStream(["Grip-Set-Meta: a=1, b=2"], channel: "{c}; filter=var-subst"), .held(), .head(),
      .body("open\n"), .publish(item(stream("%(b)s%(a)s\\n"))), .body("\n")),
    filter(
      "var-subst and a literal", ask(),
      holdStream(["Grip-Set-Meta: a=1"], channel: "{c}; filter=var-subst"), .held(), .head(),
      .body("open\n"), .publish(item(stream("nothing to put in\\n"))), .body("\n")),
    filter(
      "build-id in a message", isWarm: true, ask("GET", "/1"),
      holdStream(
        ["Grip-Link: </2>; rel=next", #"Grip-Set-Meta: id_format="c:%({c})s""#],
        channel: "{c}; prev-id=7; filter=build-id"), .held(), .head(), .body("open\n"),
      .publish(item(stream("id: %I 100%%\\n"), id: "8", previous: "7")), .body("\n")),
    filter(
      "build-id over two channels", isWarm: true, ask("GET", "/1"),
      holdStream(
        ["Grip-Link: </2>; rel=next", #"Grip-Set-Meta: id_format="c:%({c})s,d:%({d})s""#],
        channel: "{c}; prev-id=7; filter=build-id, {d}; prev-id=3"), .held(2), .head(), .body("open\n"),
      .publish(item(stream("id: %I\\n"), id: "8", previous: "7")), .body("\n")),
    filter(
      "build-id of a text", isWarm: true, ask("GET", "/1"),
      holdStream(
        ["Grip-Link: </2>; rel=next", #"Grip-Set-Meta: id_format="c:%({c})s""#],
        channel: "{c}; prev-id=7; filter=build-id"), .held(), .head(), .body("open\n"),
      .publish(item(stream("id: %(own)I\\n"), id: "8", previous: "7")), .body("\n")),
    filter(
      "build-id in hexadecimal", isWarm: true, ask("GET", "/1"),
      holdStream(
        ["Grip-Link: </2>; rel=next", #"Grip-Set-Meta: id_format="c:%({c})s", id_encoding=hex"#],
        channel: "{c}; prev-id=7; filter=build-id"), .held(), .head(), .body("open\n"),
      .publish(item(stream("id: %I\\n"), id: "8", previous: "7")), .body("\n")),
    filter(
      "filters that both sides agree on", ask(),
      holdStream(["Grip-Set-Meta: a=1"], channel: "{c}; filter=var-subst"), .held(), .head(), .body("open\n"),
      .publish(item(#""http-stream":{"content":"%(a)s\n","content-filters":["var-subst"]}"#)), .body("\n")),
    filter(
      "no filters on both sides", ask(), holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(#""http-stream":{"content":"x\n","content-filters":[]}"#)), .body("\n")),
    filter(
      "filters that do not agree", differs: .init(.filterMismatch, ours: "end\n", theirs: "(end of body)"), ask(),
      holdStream(), .held(), .head(), .body("open\n"),
      .publish(item(#""http-stream":{"content":"%(a)s\n","content-filters":["var-subst"]}"#)),
      .publish(item(stream("end\\n"))), .body("end\n")),
  ]
}
