/// What is wrong with the bytes of a message head or of a body's framing.
///
/// The text names what was found and what is accepted, and never quotes a value of the peer's.
package struct HeadFault: Error, Sendable, Hashable {
  /// The status that answers it where the message was a request; on the origin's side every fault is a 502.
  package var status: Int
  /// One line, without a line break.
  package var text: String

  package init(_ text: String, status: Int = 400) {
    self.status = status
    self.text = text
  }
}
