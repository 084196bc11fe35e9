import NIOCore

/// Frames as a server sends them: unmasked, so that the same bytes serve every client (RFC 6455 §5.2).
enum ServerFrame {
  /// Writes one frame.
  ///
  /// - Parameter isCompressed: whether the payload is deflated (RFC 7692 §6).
  static func write(
    _ kind: SocketFrame.Kind, _ payload: UnsafeBufferPointer<UInt8>, isCompressed: Bool = false,
    to buffer: inout ByteBuffer
  ) {
    buffer.writeInteger(0x80 | (isCompressed ? 0x40 : 0) | kind.rawValue)
    let count = payload.count
    if count < 126 {
      buffer.writeInteger(UInt8(count))
    } else if count <= UInt16.max {
      buffer.writeInteger(UInt8(126))
      buffer.writeInteger(UInt16(count))
    } else {
      buffer.writeInteger(UInt8(127))
      buffer.writeInteger(UInt64(count))
    }
    buffer.writeBytes(payload)
  }

  /// A whole frame.
  static func encode(_ kind: SocketFrame.Kind, _ payload: some Sequence<UInt8>) -> ByteBuffer {
    var buffer = ByteBuffer()
    let bytes = Array(payload)
    buffer.reserveCapacity(bytes.count + 10)
    bytes.withUnsafeBufferPointer { write(kind, $0, to: &buffer) }
    return buffer
  }
}

extension SocketClose {
  /// With a code that may stand on the wire: others (Q-23: libraries write 0) count as none, or as 1000 where a reason
  /// follows. The reason is cut to 123 bytes at a character.
  init(lenient code: Int?, reason: String) {
    var reason = reason
    while reason.utf8.count > 123 { reason.removeLast() }
    if let code, Self.isSendable(code) {
      self.init(code: UInt16(code), reason: reason)
    } else {
      self.init(code: reason.isEmpty ? nil : 1000, reason: reason)
    }
  }

  private static func isSendable(_ code: Int) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
