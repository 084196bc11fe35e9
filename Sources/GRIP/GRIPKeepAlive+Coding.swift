extension GRIPKeepAlive {
  /// Reads the value of `Grip-Keep-Alive`.
  ///
  /// **Shape**: `data[;mode=idle|interval][;timeout=s][;format=raw|cstring|base64]`; the timeout counts at least 1 s.
  static func decode(headerValue: String) throws(GRIPDecodingError) -> GRIPKeepAlive {
    guard let element = HeaderElement(whole: headerValue) else {
      throw GRIPDecodingError("Grip-Keep-Alive: broken quotes")
    }
    let content = try content(element.first, format: element["format"])
    guard !content.isEmpty else { throw GRIPDecodingError("Grip-Keep-Alive: no data") }
    return GRIPKeepAlive(
      content: content, mode: try mode(element["mode"]), timeout: try timeout(element["timeout"]))
  }

  /// The value of `Grip-Keep-Alive`: raw where the bytes can stand in a header as they are, `cstring` for text, base64
  /// for the rest.
  func headerValue() throws(GRIPEncodingError) -> String {
    guard !content.isEmpty else { throw GRIPEncodingError("a keep-alive has no content") }
    let seconds = try WholeSeconds.count(timeout, of: "a keep-alive's timeout")
    let (data, format) = headerData
    return "\(data); mode=\(mode.rawValue); timeout=\(seconds)\(format.map { "; format=\($0)" } ?? "")"
  }

  private var headerData: (data: String, format: String?) {
    let isText = content.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    guard isText else { return (Base64.encode(content), "base64") }
    let text = String(decoding: content, as: UTF8.self)
    if FieldText.isPlain(text) && FieldText.isFieldValue(text) && !content.contains(UInt8(ascii: "\t")) {
      return (text, nil)
    }
    return (CString.encode(content), "cstring")
  }

  private static func content(_ data: String, format: String?) throws(GRIPDecodingError) -> [UInt8] {
    switch format {
    case nil, "raw": return Array(data.utf8)
    case "cstring": return try CString.decode(Array(data.utf8))
    case "base64":
      guard let bytes = Base64.decode(data.utf8) else { throw GRIPDecodingError("Grip-Keep-Alive: data is not base64") }
      return bytes
    default: throw GRIPDecodingError("Grip-Keep-Alive: format must be raw, cstring or base64")
    }
  }

  private static func mode(_ text: String?) throws(GRIPDecodingError) -> Mode {
    guard let text else { return .idle }
    guard let mode = Mode(rawValue: text) else {
      throw GRIPDecodingError("Grip-Keep-Alive: mode must be idle or interval")
    }
    return mode
  }

  private static func timeout(_ text: String?) throws(GRIPDecodingError) -> Duration {
    guard let text else { return .seconds(55) }
    guard let seconds = FieldText.integer(text), seconds >= 0 else {
      throw GRIPDecodingError("Grip-Keep-Alive: timeout must be a whole number of seconds, 0 or more")
    }
    return .seconds(max(1, seconds))
  }
}

/// The `cstring` format: `\\`, `\r`, `\n`, `\t`, `\xHH`; any other escaped character stands for itself.
///
/// COMPAT: Pushpin loses a tab that is written `\t`, so we read it and write `\x09`.
enum CString {
  private static let hexDigits = Array("0123456789abcdef".utf8)

  /// The bytes that the text stands for.
  static func decode(_ text: [UInt8]) throws(GRIPDecodingError) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { throw GRIPDecodingError("cstring: a backslash at the end") }
      switch escaped {
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "x"):
        guard let high = rest.popFirst().flatMap(HexDigit.value), let low = rest.popFirst().flatMap(HexDigit.value)
        else { throw GRIPDecodingError("cstring: \\x needs two hex digits") }
        bytes.append(high << 4 | low)
      default: bytes.append(escaped)
      }
    }
    return bytes
  }

  /// Text for the bytes that can stand in a header: delimiters, controls and all that is not ASCII as `\xHH`, and so
  /// is a blank at either end, which would be trimmed.
  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for (position, byte) in bytes.enumerated() {
      let isEnd = position == 0 || position == bytes.count - 1
      switch byte {
      case UInt8(ascii: "\\"): text.append(contentsOf: "\\\\".utf8)
      case 0x0D: text.append(contentsOf: "\\r".utf8)
      case 0x0A: text.append(contentsOf: "\\n".utf8)
      case 0x21..<0x7F where byte != UInt8(ascii: ";") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: ","):
        text.append(byte)
      case 0x20 where !isEnd: text.append(byte)
      default:
        text.append(contentsOf: "\\x".utf8)
        text.append(hexDigits[Int(byte >> 4)])
        text.append(hexDigits[Int(byte & 15)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Durations as the wire has them.
enum WholeSeconds {
  /// Seconds, rounded up, 0 to 2,147,483,647.
  static func count(_ duration: Duration, of what: String) throws(GRIPEncodingError) -> Int {
    guard duration >= .zero, duration <= .seconds(Int(Int32.max)) else {
      throw GRIPEncodingError("\(what) must be between 0 and \(Int32.max) seconds")
    }
    let (seconds, attoseconds) = duration.components
    return Int(attoseconds > 0 ? seconds + 1 : seconds)
  }
}
