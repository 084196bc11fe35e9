import HTTPTypes

/// Reads a complete request head into its value, and decides the framing of the body.
enum RequestHeadReader {
  /// A head and what follows from it.
  struct Reading {
    var head: RequestHead
    var framing: BodyFraming
    var expectsContinue: Bool
  }

  /// Reads the bytes of a head that `HeadScanner` called complete.
  static func read(_ bytes: UnsafeRawBufferPointer, limits: MessageLimits) throws(HeadFault) -> Reading {
    var lines = HeadLines(bytes)
    guard let requestLine = lines.next() else { throw HeadFault("the request line is empty") }
    var (method, target, minorVersion) = try readRequestLine(requestLine, limits: limits)
    var fields = HTTPFields()
    while let line = lines.next() { try FieldLine.append(line, to: &fields, limit: limits.maxFields) }

    let hosts = fields[fields: .hostField]
    guard hosts.count <= 1 else { throw HeadFault("there is more than one Host") }
    var authority = "localhost"
    if let host = hosts.first?.value {
      try checkAuthority(host)
      authority = host
    } else if minorVersion >= 1 {
      throw HeadFault("an HTTP/1.1 request needs a Host")
    }
    let form = try TargetForm.read(target, method: method)
    target = form.target
    if let own = form.authority {
      try checkAuthority(own)
      authority = own
    }

    let framing = try framing(of: fields, minorVersion: minorVersion, limits: limits)
    let expectsContinue = try expectation(of: fields, minorVersion: minorVersion, framing: framing)
    fields.removeFields {
      [.hostField, .contentLength, .transferEncoding, .expect].contains($0.name)
    }
    let head = RequestHead(
      method: method, target: target, authority: authority, minorVersion: minorVersion, fields: fields)
    return Reading(head: head, framing: framing, expectsContinue: expectsContinue)
  }

  private static func readRequestLine(
    _ line: UnsafeRawBufferPointer, limits: MessageLimits
  ) throws(HeadFault) -> (method: String, target: String, minorVersion: Int) {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3 else {
      throw HeadFault("the request line is not: method, blank, target, blank, version")
    }
    guard (1...32).contains(parts[0].count), HTTPField.Name(String(decoding: parts[0], as: UTF8.self)) != nil else {
      throw HeadFault("the method is not a token of 1 to 32 characters")
    }
    let method = String(decoding: parts[0], as: UTF8.self)
    let version = String(decoding: parts[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      let isHTTP = version.utf8.count == 8 && version.hasPrefix("HTTP/") && version.utf8.dropFirst(6).first == 0x2E
      throw HeadFault("the version is neither HTTP/1.1 nor HTTP/1.0", status: isHTTP ? 505 : 400)
    }
    guard method != "CONNECT", method != "TRACE" else {
      throw HeadFault("the method \(method) is not served here", status: 405)
    }
    guard parts[1].count <= limits.maxTargetBytes else {
      throw HeadFault("the request target is over \(limits.maxTargetBytes) bytes", status: 414)
    }
    for byte in parts[1] where byte <= 0x20 || byte >= 0x7F || byte == 0x23 {
      throw HeadFault("the request target has a character that must be percent-encoded, or a fragment")
    }
    return (method, String(decoding: parts[1], as: UTF8.self), version == "HTTP/1.1" ? 1 : 0)
  }

  /// RFC 9112 §6.3, without its lenient branches.
  private static func framing(
    of fields: HTTPFields, minorVersion: Int, limits: MessageLimits
  ) throws(HeadFault) -> BodyFraming {
    for field in fields {
      // Servers that fold `_` into `-` would read these as framing.
      switch field.name.canonicalName {
      case "content_length", "transfer_encoding", "transfer-encoding_", "content-length_":
        throw HeadFault("a header name looks like Content-Length or Transfer-Encoding, but is not")
      default: break
      }
    }
    let length = try FieldLine.contentLength(of: fields)
    guard fields.contains(.transferEncoding) else {
      guard let length else { return .none }
      guard length <= limits.maxBodyBytes else {
        throw HeadFault("the body is over the limit of \(limits.maxBodyBytes) bytes", status: 413)
      }
      return .length(length)
    }
    guard minorVersion >= 1 else { throw HeadFault("Transfer-Encoding needs HTTP/1.1") }
    guard length == nil else { throw HeadFault("there is both a Content-Length and a Transfer-Encoding") }
    return try FieldLine.isChunked(fields) ? .chunked : .none
  }

  private static func expectation(
    of fields: HTTPFields, minorVersion: Int, framing: BodyFraming
  ) throws(HeadFault) -> Bool {
    let expectations = fields.tokens(of: .expect)
    guard !expectations.isEmpty, minorVersion >= 1 else { return false }
    guard expectations == ["100-continue"] else {
      throw HeadFault("the only expectation that is served is 100-continue", status: 417)
    }
    switch framing {
    case .none, .length(0): return false
    default: return true
    }
  }

  /// `uri-host [":" port]`, narrower than RFC 3986: letters, digits, `-`, `.`, `_`, `~`, or an IPv6 literal.
  static func checkAuthority(_ text: String) throws(HeadFault) {
    let fault = HeadFault("the host is not a name, an address or [an IPv6 address], with a port or without")
    let bytes = Array(text.utf8)
    guard (1...255).contains(bytes.count) else { throw fault }
    var index = 0
    if bytes[0] == 0x5B {
      guard let end = bytes.firstIndex(of: 0x5D), end >= 3 else { throw fault }
      for byte in bytes[1..<end] where !(isHexDigit(byte) || byte == 0x3A || byte == 0x2E) { throw fault }
      index = end + 1
    } else {
      while index < bytes.count, isNameByte(bytes[index]) { index += 1 }
      guard index > 0 else { throw fault }
    }
    guard index < bytes.count else { return }
    let port = bytes[(index + 1)...]
    guard bytes[index] == 0x3A, (1...5).contains(port.count) else { throw fault }
    var number = 0
    for byte in port {
      guard (0x30...0x39).contains(byte) else { throw fault }
      number = number * 10 + Int(byte - 0x30)
    }
    guard number <= 65_535 else { throw fault }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }
}

/// The form of a request target (RFC 9112 §3.2), reduced to origin form.
enum TargetForm {
  /// The target in origin form (or `*`), and the authority that an absolute form names.
  static func read(_ target: String, method: String) throws(HeadFault) -> (target: String, authority: String?) {
    if target == "*" {
      guard method == "OPTIONS" else { throw HeadFault("the target * belongs to OPTIONS only") }
      return (target, nil)
    }
    var origin = Substring(target)
    var authority: String?
    if !target.hasPrefix("/") {
      let lowered = target.prefix(8).lowercased()
      guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://") else {
        throw HeadFault("the request target is neither a path nor an http URI")
      }
      let rest = target.dropFirst(lowered.hasPrefix("https://") ? 8 : 7)
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      authority = String(rest[..<end])
      origin = rest[end...]
    }
    let path = origin.prefix { $0 != "?" }
    if containsEncodedNUL(path) { throw HeadFault("the path contains an encoded NUL byte") }
    return (origin.hasPrefix("/") ? String(origin) : "/" + origin, authority)
  }

  private static func containsEncodedNUL(_ path: Substring) -> Bool {
    var last: (UInt8, UInt8) = (0, 0)
    for byte in path.utf8 {
      if last == (0x25, 0x30) && byte == 0x30 { return true }
      last = (last.1, byte)
    }
    return false
  }
}
