/// What happened on a WebSocket, as it travels over HTTP (`application/websocket-events`), in both directions.
///
/// **Spec**: GRIP §15.2.
public enum GRIPWebSocketEvent: Sendable, Hashable {
  /// To the origin: a client wants to connect. From the origin: it may.
  case open
  /// A whole text message.
  case text(String)
  /// A whole binary message.
  case binary([UInt8])
  /// A ping with its payload, at most 125 bytes.
  case ping([UInt8])
  /// A pong with its payload, at most 125 bytes.
  case pong([UInt8])
  /// The close handshake. `code` is one that a frame may carry (RFC 6455 §7.4), `reason` at most 123 bytes and empty
  /// where there is no code.
  case close(code: Int?, reason: String)
  /// The connection has ended without a handshake, or shall end so.
  case disconnect

  /// The media type of a body of events. A proxy compares it exactly, without parameters.
  public static let mediaType = "application/websocket-events"

  /// Whether a close frame may carry the code: neither reserved for programs nor undefined (RFC 6455 §7.4).
  public static func isSendable(closeCode code: Int) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// Bytes that count for `Content-Bytes-Accepted`: those of a message, of a ping or pong, of a close's code and reason.
  public var contentBytes: Int {
    switch self {
    case .open, .disconnect: 0
    case .text(let text): text.utf8.count
    case .binary(let bytes), .ping(let bytes), .pong(let bytes): bytes.count
    case .close(let code, let reason): code == nil ? 0 : 2 + reason.utf8.count
    }
  }

  /// Whether nothing that comes after it counts.
  public var isLast: Bool {
    switch self {
    case .close, .disconnect: true
    default: false
    }
  }
}

/// What is wrong with a body of events, and where.
public struct GRIPWebSocketEventError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what is accepted, one line.
  public let reason: String
  /// Bytes from the start of the body to the event, or to the part of it, that is wrong.
  public let offset: Int
  /// Whether a limit was reached, and not a rule broken.
  public let isTooLarge: Bool

  /// The reason with its place.
  public var description: String { "\(reason) (byte \(offset))" }

  init(_ reason: String, at offset: Int, isTooLarge: Bool = false) {
    self.reason = reason
    self.offset = offset
    self.isTooLarge = isTooLarge
  }
}
