import HTTPTypes
import NIOCore

/// The head of a response that the hold table writes itself.
///
/// Framing and connection fields of origins and publishers are left out: how a body ends is decided here alone.
/// **Spec**: RFC 9112 §4, §6.
struct HeldResponseHead {
  /// How the body that follows ends.
  enum Framing: Hashable {
    /// With this many bytes.
    case length(Int)
    /// With the last chunk, or by closing.
    case stream(StreamFraming)
    /// There is none, and nothing is said about it (204, 304).
    case none
  }

  /// The version `HTTP/1.x`: 0 or 1.
  var minorVersion: Int
  var status: Int
  var reason: String?
  var closes: Bool
  var framing: Framing

  private static let framingFields: Set<String> = [
    "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  ]

  /// Whether a field is for us to write.
  static func isFramingField(_ name: HTTPField.Name) -> Bool {
    framingFields.contains(name.canonicalName)
  }

  /// Whether a response with this status has no body (RFC 9110 §15.3.5, §15.4.5).
  static func isBodyless(_ status: Int) -> Bool {
    status == 204 || status == 304
  }

  /// Writes the head.
  func write(_ fields: some Sequence<HTTPField>, to buffer: inout ByteBuffer) {
    buffer.writeString("HTTP/1.")
    buffer.writeInteger(UInt8(ascii: "0") + UInt8(minorVersion == 0 ? 0 : 1))
    buffer.writeString(" ")
    buffer.writeString(Self.digits(status))
    buffer.writeString(" ")
    buffer.writeString(Self.phrase(status: status, reason: reason))
    buffer.writeString("\r\n")
    for field in fields where !Self.isFramingField(field.name) {
      buffer.writeString(field.name.rawName)
      buffer.writeString(": ")
      buffer.writeString(field.value)
      buffer.writeString("\r\n")
    }
    switch framing {
    case .length(let count):
      buffer.writeString("Content-Length: ")
      buffer.writeString(String(count))
      buffer.writeString("\r\n")
    case .stream(.chunked): buffer.writeString("Transfer-Encoding: chunked\r\n")
    case .stream(.untilClose), .none: break
    }
    if closes || framing == .stream(.untilClose) {
      buffer.writeString("Connection: close\r\n")
    } else if minorVersion == 0 {
      buffer.writeString("Connection: keep-alive\r\n")
    }
    buffer.writeString("\r\n")
  }

  private static func digits(_ status: Int) -> String {
    let text = String(min(max(status, 0), 999))
    return String(repeating: "0", count: 3 - text.utf8.count) + text
  }

  /// The reason phrase: as given, without bytes that a line may not hold, or the standard one.
  private static func phrase(status: Int, reason: String?) -> String {
    if let reason {
      if reason.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return reason }
      return String(decoding: reason.utf8.map { $0 >= 0x20 && $0 != 0x7F ? $0 : 0x20 }, as: UTF8.self)
    }
    return StatusPhrase.of(status)
  }
}

extension ByteBuffer {
  /// Writes one chunk of a chunked body. An empty one is left out, since it would end the body.
  mutating func writeChunk(_ bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return }
    writeString(String(bytes.count, radix: 16))
    writeString("\r\n")
    writeBytes(bytes)
    writeString("\r\n")
  }

  /// Writes a part of a streamed body, framed.
  mutating func writePart(_ bytes: some Collection<UInt8>, framing: StreamFraming) {
    switch framing {
    case .chunked: writeChunk(bytes)
    case .untilClose: writeBytes(bytes)
    }
  }
}
