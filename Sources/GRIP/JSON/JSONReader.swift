/// Reads JSON text (RFC 8259) from bytes, strictly: UTF-8 only, nothing after the value, no lone surrogates.
///
/// It works on bytes, never on characters: a publish passes here once per item.
package struct JSONReader {
  /// What a reader accepts.
  package struct Options: Sendable {
    /// Levels of nesting. Default 64; more than 256 counts as 256, because reading is recursive.
    package var depth = 64
    /// Bytes of the whole text. Default 1,000,000.
    package var bytes = 1_000_000
    /// Whether a name that comes twice in an object is an error; otherwise the last one wins, which is the default.
    package var refusesDuplicateNames = false

    /// The defaults.
    package init() {}
  }

  /// What the stack of any thread holds, in debug builds too.
  private let deepest = 256
  private let bytes: UnsafeBufferPointer<UInt8>
  private let options: Options
  private var position = 0
  private var depth = 0

  /// Reads one value and expects the text to end there.
  ///
  /// **Errors**: `JSONError` with what was wrong and where.
  package static func read(
    _ text: some Sequence<UInt8>, options: Options = Options()
  ) throws(JSONError) -> JSONValue {
    let result = text.withContiguousStorageIfAvailable { read(buffer: $0, options: options) }
    guard let result else {
      return try Array(text).withUnsafeBufferPointer { read(buffer: $0, options: options) }.get()
    }
    return try result.get()
  }

  private static func read(
    buffer: UnsafeBufferPointer<UInt8>, options: Options
  ) -> Result<JSONValue, JSONError> {
    guard buffer.count <= options.bytes else {
      return .failure(JSONError("larger than \(options.bytes) bytes", at: options.bytes, isTooLarge: true))
    }
    if let offset = UTF8Text.firstError(in: buffer) { return .failure(JSONError("not UTF-8", at: offset)) }
    var reader = JSONReader(bytes: buffer, options: options)
    do throws(JSONError) {
      return .success(try reader.readDocument())
    } catch {
      return .failure(error)
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, options: Options) {
    self.bytes = bytes
    self.options = options
  }

  private mutating func readDocument() throws(JSONError) -> JSONValue {
    let value = try readValue()
    skipBlanks()
    guard position == bytes.count else { throw error("text after the value") }
    return value
  }

  private mutating func readValue() throws(JSONError) -> JSONValue {
    skipBlanks()
    guard position < bytes.count else { throw error("text ends where a value should be") }
    switch bytes[position] {
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "{"): return .object(try readObject())
    case UInt8(ascii: "["): return .array(try readArray())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try readNumber())
    default: throw error("no value begins like this")
    }
  }

  private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count else { throw error("text ends inside a word") }
    for offset in 0..<word.utf8CodeUnitCount where bytes[position + offset] != word.utf8Start[offset] {
      throw error("only true, false and null are words")
    }
    position = end
    return value
  }

  private mutating func readArray() throws(JSONError) -> [JSONValue] {
    try descend()
    var elements: [JSONValue] = []
    if closes(with: UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try readValue())
      if try !continues(to: UInt8(ascii: "]")) { return elements }
    }
  }

  private mutating func readObject() throws(JSONError) -> JSONObject {
    try descend()
    var object = JSONObject()
    if closes(with: UInt8(ascii: "}")) { return object }
    while true {
      skipBlanks()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw error("a name should be here") }
      let name = try readString()
      skipBlanks()
      guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw error("a colon should be here") }
      position += 1
      let isNew = object.set(name, try readValue())
      if !isNew && options.refusesDuplicateNames { throw error("a name comes twice") }
      if try !continues(to: UInt8(ascii: "}")) { return object }
    }
  }

  /// Steps over an opening bracket.
  private mutating func descend() throws(JSONError) {
    depth += 1
    guard depth <= min(options.depth, deepest) else { throw error("nested deeper than \(min(options.depth, deepest))") }
    position += 1
  }

  /// Steps over the closing bracket of an empty collection.
  private mutating func closes(with bracket: UInt8) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == bracket else { return false }
    position += 1
    depth -= 1
    return true
  }

  /// Steps over a comma (`true`) or the closing bracket (`false`).
  private mutating func continues(to bracket: UInt8) throws(JSONError) -> Bool {
    skipBlanks()
    guard position < bytes.count else { throw error("text ends inside a collection") }
    if bytes[position] == UInt8(ascii: ",") {
      position += 1
      return true
    }
    guard bytes[position] == bracket else { throw error("a comma or a closing bracket should be here") }
    position += 1
    depth -= 1
    return false
  }

  private mutating func readNumber() throws(JSONError) -> JSONNumber {
    let start = position
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let whole = try skipDigits()
    if whole > 1 && bytes[position - whole] == UInt8(ascii: "0") { throw error("a number begins with a zero") }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      _ = try skipDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      _ = try skipDigits()
    }
    return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func skipDigits() throws(JSONError) -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    guard position > start else { throw error("a digit should be here") }
    return position - start
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private func error(_ reason: String) -> JSONError {
    JSONError(reason, at: position)
  }

  // MARK: Strings

  private mutating func readString() throws(JSONError) -> String {
    position += 1
    let start = position
    skipPlainText()
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
      position += 1
      return text
    }
    return try readEscapedString(from: start)
  }

  private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * (position - start) + 64)
    text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
    while true {
      guard position < bytes.count else { throw error("text ends inside a string") }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        try readEscape(into: &text)
      default:
        throw error("a control character in a string; it must be escaped")
      }
      let run = position
      skipPlainText()
      text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<position]))
    }
  }

  private mutating func skipPlainText() {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
      position += 1
    }
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw error("text ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: try readScalar().utf8)
    default: throw error("an unknown escape")
    }
  }

  /// The scalar of `\uXXXX`, or of two of them that are a surrogate pair.
  private mutating func readScalar() throws(JSONError) -> Unicode.Scalar {
    let unit = try readHexUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard unit < 0xDC00, position + 1 < bytes.count,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { throw error("a surrogate without its other half") }
    position += 2
    let low = try readHexUnit()
    guard (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    else { throw error("a surrogate without its other half") }
    return scalar
  }

  private mutating func readHexUnit() throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = HexDigit.value(bytes[position]) else {
        throw error("four hex digits should follow \\u")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }
}

/// What is wrong with JSON text, and the offset in bytes at which it was seen.
package struct JSONError: Error, Sendable, Hashable {
  /// What is wrong.
  package let reason: String
  /// Bytes from the start of the text.
  package let offset: Int
  /// Whether the text was not read at all because it is larger than `Options.bytes`.
  package let isTooLarge: Bool

  init(_ reason: String, at offset: Int, isTooLarge: Bool = false) {
    self.reason = reason
    self.offset = offset
    self.isTooLarge = isTooLarge
  }
}
