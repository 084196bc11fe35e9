/// What becomes of `X-Forwarded-For` on the way to an origin (GRIP §4.2 step 9).
package struct ForwardedForRule: Sendable, Hashable {
  /// How many of the values that came are kept, from the end; `nil` keeps all.
  package var keptCount: Int?
  /// Whether the peer's address is added.
  package var appendsPeer: Bool

  package init(keptCount: Int?, appendsPeer: Bool) {
    self.keptCount = keptCount
    self.appendsPeer = appendsPeer
  }

  /// The peer's address alone: nobody can claim another. The default.
  package static let replace = ForwardedForRule(keptCount: 0, appendsPeer: true)
  /// The values pass as they came; the default for a trusted proxy.
  package static let pass = ForwardedForRule(keptCount: nil, appendsPeer: false)

  /// Reads Pushpin's rule list: `truncate:N`, `append`, both separated by a comma, or nothing.
  package init?(_ text: String) {
    self = .pass
    for element in text.split(separator: ",").map({ $0.trimmingBlanks() }) where !element.isEmpty {
      if element == "append" {
        appendsPeer = true
      } else if element.hasPrefix("truncate:"), let count = Int(element.dropFirst(9)), count >= 0 {
        keptCount = count
      } else {
        return nil
      }
    }
  }

  /// The field's value, `nil` where nothing is left.
  package func apply(to values: [String], peer: String?) -> String? {
    var elements = values.flatMap { $0.split(separator: ",").map { String($0.trimmingBlanks()) } }.filter {
      !$0.isEmpty
    }
    if let keptCount { elements = Array(elements.suffix(keptCount)) }
    if appendsPeer, let peer { elements.append(peer) }
    return elements.isEmpty ? nil : elements.joined(separator: ", ")
  }
}
