/// Base64 (RFC 4648).
package enum Base64 {
  /// Which spelling is accepted.
  package enum Form: Sendable {
    /// Standard or URL-safe alphabet, padding or none, blanks between: what people write into configuration and JSON.
    case tolerant
    /// URL-safe alphabet, no padding, no blanks, unused bits zero: a part of a token (RFC 7515 §2), one spelling each.
    case token
  }

  private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// The bytes, or `nil` where the text is not base64 of this form.
  package static func decode(_ text: some Sequence<UInt8>, form: Form = .tolerant) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.underestimatedCount * 3 / 4)
    var bits: UInt32 = 0
    var digits = 0
    var padding = 0
    for byte in text {
      if let value = value(of: byte, form: form) {
        guard padding == 0 else { return nil }
        bits = bits << 6 | UInt32(value)
        digits += 1
        if digits % 4 == 0 {
          bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
          bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
          bytes.append(UInt8(truncatingIfNeeded: bits))
          bits = 0
        }
      } else if form == .tolerant && byte == UInt8(ascii: "=") {
        padding += 1
      } else if form == .token || !isBlank(byte) {
        return nil
      }
    }
    guard padding == 0 || padding == (4 - digits % 4) % 4 else { return nil }
    return finish(&bytes, bits: bits, rest: digits % 4, form: form) ? bytes : nil
  }

  /// Writes the bytes in the standard alphabet with padding, or for a token: URL-safe, without.
  package static func encode(_ bytes: some Collection<UInt8>, form: Form = .tolerant, into text: inout [UInt8]) {
    let alphabet = form == .token ? urlSafe : standard
    text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 1
      guard count == 3 else { continue }
      for shift: UInt32 in [18, 12, 6, 0] { text.append(alphabet[Int(bits >> shift & 63)]) }
      bits = 0
      count = 0
    }
    guard count > 0 else { return }
    bits <<= UInt32(24 - 8 * count)
    for shift in 0...count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * shift) & 63)]) }
    if form == .tolerant { text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - count)) }
  }

  /// The bytes as text.
  package static func encode(_ bytes: some Collection<UInt8>, form: Form = .tolerant) -> String {
    var text: [UInt8] = []
    encode(bytes, form: form, into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func finish(_ bytes: inout [UInt8], bits: UInt32, rest: Int, form: Form) -> Bool {
    switch rest {
    case 0: return true
    case 2:
      bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
      return form == .tolerant || bits & 0x0F == 0
    case 3:
      bytes.append(UInt8(truncatingIfNeeded: bits >> 10))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
      return form == .tolerant || bits & 0x03 == 0
    default: return false
    }
  }

  private static func value(of byte: UInt8, form: Form) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    case UInt8(ascii: "+"): form == .tolerant ? 62 : nil
    case UInt8(ascii: "/"): form == .tolerant ? 63 : nil
    default: nil
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}

/// Hexadecimal digits.
package enum HexDigit {
  /// The value of a digit, either case.
  package static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
