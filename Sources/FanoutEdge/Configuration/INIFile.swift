/// The lines of a `pushpin.conf`: `[section]`, `key=value`, comments after `#` or `;` at the start of a line.
///
/// **Shape**: Qt's ini files as far as Pushpin's use goes. Values are trimmed; one in double quotes is what they hold, with
/// `\"`, `\\`, `\n`, `\r`, `\t` undone. Section names count in lower case, keys as they are.
struct INIFile: Sendable {
  /// A setting, and where it stands.
  struct Entry: Sendable, Hashable {
    var section: String
    var key: String
    var value: String
    var source: String
    var line: Int

    /// `section/key`.
    var path: String { "\(section)/\(key)" }

    /// The elements of a comma-separated list, trimmed, without empty ones.
    var list: [String] {
      value.split(separator: ",").map { String($0.trimmingBlanks()) }.filter { !$0.isEmpty }
    }
  }

  private(set) var entries: [Entry] = []
  private(set) var notes: [ConfigurationNote] = []

  /// Reads a file's text.
  init(text: String, source: String) {
    var section = ""
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = raw.trimmingBlanks()
      guard let first = line.first, first != "#", first != ";" else { continue }
      let number = index + 1
      if first == "[" {
        guard line.last == "]" else {
          notes.append(ConfigurationNote(.error, source: source, line: number, text: "a section ends with ]"))
          continue
        }
        section = line.dropFirst().dropLast().trimmingBlanks().lowercased()
      } else if let equals = line.firstIndex(of: "=") {
        entries.append(
          Entry(
            section: section, key: String(line[..<equals].trimmingBlanks()),
            value: Self.unquoted(line[line.index(after: equals)...].trimmingBlanks()), source: source, line: number))
      } else {
        notes.append(
          ConfigurationNote(
            .error, source: source, line: number, text: "this is neither [section] nor key=value nor a comment"))
      }
    }
  }

  /// A file that could not be read.
  init(failure: ConfigurationNote) {
    notes = [failure]
  }

  /// Puts these entries before those of a file that includes them: the later one of two counts.
  mutating func include(_ other: INIFile) {
    entries = other.entries + entries
    notes = other.notes + notes
  }

  private static func unquoted(_ text: Substring) -> String {
    guard text.count >= 2, text.first == "\"", text.last == "\"" else { return String(text) }
    var value = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if isEscaped {
        switch character {
        case "n": value.append("\n")
        case "r": value.append("\r")
        case "t": value.append("\t")
        default: value.append(character)
        }
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        value.append(character)
      }
    }
    return value
  }
}
