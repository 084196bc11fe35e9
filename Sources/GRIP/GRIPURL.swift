/// A control URI with credentials in it, as `GRIP_URL` has it.
struct GRIPURL {
  private let base: String
  private let userInfo: String?
  private let query: [(name: String, value: String)]
  /// What of the query is not ours, as written.
  private let rest: String

  /// Cuts a list at commas and blanks that stand before another `http://` or `https://`: a key may hold both.
  static func split(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var parts: [String] = []
    var start = 0
    for position in bytes.indices where position >= start && isSeparator(bytes[position]) {
      let next = bytes[position...].drop(while: isSeparator)
      guard next.starts(with: "http://".utf8) || next.starts(with: "https://".utf8) else { continue }
      parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
      start = next.startIndex
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts.map { part in
      String(decoding: part.utf8.drop(while: isSeparator).reversed().drop(while: isSeparator).reversed(), as: UTF8.self)
    }.filter { !$0.isEmpty }
  }

  /// Whether the text is the name of a realm and no URI.
  static func isRealm(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }

  /// Reads one URI.
  init(_ text: String) throws(GRIPDecodingError) {
    let scheme = text.hasPrefix("https://") ? "https://" : "http://"
    guard text.hasPrefix(scheme) else {
      throw GRIPDecodingError("a control URI must begin with http:// or https://")
    }
    let unfragmented = text.dropFirst(scheme.count).prefix { $0 != "#" }
    let location = unfragmented.prefix { $0 != "?" }
    let authority = location.prefix { $0 != "/" }
    let path = location[authority.endIndex...]
    var host = authority
    if let at = authority.lastIndex(of: "@") {
      userInfo = String(authority[..<at])
      host = authority[authority.index(after: at)...]
    } else {
      userInfo = nil
    }
    guard !host.isEmpty, host.utf8.first != UInt8(ascii: ":"), LinkURI.isValid(String(host) + path) else {
      throw GRIPDecodingError("a control URI has no host, or holds a character that must be percent-encoded")
    }
    var trimmed = String(path)
    while trimmed.utf8.last == UInt8(ascii: "/") { trimmed.removeLast() }
    base = scheme + host + trimmed
    var ours: [(name: String, value: String)] = []
    var others: [Substring] = []
    for item in unfragmented[location.endIndex...].dropFirst().split(separator: "&") {
      let name = item.prefix { $0 != "=" }
      if Self.parameters.contains(name) {
        ours.append((String(name), try Self.decode(item[name.endIndex...].dropFirst())))
      } else {
        others.append(item)
      }
    }
    query = ours
    rest = others.joined(separator: "&")
    guard rest.isEmpty || LinkURI.isValid(rest) else {
      throw GRIPDecodingError("the query of a control URI holds a character that must be percent-encoded")
    }
  }

  /// The endpoint that the URI describes.
  func endpoint(readFile: (String) throws -> [UInt8]) throws(GRIPDecodingError) -> GRIPEndpoint {
    var endpoint = GRIPEndpoint(controlURI: rest.isEmpty ? base : "\(base)?\(rest)")
    let key = self["key"]
    if let issuer = self["iss"] {
      guard let key, let signing = try GRIPKey.parse(key, readFile: readFile) else {
        throw GRIPDecodingError("a control URI has iss, but no key")
      }
      guard signing.canSign else { throw GRIPDecodingError("a control URI has iss, but its key cannot sign") }
      endpoint.authentication = .jwt(issuer: issuer, key: signing)
    } else if let key {
      endpoint.authentication = .bearer(token: key)
    } else if let userInfo {
      let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      endpoint.authentication = .basic(
        user: try Self.decode(parts[0], plusIsBlank: false),
        password: parts.count > 1 ? try Self.decode(parts[1], plusIsBlank: false) : "")
    }
    endpoint.verifyKey = try GRIPKey.parse(self["verify-key"] ?? key ?? "", readFile: readFile)
    endpoint.verifyIssuer = self["verify-iss"]
    return endpoint
  }

  private static let parameters: Set<Substring> = ["iss", "key", "verify-iss", "verify-key"]

  private subscript(name: String) -> String? {
    query.first { $0.name == name && !$0.value.isEmpty }?.value
  }

  /// Percent-decoding; `+` is a blank as in forms, but not in base64, where it is a digit.
  private static func decode(
    _ text: Substring, plusIsBlank: Bool = true
  ) throws(GRIPDecodingError) -> String {
    let plusIsBlank = plusIsBlank && !text.hasPrefix("base64:") && !text.lowercased().hasPrefix("base64%3a")
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(HexDigit.value), let low = rest.popFirst().flatMap(HexDigit.value)
        else { throw GRIPDecodingError("a control URI has a % that no two hex digits follow") }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw GRIPDecodingError("a control URI holds bytes that are not UTF-8")
    }
    return decoded
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == UInt8(ascii: ",") || (0x09...0x0D).contains(byte)
  }
}
