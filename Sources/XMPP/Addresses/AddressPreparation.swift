/// The preparation of the three parts of an address, and of passwords.
///
/// **Spec**: RFC 7622 §3.2–§3.4, RFC 8265 §3.3 (UsernameCaseMapped) and §4.2 (OpaqueString), over the string classes of
/// RFC 8264 §4.
///
/// Deviates: the classes follow the Unicode properties of the standard library, not IANA's table. Characters that PRECIS
/// allows only in some contexts are refused (RFC 5892 appendix A: joiners, middle dot, keraia, geresh, katakana middle
/// dot), but for the Arabic-Indic digits, whose rule is applied. The bidi rule (RFC 5893) is not checked. A domain's
/// `xn--` labels are refused, not decoded: such a domain is written in its Unicode form.
package enum AddressPreparation {
  /// The most bytes of a part.
  static let maxPartBytes = 1023

  /// A local part: width-mapped, lower-cased, normalised; of the identifier class, without `"&'/:<>@`.
  package static func local(_ text: String) throws(JIDError) -> String {
    if isPlain(text, andAlso: "!#$%()*+,-.;=?[\\]^_`{|}~") { return text }
    try checkSize(of: text, "local part")
    let prepared = try mapped(text)
    try checkSize(of: prepared, "local part")
    for scalar in prepared.unicodeScalars {
      guard !"\"&'/:<>@".unicodeScalars.contains(scalar), isIdentifier(scalar) else {
        throw JIDError(
          description: "the local part of an address may not contain \(name(of: scalar)): letters, digits and "
            + "ASCII signs other than \"&'/:<>@ are accepted")
      }
    }
    try checkDigits(of: prepared)
    return prepared
  }

  /// A domain: lower-cased, normalised, without a trailing dot; labels of letters, digits and inner hyphens, or an
  /// address literal in brackets.
  package static func domain(_ text: String) throws(JIDError) -> String {
    try checkSize(of: text, "domain")
    if text.first == "[" { return try literal(text) }
    var prepared = try mapped(text)
    prepared = String(prepared.map { $0 == "\u{3002}" || $0 == "\u{FF61}" ? "." : $0 })
    if prepared.last == "." { prepared.removeLast() }
    try checkSize(of: prepared, "domain")
    for label in prepared.split(separator: ".", omittingEmptySubsequences: false) {
      try checkLabel(label)
    }
    try checkDigits(of: prepared)
    return prepared
  }

  /// A resource: spaces mapped to the ASCII space, normalised; no control character, nothing unassigned.
  package static func resource(_ text: String) throws(JIDError) -> String {
    try checkSize(of: text, "resource")
    guard let prepared = opaque(text) else {
      throw JIDError(description: "the resource of an address may not contain control or unassigned characters")
    }
    try checkSize(of: prepared, "resource")
    return prepared
  }

  /// OpaqueString, for resources and passwords; `nil` where a character is not accepted.
  package static func opaque(_ text: String) -> String? {
    var mapped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let category = scalar.properties.generalCategory
      if category == .spaceSeparator {
        mapped.append(" ")
        continue
      }
      guard isFreeform(scalar, category) else { return nil }
      mapped.append(scalar)
    }
    return Normalization.composed(String(mapped))
  }

  private static func isPlain(_ text: String, andAlso signs: String) -> Bool {
    !text.isEmpty && text.utf8.count <= maxPartBytes
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || signs.utf8.contains(byte)
      }
  }

  private static func checkSize(of text: String, _ part: String) throws(JIDError) {
    guard !text.isEmpty else { throw JIDError(description: "the \(part) of an address is empty") }
    guard text.utf8.count <= maxPartBytes else {
      throw JIDError(
        description: "the \(part) of an address has at most \(maxPartBytes) bytes, this one has \(text.utf8.count)")
    }
  }

  private static func checkLabel(_ label: Substring) throws(JIDError) {
    guard !label.isEmpty else { throw JIDError(description: "a domain has no empty labels") }
    guard label.utf8.count <= 63 || !label.utf8.allSatisfy({ $0 < 128 }) else {
      throw JIDError(description: "a label of a domain has at most 63 characters")
    }
    guard label.first != "-", label.last != "-" else {
      throw JIDError(description: "a label of a domain does not begin or end with a hyphen")
    }
    guard !label.hasPrefix("xn--") else {
      throw JIDError(description: "an internationalised domain is written in Unicode, not in its xn-- form")
    }
    for scalar in label.unicodeScalars {
      let isAccepted =
        scalar.isASCII
        ? scalar == "-" || ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) : isIdentifier(scalar)
      guard isAccepted else {
        throw JIDError(
          description: "a domain may not contain \(name(of: scalar)): letters, digits, hyphens and dots are accepted")
      }
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

  private static func checkDigits(of text: String) throws(JIDError) {
    let hasArabicIndic = text.unicodeScalars.contains { ("\u{0660}"..."\u{0669}").contains($0) }
    let hasExtended = text.unicodeScalars.contains { ("\u{06F0}"..."\u{06F9}").contains($0) }
    guard !(hasArabicIndic && hasExtended) else {
      throw JIDError(description: "an address does not mix Arabic-Indic and extended Arabic-Indic digits")
    }
  }

  private static func name(of scalar: Unicode.Scalar) -> String {
    let hexadecimal = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - hexadecimal.count)) + hexadecimal
  }
}

// MARK: - String classes (RFC 8264 §4, §9)

extension AddressPreparation {
  private static func isIdentifier(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x21...0x7E).contains(scalar.value) }
    switch scalar.value {
    case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
    case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
    default: break
    }
    guard !scalar.properties.isDefaultIgnorableCodePoint, !scalar.properties.isNoncharacterCodePoint,
      !isOldJamo(scalar)
    else { return false }
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .uppercaseLetter, .otherLetter, .decimalNumber, .modifierLetter, .nonspacingMark,
      .spacingMark:
      return !Normalization.hasCompatibilityForm(scalar)
    default: return false
    }
  }

  private static func isFreeform(_ scalar: Unicode.Scalar, _ category: Unicode.GeneralCategory) -> Bool {
    switch category {
    case .control, .unassigned, .surrogate, .privateUse, .format, .lineSeparator, .paragraphSeparator: return false
    default: return !scalar.properties.isDefaultIgnorableCodePoint && !isOldJamo(scalar)
    }
  }

  private static func isOldJamo(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x11FF, 0xA960...0xA97C, 0xD7B0...0xD7FB: true
    default: false
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
