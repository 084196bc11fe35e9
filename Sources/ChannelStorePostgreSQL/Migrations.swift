import Foundation

/// Brings the tables of a database up to date, each step in a transaction, one process at a time.
struct Migrations {
  /// The advisory lock of whoever migrates, of any schema of the database. It stands for the letters `bcstores`.
  private static let lock: Int64 = 0x6263_7374_6f72_6573
  /// How long a step may take, in seconds, and how long another process's steps are waited for.
  private static let patienceSeconds = 3600.0

  private let connection: PostgreSQLConnection

  init(_ connection: PostgreSQLConnection) {
    self.connection = connection
  }

  /// Applies what is missing.
  /// - Throws: `MigrationProblem` where the tables are of a newer program; what the server says.
  func run() throws {
    try connection.command(
      "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0")
    try connection.command("SELECT pg_advisory_lock(\(Self.lock))", within: Self.patienceSeconds)
    try connection.command("CREATE TABLE IF NOT EXISTS store_migrations (name text NOT NULL PRIMARY KEY)")
    let applied = Set(
      try connection.executeOnce("SELECT name FROM store_migrations", []).rows.map { try $0.text("name") })
    let unknown = applied.subtracting(Schema.steps.map(\.name)).sorted()
    guard unknown.isEmpty else { throw MigrationProblem(unknown: unknown) }
    for step in Schema.steps where !applied.contains(step.name) {
      try connection.command(
        "BEGIN; \(step.sql); INSERT INTO store_migrations (name) VALUES ('\(step.name)'); COMMIT",
        within: Self.patienceSeconds)
    }
    // The lock goes with the connection, which is not used for anything else.
  }
}

/// Tables that this program doesn't know.
struct MigrationProblem: Error, CustomStringConvertible {
  var unknown: [String]

  var description: String {
    "its tables are of a newer version of this program (\(unknown.joined(separator: "; ")))"
  }
}
