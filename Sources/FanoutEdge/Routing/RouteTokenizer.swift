/// Splits a line of routes into its sections (GRIP §3.2).
///
/// **Shape**: sections are separated by blanks, properties inside a section by commas; `"…"` may hold all of these and
/// `#`, with `\"` and `\\`; `#` outside quotes begins a comment. A tab is a blank (deviates: for Pushpin it is part of the
/// text, and the line is then refused).
enum RouteTokenizer {
  /// A value with its properties, in the order written.
  struct Section: Hashable {
    var value = ""
    var properties: [Property] = []
    /// Where it begins, in characters from 1.
    var column = 1
  }

  /// `name` or `name=value`.
  struct Property: Hashable {
    var name: String
    /// `nil` for a bare flag.
    var value: String?
    /// Where it begins, in characters from 1.
    var column = 1
  }

  /// The sections of a line; none for an empty line or a comment.
  ///
  /// **Errors**: a quote without its end, an escape that is neither `\"` nor `\\`.
  static func sections(of line: String) throws(RouteFault) -> [Section] {
    var scanner = Scanner(characters: Array(line))
    var result: [Section] = []
    while let section = try scanner.section() { result.append(section) }
    return result
  }

  private struct Scanner {
    let characters: [Character]
    var index = 0

    init(characters: [Character]) { self.characters = characters }

    mutating func section() throws(RouteFault) -> Section? {
      while index < characters.count, Self.isBlank(characters[index]) { index += 1 }
      guard index < characters.count, characters[index] != "#" else { return nil }
      var section = Section(column: index + 1)
      var isFirst = true
      while true {
        let column = index + 1
        let (name, value) = try element()
        if isFirst, value == nil {
          section.value = name
        } else if !name.isEmpty {
          section.properties.append(Property(name: name, value: value, column: column))
        } else if value != nil {
          throw RouteFault("a property has no name before its =", column: column)
        }
        isFirst = false
        guard index < characters.count, characters[index] == "," else { return section }
        index += 1
      }
    }

    /// Up to a comma, a blank, a comment or the end.
    private mutating func element() throws(RouteFault) -> (name: String, value: String?) {
      var name = ""
      var value: String?
      while index < characters.count {
        let character = characters[index]
        if character == "," || character == "#" || Self.isBlank(character) { break }
        index += 1
        if character == "=", value == nil {
          value = ""
        } else if character == "\"" {
          let text = try quoted()
          if value == nil { name += text } else { value?.append(text) }
        } else if value == nil {
          name.append(character)
        } else {
          value?.append(character)
        }
      }
      return (name, value)
    }

    private mutating func quoted() throws(RouteFault) -> String {
      let opening = index
      var text = ""
      while index < characters.count {
        let character = characters[index]
        index += 1
        switch character {
        case "\"": return text
        case "\\":
          guard index < characters.count, characters[index] == "\"" || characters[index] == "\\" else {
            throw RouteFault(#"inside quotes a backslash stands only before " or \"#, column: index)
          }
          text.append(characters[index])
          index += 1
        default: text.append(character)
        }
      }
      throw RouteFault("a quote is not closed", column: opening)
    }

    static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\r" }
  }
}
