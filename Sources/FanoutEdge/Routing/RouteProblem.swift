/// What is wrong with a line of routes: where, and what is accepted.
package struct RouteProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// A file's name, or what stands for it (`--route`).
  package var source: String
  /// From 1.
  package var line: Int
  /// One line.
  package var text: String

  package init(source: String, line: Int, text: String) {
    self.source = source
    self.line = line
    self.text = text
  }

  /// `file:line: text`.
  package var description: String { "\(source):\(line): \(text)" }
}

/// What is wrong inside one line, before the line's number is known.
struct RouteFault: Error {
  var text: String
  init(_ text: String) { self.text = text }
}
