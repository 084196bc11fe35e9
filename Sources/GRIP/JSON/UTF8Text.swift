/// Well-formed UTF-8 (Unicode 16, table 3-7).
///
/// The reader checks a document once and as a whole: asking the standard library for each string took an eighth of the
/// time of a publish.
enum UTF8Text {
  /// The offset of the first byte that is not part of a well-formed sequence, or `nil`.
  static func firstError(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let raw = UnsafeRawBufferPointer(bytes)
    var position = 0
    while position < bytes.count {
      if position + 8 <= bytes.count,
        raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        position += 8
      } else if bytes[position] < 0x80 {
        position += 1
      } else {
        let length = sequenceLength(bytes, at: position)
        guard length > 0 else { return position }
        position += length
      }
    }
    return nil
  }

  /// Bytes of the sequence of two to four that begins here, or 0.
  private static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
    let length: Int
    // The second byte's range rules out overlong forms, surrogates and what lies beyond U+10FFFF.
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[position] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return 0 }
    for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 { return 0 }
    return length
  }
}
