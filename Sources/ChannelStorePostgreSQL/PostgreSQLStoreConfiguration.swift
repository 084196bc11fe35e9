/// How a store in PostgreSQL works.
package struct PostgreSQLStoreConfiguration: Sendable {
  /// Where the database is. All tables are in the first schema of the user's search path.
  package var connection: ConnectionString
  /// Connections, each with a thread: one writes, the others read; default 8, at least 2.
  package var poolSize = 8
  /// Writes that wait; default 4096. Beyond it a write fails with `resourceConstraint`.
  package var maxPendingWrites = 4096
  /// Reads that run or wait; default 4096. Beyond it a read fails with `resourceConstraint`.
  package var maxPendingReads = 4096
  /// Writes in one transaction; default 64. Each is a subtransaction, and beyond 64 of them every other session looks up on
  /// disk which they were.
  package var maxBatch = 64
  /// How long opening a connection takes at most, in whole seconds, for each address that is tried; default 5, at least 2.
  package var connectTimeoutSeconds = 5
  /// How long a statement takes at most, in seconds; default 10.
  package var statementTimeoutSeconds = 10.0
  /// How long a write waits while another process writes, in seconds; default 5.
  package var lockTimeoutSeconds = 5.0
  /// The longest pause between two attempts to reach a database that is away, in seconds; default 10. The first is 0.1 s.
  package var maxReconnectDelaySeconds = 10.0
  /// Told what an operator wants to know.
  package var report: @Sendable (PostgreSQLStoreReport) -> Void = { _ in }

  /// The defaults.
  package init(connection: ConnectionString) {
    self.connection = connection
  }

  /// Everything that is wrong, in words.
  package func validate() -> [String] {
    var problems: [String] = []
    for (name, value, least) in [
      ("poolSize", poolSize, 2), ("maxPendingWrites", maxPendingWrites, 1), ("maxPendingReads", maxPendingReads, 1),
      ("maxBatch", maxBatch, 1), ("connectTimeoutSeconds", connectTimeoutSeconds, 2),
    ] where value < least {
      problems.append("\(name) is \(value); it is at least \(least)")
    }
    for (name, value) in [
      ("statementTimeoutSeconds", statementTimeoutSeconds), ("lockTimeoutSeconds", lockTimeoutSeconds),
      ("maxReconnectDelaySeconds", maxReconnectDelaySeconds),
    ] where !(0.01...86_400 ~= value) {
      problems.append("\(name) is \(value); it is from 0.01 to 86400")
    }
    return problems
  }
}

/// What the operator of a store in PostgreSQL wants to know.
package enum PostgreSQLStoreReport: Sendable, Hashable {
  /// The database can't be reached; said once, until it can be again.
  case unreachable(String)
  /// It can be reached again.
  case reachable
  /// The server is set up so that less is promised than this store promises.
  case warning(String)
  /// The server refused what it should take, or has failed, in its words.
  case failure(String)
}
