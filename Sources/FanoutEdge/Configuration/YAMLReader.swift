/// Reads the part of YAML that `YAMLNode` describes.
struct YAMLReader {
  private struct Line {
    var indent: Int
    var text: Substring
    var number: Int
  }

  /// LIMIT: levels of maps and lists.
  private static let maxDepth = 16

  private var lines: [Line] = []
  private var index = 0

  /// Reads a file's text. An empty one is an empty map.
  static func read(_ text: String) throws(YAMLNode.Fault) -> YAMLNode {
    var reader = YAMLReader()
    try reader.split(text)
    guard !reader.lines.isEmpty else { return .map([], line: 1) }
    let node = try reader.block(atLeast: 0, depth: 0)
    if reader.index < reader.lines.count {
      throw fault(reader.lines[reader.index], "its indentation fits nothing above it")
    }
    return node
  }

  private mutating func split(_ text: String) throws(YAMLNode.Fault) {
    for (offset, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let number = offset + 1
      let content = raw.drop { $0 == " " }
      let line = Line(indent: raw.count - content.count, text: Self.withoutComment(content), number: number)
      if line.text.isEmpty { continue }
      if line.text.first == "\t" { throw Self.fault(line, "lines are indented by blanks, not by tabs") }
      if line.text == "---" {
        guard lines.isEmpty else { throw Self.fault(line, "there is more than one document") }
        continue
      }
      if line.text == "..." || line.text.first == "%" { throw Self.fault(line, "directives are not read here") }
      lines.append(line)
    }
  }

  /// Cut at a `#` that begins a comment, and trimmed at its end.
  private static func withoutComment(_ text: Substring) -> Substring {
    var quote: Character?
    var previous: Character = " "
    var end = text.endIndex
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      if let open = quote {
        if open == "\"", character == "\\" {
          index = text.index(after: index)
          if index == text.endIndex { break }
        } else if character == open {
          quote = nil
        }
      } else if character == "#", previous == " " || previous == "\t" {
        end = index
        break
      } else if character == "\"" || character == "'", " ,[-:".contains(previous) {
        quote = character
      }
      previous = character
      index = text.index(after: index)
    }
    var result = text[..<end]
    while let last = result.last, last == " " || last == "\t" { result.removeLast() }
    return result
  }

  /// The map, list or scalar that begins at the present line.
  private mutating func block(atLeast indent: Int, depth: Int) throws(YAMLNode.Fault) -> YAMLNode {
    let line = lines[index]
    guard depth < Self.maxDepth else { throw Self.fault(line, "nested deeper than \(Self.maxDepth)") }
    if Self.isItem(line.text) { return try list(line.indent, depth: depth) }
    if try Self.key(of: line) != nil { return try map(line.indent, depth: depth) }
    index += 1
    return try Self.value(line.text, line)
  }

  private static func isItem(_ text: Substring) -> Bool { text == "-" || text.hasPrefix("- ") }

  private mutating func list(_ indent: Int, depth: Int) throws(YAMLNode.Fault) -> YAMLNode {
    let number = lines[index].number
    var items: [YAMLNode] = []
    while index < lines.count, lines[index].indent == indent, Self.isItem(lines[index].text) {
      let line = lines[index]
      let rest = line.text.dropFirst().drop { $0 == " " }
      if rest.isEmpty {
        index += 1
        items.append(try nested(under: line, atLeast: indent + 1, depth: depth))
      } else {
        // What follows the dash is a block of its own, as deep as it stands.
        lines[index] = Line(
          indent: indent + line.text.distance(from: line.text.startIndex, to: rest.startIndex), text: rest,
          number: line.number)
        items.append(try block(atLeast: indent + 1, depth: depth + 1))
      }
    }
    try checkEnd(indent)
    return .list(items, line: number)
  }

  private mutating func map(_ indent: Int, depth: Int) throws(YAMLNode.Fault) -> YAMLNode {
    let number = lines[index].number
    var entries: [YAMLNode.Entry] = []
    while index < lines.count, lines[index].indent == indent, !Self.isItem(lines[index].text) {
      let line = lines[index]
      guard let (key, rest) = try Self.key(of: line) else { throw Self.fault(line, "this is no 'key: value'") }
      guard !entries.contains(where: { $0.key == key }) else { throw Self.fault(line, "\(key) is there twice") }
      index += 1
      let value: YAMLNode
      if !rest.isEmpty {
        value = try Self.value(rest, line)
      } else if index < lines.count, lines[index].indent == indent, Self.isItem(lines[index].text) {
        // A list may stand as deep as its key.
        value = try list(indent, depth: depth + 1)
      } else {
        value = try nested(under: line, atLeast: indent + 1, depth: depth)
      }
      entries.append(YAMLNode.Entry(key: key, value: value, line: line.number))
    }
    try checkEnd(indent)
    return .map(entries, line: number)
  }

  private mutating func nested(under line: Line, atLeast indent: Int, depth: Int) throws(YAMLNode.Fault) -> YAMLNode {
    guard index < lines.count, lines[index].indent >= indent else { return .scalar("", line: line.number) }
    return try block(atLeast: indent, depth: depth + 1)
  }

  private func checkEnd(_ indent: Int) throws(YAMLNode.Fault) {
    guard index < lines.count, lines[index].indent > indent else { return }
    throw Self.fault(lines[index], "it is indented deeper than what it belongs to; a text must stand in one line")
  }

  // MARK: Scalars

  /// The key of a line and what follows it; `nil` where the line has none.
  private static func key(of line: Line) throws(YAMLNode.Fault) -> (key: String, rest: Substring)? {
    let text = line.text
    if let first = text.first, first == "\"" || first == "'" {
      guard let (key, rest) = try quoted(text, line) else { return nil }
      guard rest == ":" || rest.hasPrefix(": ") else { return nil }
      return (key, rest.dropFirst().drop { $0 == " " })
    }
    var previous: String.Index?
    for index in text.indices where text[index] == ":" {
      let next = text.index(after: index)
      guard next == text.endIndex || text[next] == " " else { continue }
      previous = index
      break
    }
    guard let colon = previous else { return nil }
    if let first = text.first, "&*!|>%@`{[?".contains(first) {
      throw fault(line, "a key that begins with \(first) must stand in quotes")
    }
    return (String(text[..<colon]), text[text.index(after: colon)...].drop { $0 == " " })
  }

  private static func value(_ text: Substring, _ line: Line) throws(YAMLNode.Fault) -> YAMLNode {
    if text.first == "[" { return try flow(text, line) }
    return .scalar(try scalar(text, line), line: line.number)
  }

  /// `[a, "b", c]` in one line.
  private static func flow(_ text: Substring, _ line: Line) throws(YAMLNode.Fault) -> YAMLNode {
    var rest = text.dropFirst().drop { $0 == " " }
    var items: [YAMLNode] = []
    while rest.first != "]" {
      if let first = rest.first, first == "\"" || first == "'" {
        guard let (item, after) = try quoted(rest, line) else { throw fault(line, "a list ends with ]") }
        items.append(.scalar(item, line: line.number))
        rest = after.drop { $0 == " " }
      } else {
        let item = rest.prefix { $0 != "," && $0 != "]" }
        guard !item.contains("["), !item.isEmpty else { throw fault(line, "a list in brackets has texts only") }
        items.append(.scalar(try scalar(item.trimmingBlanks(), line), line: line.number))
        rest = rest[item.endIndex...]
      }
      if rest.first == "," {
        rest = rest.dropFirst().drop { $0 == " " }
      } else if rest.first != "]" {
        throw fault(line, "a list in brackets ends with ] in the same line")
      }
    }
    guard rest.dropFirst().isEmpty else { throw fault(line, "something follows the list") }
    return .list(items, line: line.number)
  }

  private static func scalar(_ text: Substring, _ line: Line) throws(YAMLNode.Fault) -> String {
    guard let first = text.first else { return "" }
    if first == "\"" || first == "'" {
      guard let (value, rest) = try quoted(text, line), rest.isEmpty else {
        throw fault(line, "something follows the closing quote")
      }
      return value
    }
    if "&*!|>%@`{}]".contains(first) {
      throw fault(line, "a text that begins with \(first) must stand in quotes, in one line")
    }
    if text == "~" || text == "null" { return "" }
    if text.contains(": ") || text.hasSuffix(":") { throw fault(line, "a text with ': ' in it must stand in quotes") }
    return String(text)
  }

  /// A text in quotes and what follows it.
  private static func quoted(
    _ text: Substring, _ line: Line
  ) throws(YAMLNode.Fault) -> (value: String, rest: Substring)? {
    guard let quote = text.first else { return nil }
    var rest = text.dropFirst()
    var value = ""
    while let character = rest.popFirst() {
      if character == quote {
        guard quote == "'", rest.first == "'" else { return (value, rest) }
        value.append("'")
        rest.removeFirst()
      } else if quote == "\"", character == "\\" {
        switch rest.popFirst() {
        case "n": value.append("\n")
        case "t": value.append("\t")
        case "r": value.append("\r")
        case "\"": value.append("\"")
        case "\\": value.append("\\")
        case "/": value.append("/")
        default: throw fault(line, #"a backslash in quotes stands only before one of " \ / n r t"#)
        }
      } else {
        value.append(character)
      }
    }
    throw fault(line, "a quote is not closed")
  }

  private static func fault(_ line: Line, _ text: String) -> YAMLNode.Fault {
    YAMLNode.Fault(line: line.number, text: text)
  }
}
