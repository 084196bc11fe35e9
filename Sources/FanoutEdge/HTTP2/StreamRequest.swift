package import NIOCore
package import NIOHPACK

/// The head of an HTTP/2 request as the head of an HTTP/1.1 request, written anew from checked parts.
///
/// What could be read differently in the two is malformed and never passed on (RFC 9113 §8.2, §8.3, §10.3). What is wrong in
/// both, as a bad host or a target that is too long, is left to the reader of HTTP/1.1, so that it is answered the same.
///
/// Pure.
package struct StreamRequest {
  /// The request is malformed: the stream is reset with `PROTOCOL_ERROR`.
  package struct Malformed: Error, Hashable {
    /// For the log; never a value.
    package let text: String
  }

  /// How the body is framed in HTTP/1.1.
  package enum Framing: Hashable {
    case none
    case length(Int)
    case chunked
    /// No body but the bytes of a WebSocket (RFC 8441).
    case tunnel
  }

  /// Ready to be read by the reader of HTTP/1.1.
  package let head: ByteBuffer
  package let framing: Framing
  /// `GET` where a WebSocket is opened.
  package let method: String

  /// - Parameters:
  ///   - isWhole: whether the stream's end came with the head.
  ///   - key: a value for `Sec-WebSocket-Key`, in case one is needed.
  package init(_ headers: HPACKHeaders, isWhole: Bool, key: @autoclosure () -> String) throws(Malformed) {
    var reading = Reading()
    for (name, value, _) in headers { try reading.read(name, value) }
    let method = try reading.required(":method")
    guard Self.isToken(method) else { throw Malformed(text: ":method is no token") }
    let isTunnel = reading.pseudo[":protocol"] != nil
    var authority = reading.pseudo[":authority"]
    guard reading.hosts.count <= 1 else { throw Malformed(text: "there is more than one host") }
    if let host = reading.hosts.first {
      guard authority == nil || authority?.lowercased() == host.lowercased() else {
        throw Malformed(text: "host and :authority differ")
      }
      authority = authority ?? host
    }
    if let authority, authority.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
      throw Malformed(text: ":authority has a character that is none of a host's")
    }
    let target = try reading.target(method: method, isTunnel: isTunnel)
    framing = try reading.framing(isWhole: isWhole, isTunnel: isTunnel)
    self.method = isTunnel ? "GET" : method
    var bytes = ByteBuffer()
    bytes.writeString("\(self.method) \(target) HTTP/1.1\r\n")
    if let authority { bytes.writeString("Host: \(authority)\r\n") }
    bytes.writeImmutableBuffer(reading.fields)
    if !reading.cookies.isEmpty { bytes.writeString("cookie: \(reading.cookies.joined(separator: "; "))\r\n") }
    switch framing {
    case .none: break
    case .length(let length): bytes.writeString("Content-Length: \(length)\r\n")
    case .chunked: bytes.writeStaticString("Transfer-Encoding: chunked\r\n")
    case .tunnel:
      bytes.writeString("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: \(key())\r\n")
    }
    bytes.writeStaticString("\r\n")
    head = bytes
  }

  /// A token of HTTP (RFC 9110 §5.6.2).
  fileprivate static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
      }
  }
}

/// What has been read of a head.
private struct Reading {
  typealias Malformed = StreamRequest.Malformed

  var pseudo: [String: String] = [:]
  var hosts: [String] = []
  var cookies: [String] = []
  var lengths: [String] = []
  var fields = ByteBuffer()
  private var hasFields = false

  mutating func read(_ name: String, _ value: String) throws(Malformed) {
    for byte in value.utf8 where byte == 0 || byte == 0x0A || byte == 0x0D {
      throw Malformed(text: "a value has a line break or a NUL")
    }
    if name.hasPrefix(":") {
      guard !hasFields else { throw Malformed(text: "a pseudo-header comes after a field") }
      guard pseudo[name] == nil else { throw Malformed(text: "a pseudo-header comes twice") }
      guard [":method", ":scheme", ":authority", ":path", ":protocol"].contains(name) else {
        throw Malformed(text: "there is an unknown pseudo-header")
      }
      pseudo[name] = value
      return
    }
    hasFields = true
    guard StreamRequest.isToken(name), !name.utf8.contains(where: { (0x41...0x5A).contains($0) }) else {
      throw Malformed(text: "a field name is no token in lower case")
    }
    if let first = value.utf8.first, let last = value.utf8.last,
      [0x20, 0x09].contains(first) || [0x20, 0x09].contains(last)
    {
      throw Malformed(text: "a value begins or ends with a blank")
    }
    switch name {
    case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings":
      throw Malformed(text: "a field speaks of the connection")
    case "te": guard value == "trailers" else { throw Malformed(text: "te is other than trailers") }
    case "host": hosts.append(value)
    case "cookie": cookies.append(value)
    case "content-length": lengths.append(value)
    case "sec-websocket-key": break
    default: fields.writeString("\(name): \(value)\r\n")
    }
  }

  func required(_ name: String) throws(Malformed) -> String {
    guard let value = pseudo[name], !value.isEmpty else { throw Malformed(text: "there is no \(name)") }
    return value
  }

  /// The request target. A plain `CONNECT` has its authority there, which the reader of HTTP/1.1 answers with 405.
  func target(method: String, isTunnel: Bool) throws(Malformed) -> String {
    if method == "CONNECT", !isTunnel {
      guard pseudo[":path"] == nil, pseudo[":scheme"] == nil else {
        throw Malformed(text: "CONNECT has a path or a scheme")
      }
      return try required(":authority")
    }
    if isTunnel {
      guard method == "CONNECT" else { throw Malformed(text: ":protocol belongs to CONNECT") }
      guard pseudo[":protocol"]?.lowercased() == "websocket" else {
        throw Malformed(text: "the only :protocol here is websocket")
      }
    }
    let scheme = try required(":scheme").lowercased()
    guard scheme == "http" || scheme == "https" else { throw Malformed(text: ":scheme is neither http nor https") }
    let path = try required(":path")
    guard path.hasPrefix("/") || (path == "*" && method == "OPTIONS") else {
      throw Malformed(text: ":path does not begin with a slash")
    }
    guard !path.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw Malformed(text: ":path has a blank or a control character")
    }
    return path
  }

  func framing(isWhole: Bool, isTunnel: Bool) throws(Malformed) -> StreamRequest.Framing {
    guard let text = lengths.first else {
      if isTunnel { return .tunnel }
      return isWhole ? .none : .chunked
    }
    guard !isTunnel, lengths.count == 1, (1...18).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
    else { throw Malformed(text: "content-length is not one number of 1 to 18 digits") }
    guard !isWhole || length == 0 else { throw Malformed(text: "content-length is not that of the body") }
    return .length(length)
  }
}
