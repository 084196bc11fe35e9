// Implements: RFC 7622 · addresses · complete
// Implements: RFC 8265 §3.3, §4.2 · UsernameCaseMapped and OpaqueString · complete

/// The preparation of the three parts of an address, and of passwords.
///
/// **Spec**: RFC 7622 §3.2–§3.4, RFC 8265 §3.3 (UsernameCaseMapped) and §4.2 (OpaqueString), over the string classes of
/// RFC 8264.
package enum AddressPreparation {
  /// The most bytes of a part.
  static let maxPartBytes = 1023
  private static let plainSigns = Set("!#$%()*+,-.;=?[\\]^_`{|}~".utf8)

  /// A local part: width-mapped, lower-cased, normalised; of the identifier class, without `"&'/:<>@`.
  package static func local(_ text: String) throws(JIDError) -> String {
    if isPlain(text, isLocal: true) { return text }
    try checkSize(of: text, "local part")
    let prepared = try mapped(text)
    try checkSize(of: prepared, "local part")
    let scalars = Array(prepared.unicodeScalars)
    for scalar in scalars {
      guard !"\"&'/:<>@".unicodeScalars.contains(scalar), isInClass(scalar, isFreeform: false) else {
        throw JIDError(
          description: "the local part of an address may not contain \(name(of: scalar)): letters, digits and "
            + "ASCII signs other than \"&'/:<>@ are accepted")
      }
    }
    if let scalar = ContextRules.offender(in: scalars) { throw misplaced(scalar) }
    guard !BidiRule.concerns(scalars) || BidiRule.isKept(by: scalars) else { throw mixedDirections("local part") }
    return prepared
  }

  /// A domain: lower-cased, normalised, without a trailing dot, `xn--` labels decoded; labels of letters, digits and inner
  /// hyphens, or an address literal in brackets.
  package static func domain(_ text: String) throws(JIDError) -> String {
    if isPlainDomain(text) { return text }
    try checkSize(of: text, "domain")
    if text.first == "[" { return try literal(text) }
    var mapped = try mapped(text)
    mapped = String(mapped.map { $0 == "\u{3002}" || $0 == "\u{FF61}" ? "." : $0 })
    if mapped.last == "." { mapped.removeLast() }
    var labels: [String] = []
    for label in mapped.split(separator: ".", omittingEmptySubsequences: false) {
      labels.append(try DomainLabel.prepared(label))
    }
    let prepared = labels.joined(separator: ".")
    try checkSize(of: prepared, "domain")
    // If one label is from right to left, all keep the rule (RFC 5893 §2).
    if BidiRule.concerns(prepared.unicodeScalars) {
      guard labels.allSatisfy({ BidiRule.isKept(by: Array($0.unicodeScalars)) }) else {
        throw mixedDirections("domain")
      }
    }
    return prepared
  }

  /// A resource: spaces mapped to the ASCII space, normalised; no control character, nothing unassigned.
  package static func resource(_ text: String) throws(JIDError) -> String {
    if isPlain(text, isLocal: false) { return text }
    try checkSize(of: text, "resource")
    guard let prepared = opaque(text) else {
      throw JIDError(
        description:
          "the resource of an address may not contain control or unassigned characters, nor those that stand "
          + "beside some others only")
    }
    try checkSize(of: prepared, "resource")
    return prepared
  }

  /// OpaqueString, for resources and passwords; `nil` where a character is not accepted.
  package static func opaque(_ text: String) -> String? {
    var mapped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      // Spaces are mapped before the class is looked at (RFC 8265 §4.2.2).
      let isSpace = !scalar.isASCII && scalar.properties.generalCategory == .spaceSeparator
      let result = isSpace ? " " : scalar
      guard isInClass(result, isFreeform: true) else { return nil }
      mapped.append(result)
    }
    let prepared = Normalization.composed(String(mapped))
    guard ContextRules.offender(in: Array(prepared.unicodeScalars)) == nil else { return nil }
    return prepared
  }

  /// Whether the text is of a form that preparation leaves as it is, and that most have.
  private static func isPlain(_ text: String, isLocal: Bool) -> Bool {
    guard !text.isEmpty, text.utf8.count <= maxPartBytes else { return false }
    for byte in text.utf8 {
      let isLetterOrDigit =
        UInt8(ascii: "a") <= byte && byte <= UInt8(ascii: "z") || UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9")
      guard isLetterOrDigit || (isLocal ? plainSigns.contains(byte) : 0x20 <= byte && byte < 0x7F) else { return false }
    }
    return true
  }

  /// The same for a domain: labels of lower-case letters, digits and inner hyphens, without an `xn--` among them.
  private static func isPlainDomain(_ text: String) -> Bool {
    guard text.utf8.count <= maxPartBytes else { return false }
    var labelBytes = 0
    var previous = UInt8(ascii: ".")
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        guard labelBytes > 0, previous != UInt8(ascii: "-") else { return false }
        labelBytes = 0
      } else {
        let isLetterOrDigit =
          UInt8(ascii: "a") <= byte && byte <= UInt8(ascii: "z")
          || UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9")
        // Two hyphens in a row are looked at closely.
        guard isLetterOrDigit || byte == UInt8(ascii: "-") && labelBytes > 0 && previous != byte else { return false }
        labelBytes += 1
        guard labelBytes <= 63 else { return false }
      }
      previous = byte
    }
    return labelBytes > 0 && previous != UInt8(ascii: "-")
  }

  private static func checkSize(of text: String, _ part: String) throws(JIDError) {
    guard !text.isEmpty else { throw JIDError(description: "the \(part) of an address is empty") }
    guard text.utf8.count <= maxPartBytes else {
      throw JIDError(
        description: "the \(part) of an address has at most \(maxPartBytes) bytes, this one has \(text.utf8.count)")
    }
  }

  private static func literal(_ text: String) throws(JIDError) -> String {
    let inner = text.dropFirst().dropLast()
    let isAccepted = inner.utf8.allSatisfy { byte in
      byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || Character(Unicode.Scalar(byte)).isHexDigit
    }
    guard text.last == "]", inner.utf8.count >= 2, inner.contains(":"), isAccepted else {
      throw JIDError(description: "an address literal as a domain is an IPv6 address in brackets")
    }
    return text.lowercased()
  }

  static func misplaced(_ scalar: Unicode.Scalar) -> JIDError {
    JIDError(description: "in an address \(name(of: scalar)) stands beside some characters only, and not beside these")
  }

  private static func mixedDirections(_ part: String) -> JIDError {
    JIDError(description: "the \(part) of an address mixes directions of writing, so that it would be read in two ways")
  }

  static func name(of scalar: Unicode.Scalar) -> String {
    let hexadecimal = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - hexadecimal.count)) + hexadecimal
  }
}

// MARK: - Mapping (RFC 8264 §5.2)

extension AddressPreparation {
  private static func isInClass(_ scalar: Unicode.Scalar, isFreeform: Bool) -> Bool {
    // The one ASCII character outside of the identifier class that is of the freeform class.
    if scalar == " " { return isFreeform }
    return switch PRECISProperty(scalar) {
    case .valid, .contextJ, .contextO: true
    case .freeform: isFreeform
    case .disallowed, .unassigned: false
    }
  }

  /// Full-width and half-width forms become what they are forms of.
  private static func widthMapped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { (0xFF00...0xFFEF).contains($0.value) }) else { return text }
    return text.unicodeScalars.map { scalar in
      (0xFF00...0xFFEF).contains(scalar.value) ? Normalization.compatibilityForm(of: scalar) : String(scalar)
    }.joined()
  }

  /// Width-mapped, lower-cased and composed, again until nothing changes: one mapping can make work for another.
  ///
  /// **Spec**: RFC 8264 §7: what is not stable after three repetitions is refused.
  private static func mapped(_ text: String) throws(JIDError) -> String {
    var current = text
    for _ in 0..<4 {
      let next = Normalization.composed(widthMapped(current).lowercased())
      if next.unicodeScalars.elementsEqual(current.unicodeScalars) { return next }
      current = next
    }
    throw JIDError(description: "this address has no stable form")
  }
}
