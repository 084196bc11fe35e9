import Channels
import GRDB
import Synchronization
import Testing
import XMPP

@testable import ChannelStoreSQLite

/// Every statement that the operations send is explained: none may read a whole table, or sort a whole feed.
@Suite("SQLite query plans") struct QueryPlanTests {
  @Test func `no statement scans a table, and pages need no sorting`() async throws {
    let directory = try TemporaryDirectory()
    let store = try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory.database))
    try await store.write(PlannedOperation.prepare)
    try await store.pool.writeWithoutTransaction { db in
      for operation in PlannedOperation.all {
        let statements = try Self.statements(in: db) { try operation.run(SQLiteTransaction(db)) }
        #expect(!statements.isEmpty)
        for sql in statements {
          for row in try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)") {
            let detail: String = row["detail"]
            // The table of AUTOINCREMENT counters has no index and two rows; `gone` is a result, not a table.
            let isScan =
              detail.hasPrefix("SCAN") && !["sqlite_sequence", "gone", "(subquery"].contains { detail.contains($0) }
            #expect(!isScan || detail.contains("VIRTUAL TABLE"), "\(operation.name): \(detail): \(sql)")
            #expect(
              !(operation.isPage && detail.contains("TEMP B-TREE")),
              "\(operation.name): \(detail): \(sql)")
          }
        }
      }
    }
  }

  /// What is sent to SQLite meanwhile, values filled in.
  private static func statements(in db: Database, _ body: () throws -> Void) throws -> [String] {
    let box = StatementBox()
    db.trace { event in box.append(event.expandedDescription) }
    defer { db.trace(options: []) }
    try db.inSavepoint {
      try body()
      return .rollback
    }
    return box.statements.filter { sql in
      ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) } && !sql.contains("entry_text'")
    }
  }
}

private final class StatementBox: Sendable {
  private let collected = Mutex<[String]>([])
  var statements: [String] { collected.withLock { $0 } }
  func append(_ statement: String) { collected.withLock { $0.append(statement) } }
}
