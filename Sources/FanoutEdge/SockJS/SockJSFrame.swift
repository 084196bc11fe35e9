import GRIP
import NIOCore

/// What a server says in SockJS (protocol 0.3.3): one frame is one line of a poll's response, or one text message of a
/// framed WebSocket.
enum SockJSFrame {
  /// The session is open.
  static let open = ByteBuffer(string: "o")
  /// Nothing, so that the connection does not look dead.
  static let heartbeat = ByteBuffer(string: "h")

  /// Messages.
  ///
  /// - Parameter messages: each a JSON string already (`quoted`).
  static func messages(_ messages: some Sequence<ByteBuffer>) -> ByteBuffer {
    var buffer = ByteBuffer(string: "a[")
    var isFirst = true
    for message in messages {
      if !isFirst { buffer.writeStaticString(",") }
      isFirst = false
      buffer.writeImmutableBuffer(message)
    }
    buffer.writeStaticString("]")
    return buffer
  }

  /// The end. Without a code it is 1000, without a reason it says `Connection closed`, as Pushpin does.
  static func close(_ close: SocketClose) -> ByteBuffer {
    var writer = JSONWriter()
    writer.beginArray()
    writer.integer(Int(close.code ?? 1000))
    writer.string(close.reason.isEmpty ? "Connection closed" : close.reason)
    writer.endArray()
    var buffer = ByteBuffer(string: "c")
    buffer.writeBytes(writer.bytes)
    return buffer
  }

  /// A message as a JSON string, which is also JavaScript (no U+2028, U+2029). SockJS has only text: what is no UTF-8 is
  /// repaired with U+FFFD.
  static func quoted(_ message: ByteBuffer) -> ByteBuffer {
    var writer = JSONWriter(capacity: message.readableBytes + message.readableBytes / 8 + 2)
    writer.string(String(decoding: message.readableBytesView, as: UTF8.self))
    return ByteBuffer(bytes: writer.bytes.escapingLineSeparators)
  }

  /// A frame for a script (JSON-P): `/**/CALLBACK("FRAME");` and a line end.
  static func script(_ frame: ByteBuffer, callback: String) -> ByteBuffer {
    var buffer = ByteBuffer(string: "/**/\(callback)(")
    buffer.writeImmutableBuffer(quoted(frame))
    buffer.writeStaticString(");\n")
    return buffer
  }

  /// The messages that a client sends: a JSON array of strings. `nil` where it is none.
  static func read(_ text: some Sequence<UInt8>, limit: Int) -> [ByteBuffer]? {
    var options = JSONReader.Options()
    options.depth = 2
    options.bytes = limit
    guard case .array(let elements)? = try? JSONReader.read(text, options: options) else { return nil }
    var messages: [ByteBuffer] = []
    for element in elements {
      guard case .string(let message) = element else { return nil }
      messages.append(ByteBuffer(string: message))
    }
    return messages
  }
}

extension [UInt8] {
  /// JSON text in which U+2028 and U+2029 (E2 80 A8, E2 80 A9) are escaped.
  fileprivate var escapingLineSeparators: [UInt8] {
    guard contains(0xE2) else { return self }
    var result: [UInt8] = []
    var index = 0
    while index < count {
      if index + 2 < count, self[index] == 0xE2, self[index + 1] == 0x80, self[index + 2] | 1 == 0xA9 {
        result += Array((self[index + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8)
        index += 3
      } else {
        result.append(self[index])
        index += 1
      }
    }
    return result
  }
}

/// Puts the frames of a WebSocket together to messages.
struct SockJSAssembler {
  /// What a frame did.
  enum Event: Hashable {
    /// A message is whole.
    case message(ByteBuffer)
    /// It is not, or this is none.
    case nothing
    /// It is too large.
    case tooLarge
  }

  /// LIMIT: bytes of a message.
  let limit: Int
  private var message = ByteBuffer()

  init(limit: Int) { self.limit = limit }

  /// Takes a frame.
  mutating func take(_ frame: SocketFrame) -> Event {
    guard frame.kind == .text || frame.kind == .binary else { return .nothing }
    guard message.readableBytes + frame.payload.readableBytes <= limit else {
      message = ByteBuffer()
      return .tooLarge
    }
    if frame.isFirst, frame.isLast { return .message(frame.payload) }
    message.writeImmutableBuffer(frame.payload)
    guard frame.isLast else { return .nothing }
    defer { message = ByteBuffer() }
    return .message(message)
  }
}
