/// Something wrong with a configuration, with the place where it stands.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file, `nil` for flags and environment variables.
  package var file: String?
  /// The line in the file, from 1.
  package var line: Int?
  /// The option as it was written there: a key, a flag or a variable's name.
  package var key: String?
  /// What is wrong and what is accepted.
  package var text: String

  /// A problem.
  package init(file: String? = nil, line: Int? = nil, key: String? = nil, text: String) {
    self.file = file
    self.line = line
    self.key = key
    self.text = text
  }

  /// `file:line: key: text`, without the parts that are not known.
  package var description: String {
    var parts: [String] = []
    if let file {
      parts.append(line.map { "\(file):\($0)" } ?? file)
    }
    if let key {
      parts.append(key)
    }
    parts.append(text)
    return parts.joined(separator: ": ")
  }
}
