import CICU

// Implements: RFC 5893 §2 · the bidi rule · complete

/// Whether a text from right to left reads as one, and not as another that it is not.
enum BidiRule {
  /// Whether the rule has a say: the text has a character of direction R, AL or AN.
  static func concerns(_ scalars: some Sequence<Unicode.Scalar>) -> Bool {
    scalars.contains { scalar in
      guard scalar.value >= 0x590 else { return false }
      switch direction(scalar) {
      case CICU_RIGHT_TO_LEFT, CICU_RIGHT_TO_LEFT_ARABIC, CICU_ARABIC_NUMBER: return true
      default: return false
      }
    }
  }

  /// Whether a label keeps the rule.
  static func isKept(by scalars: [Unicode.Scalar]) -> Bool {
    let directions = scalars.map(direction)
    guard let first = directions.first else { return true }
    guard let last = directions.last(where: { $0 != CICU_DIR_NON_SPACING_MARK }) else { return false }
    let common = [
      CICU_EUROPEAN_NUMBER, CICU_EUROPEAN_NUMBER_SEPARATOR, CICU_COMMON_NUMBER_SEPARATOR,
      CICU_EUROPEAN_NUMBER_TERMINATOR,
      CICU_OTHER_NEUTRAL, CICU_BOUNDARY_NEUTRAL, CICU_DIR_NON_SPACING_MARK,
    ]
    switch first {
    case CICU_RIGHT_TO_LEFT, CICU_RIGHT_TO_LEFT_ARABIC:
      let right = [CICU_RIGHT_TO_LEFT, CICU_RIGHT_TO_LEFT_ARABIC, CICU_ARABIC_NUMBER]
      return directions.allSatisfy { right.contains($0) || common.contains($0) }
        && (right.contains(last) || last == CICU_EUROPEAN_NUMBER)
        && !(directions.contains(CICU_EUROPEAN_NUMBER) && directions.contains(CICU_ARABIC_NUMBER))
    case CICU_LEFT_TO_RIGHT:
      return directions.allSatisfy { $0 == CICU_LEFT_TO_RIGHT || common.contains($0) }
        && (last == CICU_LEFT_TO_RIGHT || last == CICU_EUROPEAN_NUMBER)
    default: return false
    }
  }

  private static func direction(_ scalar: Unicode.Scalar) -> Int32 {
    cicu_property(Int32(bitPattern: scalar.value), CICU_UCHAR_BIDI_CLASS)
  }
}
