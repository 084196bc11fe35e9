/// A value of a YAML file, as far as this edge reads YAML.
///
/// **Shape**: block maps and block lists, `[a, b]`, scalars plain or in single or double quotes, comments. Anchors, aliases,
/// tags, `{…}`, texts of several lines and more than one document are refused, each by its name. Scalars stay texts.
/// **Spec**: YAML 1.2.2 §5-8, that part.
/// **Why**: the usual library needs Foundation, which this process does without; a configuration needs no more than this.
indirect enum YAMLNode: Sendable, Hashable {
  /// A text; empty for nothing, `~` and `null`.
  case scalar(String, line: Int)
  case list([YAMLNode], line: Int)
  /// In the order written; no key twice.
  case map([Entry], line: Int)

  /// A key with its value.
  struct Entry: Sendable, Hashable {
    var key: String
    var value: YAMLNode
    /// Of the key, from 1.
    var line: Int
  }

  /// Where it begins, from 1.
  var line: Int {
    switch self {
    case .scalar(_, let line), .list(_, let line), .map(_, let line): line
    }
  }

  /// What is wrong with a file.
  struct Fault: Error, Hashable {
    var line: Int
    var text: String
  }
}
