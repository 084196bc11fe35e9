extension XMLElement {
  /// The element as text, every special character escaped, namespaces declared where they change.
  ///
  /// Elements carry their namespace as the default one; attributes of another namespace get a prefix. Attributes are in
  /// alphabetical order, so that equal elements are equal texts. Characters that XML cannot carry (controls other than
  /// tab, line feed and carriage return) become U+FFFD.
  public func serialized() -> String {
    var writer = XMLWriter()
    writer.write(self, inside: "")
    return writer.output
  }
}

private struct XMLWriter {
  var output = ""

  mutating func write(_ element: XMLElement, inside namespace: String) {
    output += "<\(element.name)"
    if element.namespace != namespace {
      output += " xmlns=\""
      writeEscaped(element.namespace, inAttribute: true)
      output += "\""
    }
    var prefixes = 0
    for (key, value) in element.attributes.sorted(by: { $0.key < $1.key }) {
      output += " "
      writeAttributeName(key, prefixes: &prefixes)
      output += "=\""
      writeEscaped(value, inAttribute: true)
      output += "\""
    }
    guard !element.children.isEmpty else {
      output += "/>"
      return
    }
    output += ">"
    for child in element.children {
      switch child {
      case .element(let child): write(child, inside: element.namespace)
      case .text(let text): writeEscaped(text, inAttribute: false)
      }
    }
    output += "</\(element.name)>"
  }

  /// `{namespace}local` becomes a declaration and a prefixed name. The prefix is new for each attribute: an element
  /// rarely has two of them.
  private mutating func writeAttributeName(_ key: String, prefixes: inout Int) {
    guard key.hasPrefix("{"), let end = key.lastIndex(of: "}") else {
      output += key
      return
    }
    prefixes += 1
    output += "xmlns:ns\(prefixes)=\""
    writeEscaped(String(key[key.index(after: key.startIndex)..<end]), inAttribute: true)
    output += "\" ns\(prefixes):\(key[key.index(after: end)...])"
  }

  private mutating func writeEscaped(_ text: String, inAttribute: Bool) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"" where inAttribute: output += "&quot;"
      // As references, because a parser turns the characters themselves into spaces or line feeds.
      case "\r": output += "&#13;"
      case "\n" where inAttribute: output += "&#10;"
      case "\t" where inAttribute: output += "&#9;"
      case "\t", "\n": output.unicodeScalars.append(scalar)
      default:
        let isCarried = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
        output.unicodeScalars.append(isCarried ? scalar : "\u{FFFD}")
      }
    }
  }
}
