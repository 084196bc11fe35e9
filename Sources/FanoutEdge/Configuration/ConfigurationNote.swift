/// Something about a configuration that its owner should read: where it stands, and what it is.
package struct ConfigurationNote: Error, Sendable, Hashable, CustomStringConvertible {
  /// How grave it is.
  package enum Gravity: Sendable, Hashable {
    /// The edge does not start with it.
    case error
    /// It starts, otherwise than the file says, or as the file says but at a risk.
    case warning
  }

  package var gravity: Gravity
  /// A file's path, or the name of a flag.
  package var source: String
  /// From 1; `nil` where there is no line.
  package var line: Int?
  /// One line.
  package var text: String

  /// A note.
  package init(_ gravity: Gravity, source: String, line: Int? = nil, text: String) {
    self.gravity = gravity
    self.source = source
    self.line = line
    self.text = text
  }

  /// `file:line: text`.
  package var description: String {
    line.map { "\(source):\($0): \(text)" } ?? "\(source): \(text)"
  }
}
