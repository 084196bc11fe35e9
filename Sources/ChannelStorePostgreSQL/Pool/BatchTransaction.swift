/// One transaction with several operations, each undone by itself when it throws.
struct BatchTransaction {
  private let connection: PostgreSQLConnection
  /// What each operation threw; `nil` where it is part of what was committed.
  private(set) var failures: [StoreFailure?] = []
  /// Whether the server was asked to commit, and has not said what came of it.
  private(set) var isCommitUnknown = false

  init(_ connection: PostgreSQLConnection) {
    self.connection = connection
  }

  /// Runs and commits.
  /// - Throws: What ends the whole transaction: then nothing is stored, or ``isCommitUnknown``.
  mutating func run(_ batch: [any PendingOperation]) throws {
    let hasCompany = batch.count > 1
    try connection.command(
      "BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE store_lock IN EXCLUSIVE MODE"
        + (hasCompany ? "; SAVEPOINT operation" : ""))
    for (number, operation) in batch.enumerated() {
      do {
        try operation.run(PostgreSQLTransaction(connection))
        // An operation that passed over an error must not count as done.
        if let failure = connection.failure { throw failure }
        failures.append(nil)
        if hasCompany, number < batch.count - 1 {
          try connection.command("RELEASE SAVEPOINT operation; SAVEPOINT operation")
        }
      } catch {
        let failure = StoreFailure(connection.failure ?? error)
        if failure.remedy != .none { throw failure }
        if failures.count == number { failures.append(failure) } else { failures[number] = failure }
        connection.forgetFailure()
        // The savepoint itself stays, for the next one.
        try connection.command(hasCompany ? "ROLLBACK TO SAVEPOINT operation" : "ROLLBACK")
        if !hasCompany { return }
      }
    }
    try commit()
  }

  private mutating func commit() throws {
    isCommitUnknown = true
    let tag: String
    do {
      tag = try connection.command("COMMIT")
    } catch let failure as PostgreSQLFailure where failure.kind == .refused {
      isCommitUnknown = false
      throw failure
    }
    isCommitUnknown = false
    // A transaction that has failed before is rolled back by `COMMIT`, and that is no error.
    guard tag == "COMMIT" else { throw StoreFailure(PostgreSQLFailure(.refused, state: "25P02", message: tag)) }
  }
}
