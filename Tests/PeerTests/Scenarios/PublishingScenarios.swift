extension Scenario {
  private static let section = "Publishing"

  /// The control API: answers to requests, right and wrong.
  static let publishing: [Scenario] = bodies + requests + negotiation + filters + recovering

  private static let bodies: [Scenario] =
    [
      ("no items", #"{"items":[]}"#),
      ("an item", #"{"items":[{"channel":"{c}","formats":{"http-stream":{"content":"x"}}}]}"#),
      ("an item in the old form", #"{"items":[{"channel":"{c}","http-stream":{"content":"x"}}]}"#),
      ("an unknown format", #"{"items":[{"channel":"{c}","formats":{"other":{}}}]}"#),
      ("unknown members", #"{"a":1,"items":[{"channel":"{c}","b":2,"formats":{"http-stream":{"content":"x"}}}]}"#),
      ("no JSON", "nonsense"), ("nothing", ""), ("an array", "[]"),
      ("no member items", "{}"),
      ("items that are an object", #"{"items":{}}"#),
      ("items that are a string", #"{"items":"x"}"#),
      ("an item that is a string", #"{"items":["x"]}"#),
      ("no channel", #"{"items":[{"formats":{"http-stream":{"content":"x"}}}]}"#),
      ("a channel that is a number", #"{"items":[{"channel":1,"formats":{"http-stream":{"content":"x"}}}]}"#),
      ("an id that is a number", #"{"items":[{"channel":"{c}","id":1,"formats":{"http-stream":{"content":"x"}}}]}"#),
      (
        "a prev-id that is a number",
        #"{"items":[{"channel":"{c}","prev-id":1,"formats":{"http-stream":{"content":"x"}}}]}"#
      ),
      ("no formats", #"{"items":[{"channel":"{c}"}]}"#),
      ("empty formats", #"{"items":[{"channel":"{c}","formats":{}}]}"#),
      ("formats that are an array", #"{"items":[{"channel":"{c}","formats":[]}]}"#),
      ("a format that is a string", #"{"items":[{"channel":"{c}","formats":{"http-stream":"x"}}]}"#),
      ("a stream format without content", #"{"items":[{"channel":"{c}","formats":{"http-stream":{}}}]}"#),
      ("content that is a number", #"{"items":[{"channel":"{c}","formats":{"http-stream":{"content":1}}}]}"#),
      ("an unknown action", #"{"items":[{"channel":"{c}","formats":{"http-stream":{"action":"x","content":"x"}}}]}"#),
      (
        "an action that is a number",
        #"{"items":[{"channel":"{c}","formats":{"http-stream":{"action":1,"content":"x"}}}]}"#
      ),
      ("a response without a body", #"{"items":[{"channel":"{c}","formats":{"http-response":{}}}]}"#),
      ("a code beyond 999", #"{"items":[{"channel":"{c}","formats":{"http-response":{"code":1000,"body":"x"}}}]}"#),
      ("a negative code", #"{"items":[{"channel":"{c}","formats":{"http-response":{"code":-1,"body":"x"}}}]}"#),
      (
        "headers that are a string",
        #"{"items":[{"channel":"{c}","formats":{"http-response":{"headers":"x","body":"x"}}}]}"#
      ),
      (
        "a reason that is a number",
        #"{"items":[{"channel":"{c}","formats":{"http-response":{"reason":1,"body":"x"}}}]}"#
      ),
      ("a WebSocket message", #"{"items":[{"channel":"{c}","formats":{"ws-message":{"content":"x"}}}]}"#),
      ("a WebSocket message without content", #"{"items":[{"channel":"{c}","formats":{"ws-message":{}}}]}"#),
      (
        "a WebSocket message of an unknown type",
        #"{"items":[{"channel":"{c}","formats":{"ws-message":{"type":"x","content":"x"}}}]}"#
      ),
      (
        "a WebSocket close",
        #"{"items":[{"channel":"{c}","formats":{"ws-message":{"action":"close","code":4000,"reason":"x"}}}]}"#
      ),
      ("meta that is a string", #"{"items":[{"channel":"{c}","meta":"x","formats":{"http-stream":{"content":"x"}}}]}"#),
      (
        "meta with a number", #"{"items":[{"channel":"{c}","meta":{"a":1},"formats":{"http-stream":{"content":"x"}}}]}"#
      ),
      (
        "no-seq that is a string",
        #"{"items":[{"channel":"{c}","no-seq":"x","formats":{"http-stream":{"content":"x"}}}]}"#
      ),
      ("a negative size", #"{"items":[{"channel":"{c}","size":-1,"formats":{"http-stream":{"content":"x"}}}]}"#),
      (
        "filters that are a string",
        #"{"items":[{"channel":"{c}","formats":{"http-stream":{"content":"x","content-filters":"x"}}}]}"#
      ),
    ].map { name, body in Scenario(name: name, section: section, steps: [postItems(body)]) } + [
      Scenario(
        name: "a string", section: section,
        difference: .init(.jsonScalars, ours: "Invalid format.", theirs: "Body is not valid JSON."),
        steps: [postItems(#""x""#)]),
      Scenario(
        name: "the text for a wrong item", section: section,
        difference: .init(
          .publishErrorTexts, ours: "Invalid format: item 0: an item is not an object",
          theirs: "Invalid format: publish item object is not an object"),
        unforgiven: [.publishErrorTexts], steps: [postItems(#"{"items":["x"]}"#)]),
      Scenario(
        name: "one bad item of two refuses both", section: section,
        steps: [
          ask(), holdStream(), .held(), .head(), .body("open\n"),
          postItems(#"{"items":[{"channel":"{c}","formats":{"http-stream":{"content":"good\n"}}},{"channel":"{c}"}]}"#),
          .publish(item(stream("end\\n"))), .body("end\n"),
        ]),
    ]

  private static let requests: [Scenario] =
    [
      ("GET /", control("GET", "/")), ("HEAD /", control("HEAD", "/")), ("POST /", control("POST", "/", body: "")),
      ("GET /publish/", control("GET")), ("PUT /publish/", control("PUT", body: "x")),
      ("DELETE /publish/", control("DELETE")),
      ("POST /publish", control("POST", "/publish", body: #"{"items":[]}"#)),
      ("POST /publish/ with a query", control("POST", "/publish/?a", body: #"{"items":[]}"#)),
      ("GET /nothing", control("GET", "/nothing")), ("POST /nothing", control("POST", "/nothing", body: "x")),
      ("GET /recover/", control("GET", "/recover/")),
      ("a publish without a length", control("POST", "/publish/")),
      ("a publish as text/plain", control("POST", "/publish/", ["Content-Type: text/plain"], body: #"{"items":[]}"#)),
      ("a publish by HTTP/1.0", .control("POST /publish/ HTTP/1.0\r\nContent-Length: 12\r\n\r\n{\"items\":[]}")),
      ("a bad length", .control("POST /publish/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n")),
      (
        "a body over the limit",
        .control("POST /publish/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000001\r\n\r\n")
      ),
    ].map { name, step in Scenario(name: name, section: section, steps: [step]) }

  private static let negotiation: [Scenario] =
    [
      "application/json", "text/plain", "*/*", "text/*", "application/*", "image/png", "text/plain, application/json",
      "application/json, text/plain", "application/json;q=0.1", "image/png, application/json",
    ].flatMap { accept in
      [
        Scenario(
          name: "Accept \(accept)", section: section, steps: [postItems(#"{"items":[]}"#, ["Accept: \(accept)"])])
      ]
    } + [
      Scenario(
        name: "an error with Accept JSON", section: section, steps: [postItems("x", ["Accept: application/json"])])
    ]

  /// One subscriber with filters and a meta; one item that may pass, and one that ends the scenario.
  private static let filters: [Scenario] =
    [
      ("skip-self drops", "skip-self", "user=alice", #""meta":{"sender":"alice"}"#),
      ("skip-self passes others", "skip-self", "user=alice", #""meta":{"sender":"bob"}"#),
      ("skip-self passes without a sender", "skip-self", "user=alice", ""),
      ("skip-self passes without a user", "skip-self", "other=alice", #""meta":{"sender":"alice"}"#),
      ("skip-users drops", "skip-users", "user=alice", #""meta":{"skip_users":"bob, alice"}"#),
      ("skip-users passes others", "skip-users", "user=carol", #""meta":{"skip_users":"bob, alice"}"#),
      ("require-sub passes", "require-sub", "user=alice", #""meta":{"require_sub":"{c}"}"#),
      ("require-sub drops", "require-sub", "user=alice", #""meta":{"require_sub":"elsewhere"}"#),
      (
        "no filter ignores meta", "", "user=alice", #""meta":{"sender":"alice","skip_users":"alice","require_sub":"x"}"#
      ),
      (
        "two filters, one drops", "skip-users; filter=require-sub", "user=alice", #""meta":{"require_sub":"elsewhere"}"#
      ),
      (
        "an unknown filter is passed over", "no-such-filter; filter=skip-self", "user=alice",
        #""meta":{"sender":"alice"}"#
      ),
    ].map { name, filter, meta, more in
      Scenario(
        name: name, section: "Filters",
        steps: [
          ask(), holdStream(["Grip-Set-Meta: \(meta)"], channel: "{c}" + (filter.isEmpty ? "" : "; filter=\(filter)")),
          .held(), .head(), .body("open\n"), .publish(item(stream("maybe\\n"), more: more)),
          .publish(item(stream("end\\n"), more: #""meta":{"require_sub":"{c}"}"#)), .body("end\n"),
        ])
    }

  /// Recovering asks every origin again, so these are where nobody else is held.
  private static let recovering: [Scenario] =
    [
      ("POST /recover/", control("POST", "/recover/", body: "")),
      ("POST /recover", control("POST", "/recover", body: "x")),
      ("recover with Accept JSON", control("POST", "/recover/", ["Accept: application/json"], body: "")),
    ].map { name, step in Scenario(name: name, section: section, servers: .trusting, steps: [step]) } + [
      Scenario(
        name: "recover asks the origin of a long-poll again", section: section, servers: .trusting, isWarm: true,
        steps: [
          ask(), holdResponse(), .held(), control("POST", "/recover/", body: ""), answer(body: "again"), .response(),
        ])
    ]
}
