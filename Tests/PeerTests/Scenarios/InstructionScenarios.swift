extension Scenario {
  /// Instructions, right and wrong.
  static let instructions: [Scenario] =
    wrongFields + rightFields + plainFields + wrongJSON + rightJSON + plainJSON

  private static let section = "Instructions"

  /// What makes the request fail; with debug, so that the text is compared too where both give one.
  private static let wrongFields: [Scenario] =
    [
      ("an unknown hold", ["Grip-Hold: forever"]),
      ("a hold in capitals", ["Grip-Hold: Response"]),
      ("a timeout that is no number", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: soon"]),
      ("a negative timeout", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: -1"]),
      ("an empty timeout", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout:"]),
      ("a timeout with a fraction", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: 5.0"]),
      ("a timeout in hexadecimal", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: 0x10"]),
      ("an enormous timeout", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: 99999999999"]),
      ("a status that is no number", ["Grip-Status: fine"]),
      ("a negative status", ["Grip-Status: -1"]),
      ("a status of four digits", ["Grip-Status: 1000"]),
      ("an empty status", ["Grip-Status:"]),
      ("an empty keep-alive", ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Keep-Alive:"]),
      (
        "a keep-alive with an unknown mode",
        ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Keep-Alive: a; mode=often"]
      ),
      (
        "a keep-alive with an unknown format",
        ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Keep-Alive: a; format=hex"]
      ),
      ("a keep-alive with a bad timeout", ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Keep-Alive: a; timeout=x"]),
      (
        "a keep-alive with a negative timeout",
        ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Keep-Alive: a; timeout=-1"]
      ),
      (
        "a keep-alive with a lone backslash",
        ["Grip-Hold: stream", "Grip-Channel: {c}", #"Grip-Keep-Alive: a\; format=cstring"#]
      ),
      (
        "a keep-alive with a short escape",
        ["Grip-Hold: stream", "Grip-Channel: {c}", #"Grip-Keep-Alive: a\x1; format=cstring"#]
      ),
      ("a link without brackets", ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Link: /next; rel=next"]),
      ("an empty link", ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Link: <>; rel=next"]),
      (
        "a link with a bad timeout",
        ["Grip-Hold: stream", "Grip-Channel: {c}", "Grip-Link: </next>; rel=next; timeout=x"]
      ),
    ].flatMap { name, fields in
      [
        Scenario(
          name: name, section: section, steps: [ask(), answer("200 OK", fields, body: "body\n"), .response()])
      ]
    }

  /// What is held as a long-poll or a stream all the same.
  private static let rightFields: [Scenario] =
    [
      ("a timeout with a sign", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: +7"]),
      ("a timeout with blanks", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout:   7  "]),
      (
        "two timeouts, of which the first counts",
        ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Timeout: 50", "Grip-Timeout: x"]
      ),
      ("field names in capitals", ["GRIP-HOLD: response", "GRIP-CHANNEL: {c}"]),
      ("several channels in one field", ["Grip-Hold: response", "Grip-Channel: other-{d}, {c}"]),
      ("several channels in two fields", ["Grip-Hold: response", "Grip-Channel: other-{d}", "Grip-Channel: {c}"]),
      ("a channel twice", ["Grip-Hold: response", "Grip-Channel: {c}, {c}"]),
      ("a channel with an unknown parameter", ["Grip-Hold: response", "Grip-Channel: {c}; colour=blue"]),
      ("a channel with an unknown filter", ["Grip-Hold: response", "Grip-Channel: {c}; filter=no-such-filter"]),
      ("a channel with an empty element before it", ["Grip-Hold: response", "Grip-Channel: , {c}"]),
      ("an unknown GRIP field", ["Grip-Hold: response", "Grip-Channel: {c}", "Grip-Anything: x"]),
      ("meta", ["Grip-Hold: response", "Grip-Channel: {c}", #"Grip-Set-Meta: a=1, b="2; 3""#]),
    ].map { name, fields in
      Scenario(
        name: name, section: section, isWarm: true,
        steps: [
          ask(), answer("200 OK", fields, body: "timed out\n"),
          .held(fields.contains { $0.contains("other-") } ? 2 : 1),
          .publish(item(whole("news\\n"))), .response(),
        ])
    }

  /// GRIP fields without a hold: the answer goes on without them.
  private static let plainFields: [Scenario] =
    [
      ("only a channel", ["Grip-Channel: {c}"]),
      ("a status", ["Grip-Status: 404"]),
      ("a status with a reason", ["Grip-Status: 404 Not Here"]),
      ("a status with a blank after it", ["Grip-Status: 404 "]),
      ("an unknown status", ["Grip-Status: 555"]),
      ("a status 204", ["Grip-Status: 204"]),
      ("exposed fields", ["Grip-Expose-Headers: X-A", "X-A: 1", "X-B: 2"]),
      ("exposed fields, two of them", ["Grip-Expose-Headers: X-A, X-B", "X-A: 1", "X-B: 2", "X-C: 3"]),
      ("an unknown relation", ["Grip-Link: </a>; rel=other"]),
      ("a link without a relation", ["Grip-Link: </a>"]),
      ("an unknown field", ["Grip-Anything: x"]),
    ].map { name, fields in
      Scenario(
        name: "no hold, \(name)", section: section,
        steps: [
          ask(), answer("200 OK", ["Content-Type: text/plain"] + fields, body: "body\n"), .response(),
        ])
    }

  private static let wrongJSON: [Scenario] =
    [
      ("no JSON", "nonsense"), ("an array", "[]"), ("nothing", ""),
      ("a hold that is no object", #"{"hold":"response"}"#),
      ("a hold without channels", #"{"hold":{"mode":"response"}}"#),
      ("an unknown mode", #"{"hold":{"mode":"x","channels":[]}}"#),
      ("channels that are no array", #"{"hold":{"channels":"{c}"}}"#),
      ("a channel that is a string", #"{"hold":{"channels":["{c}"]}}"#),
      ("a channel without a name", #"{"hold":{"channels":[{}]}}"#),
      ("a name that is a number", #"{"hold":{"channels":[{"name":1}]}}"#),
      ("a prev-id that is a number", #"{"hold":{"channels":[{"name":"{c}","prev-id":1}]}}"#),
      ("filters that are a string", #"{"hold":{"channels":[{"name":"{c}","filters":"a"}]}}"#),
      ("a filter that is a number", #"{"hold":{"channels":[{"name":"{c}","filters":[1]}]}}"#),
      ("a negative timeout", #"{"hold":{"channels":[{"name":"{c}"}],"timeout":-1}}"#),
      ("a timeout null", #"{"hold":{"channels":[{"name":"{c}"}],"timeout":null}}"#),
      ("meta that is no object", #"{"hold":{"channels":[{"name":"{c}"}],"meta":"x"}}"#),
      ("meta with a number", #"{"hold":{"channels":[{"name":"{c}"}],"meta":{"a":1}}}"#),
      ("a response that is no object", #"{"response":"x"}"#),
      ("a code beyond 999", #"{"response":{"code":1000,"body":""}}"#),
      ("a negative code", #"{"response":{"code":-1,"body":""}}"#),
      ("a reason that is a number", #"{"response":{"reason":1,"body":""}}"#),
      ("headers that are a string", #"{"response":{"headers":"x","body":""}}"#),
      ("a header that is a number", #"{"response":{"headers":{"X-A":1},"body":""}}"#),
      ("a body that is a number", #"{"response":{"body":1}}"#),
    ].map { name, json in
      Scenario(name: "JSON: \(name)", section: section, steps: [ask(), instruct(json), .response()])
    } + [
      Scenario(
        name: "JSON: a keep-alive without content", section: section,
        difference: .init(.emptyKeepAlive, ours: "502 Bad Gateway", theirs: " failed: "),
        steps: [
          ask(), instruct(#"{"hold":{"mode":"stream","channels":[{"name":"{c}"}],"keep-alive":{}}}"#), .response(),
        ]),
      Scenario(
        name: "JSON with a status 500", section: section,
        steps: [ask(), instruct(#"{"response":{"body":"x"}}"#, status: "500 Bad"), .response()]),
    ]

  private static let rightJSON: [Scenario] =
    [
      ("mode left out", #"{"hold":{"channels":[{"name":"{c}"}]}}"#),
      ("mode response", #"{"hold":{"mode":"response","channels":[{"name":"{c}"}],"timeout":50}}"#),
      ("a timeout as a string", #"{"hold":{"channels":[{"name":"{c}"}],"timeout":"50"}}"#),
      ("a timeout with a fraction", #"{"hold":{"channels":[{"name":"{c}"}],"timeout":50.2}}"#),
      ("unknown members", #"{"hold":{"channels":[{"name":"{c}","a":1}],"b":2},"c":3}"#),
      (
        "headers of the response",
        #"{"hold":{"channels":[{"name":"{c}"}]},"response":{"headers":{"X-A":"1","Content-Type":"text/html"}}}"#
      ),
      ("headers as pairs", #"{"hold":{"channels":[{"name":"{c}"}]},"response":{"headers":[["X-A","1"],["X-A","2"]]}}"#),
      ("meta and filters", #"{"hold":{"channels":[{"name":"{c}","filters":["skip-self"]}],"meta":{"user":"alice"}}}"#),
    ].map { name, json in
      Scenario(
        name: "JSON: \(name)", section: section, isWarm: true,
        steps: [ask(), instruct(json), .held(), .publish(item(whole("news\\n"))), .response()])
    }

  private static let plainJSON: [Scenario] =
    [
      ("a body", #"{"response":{"body":"hello\n"}}"#),
      ("an empty body", #"{"response":{"body":""}}"#),
      ("a body as base64", #"{"response":{"body-bin":"aGVsbG8K"}}"#),
      ("base64 wins over text", #"{"response":{"body-bin":"aGVsbG8K","body":"other"}}"#),
      ("a code", #"{"response":{"code":404,"body":"not here\n"}}"#),
      ("a code as a string", #"{"response":{"code":"404","body":"not here\n"}}"#),
      ("a reason", #"{"response":{"code":404,"reason":"Nope","body":"not here\n"}}"#),
      ("an unknown code", #"{"response":{"code":555,"body":"x"}}"#),
      ("headers", #"{"response":{"headers":{"X-A":"1","Content-Type":"text/html"},"body":"x"}}"#),
      ("headers as pairs", #"{"response":{"headers":[["X-A","1"],["X-A","2"]],"body":"x"}}"#),
      ("a length in the headers", #"{"response":{"headers":{"Content-Length":"99"},"body":"x"}}"#),
    ].flatMap { name, json in
      [
        Scenario(
          name: "JSON without a hold: \(name)", section: section,
          steps: [ask(), instruct(json, ["X-Carrier: 1"]), .response()])
      ]
    } + [
      Scenario(
        name: "JSON without a hold: GRIP headers", section: section,
        difference: .init(.gripFieldsOut, theirs: "grip-hold: stream"),
        steps: [ask(), instruct(#"{"response":{"headers":{"Grip-Hold":"stream","X-A":"1"},"body":"x"}}"#), .response()])
    ]
}
