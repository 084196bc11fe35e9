import HTTPTypes

/// What a response is put in for a script that asked by JSON-P (GRIP §17.2).
///
/// **Shape**: `/**/CALLBACK({"code": 200, "reason": "OK", "headers": {…}, "body": "…"});` and a line end, or
/// `/**/CALLBACK(BODY);` and a line end.
struct JSONPEnvelope: Sendable, Hashable {
  /// Letters, digits, `_`, `$`, `.`, `[`, `]`.
  var callback: String
  var mode: JSONPRule.Mode

  /// Whether a name may be called. Deviates: Pushpin takes any text, which is then run.
  static func isCallback(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || [0x5F, 0x24, 0x2E, 0x5B, 0x5D].contains(byte)
      }
  }

  /// The fields of the response that the script gets, whose status is always 200.
  ///
  /// - Parameter isWhole: whether the origin's response was complete at once.
  static func fields(of response: HTTPFields, isWhole: Bool) -> HTTPFields {
    var fields: HTTPFields = [.contentType: "application/javascript"]
    if isWhole {
      for value in response[values: .cacheControl] { fields.append(HTTPField(name: .cacheControl, value: value)) }
    }
    return fields
  }

  /// A whole response; `nil` where the body is not UTF-8.
  func wrap(status: Int, reason: String?, fields: HTTPFields, body: some Sequence<UInt8>) -> [UInt8]? {
    var writer = JSONPWriter(self)
    var bytes = writer.begin(status: status, reason: reason, fields: fields)
    guard let content = writer.append(body), let end = writer.end() else { return nil }
    bytes += content
    return bytes + end
  }

  /// What is said where a body is not UTF-8.
  static let failure = ProxyError(status: 500, text: "Upstream response could not be JSON-P encoded.")
}

/// Writes an envelope part by part, as the body comes.
struct JSONPWriter {
  private let envelope: JSONPEnvelope
  /// The beginning of a character whose end has not come; or, in basic mode, a line end that may be the last.
  private var pending: [UInt8] = []

  init(_ envelope: JSONPEnvelope) { self.envelope = envelope }

  /// What stands before the body.
  func begin(status: Int, reason: String?, fields: HTTPFields) -> [UInt8] {
    var text = "/**/\(envelope.callback)("
    guard envelope.mode == .extended else { return Array(text.utf8) }
    var names: [(String, [String])] = []
    for field in fields {
      if let index = names.firstIndex(where: { $0.0.lowercased() == field.name.canonicalName }) {
        names[index].1.append(field.value)
      } else {
        names.append((field.name.rawName, [field.value]))
      }
    }
    let headers = names.map { "\(Self.quoted($0.0)): \(Self.quoted($0.1.joined(separator: ", ")))" }
    text += "{\"code\": \(status), \"reason\": \(Self.quoted(reason ?? StatusPhrase.of(status)))"
    text += ", \"headers\": {\(headers.joined(separator: ", "))}, \"body\": \""
    return Array(text.utf8)
  }

  /// A part of the body, written; `nil` where it is not UTF-8.
  mutating func append(_ part: some Sequence<UInt8>) -> [UInt8]? {
    pending += part
    guard envelope.mode == .extended else {
      let keeps = pending.last == 0x0A ? 1 : 0
      let taken = Array(pending.dropLast(keeps))
      pending.removeFirst(taken.count)
      return taken
    }
    let count = Self.completeCount(pending)
    guard let text = String(validating: pending[..<count], as: UTF8.self) else { return nil }
    pending.removeFirst(count)
    return Array(Self.escaped(text).utf8)
  }

  /// What stands behind the body; `nil` where it ends within a character.
  func end() -> [UInt8]? {
    guard envelope.mode == .extended else { return Array(");\n".utf8) }
    return pending.isEmpty ? Array("\"});\n".utf8) : nil
  }

  /// Bytes without those of a character that is cut off at the end.
  private static func completeCount(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }

  private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  /// As it stands in a JSON string that is also JavaScript (ECMA-262 before 2019: no U+2028, U+2029).
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{2028}": result += "\\u2028"
      case "\u{2029}": result += "\\u2029"
      case _ where scalar.value < 0x20:
        result += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
