/// One conversation that is held with both proxies: what the client sends, what the origin answers, what is published, and
/// where to wait.
///
/// In all texts `{host}` is the scenario's own host name, `{c}`, `{d}` and `{e}` are channels of its own, `{origin}` and
/// `{origin2}` the addresses of its origins, `{dead}` an address where nobody listens, `{slug}` its host without the end,
/// `{x03e8}` two bytes in hexadecimal; in an origin's answer to a WebSocket `{accept}` is what it must say.
struct Scenario: Sendable {
  /// A sentence.
  var name: String
  /// The chapter of the tests: the part of the protocol that it is about.
  var section: String
  /// Lines for the routes file.
  var routes: [String] = ["{host} {origin}"]
  /// Which pair of servers it runs against.
  var servers = ServerKind.plain
  /// Whether its origins speak TLS.
  var isOriginSecure = false
  /// Whether its channels have a listener before it begins, so that its own first subscription is not the first.
  var isWarm = false
  /// The difference that it shows, with what each side does. Without one, both transcripts must be equal.
  var difference: ShownDifference?
  /// Accepted everywhere, but to be seen here: the transcripts are compared without forgiving these.
  var unforgiven: Set<Difference> = []
  /// What happens, in order.
  var steps: [Step]

  /// The host that its routes are for; made from its name, so that a log says which scenario it was.
  var host: String { slug + ".test" }

  /// Letters, digits and hyphens, at most 60.
  var slug: String {
    var text = ""
    for character in "\(section) \(name)".lowercased() {
      if character.isASCII, character.isLetter || character.isNumber {
        text.append(character)
      } else if text.last != "-" {
        text.append("-")
      }
    }
    // Cut names stay apart by their number of bytes and their letters' sum.
    let sum = name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 9973 }
    return "\(text.prefix(48).trimming("-"))-\(sum)"
  }

  /// The channels that its texts may name.
  var channels: [String] { ["{c}", "{d}", "{e}"].filter { mark in steps.contains { $0.mentions(mark) } } }
}

/// A difference and how it looks.
struct ShownDifference: Sendable {
  var id: Difference
  /// What our transcript has and the other has not. Empty where it is only that the other has something.
  var ours: String
  /// What the other's transcript has and ours has not. Empty where it is the lack of ours that counts.
  var theirs: String
  /// Whether it always shows. What depends on how fast two connections are may be equal too.
  var isSteady = true

  init(_ id: Difference, ours: String = "", theirs: String = "", isSteady: Bool = true) {
    (self.id, self.ours, self.theirs, self.isSteady) = (id, ours, theirs, isSteady)
  }
}

/// Which configuration a pair of servers has.
enum ServerKind: String, Sendable, CaseIterable {
  /// A key, `x_forwarded_for=append`, a short sequencer wait.
  case plain
  /// Trusts who signs with `outer key`; no own signature.
  case trusting
  /// Listens for TLS too; WebSockets may be compressed, and pings pass to the origin.
  case secure

  /// Options beside those of `plain`.
  var settings: [String: String] {
    var settings = ["message_wait": "1000", "sig_iss": "pushpin"]
    switch self {
    case .plain: break
    case .secure:
      settings["set_x_forwarded_protocol"] = "true"
      settings["accept_x_forwarded_protocol"] = "true"
    case .trusting:
      settings["upstream_key"] = "outer key"
      settings["sig_iss"] = "inner"
      settings["x_forwarded_for"] = "truncate:0,append"
      settings["x_forwarded_for_trusted"] = "append"
    }
    return settings
  }

  /// Options of ours that make it do what Pushpin does without asking.
  var edgeSettings: [String: String] { self == .secure ? ["websocket.answer-pings": "false"] : [:] }
  /// Whether WebSockets may be compressed.
  var compresses: Bool { self == .secure }
  /// Whether it listens for TLS.
  var isSecure: Bool { self == .secure }
}

/// One thing that a client, an origin or a publisher does, or waits for.
enum Step: Sendable {
  /// A client sends exact bytes. Its connection is opened with its first ones.
  case send(String, on: String = "client")
  /// The origin waits for a request, notes it and answers with exact bytes.
  case answer(String)
  /// The same for the second origin.
  case answerAtSecond(String)
  /// The origin waits for a request and notes it, and says nothing yet.
  case request
  /// The origin says more, or now.
  case reply(String)
  /// The origin closes the connection of the last request.
  case hangUp
  /// So many subscriptions of this scenario have been made since the last wait.
  case held(Int = 1)
  /// These items (JSON, without the brackets) are published and accepted.
  case publish(String)
  /// Exact bytes to the control port; its answer is noted.
  case control(String)
  /// A client reads one whole response, by its framing.
  case response(on: String = "client")
  /// A client reads an interim response.
  case interim(on: String = "client")
  /// A client reads a head.
  case head(on: String = "client")
  /// A client reads body bytes until they end with this text.
  case body(String, on: String = "client")
  /// A client reads until the peer closes, or until the body has its end.
  case end(on: String = "client")
  /// A client closes.
  case close(on: String = "client")
  /// A client connects by TLS, saying this name or none, and notes what it is shown.
  case secure(name: String? = "{host}", alpn: [String] = [], on: String = "client")
  /// What happens on a WebSocket.
  case socket(SocketStep)
  /// What happens through ZeroMQ.
  case zeroMQ(ZeroMQStep)

  func mentions(_ mark: String) -> Bool {
    switch self {
    case .send(let text, _), .answer(let text), .answerAtSecond(let text), .reply(let text), .publish(let text),
      .control(let text):
      text.contains(mark)
    case .socket(let step): "\(step)".contains(mark)
    case .zeroMQ(let step): "\(step)".contains(mark)
    default: false
    }
  }
}

extension StringProtocol {
  /// Without a character at both ends.
  func trimming(_ character: Character) -> String {
    var text = Substring(self)
    while text.first == character { text.removeFirst() }
    while text.last == character { text.removeLast() }
    return String(text)
  }
}
