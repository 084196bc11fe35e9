/// Why an origin gave no response.
package struct OriginFailure: Error, Sendable, Hashable {
  /// What kind it is, which decides on fail-over and on what the client sees.
  package enum Kind: Sendable, Hashable {
    /// No connection: refused, unreachable, timed out, no such name. The next target is tried.
    case unreachable
    /// The address policy refused it.
    case blocked
    /// All connections of the loop were busy for too long.
    case busy
    /// No response head in time, or no body bytes.
    case timeout
    /// It closed before the response was whole.
    case closed
    /// Its bytes were no response.
    case malformed
  }

  package var kind: Kind
  /// For the log and for debug routes; never a value of a field.
  package var text: String
  /// Whether any byte of a response had come.
  package var hadResponseBytes = false
  /// Whether the connection had served another request before.
  package var wasReused = false

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}
