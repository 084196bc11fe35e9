import Channels
import TestKit
import Testing
import XMPP

@testable import ChannelStorePostgreSQL

/// The same for PostgreSQL, with nothing in the tables and with much: the plans don't depend on it.
@Suite("PostgreSQL query plans") struct PostgreSQLQueryPlanTests {
  @Test(arguments: [0, 20_000]) func `no statement scans a table, and pages need no sorting`(count: Int) async throws {
    let place = try PostgreSQLPlace()
    let store = try place.open()
    try await store.write(PlannedOperation.prepare)
    if count > 0 { try Self.fill(place, count) }
    // Nothing of it stays.
    await #expect(throws: ChannelError(.notAllowed, "enough")) {
      try await store.write { store in try Self.explainAll(store) }
    }
  }

  private static func explainAll(_ store: any ChannelWriter) throws {
    let transaction = try #require(store as? PostgreSQLTransaction)
    var known: Set<String> = []
    for operation in PlannedOperation.all {
      try operation.run(transaction)
      let statements = try transaction.rows(
        "SELECT name, statement, coalesce(array_length(parameter_types, 1), 0) AS count FROM pg_prepared_statements", []
      )
      for row in statements where try known.insert(row.text("name")).inserted {
        let sql = try row.text("statement")
        guard ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(where: sql.hasPrefix),
          !sql.contains("pg_prepared")
        else { continue }
        let nulls = Array(repeating: "NULL", count: try row.count("count")).joined(separator: ", ")
        let plan = try transaction.rows(
          "EXPLAIN EXECUTE \(row.text("name"))\(nulls.isEmpty ? "" : "(\(nulls))")", []
        ).map { try $0.text("QUERY PLAN") }
        for line in plan {
          // It has one row.
          #expect(!line.contains("Seq Scan") || line.contains("outbox_head"), "\(operation.name): \(line): \(sql)")
          #expect(!(operation.isPage && line.contains("Sort")), "\(operation.name): \(line): \(sql)")
        }
      }
    }
    #expect(known.count > 60)
    throw ChannelError(.notAllowed, "enough")
  }

  @Test func `a rare word is found by its index, and a frequent one without reading all that have it`() async throws {
    let place = try PostgreSQLPlace()
    let store = try place.open()
    try await store.write(PlannedOperation.prepare)
    try Self.fill(place, 20_000)
    for (word, index) in [("word77", "entries_by_word"), ("often", "entries_pkey")] {
      let plan = try await store.read { store in
        try #require(store as? PostgreSQLTransaction).plannedRows(
          "EXPLAIN SELECT e.sequence \(PostgreSQLTransaction.entryMatches) ORDER BY e.sequence DESC LIMIT 10",
          [.text(""), .bool(false), .text("'\(word)'")]
        ).map { try $0.text("QUERY PLAN") }
      }
      #expect(plan.contains { $0.contains(index) }, "\(plan)")
    }
    let found = try await store.read {
      try $0.searchEntries("word77", viewer: nil, isLocal: false, max: 100, offset: 0)
    }
    #expect(found.count == found.entries.count)
    #expect(found.count > 0)
  }

  /// Many entries, nodes and members, and the server has looked at how many.
  /// Only its own tables are analysed: all of them would be those of tests that hold locks at this moment, too.
  private static func fill(_ place: PostgreSQLPlace, _ count: Int) throws {
    try place.server.execute(
      """
      SET search_path = \(place.schema);
      INSERT INTO nodes (channel, name, domain, title, description, access_model, default_affiliation, created,
        advertised, ephemeral, publish_model)
      SELECT 'c' || g || '@example.com', 'posts', 'example.com', '', '', 'open', 2, 1, true, false, 'publishers'
      FROM generate_series(1, \(count / 10)) g;
      INSERT INTO entries (node, id, author, published, updated, activity, content, in_reply_to, xml, words)
      SELECT n.id, 'e' || g, 'u' || g % 100 || '@example.com', g, g, g, '',
        CASE WHEN g % 3 = 0 THEN 'e' || (g - 1) END, '<entry xmlns="http://www.w3.org/2005/Atom"/>',
        ('''often'' ''word' || g % 5000 || '''')::tsvector
      FROM generate_series(1, \(count)) g JOIN nodes n
        ON n.channel = CASE WHEN g % 2 = 0 THEN 'alice' ELSE 'c' || g / 10 + 1 END || '@example.com';
      INSERT INTO memberships (node, "user", affiliation, subscription, temporary, listener_domain)
      SELECT n.id, 'u' || g || '@example.com', 2, 'subscribed', false, 'example.com'
      FROM generate_series(1, \(count / 20)) g, nodes n WHERE n.id % 200 = 1;
      ANALYZE nodes, entries, memberships;
      """)
  }
}
