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
