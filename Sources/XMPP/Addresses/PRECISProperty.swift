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
    let category = cicu_property(character, CICU_UCHAR_GENERAL_CATEGORY)
    let isNoncharacter = cicu_has(character, CICU_UCHAR_NONCHARACTER_CODE_POINT) != 0
    if category == CICU_UNASSIGNED, !isNoncharacter {
      self = .unassigned
    } else if cicu_has(character, CICU_UCHAR_JOIN_CONTROL) != 0 {
      self = .contextJ
    } else if Self.isOldHangulJamo(character) || isNoncharacter
      || cicu_has(character, CICU_UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 || category == CICU_CONTROL_CHAR
    {
      self = .disallowed
    } else if Normalization.hasCompatibilityForm(scalar) {
      self = .freeform
    } else {
      self = Self.property(of: category)
    }
  }

  private static func property(of category: Int32) -> PRECISProperty {
    switch category {
    case CICU_LOWERCASE_LETTER, CICU_UPPERCASE_LETTER, CICU_OTHER_LETTER, CICU_DECIMAL_DIGIT_NUMBER,
      CICU_MODIFIER_LETTER,
      CICU_NON_SPACING_MARK, CICU_COMBINING_SPACING_MARK:
      .valid
    case CICU_TITLECASE_LETTER, CICU_LETTER_NUMBER, CICU_OTHER_NUMBER, CICU_ENCLOSING_MARK, CICU_SPACE_SEPARATOR,
      CICU_MATH_SYMBOL,
      CICU_CURRENCY_SYMBOL, CICU_MODIFIER_SYMBOL, CICU_OTHER_SYMBOL, CICU_CONNECTOR_PUNCTUATION, CICU_DASH_PUNCTUATION,
      CICU_START_PUNCTUATION, CICU_END_PUNCTUATION, CICU_INITIAL_PUNCTUATION, CICU_FINAL_PUNCTUATION,
      CICU_OTHER_PUNCTUATION:
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
    switch cicu_property(character, CICU_UCHAR_HANGUL_SYLLABLE_TYPE) {
    case CICU_HST_LEADING_JAMO, CICU_HST_VOWEL_JAMO, CICU_HST_TRAILING_JAMO: true
    default: false
    }
  }
}
