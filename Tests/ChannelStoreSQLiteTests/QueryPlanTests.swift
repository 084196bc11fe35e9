import Channels
import GRDB
import Synchronization
import Testing
import XMPP

@testable import ChannelStoreSQLite

/// Every statement that the operations send is explained: none may read a whole table, or sort a whole feed.
@Suite("SQLite query plans") struct QueryPlanTests {
  private static let operations: [(name: String, run: @Sendable (SQLiteTransaction) throws -> Void)] = [
    ("feed page", { _ = try $0.entries(of: postsNode, page: PageRequest(max: 5)) }),
    ("feed page after", { _ = try $0.entries(of: postsNode, page: PageRequest(max: 5, after: "1")) }),
    ("feed page before", { _ = try $0.entries(of: postsNode, page: PageRequest(max: 5, before: "1")) }),
    ("threads page", { _ = try $0.threads(of: postsNode, page: PageRequest(max: 5), maxReplies: 3) }),
    ("threads page after", { _ = try $0.threads(of: postsNode, page: PageRequest(max: 5, after: "1"), maxReplies: 3) }),
    ("replies", { _ = try $0.replies(to: "1", of: postsNode, page: PageRequest(max: 5)) }),
    ("replies after", { _ = try $0.replies(to: "1", of: postsNode, page: PageRequest(max: 5, after: "2")) }),
    ("recent", { _ = try $0.recentEntries(of: postsNode, since: Timestamp(milliseconds: 0), max: 5) }),
    ("items page", { _ = try $0.items(of: postsNode, query: Self.items) }),
    (
      "items page after",
      {
        _ = try $0.items(
          of: postsNode, query: ItemQuery(page: PageRequest(max: 5, after: "1"), includesTombstones: true))
      }
    ),
    ("item count", { _ = try $0.itemCount(of: postsNode, query: Self.items) }),
    ("reply count", { _ = try $0.replyCount(to: "1", of: postsNode) }),
    (
      "timeline",
      {
        _ = try $0.updatedEntries(
          of: postsNode, since: Timestamp(milliseconds: 0),
          after: TimelinePosition(updated: Timestamp(milliseconds: 2), id: "1"),
          isParentOnly: false, max: 5)
      }
    ),
    (
      "timeline count",
      { _ = try $0.updatedCount(of: postsNode, since: Timestamp(milliseconds: 0), isParentOnly: false) }
    ),
    ("listeners", { _ = try $0.listeners(of: postsNode, localDomain: "example.com") }),
    ("moderators", { _ = try $0.moderators(of: postsNode) }),
    ("member page", { _ = try $0.members(of: postsNode, scope: .all, page: PageRequest(max: 5, after: "a")) }),
    ("described memberships", { _ = try $0.describedMemberships(of: alice) }),
    ("pending requests", { _ = try $0.pendingRequests(for: alice, max: 5) }),
    ("advertised nodes", { _ = try $0.advertisedNodes(domains: ["example.com"], page: PageRequest(max: 5)) }),
    (
      "archive",
      { _ = try $0.archive([.anonymous, .user(alice)], from: Timestamp(milliseconds: 1), to: nil, max: 5) }
    ),
    ("bury", { try $0.bury("3", of: postsNode, at: Timestamp(milliseconds: 5)) }),
    ("prune tombstones", { _ = try $0.pruneTombstones(before: Timestamp(milliseconds: 9), max: 5) }),
    ("replace", { try $0.replace(entry("1", at: 2)) }),
    ("by author", { _ = try $0.entries(by: alice, max: 5) }),
    ("rating", { _ = try $0.hasRating(by: alice, of: "1", in: postsNode) }),
    ("queue read", { _ = try $0.events(in: .anonymous, after: 0, max: 5) }),
    ("outbox read", { _ = try $0.outbox(after: 0, maxEvents: 5) }),
    (
      "append",
      { _ = try $0.append(.retracted(id: "1"), of: postsNode, time: Timestamp(milliseconds: 1), to: [.anonymous]) }
    ),
    ("subscribers", { _ = try $0.subscribers(of: postsNode, domain: "example.com") }),
    ("owners", { _ = try $0.owners(of: postsNode) }),
    ("membership", { _ = try $0.membership(of: alice, in: postsNode) }),
    ("memberships", { _ = try $0.memberships(of: alice) }),
    ("subscription count", { _ = try $0.subscriptionCount(of: alice) }),
    ("owned channels", { _ = try $0.ownedChannels(of: alice) }),
    ("nodes", { _ = try $0.nodes(of: alice) }),
    ("account", { _ = try $0.account(alice) }),
    ("insert entry", { try $0.insert(entry("9", at: 1), rated: nil) }),
    ("bump", { try $0.bump("1", of: postsNode, to: Timestamp(milliseconds: 5)) }),
    ("clear queues", { try $0.clearQueues(of: alice) }),
    ("prune", { _ = try $0.prune(EventRetention(before: Timestamp(milliseconds: 3), maxEvents: 1)) }),
    ("delete entry", { try $0.deleteEntry("1", of: postsNode) }),
    ("delete memberships", { try $0.deleteMemberships(of: bob) }),
    ("delete node", { try $0.delete(postsNode) }),
  ]

  private static let items = ItemQuery(page: PageRequest(max: 5), includesTombstones: true)

  @Test func `no statement scans a table, and pages need no sorting`() async throws {
    let directory = try TemporaryDirectory()
    let store = try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory.database))
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.set(membership(alice, .owner))
      for number in 1...3 {
        let entry = entry("\(number)", at: Int64(number), replyTo: number == 2 ? "1" : nil)
        try store.insert(entry, rated: nil)
        _ = try store.append(.published(entry), of: postsNode, time: entry.updated, to: [.anonymous, .user(alice)])
      }
    }
    let pages: Set = [
      "feed page", "feed page after", "feed page before", "threads page", "threads page after", "replies",
      "replies after", "recent", "queue read", "items page", "items page after", "timeline", "member page",
    ]
    try await store.pool.writeWithoutTransaction { db in
      for operation in Self.operations {
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
              !(pages.contains(operation.name) && detail.contains("TEMP B-TREE")),
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
