import CICU

/// Unicode normalisation forms.
enum Normalization {
  /// Form C.
  static func composed(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 128 } ? text : normalized(text, isCompatible: false)
  }

  /// Form KC of one character.
  static func compatibilityForm(of scalar: Unicode.Scalar) -> String {
    normalized(String(scalar), isCompatible: true)
  }

  /// Whether form KC differs from the character (RFC 8264 §9.17).
  static func hasCompatibilityForm(_ scalar: Unicode.Scalar) -> Bool {
    // Compared by scalars: strings that are canonically equivalent are equal to `==`.
    !compatibilityForm(of: scalar).unicodeScalars.elementsEqual(CollectionOfOne(scalar))
  }

  private static func normalized(_ text: String, isCompatible: Bool) -> String {
    let source = Array(text.utf16)
    // The most that a form grows by is 18 (KC); of what grows more than to the double there is little.
    for capacity in [source.count * 2 + 16, source.count * 18 + 16] {
      let result = [UInt16](unsafeUninitializedCapacity: capacity) { buffer, count in
        let length = cicu_normalize(
          isCompatible ? 1 : 0, source, Int32(source.count), buffer.baseAddress, Int32(capacity))
        count = length < 0 || Int(length) > capacity ? 0 : Int(length)
      }
      if !result.isEmpty { return String(decoding: result, as: UTF16.self) }
    }
    return text
  }
}
