import Channels
import XMPP

extension PostgreSQLTransaction {
  /// The newest sequence that was ever given: also when retention has removed its event.
  func outboxHead() throws -> Int64 {
    try row("SELECT sequence FROM outbox_head", [])?.integer("sequence") ?? 0
  }

  /// What an event is read from.
  private static let eventColumns = """
    o.sequence, o.channel, o.name, o.time, o.kind, o.id, o.author, o.published, o.updated, o.xml
    """

  func events(in queue: EventQueue, after cursor: Int64, max: Int) throws -> EventPage {
    let isBeyond = try cursor > outboxHead()
    guard let row = try row("SELECT id, head, pruned FROM queues WHERE key = $1", [.text(queue.key)]) else {
      return EventPage(events: [], head: 0, isReset: isBeyond)
    }
    let head = try row.integer("head")
    if isBeyond { return EventPage(events: [], head: head, isReset: true) }
    let events = try rows(
      """
      SELECT \(Self.eventColumns), \(EventAudience.isShown(kind: "$4", reader: "$5")) AS shown
      FROM event_queue q JOIN outbox o ON o.sequence = q.sequence \(EventAudience.joins)
      WHERE q.queue = $1 AND q.sequence > $2 ORDER BY q.sequence LIMIT $3
      """,
      [
        .integer(try row.integer("id")), .integer(cursor), .integer(max), .text(queue.kind), .text(queue.reader),
      ]
    ).map { try event(in: $0, isShown: $0.bool("shown")) }
    return EventPage(events: events, head: head, isReset: cursor < (try row.integer("pruned")))
  }

  func outbox(after sequence: Int64, maxEvents: Int) throws -> [QueuedEvent] {
    let events = try rows(
      """
      SELECT \(Self.eventColumns) FROM outbox o
      WHERE o.sequence > $1 AND EXISTS (SELECT FROM event_queue q WHERE q.sequence = o.sequence)
      ORDER BY o.sequence LIMIT $2
      """, [.integer(sequence), .integer(maxEvents)])
    guard let last = try events.last?.integer("sequence") else { return [] }
    let places = try rows(
      """
      SELECT q.sequence, q.previous, k.key, \(EventAudience.isShown(kind: "k.kind", reader: "k.reader")) AS shown
      FROM event_queue q JOIN queues k ON k.id = q.queue JOIN outbox o ON o.sequence = q.sequence
        \(EventAudience.joins)
      WHERE q.sequence > $1 AND q.sequence <= $2 ORDER BY q.sequence, q.queue
      """, [.integer(sequence), .integer(last)])
    // Each event is read once, however many hear it.
    var shown: [Int64: ChannelEvent] = [:]
    var hidden: [Int64: ChannelEvent] = [:]
    for row in events {
      let number = try row.integer("sequence")
      shown[number] = try event(in: row, isShown: true)
      hidden[number] = try event(in: row, isShown: false)
    }
    return try places.compactMap { row in
      let number = try row.integer("sequence")
      guard let queue = EventQueue(key: try row.text("key")),
        let event = try row.bool("shown") ? shown[number] : hidden[number]
      else { return nil }
      return QueuedEvent(queue: queue, previous: try row.integer("previous"), event: event)
    }
  }

  private func event(in row: PostgreSQLRow, isShown: Bool) throws -> ChannelEvent {
    let stored = StoredChange(
      kind: try row.text("kind"), id: try row.text("id"), author: try row.optionalAddress("author"),
      text: try row.optionalText("xml"))
    let node = try row.node()
    let change: ChannelEvent.Change =
      if let change = stored.withoutEntry {
        change
      } else if isShown {
        .published(try entry(in: row, of: node))
      } else {
        .retracted(id: stored.id)
      }
    return ChannelEvent(
      sequence: try row.integer("sequence"), node: node, time: try row.time("time"), change: change)
  }

  func archive(_ queues: [EventQueue], from start: Timestamp?, to end: Timestamp?, max: Int) throws -> [ChannelEvent] {
    // Events are in order of time but for a clock that was set back, so the first one of the span is where to begin.
    var first: Int64 = 0
    if let start {
      let row = try row(
        "SELECT sequence FROM outbox WHERE time >= $1 ORDER BY time, sequence LIMIT 1", [.integer(start.milliseconds)])
      guard let found = try row?.integer("sequence") else { return [] }
      first = found
    }
    var found: [Int64: (row: PostgreSQLRow, isShown: Bool)] = [:]
    for queue in queues {
      let part = try rows(
        """
        SELECT \(Self.eventColumns), \(EventAudience.isShown(kind: "$6", reader: "$7")) AS shown
        FROM event_queue q JOIN outbox o ON o.sequence = q.sequence \(EventAudience.joins)
        WHERE q.queue = (SELECT id FROM queues WHERE key = $1) AND q.sequence >= $2 AND o.time >= $3 AND o.time <= $4
        ORDER BY q.sequence LIMIT $5
        """,
        [
          .text(queue.key), .integer(first), .integer(start?.milliseconds ?? Int64.min),
          .integer(end?.milliseconds ?? Int64.max), .integer(max), .text(queue.kind), .text(queue.reader),
        ])
      for row in part {
        let number = try row.integer("sequence")
        found[number] = (row, try row.bool("shown") || found[number]?.isShown == true)
      }
    }
    return try found.sorted { $0.key < $1.key }.prefix(max).map {
      try event(in: $0.value.row, isShown: $0.value.isShown)
    }
  }

  /// One statement for all of it: the next number, the event, the new head of each queue and the event's place there.
  func append(
    _ change: ChannelEvent.Change, of node: NodeID, time: Timestamp, to queues: [EventQueue]
  ) throws -> Int64 {
    let stored = StoredChange(change)
    var known: Set<EventQueue> = []
    let queues = queues.filter { known.insert($0).inserted }
    let row = try row(
      """
      WITH next AS (UPDATE outbox_head SET sequence = sequence + 1 RETURNING sequence),
      event AS (
        INSERT INTO outbox (sequence, channel, name, time, kind, id, author, published, updated, xml)
        SELECT sequence, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM next),
      heard AS (
        INSERT INTO queues AS k (key, kind, reader, head, previous, pruned)
        SELECT w.key, w.kind, w.reader, next.sequence, 0, 0
        FROM unnest($10::text[], $11::text[], $12::text[]) AS w (key, kind, reader), next
        ON CONFLICT (key) DO UPDATE SET previous = k.head, head = excluded.head
        RETURNING k.id, k.head, k.previous),
      place AS (INSERT INTO event_queue (queue, sequence, previous) SELECT id, head, previous FROM heard)
      SELECT sequence FROM next
      """,
      [
        .text(node.channel.description), .text(node.name), .integer(time.milliseconds), .text(stored.kind),
        .text(stored.id), .text(stored.author?.description), .integer(stored.published?.milliseconds),
        .integer(stored.updated?.milliseconds), .text(stored.text), .texts(queues.map(\.key)),
        .texts(queues.map(\.kind)), .texts(queues.map(\.reader)),
      ])
    guard let row else { throw ChannelError(.internalServerError, "the store has no head of its events") }
    return try row.integer("sequence")
  }
}
