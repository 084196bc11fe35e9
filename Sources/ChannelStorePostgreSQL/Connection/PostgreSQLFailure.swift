import CPostgreSQL

/// Why a statement, or the connection it was for, failed.
struct PostgreSQLFailure: Error, Sendable, Hashable, CustomStringConvertible {
  enum Kind: Sendable, Hashable {
    /// The server answered with an error.
    case refused
    /// There is no connection, or no connection any more.
    case lost
    /// No answer came in time. The connection is given up, because the answer may still come.
    case timedOut
  }

  var kind: Kind
  /// SQLSTATE: five letters and digits; empty where the server said none.
  var state: String
  /// The server's or libpq's words, one line, without the row that they are about. Not for peers.
  var message: String

  init(_ kind: Kind, state: String = "", message: String) {
    self.kind = kind
    self.state = state
    self.message = message.split(separator: "\n").first.map(String.init) ?? message
  }

  /// The server's answer.
  init(result: OpaquePointer?) {
    self.init(
      .refused, state: cpostgresql_state(result).map { String(cString: $0) } ?? "",
      message: (cpostgresql_message(result) ?? UnsafePointer(PQresultErrorMessage(result))).map { String(cString: $0) }
        ?? "no message")
  }

  var description: String { state.isEmpty ? message : "\(state): \(message)" }
}
