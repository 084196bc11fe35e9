/// One element of a list in a `Grip-…` header: `first; name=value; name="quoted value"`.
///
/// **Spec**: GRIP §7.1. Commas in double quotes do not split; the first part runs to the first `;` and is taken as it is;
/// a parameter's value may be quoted, with `\x` for the character x; a parameter without `=` is empty.
struct HeaderElement {
  /// A parameter; the name as written.
  struct Parameter {
    /// The name as written.
    let name: String
    /// The value without quotes.
    let value: String
  }

  /// The first part.
  let first: String
  /// The parameters in order.
  let parameters: [Parameter]

  /// How the list is cut into elements.
  enum Kind {
    /// At commas outside of double quotes.
    case plain
    /// As `plain`, and not at what stands in the angle brackets with which an element begins: a URI may hold commas
    /// and semicolons (RFC 8288 §3).
    case link
  }

  /// The elements of all fields of one name. Empty ones and ones whose quoting is broken are left out.
  static func list(_ values: [String], kind: Kind = .plain) -> [HeaderElement] {
    values.flatMap { split($0, kind: kind) }.compactMap { HeaderElement($0, kind: kind) }
  }

  /// The elements that `list` leaves out because their quoting is broken.
  static func unreadable(_ values: [String]) -> [String] {
    values.flatMap { split($0, kind: .plain) }.filter { HeaderElement($0, kind: .plain) == nil }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The elements of `Grip-Set-Meta`, in which the first part is a parameter too.
  static func parameterLists(_ values: [String]) -> [[Parameter]] {
    values.flatMap { split($0, kind: .plain) }.compactMap { bytes in
      var cursor = HeaderCursor(bytes)
      return cursor.parameters()
    }
  }

  /// A whole header value as one element.
  init?(whole value: String) {
    self.init(FieldText.trimmed(Array(value.utf8)[...]), kind: .plain)
  }

  private init?(_ bytes: ArraySlice<UInt8>, kind: Kind) {
    var end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
    if kind == .link, bytes.first == UInt8(ascii: "<"), let bracket = bytes.firstIndex(of: UInt8(ascii: ">")) {
      end = bytes[bracket...].firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
    }
    first = String(decoding: FieldText.trimmed(bytes[..<end]), as: UTF8.self)
    var cursor = HeaderCursor(end < bytes.endIndex ? bytes[(end + 1)...] : [])
    guard let parameters = cursor.parameters() else { return nil }
    self.parameters = parameters
  }

  /// The first parameter of a name, without regard to case.
  subscript(name: String) -> String? {
    parameters.first { $0.name.lowercased() == name }?.value
  }

  /// The values of all parameters of exactly this name.
  func values(exactly name: String) -> [String] {
    parameters.filter { $0.name == name }.map(\.value)
  }

  private static func split(_ value: String, kind: Kind) -> [ArraySlice<UInt8>] {
    let bytes = Array(value.utf8)
    var elements: [ArraySlice<UInt8>] = []
    var start = 0
    var position = 0
    var isQuoted = false
    var isStart = true
    var hasBrackets = kind == .link
    while position < bytes.count {
      let byte = bytes[position]
      if isQuoted && byte == UInt8(ascii: "\\") {
        position += 1
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if isStart && hasBrackets && byte == UInt8(ascii: "<") {
        if let end = bytes[position...].firstIndex(of: UInt8(ascii: ">")) {
          position = end
        } else {
          // Looked for once only: a value of many `<` must not cost its square.
          hasBrackets = false
        }
      } else if byte == UInt8(ascii: ",") && !isQuoted {
        elements.append(bytes[start..<position])
        start = position + 1
      }
      isStart = byte == UInt8(ascii: ",") || (isStart && FieldText.isBlank(byte))
      position += 1
    }
    elements.append(bytes[start...])
    return elements.map(FieldText.trimmed).filter { !$0.isEmpty }
  }
}

/// Reads `name=value; name="value"; name`.
private struct HeaderCursor {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  /// The parameters, or `nil` where quoting is broken.
  mutating func parameters() -> [HeaderElement.Parameter]? {
    var parameters: [HeaderElement.Parameter] = []
    while !rest.isEmpty {
      let name = take { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
      var value = ""
      if rest.first == UInt8(ascii: "=") {
        rest.removeFirst()
        guard let text = self.value() else { return nil }
        value = text
      }
      if !name.isEmpty { parameters.append(HeaderElement.Parameter(name: name, value: value)) }
      if rest.first == UInt8(ascii: ";") { rest.removeFirst() }
    }
    return parameters
  }

  private mutating func value() -> String? {
    rest = rest.drop(while: FieldText.isBlank)
    guard rest.first == UInt8(ascii: "\"") else { return take { $0 != UInt8(ascii: ";") } }
    rest.removeFirst()
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        text.append(escaped)
      case UInt8(ascii: "\""):
        rest = rest.drop(while: FieldText.isBlank)
        guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
        return String(decoding: text, as: UTF8.self)
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func take(while isPart: (UInt8) -> Bool) -> String {
    let part = rest.prefix(while: isPart)
    rest = rest[part.endIndex...]
    return String(decoding: FieldText.trimmed(part), as: UTF8.self)
  }
}
