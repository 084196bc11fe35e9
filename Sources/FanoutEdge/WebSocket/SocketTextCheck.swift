/// Whether bytes that come in parts are UTF-8 (RFC 3629 §4): each part is looked at once, and the first wrong byte is
/// found when it comes.
package struct SocketTextCheck: Sendable, Hashable {
  /// Continuation bytes that are still to come.
  private var missing: UInt8 = 0
  /// What the next one may be.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  package init() {}

  /// Whether no character is half there.
  package var isComplete: Bool { missing == 0 }

  /// Looks at the next part. After `false` nothing more is right.
  package mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count {
      if missing == 0 {
        while index + 8 <= bytes.count,
          bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
          index += 8
        }
        guard index < bytes.count else { return true }
        guard begins(with: bytes[index]) else { return false }
      } else {
        guard (lowest...highest).contains(bytes[index]) else { return false }
        missing -= 1
        (lowest, highest) = (0x80, 0xBF)
      }
      index += 1
    }
    return true
  }

  private mutating func begins(with byte: UInt8) -> Bool {
    switch byte {
    case 0x00...0x7F: break
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, lowest) = (2, 0xA0)
    case 0xED: (missing, highest) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, lowest) = (3, 0x90)
    case 0xF4: (missing, highest) = (3, 0x8F)
    case 0xF1...0xF3: missing = 3
    default: return false
    }
    return true
  }
}
