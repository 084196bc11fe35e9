/// The effective values of all options: command line over environment over file over default.
package struct ConfigurationValues: Sendable {
  /// Where a value comes from.
  package enum Source: Sendable, Hashable, CustomStringConvertible {
    case flag
    case environment(String)
    case file(String, line: Int)
    case `default`

    package var description: String {
      switch self {
      case .flag: "command line"
      case .environment(let name): "environment (\(name))"
      case .file(let path, let line): "\(path):\(line)"
      case .default: "default"
      }
    }
  }

  /// A value with where it comes from.
  package struct Value: Sendable {
    package var text: String
    package var source: Source
  }

  /// A line of a configuration file.
  package struct FileEntry: Sendable {
    /// As written there, levels joined by `.`.
    package var key: String
    package var text: String
    /// From 1.
    package var line: Int

    package init(key: String, text: String, line: Int) {
      self.key = key
      self.text = text
      self.line = line
    }
  }

  package let options: [ConfigurationOption]
  package let prefix: String
  /// Everything that is wrong, in the order flags, environment, file.
  package private(set) var problems: [ConfigurationProblem] = []
  private var values: [String: Value] = [:]

  /// Puts the layers together. Unknown names and values that don't fit become problems; nothing stops at the first.
  ///
  /// - Parameters:
  ///   - prefix: of environment variables, without `_`.
  ///   - arguments: flags, `--name value` or `--name=value`.
  ///   - ignoredVariables: names with the prefix that are not options.
  package init(
    options: [ConfigurationOption], prefix: String, arguments: [String], environment: [String: String],
    ignoredVariables: Set<String> = [], fileName: String? = nil, file: [FileEntry] = []
  ) {
    self.options = options
    self.prefix = prefix
    var fileProblems: [ConfigurationProblem] = []
    for entry in file {
      let place = ConfigurationProblem(file: fileName, line: entry.line, key: entry.key, text: "")
      if let problem = set(entry.key, to: entry.text, from: .file(fileName ?? "", line: entry.line), at: place) {
        fileProblems.append(problem)
      }
    }
    var environmentProblems: [ConfigurationProblem] = []
    for (name, text) in environment.sorted(by: { $0.key < $1.key })
    where name.hasPrefix(prefix + "_") && !ignoredVariables.contains(name) {
      let place = ConfigurationProblem(key: name, text: "")
      guard let option = options.first(where: { $0.variable(prefix: prefix) == name }) else {
        environmentProblems.append(unknown(name, among: options.map { $0.variable(prefix: prefix) }, at: place))
        continue
      }
      if let problem = set(option.key, to: text, from: .environment(name), at: place) {
        environmentProblems.append(problem)
      }
    }
    let flagProblems = read(arguments)
    problems = flagProblems + environmentProblems + fileProblems
  }

  /// Adds what was found elsewhere, such as a file that cannot be read.
  package mutating func add(_ problem: ConfigurationProblem) {
    problems.append(problem)
  }

  /// The value of an option; `nil` where it is not set and has no default.
  package func value(_ key: String) -> Value? {
    if let value = values[key] { return value }
    return options.first { $0.key == key }?.defaultText.map { Value(text: $0, source: .default) }
  }

  private mutating func set(
    _ name: String, to text: String, from source: Source, at place: ConfigurationProblem
  ) -> ConfigurationProblem? {
    guard let option = option(named: name) else {
      return unknown(name, among: options.map(\.key), at: place)
    }
    if let fault = option.problem(with: text) {
      var problem = place
      problem.text = fault
      return problem
    }
    values[option.key] = Value(text: text, source: source)
    return nil
  }

  private mutating func read(_ arguments: [String]) -> [ConfigurationProblem] {
    var found: [ConfigurationProblem] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let place = ConfigurationProblem(key: parts[0], text: "")
      guard argument.hasPrefix("--"), let option = option(named: String(parts[0].dropFirst(2))) else {
        found.append(unknown(parts[0], among: options.map(\.flag), at: place))
        if let next = rest.first, !next.hasPrefix("--"), parts.count == 1 { rest.removeFirst() }
        continue
      }
      var text: String?
      if parts.count == 2 {
        text = parts[1]
      } else if option.kind == .bool, rest.first.map({ $0 != "true" && $0 != "false" }) ?? true {
        text = "true"
      } else {
        text = rest.popFirst()
      }
      guard let text else {
        found.append(ConfigurationProblem(key: parts[0], text: "a value is missing: \(option.placeholder)"))
        continue
      }
      if let problem = set(option.key, to: text, from: .flag, at: place) { found.append(problem) }
    }
    return found
  }

  private func option(named name: String) -> ConfigurationOption? {
    let name = Self.normalized(name)
    return options.first { option in
      Self.normalized(option.key) == name || option.aliases.contains { Self.normalized($0) == name }
    }
  }

  private static func normalized(_ name: String) -> String {
    name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != "." }
  }

  private func unknown(
    _ name: String, among names: [String], at place: ConfigurationProblem
  ) -> ConfigurationProblem {
    var problem = place
    problem.text = "there is no such option"
    if let nearest = NearestName.find(name, among: names) { problem.text += "; did you mean \(nearest)?" }
    return problem
  }
}

extension ConfigurationValues {
  /// A text; empty where the option is not set.
  package func text(_ key: String) -> String { value(key)?.text ?? "" }

  /// Whether an option is `true`.
  package func bool(_ key: String) -> Bool { value(key)?.text == "true" }

  /// A number; 0 where the option is not set.
  package func count(_ key: String) -> Int { Int(text(key)) ?? 0 }

  /// A number of bytes; 0 where the option is not set.
  package func bytes(_ key: String) -> Int { ByteCount(text(key))?.bytes ?? 0 }

  /// A time; zero where the option is not set.
  package func duration(_ key: String) -> Duration { Duration(text: text(key)) ?? .zero }

  /// An address; `nil` where the option is not set.
  package func address(_ key: String) -> ListenAddress? { ListenAddress(text(key)) }

  /// Texts that were separated by commas, without blanks around them.
  package func list(_ key: String) -> [String] {
    text(key).split(separator: ",").compactMap { element in
      let trimmed = element.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      return trimmed.isEmpty ? nil : String(trimmed)
    }
  }

  /// All options with explanation, default, value and where it comes from, as a YAML file that has the same effect.
  package func explained() -> String {
    var text = ""
    for option in options {
      for line in option.help.split(separator: "\n") { text += "# \(line)\n" }
      text += "# \(option.flag) \(option.placeholder), \(option.variable(prefix: prefix))"
      text += "; default: \(option.defaultText.map { $0.isEmpty ? "empty" : $0 } ?? "none")\n"
      if let value = value(option.key) {
        let shown = option.isSecret ? "******" : option.masking?(value.text) ?? value.text
        text += "\(option.key): \(Self.quoted(shown))"
        text += value.source == .default ? "\n\n" : "  # \(value.source)\n\n"
      } else {
        text += "# \(option.key):\n\n"
      }
    }
    return text
  }

  private static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "/._-".unicodeScalars.contains(scalar))
      }
    if isPlain { return text }
    var quoted = "\""
    for character in text {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "\""
  }
}
