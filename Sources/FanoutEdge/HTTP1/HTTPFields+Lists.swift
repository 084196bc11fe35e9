package import HTTPTypes

extension HTTPFields {
  /// The elements of a comma-separated list of tokens, lower case, from all fields of the name.
  package func tokens(of name: HTTPField.Name) -> [String] {
    var result: [String] = []
    for field in self where field.name == name {
      for element in field.value.split(separator: ",") {
        let token = element.trimmingBlanks()
        if !token.isEmpty { result.append(token.lowercased()) }
      }
    }
    return result
  }

  /// Removes the fields for which the test holds.
  package mutating func removeFields(where isRemoved: (HTTPField) -> Bool) {
    guard contains(where: isRemoved) else { return }
    var kept = HTTPFields()
    kept.reserveCapacity(count)
    for field in self where !isRemoved(field) { kept.append(field) }
    self = kept
  }

  /// Removes what concerns one connection only: the fixed list and what `Connection` nominates (RFC 9110 §7.6.1).
  package mutating func removeHopByHop() {
    let nominated = tokens(of: .connection)
    removeFields { field in
      Self.hopByHop.contains(field.name.canonicalName) || nominated.contains(field.name.canonicalName)
    }
  }

  /// Lower-case names that never pass a proxy.
  private static let hopByHop: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "http2-settings",
  ]
}

extension Substring {
  /// Without blanks and tabs at both ends.
  package func trimmingBlanks() -> Substring {
    var text = self
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}

extension HTTPField.Name {
  /// `Host`, which HTTPTypes keeps apart from the fields.
  package static let hostField = HTTPField.Name.known("Host")

  /// A name of ours that is known to be a token.
  package static func known(_ text: StaticString) -> HTTPField.Name {
    // A static string of this package; a test walks over all of them.
    HTTPField.Name(String(describing: text)) ?? .via
  }
}
