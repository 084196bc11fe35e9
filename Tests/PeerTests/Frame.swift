/// A WebSocket frame of a scenario (RFC 6455 §5.2). Its text may have the marks of `Scenario`.
///
/// Over HTTP the same value is an event: its kind decides the name, and a whole message is one event.
struct Frame: Sendable {
  /// The four bits of RFC 6455 §11.8; above them what exists over HTTP only.
  enum Kind: UInt8, Sendable {
    case more = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
    /// Nobody has given it a meaning.
    case reserved = 3
    /// Over HTTP: the connection is wanted, or accepted.
    case open = 16
    /// Over HTTP: it ended without a close frame.
    case disconnect = 17

    /// The name of an event.
    var event: String {
      switch self {
      case .more, .reserved: "ODD"
      case .text: "TEXT"
      case .binary: "BINARY"
      case .close: "CLOSE"
      case .ping: "PING"
      case .pong: "PONG"
      case .open: "OPEN"
      case .disconnect: "DISCONNECT"
      }
    }
  }

  var kind: Kind
  /// Bytes before the text; the code of a close.
  var bytes: [UInt8] = []
  var text = ""
  /// Whether a message ends with it.
  var isLast = true
  /// The three bits behind FIN.
  var reserved: UInt8 = 0
  /// Whether it is masked the other way round than its sender must (RFC 6455 §5.1).
  var isMaskedWrongly = false

  static let open = Frame(kind: .open)
  static let disconnect = Frame(kind: .disconnect)
  static func text(_ text: String) -> Frame { Frame(kind: .text, text: text) }
  static func binary(_ bytes: [UInt8]) -> Frame { Frame(kind: .binary, bytes: bytes) }
  static func ping(_ text: String = "") -> Frame { Frame(kind: .ping, text: text) }
  static func pong(_ text: String = "") -> Frame { Frame(kind: .pong, text: text) }
  /// The beginning of a text.
  static func first(_ text: String) -> Frame { Frame(kind: .text, text: text, isLast: false) }
  static func middle(_ text: String) -> Frame { Frame(kind: .more, text: text, isLast: false) }
  static func last(_ text: String) -> Frame { Frame(kind: .more, text: text) }

  /// A close, with a code or without.
  static func close(_ code: UInt16? = 1000, _ reason: String = "") -> Frame {
    Frame(kind: .close, bytes: code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [], text: reason)
  }

  /// A control message for the proxy: a JSON object without its braces.
  static func control(_ members: String) -> Frame { .text("c:{\(members)}") }
  /// What subscribes to a channel.
  static func subscribe(_ channel: String = "{c}", _ more: String = "") -> Frame {
    .control(#""type":"subscribe","channel":"\#(channel)"\#(more)"#)
  }

  /// The frame's bytes with a payload that has its marks filled in.
  func encoded(_ payload: [UInt8], byClient: Bool) -> [UInt8] {
    var all: [UInt8] = [(isLast ? 0x80 : 0) | reserved << 4 | kind.rawValue]
    let isMasked = byClient != isMaskedWrongly
    let mask: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case ..<126: all.append(mask | UInt8(payload.count))
    case ..<65_536: all += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: all += [mask | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
    }
    guard isMasked else { return all + payload }
    let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    return all + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
  }

  /// The event's bytes with a payload that has its marks filled in (GRIP §15.2).
  func event(_ payload: [UInt8]) -> [UInt8] {
    if payload.isEmpty, kind != .text, kind != .binary { return Array("\(kind.event)\r\n".utf8) }
    return Array("\(kind.event) \(String(payload.count, radix: 16))\r\n".utf8) + payload + [13, 10]
  }
}
