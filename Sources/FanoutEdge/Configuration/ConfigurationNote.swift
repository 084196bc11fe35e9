/// Something about a configuration that its owner should read: where it stands, and what it is.
package struct ConfigurationNote: Error, Sendable, Hashable, CustomStringConvertible {
  /// How grave it is.
  package enum Gravity: String, Sendable, Hashable {
    /// The edge does not start with it.
    case error
    /// It starts, otherwise than the file says, or as the file says but at a risk.
    case warning
    /// It starts as the file says; something in it does nothing.
    case remark
  }

  package var gravity: Gravity
  /// A file's path, or the name of a flag.
  package var source: String
  /// From 1; `nil` where there is no line.
  package var line: Int?
  /// From 1, in characters; `nil` where the line says enough.
  package var column: Int?
  /// One line.
  package var text: String

  /// A note.
  package init(_ gravity: Gravity, source: String, line: Int? = nil, column: Int? = nil, text: String) {
    self.gravity = gravity
    self.source = source
    self.line = line
    self.column = column
    self.text = text
  }

  /// `file:line:column: text`, as far as they are known.
  package var description: String {
    "\(source):" + (line.map { "\($0):" } ?? "") + (column.map { "\($0):" } ?? "") + " \(text)"
  }
}
