import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  func insert(_ entry: Entry, rated: String?) throws {
    try run(
      """
      INSERT INTO entries
        (node, id, author, published, updated, activity, title, content, in_reply_to, rated, xml)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        try requiredKey(of: entry.node), entry.id, entry.author.bare.description, entry.published.milliseconds,
        entry.updated.milliseconds, entry.updated.milliseconds, entry.title, entry.content, entry.inReplyTo, rated,
        entry.xml.serialized(),
      ])
  }

  func bump(_ id: String, of node: NodeID, to time: Timestamp) throws {
    try run(
      "UPDATE entries SET activity = max(activity, ?) WHERE node = ? AND id = ?",
      [time.milliseconds, try requiredKey(of: node), id])
  }

  func deleteEntry(_ id: String, of node: NodeID) throws {
    try run("DELETE FROM entries WHERE node = ? AND id = ?", [try requiredKey(of: node), id])
    guard db.changesCount == 1 else { throw ChannelError(.itemNotFound, "there is no such entry") }
  }

  func replace(_ entry: Entry) throws {
    try run(
      "UPDATE entries SET updated = ?, title = ?, content = ?, xml = ? WHERE node = ? AND id = ?",
      [
        entry.updated.milliseconds, entry.title, entry.content, entry.xml.serialized(),
        try requiredKey(of: entry.node), entry.id,
      ])
    guard db.changesCount == 1 else { throw ChannelError(.itemNotFound, "there is no such entry") }
  }

  func bury(_ id: String, of node: NodeID, at time: Timestamp) throws {
    try run(
      """
      INSERT OR REPLACE INTO tombstones (node, id, sequence, published, deleted, in_reply_to)
      SELECT node, id, sequence, published, ?, in_reply_to FROM entries WHERE node = ? AND id = ?
      """, [time.milliseconds, try requiredKey(of: node), id])
    try deleteEntry(id, of: node)
  }

  func tombstone(_ id: String, of node: NodeID) throws -> Tombstone? {
    guard let key = try key(of: node) else { return nil }
    return try row("SELECT * FROM tombstones WHERE node = ? AND id = ?", [key, id])
      .map { tombstone(in: $0, of: node) }
  }

  func tombstone(in row: Row, of node: NodeID) -> Tombstone {
    Tombstone(
      id: row["id"], node: node, published: Timestamp(milliseconds: row["published"]),
      deleted: Timestamp(milliseconds: row["deleted"]), inReplyTo: row["in_reply_to"])
  }

  func pruneTombstones(before: Timestamp, max: Int) throws -> Int {
    let old = try rows(
      "SELECT node, id FROM tombstones WHERE deleted < ? ORDER BY deleted LIMIT ?", [before.milliseconds, max])
    for row in old {
      try run("DELETE FROM tombstones WHERE node = ? AND id = ?", [row["node"] as Int64, row["id"] as String])
    }
    return old.count
  }

  func isRating(_ id: String, of node: NodeID) throws -> Bool {
    try row(
      "SELECT 1 FROM entries WHERE node = ? AND id = ? AND rated IS NOT NULL", [try requiredKey(of: node), id]) != nil
  }

  func hasRating(by author: JID, of target: String, in node: NodeID) throws -> Bool {
    try row(
      "SELECT 1 FROM entries WHERE node = ? AND rated = ? AND author = ?",
      [try requiredKey(of: node), target, author.bare.description]) != nil
  }
}
