import CICU

// Implements: RFC 5891 §4–§5 · internationalised domain names · complete; the coding of labels (RFC 3492) is ICU's

/// One label of a domain.
enum DomainLabel {
  /// The label in its Unicode form, as an address has it (RFC 7622 §3.2.1).
  ///
  /// - Parameter label: Mapped to lower case and normalised.
  static func prepared(_ label: Substring) throws(JIDError) -> String {
    guard !label.isEmpty else { throw JIDError(description: "a domain has no empty labels") }
    guard label.first != "-", label.last != "-" else {
      throw JIDError(description: "a label of a domain does not begin or end with a hyphen")
    }
    var unicode = String(label)
    if label.hasPrefix("xn--") {
      guard let decoded = converted(unicode, toASCII: false), !decoded.utf8.allSatisfy({ $0 < 128 }) else {
        throw JIDError(description: "\(label.prefix(63)) is not the xn-- form of a label")
      }
      unicode = decoded
    }
    if unicode.utf8.allSatisfy({ $0 < 128 }) {
      try checkASCII(unicode)
    } else {
      try check(Array(unicode.unicodeScalars))
      guard let ascii = converted(unicode, toASCII: true) else {
        throw JIDError(description: "a label of a domain has no xn-- form, or one of more than 63 characters")
      }
      guard !label.hasPrefix("xn--") || ascii == label else {
        throw JIDError(description: "\(label.prefix(63)) is not the xn-- form of a label")
      }
    }
    return unicode
  }

  private static func checkASCII(_ label: String) throws(JIDError) {
    guard label.utf8.count <= 63 else {
      throw JIDError(description: "a label of a domain has at most 63 characters")
    }
    for scalar in label.unicodeScalars {
      guard scalar == "-" || ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) else {
        throw refusal(of: scalar)
      }
    }
  }

  /// **Spec**: RFC 5891 §4.2.3, §5.4.
  private static func check(_ scalars: [Unicode.Scalar]) throws(JIDError) {
    guard scalars.count < 4 || !(scalars[2] == "-" && scalars[3] == "-") else {
      throw JIDError(description: "a label of a domain has no two hyphens in third and fourth place")
    }
    for scalar in scalars {
      if scalar.isASCII {
        guard scalar == "-" || ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) else {
          throw refusal(of: scalar)
        }
        continue
      }
      switch PRECISProperty(scalar) {
      case .valid, .contextJ, .contextO: continue
      case .freeform, .disallowed, .unassigned: throw refusal(of: scalar)
      }
    }
    if let first = scalars.first {
      switch first.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark:
        throw JIDError(description: "a label of a domain does not begin with a mark")
      default: break
      }
    }
    if let scalar = ContextRules.offender(in: scalars) { throw AddressPreparation.misplaced(scalar) }
  }

  private static func refusal(of scalar: Unicode.Scalar) -> JIDError {
    JIDError(
      description: "a domain may not contain \(AddressPreparation.name(of: scalar)): letters, digits, hyphens and dots "
        + "are accepted")
  }

  private static func converted(_ label: String, toASCII: Bool) -> String? {
    let source = Array(label.utf16)
    let capacity = 4 * source.count + 64
    var length: Int32 = -1
    let result = [UInt16](unsafeUninitializedCapacity: capacity) { buffer, count in
      length = cicu_convert_label(
        toASCII ? 1 : 0, source, Int32(source.count), buffer.baseAddress, Int32(capacity))
      count = max(0, min(Int(length), capacity))
    }
    return length > 0 ? String(decoding: result, as: UTF16.self) : nil
  }
}
