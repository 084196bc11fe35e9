import NIOCore

/// The masking of client frames (RFC 6455 §5.3).
package struct SocketMask: Sendable, Hashable {
  /// The key as it stands on the wire, the first byte in the highest place.
  package let key: UInt32

  package init(key: UInt32) { self.key = key }

  /// A key that nobody can foresee.
  package static func random() -> SocketMask { SocketMask(key: UInt32.random(in: .min ... .max)) }

  /// Masks or unmasks bytes in place.
  ///
  /// - Parameter offset: how many bytes of the payload came before them.
  package func apply(to bytes: UnsafeMutableRawBufferPointer, offset: Int) {
    guard key != 0 else { return }
    let shift = UInt32(offset & 3) * 8
    let rotated = shift == 0 ? key : key << shift | key >> (32 - shift)
    let word = (UInt64(rotated) << 32 | UInt64(rotated)).bigEndian
    var index = 0
    while index + 8 <= bytes.count {
      let value = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      bytes.storeBytes(of: value ^ word, toByteOffset: index, as: UInt64.self)
      index += 8
    }
    while index < bytes.count {
      bytes[index] ^= UInt8(truncatingIfNeeded: rotated >> (24 - UInt32(index & 3) * 8))
      index += 1
    }
  }
}
