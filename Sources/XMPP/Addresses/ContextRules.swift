import CICU

// Implements: RFC 5892 appendix A · contextual rules · complete

/// Where characters may stand that are right beside some others only.
enum ContextRules {
  /// The first character that stands where it may not.
  static func offender(in scalars: [Unicode.Scalar]) -> Unicode.Scalar? {
    for (index, scalar) in scalars.enumerated() where !isAllowed(scalar, at: index, in: scalars) { return scalar }
    return nil
  }

  private static func isAllowed(_ scalar: Unicode.Scalar, at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let before = index > 0 ? scalars[index - 1] : nil
    let after = index + 1 < scalars.count ? scalars[index + 1] : nil
    switch scalar.value {
    case 0x200C: return before.map(isVirama) == true || joins(at: index, in: scalars)
    case 0x200D: return before.map(isVirama) == true
    case 0xB7: return before == "l" && after == "l"
    case 0x375: return after.map { script(of: $0) == CICU_USCRIPT_GREEK } == true
    case 0x5F3, 0x5F4: return before.map { script(of: $0) == CICU_USCRIPT_HEBREW } == true
    case 0x30FB:
      return scalars.contains {
        $0 != scalar && [CICU_USCRIPT_HIRAGANA, CICU_USCRIPT_KATAKANA, CICU_USCRIPT_HAN].contains(script(of: $0))
      }
    case 0x660...0x669: return !scalars.contains { (0x6F0...0x6F9).contains($0.value) }
    case 0x6F0...0x6F9: return !scalars.contains { (0x660...0x669).contains($0.value) }
    default: return true
    }
  }

  /// Whether a non-joiner parts two letters that would be joined else, marks between them not counted.
  private static func joins(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let left = scalars[..<index].last { joining($0) != CICU_JT_TRANSPARENT }.map(joining)
    let right = scalars[(index + 1)...].first { joining($0) != CICU_JT_TRANSPARENT }.map(joining)
    return (left == CICU_JT_LEFT_JOINING || left == CICU_JT_DUAL_JOINING)
      && (right == CICU_JT_RIGHT_JOINING || right == CICU_JT_DUAL_JOINING)
  }

  private static func isVirama(_ scalar: Unicode.Scalar) -> Bool {
    cicu_property(Int32(bitPattern: scalar.value), CICU_UCHAR_CANONICAL_COMBINING_CLASS) == 9
  }

  private static func joining(_ scalar: Unicode.Scalar) -> Int32 {
    cicu_property(Int32(bitPattern: scalar.value), CICU_UCHAR_JOINING_TYPE)
  }

  private static func script(of scalar: Unicode.Scalar) -> Int32 {
    cicu_property(Int32(bitPattern: scalar.value), CICU_UCHAR_SCRIPT)
  }
}
