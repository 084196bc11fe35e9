/// An option, described once: its names, what it accepts, its default and what it is for.
package struct ConfigurationOption: Sendable {
  /// What texts an option accepts.
  package enum Kind: Sendable, Hashable {
    case text
    case path
    /// One of these words.
    case choice([String])
    /// `true` or `false`; as a flag also without a value.
    case bool
    case count(ClosedRange<Int>)
    case duration(ClosedRange<Duration>)
    case bytes(ClosedRange<Int>)
    case address
    /// Texts separated by commas; in a file also a list.
    case list
    /// JSON, or a file that holds it; in a YAML file also written as YAML.
    case json
  }

  /// The name in a file, such as `realtime.hold-timeout`; `.` is a level. Case, `-` and `_` make no difference there.
  package var key: String
  /// What stands for the value in the help, such as `HOST:PORT`.
  package var placeholder: String
  package var kind: Kind
  /// `nil` where the option is not set by default.
  package var defaultText: String?
  /// What it is for, one sentence or two.
  package var help: String
  /// Whether it must not be shown.
  package var isSecret: Bool
  /// What is shown of a value that has secrets in it; `nil` for the value itself.
  package var masking: (@Sendable (String) -> String)?
  /// Older names that are accepted in files and as flags.
  package var aliases: [String]

  /// An option.
  package init(
    _ key: String, _ placeholder: String, _ kind: Kind, default defaultText: String? = nil, isSecret: Bool = false,
    masking: (@Sendable (String) -> String)? = nil, aliases: [String] = [], _ help: String
  ) {
    self.key = key
    self.placeholder = placeholder
    self.kind = kind
    self.defaultText = defaultText
    self.isSecret = isSecret
    self.masking = masking
    self.aliases = aliases
    self.help = help
  }

  /// The name on the command line, `--realtime-hold-timeout`.
  package var flag: String { "--" + key.map { $0 == "." ? "-" : String($0) }.joined() }

  /// The name in the environment, `PREFIX_REALTIME_HOLD_TIMEOUT`.
  package func variable(prefix: String) -> String {
    prefix + "_" + key.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
  }

  /// What is wrong with a text for this option and what is accepted; `nil` where it fits.
  package func problem(with text: String) -> String? {
    switch kind {
    case .path, .json: return text.isEmpty ? "must not be empty" : nil
    case .text, .list: return nil
    case .choice(let words):
      return words.contains(text) ? nil : "'\(text)' is not known; it is one of \(words.joined(separator: ", "))"
    case .bool:
      return text == "true" || text == "false" ? nil : "'\(text)' is not known; it is true or false"
    case .count(let range):
      guard let number = Int(text), range.contains(number) else {
        return "'\(text)' is not possible; it is a whole number from \(range.lowerBound) to \(range.upperBound)"
      }
      return nil
    case .duration(let range):
      guard let duration = Duration(text: text), range.contains(duration) else {
        return "'\(text)' is not possible; it is a time such as 55s or 5m from \(range.lowerBound.text) to "
          + range.upperBound.text
      }
      return nil
    case .bytes(let range):
      guard let count = ByteCount(text), range.contains(count.bytes) else {
        return "'\(text)' is not possible; it is a size such as 64KiB from \(ByteCount(range.lowerBound)) to "
          + "\(ByteCount(range.upperBound))"
      }
      return nil
    case .address:
      return ListenAddress(text) == nil
        ? "'\(text)' is no address to listen on; it is HOST:PORT such as 127.0.0.1:8080" : nil
    }
  }
}
