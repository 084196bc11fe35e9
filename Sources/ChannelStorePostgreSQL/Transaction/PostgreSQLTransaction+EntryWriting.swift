import Channels
import XMPP

extension PostgreSQLTransaction {
  func insert(_ entry: Entry, rated: String?) throws {
    let count = try run(
      """
      INSERT INTO entries
        (node, id, author, published, updated, activity, title, content, in_reply_to, rated, xml, words)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::tsvector) ON CONFLICT DO NOTHING
      """,
      [
        .integer(try requiredKey(of: entry.node)), .text(entry.id), .text(entry.author.bare.description),
        .integer(entry.published.milliseconds), .integer(entry.updated.milliseconds),
        .integer(entry.updated.milliseconds), .text(entry.title), .text(entry.content), .text(entry.inReplyTo),
        .text(rated), .text(entry.xml.serialized()), .text(Self.words(of: entry)),
      ])
    guard count == 1 else { throw ChannelError(.conflict, "this exists already") }
  }

  private static func words(of entry: Entry) -> String {
    SearchWords.index([entry.title ?? "", entry.content ?? ""])
  }

  func replace(_ entry: Entry) throws {
    let count = try run(
      """
      UPDATE entries SET updated = $1, title = $2, content = $3, xml = $4, words = $5::tsvector
      WHERE node = $6 AND id = $7
      """,
      [
        .integer(entry.updated.milliseconds), .text(entry.title), .text(entry.content), .text(entry.xml.serialized()),
        .text(Self.words(of: entry)), .integer(try requiredKey(of: entry.node)), .text(entry.id),
      ])
    guard count == 1 else { throw ChannelError(.itemNotFound, "there is no such entry") }
  }

  func bump(_ id: String, of node: NodeID, to time: Timestamp) throws {
    try run(
      "UPDATE entries SET activity = greatest(activity, $1) WHERE node = $2 AND id = $3",
      [.integer(time.milliseconds), .integer(try requiredKey(of: node)), .text(id)])
  }

  func deleteEntry(_ id: String, of node: NodeID) throws {
    let count = try run(
      "DELETE FROM entries WHERE node = $1 AND id = $2", [.integer(try requiredKey(of: node)), .text(id)])
    guard count == 1 else { throw ChannelError(.itemNotFound, "there is no such entry") }
  }

  func bury(_ id: String, of node: NodeID, at time: Timestamp) throws {
    try run(
      """
      INSERT INTO tombstones (node, id, sequence, published, deleted, in_reply_to)
      SELECT node, id, sequence, published, $1, in_reply_to FROM entries WHERE node = $2 AND id = $3
      ON CONFLICT (node, id) DO UPDATE SET sequence = excluded.sequence, published = excluded.published,
        deleted = excluded.deleted, in_reply_to = excluded.in_reply_to
      """, [.integer(time.milliseconds), .integer(try requiredKey(of: node)), .text(id)])
    try deleteEntry(id, of: node)
  }

  func tombstone(_ id: String, of node: NodeID) throws -> Tombstone? {
    guard let key = try key(of: node) else { return nil }
    return try row("SELECT * FROM tombstones WHERE node = $1 AND id = $2", [.integer(key), .text(id)])
      .map { try tombstone(in: $0, of: node) }
  }

  func tombstone(in row: PostgreSQLRow, of node: NodeID) throws -> Tombstone {
    Tombstone(
      id: try row.text("id"), node: node, published: try row.time("published"), deleted: try row.time("deleted"),
      inReplyTo: try row.optionalText("in_reply_to"))
  }

  func pruneTombstones(before: Timestamp, max: Int) throws -> Int {
    try run(
      """
      DELETE FROM tombstones t USING (SELECT node, id FROM tombstones WHERE deleted < $1 ORDER BY deleted LIMIT $2) old
      WHERE t.node = old.node AND t.id = old.id
      """, [.integer(before.milliseconds), .integer(max)])
  }

  func isRating(_ id: String, of node: NodeID) throws -> Bool {
    try row(
      "SELECT 1 AS one FROM entries WHERE node = $1 AND id = $2 AND rated IS NOT NULL",
      [.integer(try requiredKey(of: node)), .text(id)]) != nil
  }

  func hasRating(by author: JID, of target: String, in node: NodeID) throws -> Bool {
    try row(
      "SELECT 1 AS one FROM entries WHERE node = $1 AND rated = $2 AND author = $3 LIMIT 1",
      [.integer(try requiredKey(of: node)), .text(target), .text(author.bare.description)]) != nil
  }
}
