import GRIP

// The API's documents are made of GRIP's JSON values: their objects keep the order of their members, and they are written as
// JavaScript's `JSON.stringify` writes them, which is what the article's bytes are.

extension JSONValue {
  /// An object from pairs; pairs without a value are left out.
  static func object(_ pairs: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    object(members: pairs.compactMap { name, value in value.map { (name, $0) } })
  }

  /// An object from members.
  static func object(members: [(String, JSONValue)]) -> JSONValue {
    var object = JSONObject()
    for (name, value) in members { object.set(name, value) }
    return .object(object)
  }

  /// A whole number.
  static func number(_ number: Int) -> JSONValue { .number(JSONNumber(number)) }

  /// Reads a whole document; `nil` where the bytes are none (RFC 8259, UTF-8, at most 64 levels deep).
  init?(parsing bytes: [UInt8]) {
    var options = JSONReader.Options()
    // How much is read is decided where the body is read.
    options.bytes = .max
    guard let value = try? JSONReader.read(bytes, options: options) else { return nil }
    self = value
  }

  /// The string, if it is one.
  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The members of an object, in order; `nil` for anything else.
  var members: [JSONObject.Member]? {
    if case .object(let object) = self { object.members } else { nil }
  }

  /// The text, without blanks.
  var text: String {
    var writer = JSONWriter()
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
