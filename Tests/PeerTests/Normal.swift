import Foundation

/// Makes what two proxies wrote comparable: the order of fields that the RFCs leave free, the moment in a signature, the
/// addresses of this run, and the differences that are accepted everywhere.
struct Normal {
  /// Which proxy wrote it.
  var side: Side
  /// Differences that the scenario wants to see.
  var unforgiven: Set<Difference>
  /// Text of this run and what stands for it.
  var replacements: [(text: String, mark: String)]

  /// A request as the origin saw it.
  func request(_ request: ScriptedOrigin.Request) -> String {
    var lines = lines(of: request.head)
    if forgives(.originAcceptEncoding) {
      lines.fields.removeAll { $0.name == "accept-encoding" || ($0.name == "accept" && $0.value == "*/*") }
    }
    if forgives(.gripFeatureList) {
      lines.fields = lines.fields.map { $0.name == "grip-feature" ? ($0.name, "…") : $0 }
    }
    lines.fields = lines.fields.map { $0.name == "grip-sig" ? ($0.name, Self.signature($0.value)) : $0 }
    if forgives(.forwardedForOnce), request.head.lowercased().contains("application/websocket-events") {
      lines.fields = lines.fields.map { $0.name == "x-forwarded-for" ? ($0.name, Self.once($0.value)) : $0 }
    }
    if forgives(.compressionOffered) {
      lines.fields = lines.fields.map {
        $0.name == "sec-websocket-extensions" ? ($0.name, String($0.value.prefix { $0 != "," })) : $0
      }
    }
    lines.fields = lines.fields.map { $0.name == "sec-websocket-key" ? ($0.name, Self.key($0.value)) : $0 }
    return replaced(text(lines) + ScriptedClient.text(request.body))
  }

  /// One or several response heads, with bodies between and after them, as a client saw them.
  func response(_ text: String) -> String {
    guard text.hasPrefix("HTTP/"), let end = text.range(of: "\r\n\r\n") else { return replaced(text) }
    var lines = lines(of: String(text[..<end.lowerBound]))
    if forgives(.chunkedNominated) {
      lines.fields.removeAll { $0.name == "connection" && $0.value.lowercased() == "transfer-encoding" }
    }
    lines.fields.removeAll { $0.name == "date" }
    var rest = String(text[end.upperBound...])
    if forgives(.publishErrorTexts), lines.first.contains(" 400 "), rest.hasPrefix("Invalid format: ") {
      rest = "Invalid format: …"
      lines.fields.removeAll { $0.name == "content-length" }
    }
    if forgives(.jsonpEnvelopes), let envelope = Self.envelope(rest) {
      rest = envelope
      lines.fields.removeAll { $0.name == "content-length" }
    }
    return replaced(self.text(lines)) + response(rest)
  }

  private func forgives(_ difference: Difference) -> Bool { !unforgiven.contains(difference) }

  private typealias Lines = (first: String, fields: [(name: String, value: String)])

  /// Names in lower case, in the order of the names; several fields of one name stay in theirs (RFC 9110 §5.1, §5.3).
  private func lines(of head: String) -> Lines {
    let all = head.components(separatedBy: "\r\n")
    let fields = all.dropFirst().map { line -> (name: String, value: String) in
      guard let colon = line.firstIndex(of: ":") else { return (line, "") }
      return (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
    let sorted = fields.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }
    return (all.first ?? "", sorted.map(\.element))
  }

  private func text(_ lines: Lines) -> String {
    ([lines.first] + lines.fields.map { "\($0.name): \($0.value)" }).joined(separator: "\n") + "\n\n"
  }

  func replaced(_ text: String) -> String {
    replacements.reduce(text) { $0.replacingOccurrences(of: $1.text, with: $1.mark) }
  }

  /// A list without what follows itself.
  private static func once(_ list: String) -> String {
    let elements = list.components(separatedBy: ", ")
    return elements.indices.filter { $0 == 0 || elements[$0] != elements[$0 - 1] }.map { elements[$0] }
      .joined(separator: ", ")
  }

  /// Whose key it is; one of the proxy's own is different each time.
  private static func key(_ value: String) -> String {
    if value == Step.clientKey { return "the client's" }
    return Data(base64Encoded: value)?.count == 16 ? "16 bytes" : value
  }

  /// A token's header and claims, in the order of their names; the moment of its end as whether it is within the next hour.
  static func signature(_ token: String) -> String {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = object(parts[0]), var claims = object(parts[1]) else { return token }
    if let end = claims["exp"] as? Double {
      let seconds = end - Date().timeIntervalSince1970
      claims["exp"] = (0...3700).contains(seconds) ? "within an hour" : "\(Int(end))"
    }
    let described = [header, claims].map { object in
      object.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
    return described.joined(separator: " · ")
  }

  /// A JSONP response with its members in the order of their names, without the length of a body that is a text; `nil` for
  /// what is none.
  private static func envelope(_ text: String) -> String? {
    guard let match = text.wholeMatch(of: #/(\/\*\*\/[^(]+\()(\{.*\})(\);\n)/#),
      var object = try? JSONSerialization.jsonObject(with: Data(match.output.2.utf8)) as? [String: Any],
      var fields = object["headers"] as? [String: String]
    else { return nil }
    fields["Content-Length"] = nil
    object["headers"] = fields
    guard let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys) else { return nil }
    return match.output.1 + String(decoding: data, as: UTF8.self) + match.output.3
  }

  private static func object(_ text: Substring) -> [String: Any]? {
    var base64 = String(text).replacing("-", with: "+").replacing("_", with: "/")
    base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
    guard let data = Data(base64Encoded: base64) else { return nil }
    return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
  }
}
