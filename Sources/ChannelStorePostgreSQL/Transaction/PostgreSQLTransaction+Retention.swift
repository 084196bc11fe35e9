import Channels
import XMPP

extension PostgreSQLTransaction {
  func relayPosition(_ name: String) throws -> Int64? {
    try row("SELECT position FROM relays WHERE name = $1", [.text(name)])?.integer("position")
  }

  func setRelayPosition(_ name: String, to sequence: Int64) throws {
    try run(
      """
      INSERT INTO relays (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = excluded.position
      """, [.text(name), .integer(sequence)])
  }

  func clearQueues(of user: JID) throws {
    // `!` is the character after the space that ends the address in the names of a member's queues.
    let own = try rows(
      """
      SELECT id FROM queues WHERE key = $1
      UNION ALL SELECT id FROM queues WHERE key = $2
      UNION ALL SELECT id FROM queues WHERE key >= $3 AND key < $4
      """,
      [
        .text(EventQueue.user(user).key), .text(EventQueue.notices(user).key), .text("member:\(user.bare) "),
        .text("member:\(user.bare)!"),
      ]
    ).map { try $0.integer("id") }
    try run("DELETE FROM event_queue WHERE queue = ANY ($1)", [.integers(own)])
    try run("UPDATE queues SET pruned = head WHERE id = ANY ($1)", [.integers(own)])
  }

  func prune(_ retention: EventRetention) throws -> Int {
    let byCount = try outboxHead() - Int64(retention.maxEvents)
    let byAge = try row(
      "SELECT sequence FROM outbox WHERE time < $1 ORDER BY time DESC, sequence DESC LIMIT 1",
      [.integer(retention.before.milliseconds)])?.integer("sequence")
    let last = try row(
      """
      SELECT max(sequence) AS sequence FROM
        (SELECT sequence FROM outbox WHERE sequence <= $1 ORDER BY sequence LIMIT $2) oldest
      """, [.integer(max(byCount, byAge ?? 0)), .integer(retention.batch)])?.optionalInteger("sequence")
    guard let last else { return 0 }
    try run(
      """
      WITH gone AS (DELETE FROM event_queue WHERE sequence <= $1 RETURNING queue, sequence),
      ends AS (SELECT queue, max(sequence) AS last FROM gone GROUP BY queue)
      UPDATE queues SET pruned = ends.last FROM ends WHERE queues.id = ends.queue
      """, [.integer(last)])
    return try run("DELETE FROM outbox WHERE sequence <= $1", [.integer(last)])
  }
}
