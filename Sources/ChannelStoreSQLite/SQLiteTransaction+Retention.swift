import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  func relayPosition(_ name: String) throws -> Int64? {
    try row("SELECT position FROM relays WHERE name = ?", [name])?["position"]
  }

  func setRelayPosition(_ name: String, to sequence: Int64) throws {
    try run(
      "INSERT INTO relays (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position",
      [name, sequence])
  }

  func clearQueues(of user: JID) throws {
    // `!` is the character after the space that ends the address in the names of a member's queues.
    let bounds: StatementArguments = [
      EventQueue.user(user).key, EventQueue.notices(user).key, "member:\(user.bare) ", "member:\(user.bare)!",
    ]
    let own = "key = ? OR key = ? OR key >= ? AND key < ?"
    try run("DELETE FROM event_queue WHERE queue IN (SELECT id FROM queues WHERE \(own))", bounds)
    try run("UPDATE queues SET pruned = head WHERE \(own)", bounds)
  }

  func prune(_ retention: EventRetention) throws -> Int {
    let byCount = try outboxHead() - Int64(retention.maxEvents)
    let byAge: Int64? = try row(
      "SELECT max(sequence) AS sequence FROM outbox WHERE time < ?", [retention.before.milliseconds])?["sequence"]
    let wanted = max(byCount, byAge ?? 0)
    guard
      let last: Int64 = try row(
        """
        SELECT max(sequence) AS sequence FROM
          (SELECT sequence FROM outbox WHERE sequence <= ? ORDER BY sequence LIMIT ?)
        """, [wanted, retention.batch])?["sequence"]
    else { return 0 }
    try run(
      """
      UPDATE queues SET pruned = gone.last FROM
        (SELECT queue, max(sequence) AS last FROM event_queue INDEXED BY event_queue_by_sequence
         WHERE sequence <= ? GROUP BY queue) AS gone
      WHERE queues.id = gone.queue
      """, [last])
    try run("DELETE FROM event_queue WHERE sequence <= ?", [last])
    try run("DELETE FROM outbox WHERE sequence <= ?", [last])
    return db.changesCount
  }
}
