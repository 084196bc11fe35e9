/// What went wrong on the test's own side: a deadline that passed, a process that died, an answer that is no HTTP.
package struct TestFailure: Error, CustomStringConvertible {
  /// The whole story, with the end of the log of the process that it is about.
  package let description: String

  /// A failure that explains itself.
  package init(_ description: String) { self.description = description }
}
