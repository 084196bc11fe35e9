package import NIOCore

/// What is wrong with the bytes of a WebSocket, and the code that its close frame gets (RFC 6455 §7.4.1).
///
/// The text names what was found, and never quotes a payload.
package struct SocketFault: Error, Sendable, Hashable {
  /// 1002 broken protocol, 1007 bad data, 1009 too large.
  package var code: UInt16
  /// One line, at most 123 bytes: it is the reason of the close frame.
  package var text: String

  package init(code: UInt16, text: String) {
    self.code = code
    self.text = text
  }

  /// The protocol is broken.
  static func broken(_ text: String) -> SocketFault { SocketFault(code: 1002, text: text) }
  /// The bytes are not what their kind says.
  static func badData(_ text: String) -> SocketFault { SocketFault(code: 1007, text: text) }
  /// A limit is passed.
  static func tooLarge(_ text: String) -> SocketFault { SocketFault(code: 1009, text: text) }
}

extension SocketClose {
  /// Whether a code may stand in a close frame (RFC 6455 §7.4.2 and the registry of §11.7): neither the reserved ones,
  /// nor what is not assigned below 3000.
  package static func isOnWire(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// Reads the body of a close frame.
  ///
  /// **Errors**: one byte alone, a code that may not stand on the wire, a reason that is no UTF-8.
  package init(body: ByteBuffer) throws(SocketFault) {
    guard body.readableBytes > 0 else {
      self.init()
      return
    }
    guard let code: UInt16 = body.getInteger(at: body.readerIndex) else {
      throw .broken("a close frame has one byte, which is no code")
    }
    guard Self.isOnWire(code) else { throw .broken("a close frame has a code that must not be sent") }
    let rest = body.viewBytes(at: body.readerIndex + 2, length: body.readableBytes - 2)
    guard let reason = rest.map({ String(validating: $0, as: UTF8.self) }) ?? nil else {
      throw .badData("the reason of a close frame is not UTF-8")
    }
    self.init(code: code, reason: reason)
  }

  /// The body of a close frame. A code that must not be sent becomes 1000; a longer reason is cut at a character.
  package var body: ByteBuffer {
    var buffer = ByteBuffer()
    guard let code else { return buffer }
    buffer.writeInteger(Self.isOnWire(code) ? code : 1000)
    var room = 123
    for scalar in reason.unicodeScalars {
      let count = UTF8.width(scalar)
      guard count <= room else { break }
      room -= count
      buffer.writeString(String(Character(scalar)))
    }
    return buffer
  }
}
