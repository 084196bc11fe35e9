extension Scenario {
  /// A token that the key `outer key` has signed, issuer `outer`, good until 2038.
  private static let token =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJvdXRlciIsImV4cCI6MjE0NzQ4MzAwMH0.cgVx_XulpUbLgwV_22CN6lGbt6HmfIS_f4-NdAC9IXg"

  private static func trust(_ name: String, routes: [String] = ["{host} {origin}"], _ steps: Step...) -> Scenario {
    Scenario(name: name, section: "Trust", routes: routes, servers: .trusting, steps: steps)
  }

  /// Behind another proxy that has a key.
  static let trusting: [Scenario] =
    [
      ("a good signature", "Grip-Sig: \(token)"),
      ("a bad signature", "Grip-Sig: \(token)x"),
      ("a signature that is none", "Grip-Sig: nonsense"),
      ("no signature", "X-A: 1"),
    ].flatMap { name, field in
      [
        trust(
          "\(name), to the origin", ask("GET", "/", [field, "Grip-Feature: status", "Grip-Last: a; last-id=1"]),
          answer(body: "done"), .response()),
        trust(
          "\(name), addresses", ask("GET", "/", [field, "X-Forwarded-For: 192.0.2.1"]), answer(body: "done"),
          .response()),
        trust(
          "\(name), with a route that has no GRIP", routes: ["{host},no_grip {origin}"],
          ask("GET", "/", [field, "Grip-A: 1"]),
          answer("200 OK", ["Grip-Hold: stream", "Grip-Channel: {c}"], body: "untouched"), .response()),
      ]
    } + [
      trust(
        "instructions are passed on", ask("GET", "/", ["Grip-Sig: \(token)"]), holdResponse(["Grip-Timeout: 7"]),
        .response()),
      trust(
        "JSON instructions are passed on", ask("GET", "/", ["Grip-Sig: \(token)"]),
        instruct(#"{"hold":{"channels":[]}}"#), .response()),
      trust(
        "without trust it holds itself", ask(), holdStream(), .held(), .head(), .body("open\n"),
        .publish(item(stream("a\\n"))), .body("a\n")),
    ]
}
