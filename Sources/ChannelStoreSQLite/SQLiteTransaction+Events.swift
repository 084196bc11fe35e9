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

  func event(in row: Row, isShown: Bool) throws -> ChannelEvent {
    let stored = StoredChange(
      kind: row["kind"], id: row["id"], author: (row["author"] as String?).map(JID.init(prepared:)), text: row["xml"])
    let change: ChannelEvent.Change =
      if let change = stored.withoutEntry {
        change
      } else if isShown {
        .published(try entry(in: row, of: row.node))
      } else {
        .retracted(id: stored.id)
      }
    return ChannelEvent(
      sequence: row["sequence"], node: row.node, time: Timestamp(milliseconds: row["time"]), change: change)
  }

  func archive(_ queues: [EventQueue], from start: Timestamp?, to end: Timestamp?, max: Int) throws -> [ChannelEvent] {
    // Events are in order of time but for a clock that was set back, so the first one of the span is where to begin.
    let first: Int64 =
      try start.flatMap { start in
        try row("SELECT min(sequence) AS first FROM outbox WHERE time >= ?", [start.milliseconds])?["first"]
          as Int64? ?? Int64.max
      } ?? 0
    var found: [Int64: Row] = [:]
    var shown: Set<Int64> = []
    for queue in queues {
      let part = try rows(
        """
        SELECT o.* FROM queues k JOIN event_queue q ON q.queue = k.id JOIN outbox o ON o.sequence = q.sequence
        WHERE k.key = ? AND q.sequence >= ? AND o.time >= ? AND o.time <= ? ORDER BY q.sequence LIMIT ?
        """, [queue.key, first, start?.milliseconds ?? Int64.min, end?.milliseconds ?? Int64.max, max])
      for row in part {
        found[row["sequence"]] = row
        if try audience(of: row).contains(queue, in: self) { shown.insert(row["sequence"]) }
      }
    }
    return try found.sorted { $0.key < $1.key }.prefix(max).map { sequence, row in
      try event(in: row, isShown: shown.contains(sequence))
    }
  }

  func append(
    _ change: ChannelEvent.Change, of node: NodeID, time: Timestamp, to queues: [EventQueue]
  ) throws -> Int64 {
    let stored = StoredChange(change)
    try run(
      """
      INSERT INTO outbox (channel, name, time, kind, id, author, published, updated, xml)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        node.channel.description, node.name, time.milliseconds, stored.kind, stored.id, stored.author?.description,
        stored.published?.milliseconds, stored.updated?.milliseconds, stored.text,
      ])
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
