/// Checks what follows `;` in a chunk-size line (RFC 9112 §7.1.1), byte by byte. Nothing of it is kept.
///
/// **Shape**: `name` or `name=token` or `name="text"`, the next one after `;`. No blanks outside quotes.
struct ChunkExtensions {
  private enum State {
    case nameStart
    case name
    case valueStart
    case token
    case quoted
    case escaped
    case quotedEnd
  }

  private var state = State.nameStart

  /// Whether an extension may end here.
  var isWhole: Bool {
    switch state {
    case .name, .token, .quotedEnd: true
    default: false
    }
  }

  /// Takes the next byte; `false` where it cannot stand here.
  mutating func accepts(_ byte: UInt8) -> Bool {
    switch (state, byte) {
    case (.nameStart, _) where Self.isToken(byte): state = .name
    case (.name, 0x3D): state = .valueStart
    case (.valueStart, 0x22): state = .quoted
    case (.valueStart, _) where Self.isToken(byte): state = .token
    case (.name, 0x3B), (.token, 0x3B), (.quotedEnd, 0x3B): state = .nameStart
    case (.name, _), (.token, _): return Self.isToken(byte)
    case (.quoted, 0x22): state = .quotedEnd
    case (.quoted, 0x5C): state = .escaped
    case (.quoted, _): return Self.isText(byte)
    case (.escaped, _):
      guard Self.isText(byte) else { return false }
      state = .quoted
    default: return false
    }
    return true
  }

  private static func isText(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) || byte == 0x09 }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
