/// Writes compact JSON text. Commas are its own business; balance and names are the caller's.
package struct JSONWriter {
  /// What has been written.
  package private(set) var bytes: [UInt8]
  private var needsComma = false

  private static let hexDigits = Array("0123456789abcdef".utf8)

  /// An empty document.
  package init(capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Opens an object.
  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  /// Closes an object.
  package mutating func endObject() { close(UInt8(ascii: "}")) }
  /// Opens an array.
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  /// Closes an array.
  package mutating func endArray() { close(UInt8(ascii: "]")) }

  /// The name of the member whose value comes next.
  package mutating func name(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A string, escaped.
  package mutating func string(_ text: String) {
    separate()
    quote(text)
  }

  /// A whole number.
  package mutating func integer(_ value: Int) {
    raw(String(value).utf8)
  }

  /// `true` or `false`.
  package mutating func bool(_ value: Bool) {
    raw((value ? "true" : "false").utf8)
  }

  /// A string that holds the bytes as base64, with padding.
  package mutating func base64(_ content: [UInt8]) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    Base64.encode(content, into: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A value that is JSON text already.
  package mutating func raw(_ text: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: text)
  }

  /// Any value; its depth is bounded by the reader that it came from.
  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: raw("null".utf8)
    case .bool(let flag): bool(flag)
    case .number(let number): raw(number.text.utf8)
    case .string(let text): string(text)
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .object(let object):
      beginObject()
      for member in object.members {
        name(member.name)
        self.value(member.value)
      }
      endObject()
    }
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// A string in quotes; runs of plain text are copied whole.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var run = 0
      for position in 0..<utf8.count {
        let byte = utf8[position]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[run..<position]))
        escape(byte)
        run = position + 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[run...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    default:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(Self.hexDigits[Int(byte >> 4)])
      bytes.append(Self.hexDigits[Int(byte & 15)])
    }
  }
}
