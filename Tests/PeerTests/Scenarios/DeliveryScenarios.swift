extension Scenario {
  private static func delivery(_ name: String, differs: ShownDifference? = nil, _ steps: Step...) -> Scenario {
    Scenario(name: name, section: "Delivery filters", isWarm: true, difference: differs, steps: steps)
  }

  private static let meta = [#"Grip-Set-Meta: user="romeo""#]

  /// Filters that decide whether an item is delivered, for held responses and streams.
  static let deliveryFilters: [Scenario] = [
    delivery(
      "skip-self in a stream", ask(), holdStream(meta, channel: "{c}; filter=skip-self"), .held(), .head(),
      .body("open\n"), .publish(item(stream("own\\n"), more: #""meta":{"sender":"romeo"}"#)),
      .publish(item(stream("juliet's\\n"), more: #""meta":{"sender":"juliet"}"#)), .body("\n")),
    delivery(
      "skip-self in a long-poll", ask(), holdResponse(meta, channel: "{c}; filter=skip-self"), .held(),
      .publish(item(whole("own\\n"), more: #""meta":{"sender":"romeo"}"#)),
      .publish(item(whole("juliet's\\n"), more: #""meta":{"sender":"juliet"}"#)), .response()),
    delivery(
      "skip-self for nobody", ask(), holdStream(channel: "{c}; filter=skip-self"), .held(), .head(), .body("open\n"),
      .publish(item(stream("a\\n"), more: #""meta":{"sender":"romeo"}"#)), .body("\n")),
    delivery(
      "skip-self without a sender", ask(), holdStream(meta, channel: "{c}; filter=skip-self"), .held(), .head(),
      .body("open\n"), .publish(item(stream("a\\n"))), .body("\n")),
    delivery(
      "skip-users in a stream", ask(), holdStream(meta, channel: "{c}; filter=skip-users"), .held(), .head(),
      .body("open\n"), .publish(item(stream("lost\\n"), more: #""meta":{"skip_users":"tybalt, romeo"}"#)),
      .publish(item(stream("a\\n"), more: #""meta":{"skip_users":"tybalt"}"#)), .body("\n")),
    delivery(
      "skip-users in a long-poll", ask(), holdResponse(meta, channel: "{c}; filter=skip-users"), .held(),
      .publish(item(whole("lost\\n"), more: #""meta":{"skip_users":"romeo"}"#)), .publish(item(whole("a\\n"))),
      .response()),
    delivery(
      "require-sub in a stream", ask(), holdStream(channel: "{c}; filter=require-sub"), .held(),
      .head(),
      .body("open\n"), .publish(item(stream("lost\\n"), more: #""meta":{"require_sub":"nobody"}"#)),
      .publish(item(stream("a\\n"), more: #""meta":{"require_sub":"{c}"}"#)), .body("\n")),
    delivery(
      "require-sub in a long-poll", ask(), holdResponse(channel: "{c}; filter=require-sub"), .held(),
      .publish(item(whole("lost\\n"), more: #""meta":{"require_sub":"nobody"}"#)),
      .publish(item(whole("a\\n"), more: #""meta":{"require_sub":"{c}"}"#)), .response()),
    delivery(
      "a close that is not for everybody", ask(), holdStream(meta, channel: "{c}; filter=skip-users"), .held(), .head(),
      .body("open\n"),
      .publish(item(#""http-stream":{"action":"close"}"#, more: #""meta":{"skip_users":"romeo"}"#)),
      .publish(item(stream("a\\n"))), .body("a\n")),
    delivery(
      "two filters", ask(), holdStream(meta, channel: "{c}; filter=skip-self; filter=var-subst"), .held(), .head(),
      .body("open\n"), .publish(item(stream("own\\n"), more: #""meta":{"sender":"romeo"}"#)),
      .publish(item(stream("for %(user)s\\n"))), .body("\n")),
    delivery(
      "an unknown filter", ask(), holdStream(channel: "{c}; filter=nonsense"), .held(), .head(), .body("open\n"),
      .publish(item(stream("a\\n"))), .body("\n")),
    delivery(
      "filters by JSON", ask(),
      instruct(
        #"{"hold":{"mode":"stream","channels":[{"name":"{c}","filters":["skip-self"]}],"meta":{"user":"romeo"}},"response":{"body":"open\n"}}"#
      ),
      .held(), .head(), .body("open\n"), .publish(item(stream("own\\n"), more: #""meta":{"sender":"romeo"}"#)),
      .publish(item(stream("a\\n"))), .body("\n")),
  ]
}
