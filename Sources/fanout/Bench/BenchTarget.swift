import ServerKit

/// Where the connections of a bench go: a URI with places for what differs between them.
///
/// **Shape**: `http://HOST[:PORT]/path?query`, or `https:`, `ws:`, `wss:`, in which `{channel}` stands for the channel's name, `{n}` for the
/// connection's number from 0, and `{last}` for the sequence of the last message that a long-poll has got (0 at first).
struct BenchTarget: Sendable, Equatable {
  /// What is wrong with a target.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Where to connect.
  let address: ListenAddress
  /// Whether by TLS.
  let isSecure: Bool
  /// Whether it was written for WebSockets; it is the same as `http:` or `https:` then.
  let isSocket: Bool

  private enum Piece: Sendable, Equatable {
    case text(String)
    case channel, number, last
  }
  private let pieces: [Piece]

  /// Reads a template.
  init(_ text: String) throws(Problem) {
    let scheme = ["http", "https", "ws", "wss"].first { text.lowercased().hasPrefix($0 + "://") }
    guard let scheme else {
      throw Problem(description: "'\(text)' is no target: http://HOST[:PORT]/PATH is accepted, or https:, ws:, wss:")
    }
    isSecure = scheme == "https" || scheme == "wss"
    isSocket = scheme.hasPrefix("ws")
    let rest = text.dropFirst(scheme.count + 3)
    let pathStart = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    var authority = String(rest[..<pathStart])
    if authority.hasSuffix("]") || !authority.contains(":") { authority += isSecure ? ":443" : ":80" }
    guard authority.contains(where: { $0 != ":" }), !authority.hasPrefix(":"), let address = ListenAddress(authority),
      address.port > 0
    else {
      throw Problem(description: "'\(rest[..<pathStart])' is no HOST[:PORT] in '\(text)'")
    }
    self.address = address
    let path = rest[pathStart...].prefix { $0 != "#" }
    guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw Problem(
        description: "blanks and other characters that a URI does not have must be percent-encoded in '\(text)'")
    }
    pieces = try Self.pieces(of: path.hasPrefix("/") ? path : "/" + path)
  }

  /// The value of `Host`.
  var authority: String {
    let text = "\(address)"
    let standard = isSecure ? ":443" : ":80"
    return text.hasSuffix(standard) ? String(text.dropLast(standard.count)) : text
  }

  /// The name that a TLS server is asked for; `nil` for an address, for which there is none.
  var serverName: String? {
    address.host.contains(":") || address.host.allSatisfy({ $0 == "." || $0.isNumber }) ? nil : address.host
  }

  /// Whether the query has a parameter of this name.
  func namesParameter(_ name: String) -> Bool {
    let path = path(channel: "c", number: 0, last: 0)
    let query = path.drop { $0 != "?" }.dropFirst()
    return query.split(separator: "&").contains { $0.hasPrefix(name + "=") }
  }

  /// Whether connections of a run differ in their channel.
  var namesChannel: Bool { pieces.contains(.channel) }

  /// The request target of one connection, the channel's name percent-encoded.
  func path(channel: String, number: Int, last: Int) -> String {
    pieces.reduce(into: "") { path, piece in
      switch piece {
      case .text(let text): path += text
      case .channel: path += Self.encoded(channel)
      case .number: path += String(number)
      case .last: path += String(last)
      }
    }
  }

  private static func pieces(of path: some StringProtocol) throws(Problem) -> [Piece] {
    var pieces: [Piece] = []
    var rest = path[...]
    while let open = rest.firstIndex(of: "{") {
      if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw Problem(description: "'{' without '}' in the target")
      }
      let name = rest[rest.index(after: open)..<close]
      switch name {
      case "channel": pieces.append(.channel)
      case "n": pieces.append(.number)
      case "last": pieces.append(.last)
      default: throw Problem(description: "'{\(name)}' is not known; {channel}, {n} and {last} are accepted")
      }
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    return pieces
  }

  /// RFC 3986 §2.3: everything but the unreserved characters is encoded.
  private static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
