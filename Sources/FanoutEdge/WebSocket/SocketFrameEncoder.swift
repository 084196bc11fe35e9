package import NIOCore

/// Writes frames: unmasked to clients, masked to origins (RFC 6455 §5.2).
package enum SocketFrameEncoder {
  /// Payloads up to this size are copied behind their header; larger ones are written as they are.
  static let copiedBytes = 4096
  /// Smaller messages are not compressed: it would be no gain.
  static let deflatedFrom = 64

  /// A whole message for clients, in one frame: the same bytes for everybody who may have them.
  ///
  /// - Parameters:
  ///   - kind: pings and pongs take at most 125 bytes; more is cut off.
  ///   - isDeflated: whether its receivers have agreed to permessage-deflate (`SocketClient.isDeflating`). It is compressed
  ///     then where that is a gain.
  package static func message(
    _ kind: SocketFrame.Kind, _ payload: ByteBuffer, isDeflated: Bool = false
  ) -> ByteBuffer {
    message(kind, payload, deflater: isDeflated ? SocketDeflater() : nil)
  }

  /// The same with a compressor at hand; `nil` compresses nothing.
  package static func message(
    _ kind: SocketFrame.Kind, _ payload: ByteBuffer, deflater: SocketDeflater?
  ) -> ByteBuffer {
    let (header, body) = parts(SocketFrame(kind, payload), mask: nil, deflater: deflater)
    return joined(header, body)
  }

  /// A close frame.
  package static func close(_ close: SocketClose, mask: SocketMask? = nil) -> ByteBuffer {
    let body = close.body
    return joined(header(first: 0x88, length: body.readableBytes, mask: mask), masked(body, mask))
  }

  /// A frame as its header and its payload, which may be written one after the other.
  ///
  /// - Parameters:
  ///   - mask: `nil` towards clients.
  ///   - deflater: used where the frame is a whole message, which alone is compressed.
  package static func parts(
    _ frame: SocketFrame, mask: SocketMask?, deflater: SocketDeflater?
  ) -> (header: ByteBuffer, payload: ByteBuffer) {
    var payload = frame.payload
    var first: UInt8
    switch frame.kind {
    case .ping, .pong:
      first = 0x80 | frame.kind.rawValue
      if payload.readableBytes > 125 { payload.moveWriterIndex(to: payload.readerIndex + 125) }
    case .text, .binary:
      first = (frame.isLast ? 0x80 : 0) | (frame.isFirst ? frame.kind.rawValue : 0)
      if frame.isFirst, frame.isLast, payload.readableBytes >= deflatedFrom, let deflated = deflater?.deflate(payload) {
        payload = deflated
        first |= 0x40
      }
    }
    return (header(first: first, length: payload.readableBytes, mask: mask), masked(payload, mask))
  }

  /// Both in one buffer.
  package static func joined(_ header: ByteBuffer, _ payload: ByteBuffer) -> ByteBuffer {
    var bytes = header
    bytes.writeImmutableBuffer(payload)
    return bytes
  }

  private static func masked(_ payload: ByteBuffer, _ mask: SocketMask?) -> ByteBuffer {
    guard let mask, payload.readableBytes > 0 else { return payload }
    var payload = payload
    payload.withUnsafeMutableReadableBytes { mask.apply(to: $0, offset: 0) }
    return payload
  }

  private static func header(first: UInt8, length: Int, mask: SocketMask?) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 14 + (length <= copiedBytes ? length : 0))
    buffer.writeInteger(first)
    let bit: UInt8 = mask == nil ? 0 : 0x80
    switch length {
    case ...125: buffer.writeInteger(bit | UInt8(truncatingIfNeeded: length))
    case ...65_535:
      buffer.writeInteger(bit | 126)
      buffer.writeInteger(UInt16(truncatingIfNeeded: length))
    default:
      buffer.writeInteger(bit | 127)
      buffer.writeInteger(UInt64(length))
    }
    if let mask { buffer.writeInteger(mask.key) }
    return buffer
  }
}
