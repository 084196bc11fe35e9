import GRIP
package import HTTPTypes

/// One element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1): a name with parameters.
package struct SocketExtension: Sendable, Hashable {
  /// Lower case.
  package var name: String
  /// Names in lower case; `nil` for one without a value.
  package var parameters: [(name: String, value: String?)]

  package static func == (left: SocketExtension, right: SocketExtension) -> Bool {
    left.name == right.name && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    for (name, value) in parameters {
      hasher.combine(name)
      hasher.combine(value)
    }
  }

  /// All elements of a message's fields, in order. `nil` where one cannot be understood.
  package static func list(_ fields: HTTPFields) -> [SocketExtension]? {
    var result: [SocketExtension] = []
    for field in fields where field.name == .secWebSocketExtensions {
      for element in split(Substring(field.value), at: ",") {
        let text = element.trimmingBlanks()
        if text.isEmpty { continue }
        guard let parsed = SocketExtension(text) else { return nil }
        result.append(parsed)
      }
    }
    return result
  }

  private init?(_ text: Substring) {
    let parts = Self.split(text, at: ";").map { $0.trimmingBlanks() }
    guard let first = parts.first, Self.isToken(first) else { return nil }
    name = first.lowercased()
    parameters = []
    for part in parts.dropFirst() {
      let name = part.prefix { $0 != "=" }
      guard Self.isToken(name.trimmingBlanks()) else { return nil }
      var value: String?
      if name.endIndex != part.endIndex {
        var text = part[part.index(after: name.endIndex)...].trimmingBlanks()
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        value = text.filter { $0 != "\\" }
      }
      parameters.append((name.trimmingBlanks().lowercased(), value))
    }
  }

  /// Splits where the character stands outside of quotes.
  private static func split(_ text: Substring, at separator: Character) -> [Substring] {
    var result: [Substring] = []
    var start = text.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in text.indices {
      if isEscaped {
        isEscaped = false
      } else if isQuoted, text[index] == "\\" {
        isEscaped = true
      } else if text[index] == "\"" {
        isQuoted.toggle()
      } else if text[index] == separator, !isQuoted {
        result.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    return result + [text[start...]]
  }

  private static func isToken(_ text: Substring) -> Bool { HTTPField.Name(String(text)) != nil }
}

/// permessage-deflate without context takeover (RFC 7692 §7): each message on its own, so that what one has been sent can
/// be sent to all.
package enum SocketCompression {
  static let name = "permessage-deflate"
  /// What a client's offer is answered with.
  private static let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
  /// What origins are offered.
  static let offer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"

  /// The answer to the first offer of a client's that can be taken, `nil` where there is none: no other window than the
  /// largest is compressed with (RFC 7692 §7.1.2.1).
  package static func answer(to offers: [SocketExtension]) -> String? {
    for offer in offers where offer.name == name {
      var names: Set<String> = []
      var takesWindow = false
      let isTaken = offer.parameters.allSatisfy { parameter in
        guard names.insert(parameter.name).inserted else { return false }
        switch parameter.name {
        case "server_no_context_takeover", "client_no_context_takeover": return parameter.value == nil
        case "client_max_window_bits": return parameter.value == nil || isWindow(parameter.value)
        case "server_max_window_bits":
          takesWindow = true
          return parameter.value == "15"
        default: return false
        }
      }
      if isTaken { return takesWindow ? answer + "; server_max_window_bits=15" : answer }
    }
    return nil
  }

  /// How an origin that took our offer compresses.
  ///
  /// **Errors**: it took what was not offered.
  static func inflation(_ taken: SocketExtension) throws(SocketFault) -> SocketReader.Inflation {
    var inflation = SocketReader.Inflation.continuous
    var names: Set<String> = []
    for parameter in taken.parameters {
      let isNew = names.insert(parameter.name).inserted
      switch parameter.name {
      case "server_no_context_takeover" where parameter.value == nil && isNew: inflation = .perMessage
      case "client_no_context_takeover" where parameter.value == nil && isNew: break
      case "server_max_window_bits" where isWindow(parameter.value) && isNew: break
      default: throw .broken("permessage-deflate was taken with a parameter that was not offered")
      }
    }
    return inflation
  }

  private static func isWindow(_ value: String?) -> Bool {
    guard let value, let bits = Int(value), (8...15).contains(bits) else { return false }
    return String(bits) == value
  }
}
