/// What is wrong with a line of routes: where, and what is accepted.
package struct RouteProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// A file's name, or what stands for it (`--route`).
  package var source: String
  /// From 1.
  package var line: Int
  /// From 1, in characters; `nil` where the whole line is meant.
  package var column: Int?
  /// One line.
  package var text: String
  /// Whether the line is left out for it; otherwise it is used without what the problem names.
  package var isLeftOut: Bool

  package init(source: String, line: Int, column: Int? = nil, text: String, isLeftOut: Bool = true) {
    self.source = source
    self.line = line
    self.column = column
    self.text = text
    self.isLeftOut = isLeftOut
  }

  /// `file:line:column: text`, without a column where there is none.
  package var description: String {
    "\(source):\(line):" + (column.map { "\($0):" } ?? "") + " \(text)"
  }
}

/// What is wrong inside one line, before the line's number is known.
struct RouteFault: Error {
  var text: String
  /// From 1.
  var column: Int?

  init(_ text: String, column: Int? = nil) {
    self.text = text
    self.column = column
  }

  /// The same, at a place if it has none.
  func at(_ column: Int) -> RouteFault { RouteFault(text, column: self.column ?? column) }
}
