import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  /// The newest sequence that was ever given: also when retention has removed its event.
  func outboxHead() throws -> Int64 {
    try row("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", [])?["seq"] ?? 0
  }

  func events(in queue: EventQueue, after cursor: Int64, max: Int) throws -> EventPage {
    let isBeyond = try cursor > outboxHead()
    guard let row = try row("SELECT id, head, pruned FROM queues WHERE key = ?", [queue.key]) else {
      return EventPage(events: [], head: 0, isReset: isBeyond)
    }
    let head: Int64 = row["head"]
    if isBeyond { return EventPage(events: [], head: head, isReset: true) }
    let events = try rows(Self.queueRead, [row["id"] as Int64, cursor, max]).map { stored in
      try event(in: stored, isShown: try audience(of: stored).contains(queue, in: self))
    }
    return EventPage(events: events, head: head, isReset: cursor < (row["pruned"] as Int64))
  }

  static let queueRead = """
    SELECT o.* FROM event_queue q JOIN outbox o ON o.sequence = q.sequence
    WHERE q.queue = ? AND q.sequence > ? ORDER BY q.sequence LIMIT ?
    """

  static let outboxRead = """
    SELECT q.sequence AS at, q.previous, k.key FROM event_queue q JOIN queues k ON k.id = q.queue
    WHERE q.sequence = ? ORDER BY q.queue
    """

  static let outboxSequences = """
    SELECT DISTINCT sequence FROM event_queue WHERE sequence > ? ORDER BY sequence LIMIT ?
    """

  func outbox(after sequence: Int64, maxEvents: Int) throws -> [QueuedEvent] {
    var found: [QueuedEvent] = []
    for row in try rows(Self.outboxSequences, [sequence, maxEvents]) {
      let sequence: Int64 = row["sequence"]
      guard let stored = try self.row("SELECT * FROM outbox WHERE sequence = ?", [sequence]) else { continue }
      let audience = try audience(of: stored)
      let (shown, hidden) = (try event(in: stored, isShown: true), try event(in: stored, isShown: false))
      for row in try rows(Self.outboxRead, [sequence]) {
        guard let queue = EventQueue(key: row["key"]) else { continue }
        let event = try audience.contains(queue, in: self) ? shown : hidden
        found.append(QueuedEvent(queue: queue, previous: row["previous"], event: event))
      }
    }
    return found
  }

  private func event(in row: Row, isShown: Bool) throws -> ChannelEvent {
    let isRetraction = row["kind"] as String == "retracted" || !isShown
    return ChannelEvent(
      sequence: row["sequence"], node: row.node, time: Timestamp(milliseconds: row["time"]),
      change: isRetraction ? .retracted(id: row["id"]) : .published(try entry(in: row, of: row.node)))
  }

  func append(
    _ change: ChannelEvent.Change, of node: NodeID, time: Timestamp, to queues: [EventQueue]
  ) throws -> Int64 {
    let common: StatementArguments = [node.channel.description, node.name, time.milliseconds]
    switch change {
    case .published(let entry):
      try run(
        """
        INSERT INTO outbox (channel, name, time, kind, id, author, published, updated, xml)
        VALUES (?, ?, ?, 'published', ?, ?, ?, ?, ?)
        """,
        common + [
          entry.id, entry.author.description, entry.published.milliseconds, entry.updated.milliseconds,
          entry.xml.serialized(),
        ])
    case .retracted(let id):
      try run("INSERT INTO outbox (channel, name, time, kind, id) VALUES (?, ?, ?, 'retracted', ?)", common + [id])
    }
    let sequence = db.lastInsertedRowID
    for queue in queues { try append(sequence, to: queue.key) }
    return sequence
  }

  private func append(_ sequence: Int64, to queue: String) throws {
    let key: Int64
    let previous: Int64
    if let row = try row("SELECT id, head FROM queues WHERE key = ?", [queue]) {
      key = row["id"]
      previous = row["head"]
      try run("UPDATE queues SET head = ? WHERE id = ?", [sequence, key])
    } else {
      try run("INSERT INTO queues (key, head, pruned) VALUES (?, ?, 0)", [queue, sequence])
      key = db.lastInsertedRowID
      previous = 0
    }
    try run("INSERT INTO event_queue (queue, sequence, previous) VALUES (?, ?, ?)", [key, sequence, previous])
  }
}
