import HTTPTypes

/// The path and query of a request, decoded.
///
/// Empty segments are dropped, so `//alice@example.com/content/posts/` is `/alice@example.com/content/posts`; a segment is
/// decoded after it is cut out, so `geo%2Fcurrent` is one segment.
struct RequestTarget: Sendable {
  /// The decoded segments.
  var segments: [String]
  /// The decoded query, in order; a name without `=` has an empty value.
  var query: [(name: String, value: String)]

  /// The value of the first parameter with this name; names are compared as they are.
  func parameter(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }

  /// Reads a request target in origin form (or absolute form, whose authority is ignored).
  ///
  /// **Errors**: 414 over `maxBytes`; 400 for another form, a fragment, broken percent-encoding, bytes that are not UTF-8, or a
  /// control character in the path.
  init(_ text: String, maxBytes: Int) throws(APIError) {
    guard text.utf8.count <= maxBytes else {
      throw APIError(.uriTooLong, "path and query may have \(maxBytes) bytes together")
    }
    guard !text.contains("#") else {
      throw APIError(.badRequest, "a request's path cannot have a fragment (#…)")
    }
    var rest = Substring(text)
    for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
      rest = rest.dropFirst(scheme.count)
      rest = rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }
    guard rest.first == "/" || rest.first == "?" else {
      throw APIError(.badRequest, "the path must begin with /")
    }
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    segments = []
    for segment in parts[0].split(separator: "/") {
      guard let decoded = Self.decode(segment, plusIsBlank: false) else {
        throw APIError(.badRequest, "the path has broken percent-encoding or is not UTF-8")
      }
      guard !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
        throw APIError(.badRequest, "the path has a control character")
      }
      segments.append(decoded)
    }
    query = []
    guard parts.count == 2 else { return }
    for pair in parts[1].split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(halves[0], plusIsBlank: true),
        let value = Self.decode(halves.count == 2 ? halves[1] : "", plusIsBlank: true)
      else {
        throw APIError(.badRequest, "the query has broken percent-encoding or is not UTF-8")
      }
      query.append((name, value))
    }
  }

  /// Percent-decodes; `nil` for a broken escape or bytes that are not UTF-8.
  static func decode(_ text: Substring, plusIsBlank: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var iterator = text.utf8.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = iterator.next().flatMap(hexDigit), let low = iterator.next().flatMap(hexDigit) else {
          return nil
        }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsBlank:
        bytes.append(UInt8(ascii: " "))
      default:
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Percent-encodes for one path segment or query value: everything but unreserved characters, `@`, `:` and `,`.
  static func encode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: ","):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = Array("0123456789ABCDEF")
        encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return encoded
  }
}
