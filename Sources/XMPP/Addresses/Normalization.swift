// The standard library keeps its normalisation forms to itself, so they come from Foundation. Only this file knows.
import Foundation

/// Unicode normalisation forms.
enum Normalization {
  /// Form C.
  static func composed(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 128 } ? text : text.precomposedStringWithCanonicalMapping
  }

  /// Form KC of one character.
  static func compatibilityForm(of scalar: Unicode.Scalar) -> String {
    String(scalar).precomposedStringWithCompatibilityMapping
  }

  /// Whether form KC differs from the character (RFC 8264 §9.17).
  static func hasCompatibilityForm(_ scalar: Unicode.Scalar) -> Bool {
    // Compared by scalars: strings that are canonically equivalent are equal to `==`.
    !compatibilityForm(of: scalar).unicodeScalars.elementsEqual(CollectionOfOne(scalar))
  }
}
