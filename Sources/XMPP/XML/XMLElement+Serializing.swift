extension XMLElement {
  /// The element as text, every special character escaped, namespaces declared where they change.
  ///
  /// Elements carry their namespace as the default one; attributes of another namespace get a prefix. Attributes are in
  /// alphabetical order, so that equal elements are equal texts. Characters that XML cannot carry (controls other than
  /// tab, line feed and carriage return) become U+FFFD.
  public func serialized() -> String {
    var bytes: [UInt8] = []
    serialize(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the element as ``serialized()`` has it. Inside an element of `parentNamespace`, that one is not declared again.
  public func serialize(into bytes: inout [UInt8], parentNamespace: String = "") {
    XMLOutput.write(self, inside: parentNamespace, to: &bytes)
  }
}

/// XML as bytes. Runs of text that need no escaping are copied whole.
enum XMLOutput {
  static func write(_ element: XMLElement, inside parent: String, to bytes: inout [UInt8]) {
    write(element, as: element.namespace, inside: parent, to: &bytes) { child, bytes in
      write(child, inside: element.namespace, to: &bytes)
    }
  }

  /// Writes an element as if its namespace were another, its children as the caller does.
  static func write(
    _ element: XMLElement, as namespace: String, inside parent: String, to bytes: inout [UInt8],
    child writeChild: (XMLElement, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: "<"))
    append(element.name, to: &bytes)
    if namespace != parent { attribute("xmlns", namespace, to: &bytes) }
    var prefixes = 0
    for (key, value) in element.attributes {
      if key.utf8.first == UInt8(ascii: "{") {
        prefixed(key, value, prefixes: &prefixes, to: &bytes)
      } else {
        attribute(key, value, to: &bytes)
      }
    }
    guard !element.children.isEmpty else {
      append("/>", to: &bytes)
      return
    }
    bytes.append(UInt8(ascii: ">"))
    for child in element.children {
      switch child {
      case .element(let child): writeChild(child, &bytes)
      case .text(let text): escape(text, inAttribute: false, to: &bytes)
      }
    }
    append("</", to: &bytes)
    append(element.name, to: &bytes)
    bytes.append(UInt8(ascii: ">"))
  }

  /// Writes ` name="value"`.
  static func attribute(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: " "))
    append(name, to: &bytes)
    append("=\"", to: &bytes)
    escape(value, inAttribute: true, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// `{namespace}local` becomes a declaration and a prefixed name. The prefix is new for each attribute: an element
  /// rarely has two of them.
  private static func prefixed(_ key: String, _ value: String, prefixes: inout Int, to bytes: inout [UInt8]) {
    guard let end = key.lastIndex(of: "}") else { return }
    prefixes += 1
    attribute("xmlns:ns\(prefixes)", String(key[key.index(after: key.startIndex)..<end]), to: &bytes)
    attribute("ns\(prefixes):\(key[key.index(after: end)...])", value, to: &bytes)
  }

  /// Appends what needs no escaping.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    withUTF8(of: text) { bytes.append(contentsOf: $0) }
  }

  /// Appends text with its special characters escaped.
  static func escape(_ text: String, inAttribute: Bool, to bytes: inout [UInt8]) {
    withUTF8(of: text) { utf8 in
      let special = inAttribute ? specialInAttribute : specialInText
      var runStart = 0
      var index = 0
      while index < utf8.count {
        let byte = utf8[index]
        guard byte < 64 ? special >> UInt64(byte) & 1 == 1 : byte == 0xEF else {
          index += 1
          continue
        }
        // U+FFFE and U+FFFF are EF BF BE and EF BF BF; what else begins with EF is text like any other.
        let isLong = byte == 0xEF
        if isLong, !(index + 2 < utf8.count && utf8[index + 1] == 0xBF && utf8[index + 2] >= 0xBE) {
          index += 1
          continue
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart..<index]))
        append(replacement(of: byte), to: &bytes)
        index += isLong ? 3 : 1
        runStart = index
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart...]))
    }
  }

  /// A bit for each byte below 64 that is not written as it is: all controls but tab and line feed, `&`, `<`, `>`.
  private static let specialInText: UInt64 = 0x0000_0000_FFFF_F9FF | 1 << 38 | 1 << 60 | 1 << 62
  /// The same, with tab, line feed and `"`.
  private static let specialInAttribute: UInt64 = 0x0000_0000_FFFF_FFFF | 1 << 34 | 1 << 38 | 1 << 60 | 1 << 62

  private static func replacement(of byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    case UInt8(ascii: "\""): "&quot;"
    // As references, because a parser turns the characters themselves into spaces or line feeds.
    case UInt8(ascii: "\r"): "&#13;"
    case UInt8(ascii: "\n"): "&#10;"
    case UInt8(ascii: "\t"): "&#9;"
    default: "\u{FFFD}"
    }
  }

  private static func withUTF8(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    if text.utf8.withContiguousStorageIfAvailable(body) == nil {
      var copy = text
      copy.withUTF8(body)
    }
  }
}
