import Foundation

/// What single characters are to a search.
enum Letter {
  /// The character without case and accent; `nil` for what is no part of a word.
  static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x61...0x7A, 0x30...0x39: return scalar
    case 0x41...0x5A: return Unicode.Scalar(scalar.value + 0x20)
    case 0..<0x80: return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .privateUse:
      let lower = lowercase(scalar)
      return (0xC0..<0x1F00).contains(lower.value) ? (latinBases[lower] ?? lower) : lower
    default: return nil
    }
  }

  /// Whether it stands above, below or in the letter before it: the marks that SQLite knows, U+0300 to U+0331.
  static func isAccent(_ scalar: Unicode.Scalar) -> Bool { (0x300...0x331).contains(scalar.value) }

  /// Simple case folding, for which a letter's capital is made small: the two small sigmas have one capital. The small letter
  /// without a dot is none of `i`.
  private static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar.value == 0x131 || scalar.value == 0x130 { return scalar }
    let upper = single(scalar.properties.uppercaseMapping) ?? scalar
    return single(upper.properties.lowercaseMapping) ?? single(scalar.properties.lowercaseMapping) ?? scalar
  }

  private static func single(_ text: String) -> Unicode.Scalar? {
    text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
  }

  /// Latin letters with accents, and the ASCII letter that each is made of.
  private static let latinBases: [Unicode.Scalar: Unicode.Scalar] = {
    var bases: [Unicode.Scalar: Unicode.Scalar] = [:]
    for value in UInt32(0xC0)..<0x1F00 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory == .lowercaseLetter else { continue }
      let decomposed = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars
      if decomposed.count > 1, let base = decomposed.first, base.isASCII { bases[scalar] = base }
    }
    return bases
  }()
}
