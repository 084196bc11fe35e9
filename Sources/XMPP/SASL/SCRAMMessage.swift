/// The texts of SCRAM: `a=value,b=value`.
///
/// **Spec**: RFC 5802 §5.1, §7.
enum SCRAMMessage {
  /// A message's attributes, in the order in which they came.
  struct Attributes {
    private let values: [(name: UInt8, value: String)]

    /// `nil` where the text is not of that form, or not UTF-8.
    init?(_ bytes: some Collection<UInt8>) {
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      var values: [(UInt8, String)] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let utf8 = part.utf8
        guard utf8.count >= 2, let name = utf8.first, utf8.dropFirst().first == UInt8(ascii: "="),
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(name | 0x20)
        else { return nil }
        values.append((name, String(part.dropFirst(2))))
      }
      self.values = values
    }

    /// The value at a place, if it has that name.
    func value(_ name: Character, at index: Int) -> String? {
      guard index < values.count, values[index].name == name.asciiValue else { return nil }
      return values[index].value
    }

    /// The last value, if it has that name.
    func last(_ name: Character) -> String? { value(name, at: values.count - 1) }
  }

  /// A name, with `,` and `=` written as a message can have them.
  static func escaped(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case ",": result += "=2C"
      case "=": result += "=3D"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The name again; `nil` where a `=` stands for nothing.
  static func unescaped(_ text: String) -> String? {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    var result = String(parts[0])
    for part in parts.dropFirst() {
      if part.hasPrefix("2C") {
        result += "," + part.dropFirst(2)
      } else if part.hasPrefix("3D") {
        result += "=" + part.dropFirst(2)
      } else {
        return nil
      }
    }
    return result
  }

  /// Whether a text is a nonce: visible ASCII without commas.
  static func isNonce(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
  }

  static func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }

  /// Whether two secrets are equal, in a time that does not tell where they differ.
  static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
  }
}
