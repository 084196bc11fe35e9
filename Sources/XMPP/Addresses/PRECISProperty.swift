import CICU

// Implements: RFC 8264 §4, §8–§9 · PRECIS string classes · complete, over the Unicode version of the system's ICU

/// What the PRECIS framework makes of a character.
///
/// Derived by RFC 8264's algorithm from the properties that ICU has, as the RFC asks for, not from IANA's table, which
/// stands at Unicode 6.3.
enum PRECISProperty {
  /// In both classes.
  case valid
  /// In the freeform class only.
  case freeform
  /// In both, where its neighbours are right: joiners.
  case contextJ
  /// In both, where its neighbours are right: others.
  case contextO
  /// In neither.
  case disallowed
  /// Not a character yet.
  case unassigned

  /// **Spec**: RFC 8264 §8, in its order.
  init(_ scalar: Unicode.Scalar) {
    let value = scalar.value
    if (0x21...0x7E).contains(value) {
      self = .valid
      return
    }
    if let exception = Self.exception(value) {
      self = exception
      return
    }
    let character = Int32(bitPattern: value)
    let category = UCharCategory(UInt32(cicu_property(character, UCHAR_GENERAL_CATEGORY)))
    let isNoncharacter = cicu_has(character, UCHAR_NONCHARACTER_CODE_POINT) != 0
    if category == U_UNASSIGNED, !isNoncharacter {
      self = .unassigned
    } else if cicu_has(character, UCHAR_JOIN_CONTROL) != 0 {
      self = .contextJ
    } else if Self.isOldHangulJamo(character) || isNoncharacter
      || cicu_has(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 || category == U_CONTROL_CHAR
    {
      self = .disallowed
    } else if Normalization.hasCompatibilityForm(scalar) {
      self = .freeform
    } else {
      self = Self.property(of: category)
    }
  }

  private static func property(of category: UCharCategory) -> PRECISProperty {
    switch category {
    case U_LOWERCASE_LETTER, U_UPPERCASE_LETTER, U_OTHER_LETTER, U_DECIMAL_DIGIT_NUMBER, U_MODIFIER_LETTER,
      U_NON_SPACING_MARK, U_COMBINING_SPACING_MARK:
      .valid
    case U_TITLECASE_LETTER, U_LETTER_NUMBER, U_OTHER_NUMBER, U_ENCLOSING_MARK, U_SPACE_SEPARATOR, U_MATH_SYMBOL,
      U_CURRENCY_SYMBOL, U_MODIFIER_SYMBOL, U_OTHER_SYMBOL, U_CONNECTOR_PUNCTUATION, U_DASH_PUNCTUATION,
      U_START_PUNCTUATION, U_END_PUNCTUATION, U_INITIAL_PUNCTUATION, U_FINAL_PUNCTUATION, U_OTHER_PUNCTUATION:
      .freeform
    default: .disallowed
    }
  }

  /// **Spec**: RFC 8264 §9.6.
  private static func exception(_ value: UInt32) -> PRECISProperty? {
    switch value {
    case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: .valid
    case 0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB, 0x660...0x669, 0x6F0...0x6F9: .contextO
    case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: .disallowed
    default: nil
    }
  }

  /// **Spec**: RFC 8264 §9.9.
  private static func isOldHangulJamo(_ character: Int32) -> Bool {
    switch UHangulSyllableType(UInt32(cicu_property(character, UCHAR_HANGUL_SYLLABLE_TYPE))) {
    case U_HST_LEADING_JAMO, U_HST_VOWEL_JAMO, U_HST_TRAILING_JAMO: true
    default: false
    }
  }
}
