import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  func items(of node: NodeID, query: ItemQuery) throws -> [Item] {
    let page = query.page
    let filter = query.isParentOnly ? "AND in_reply_to IS NULL" : ""
    let found = try activityRows(of: node, filter: filter, page: page)
    guard query.includesTombstones else { return try found.map { .entry(try entry(in: $0, of: node)) } }
    // Both lists are in the same order, and each has all that the page could take from it.
    let buried = try tombstoneRows(of: node, filter: filter, page: page)
    var items = try found.map { (order(of: $0, "activity"), Item.entry(try entry(in: $0, of: node))) }
    items += buried.map { (order(of: $0, "deleted"), Item.tombstone(tombstone(in: $0, of: node))) }
    items.sort { $0.0 > $1.0 }
    let isNewer = page.before != nil
    return (isNewer ? items.suffix(page.max ?? 0) : items.prefix(page.max ?? 0)).map(\.1)
  }

  private func order(of row: Row, _ column: String) -> (Int64, Int64) { (row[column], row["sequence"]) }

  private func tombstoneRows(of node: NodeID, filter: String, page: PageRequest) throws -> [Row] {
    let key = try requiredKey(of: node)
    let isNewer = page.before != nil
    let direction = isNewer ? "ASC" : "DESC"
    var bound = ""
    var arguments: StatementArguments = [key]
    if let marker = try (page.before ?? page.after).map({ try position(of: $0, node: key) }) {
      bound = "AND (deleted, sequence) \(isNewer ? ">" : "<") (?, ?)"
      arguments += [marker.activity, marker.sequence]
    }
    return try rows(
      """
      SELECT * FROM tombstones WHERE node = ? \(filter) \(bound)
      ORDER BY deleted \(direction), sequence \(direction) LIMIT ?
      """, arguments + [page.max ?? 0])
  }

  func itemCount(of node: NodeID, query: ItemQuery) throws -> Int {
    let filter = query.isParentOnly ? "AND in_reply_to IS NULL" : ""
    let key = try requiredKey(of: node)
    var total = try count("FROM entries WHERE node = ? \(filter)", [key])
    if query.includesTombstones { total += try count("FROM tombstones WHERE node = ? \(filter)", [key]) }
    return min(total, StoreBounds.maxCount)
  }

  func replyCount(to id: String, of node: NodeID) throws -> Int {
    try count("FROM entries WHERE node = ? AND in_reply_to = ?", [try requiredKey(of: node), id])
  }

  /// Up to the bound.
  func count(_ rows: String, _ arguments: StatementArguments) throws -> Int {
    try row("SELECT count(*) AS count FROM (SELECT 1 \(rows) LIMIT ?)", arguments + [StoreBounds.maxCount])?["count"]
      ?? 0
  }

  func updatedEntries(
    of node: NodeID, since: Timestamp, after position: TimelinePosition?, isParentOnly: Bool, max: Int
  ) throws -> [Entry] {
    var arguments: StatementArguments = [try requiredKey(of: node), since.milliseconds]
    var bound = isParentOnly ? "AND in_reply_to IS NULL" : ""
    if let position {
      bound += " AND (updated, id) < (?, ?)"
      arguments += [position.updated.milliseconds, position.id]
    }
    return try rows(
      """
      SELECT \(Self.entryColumns) FROM entries e WHERE node = ? AND updated > ? \(bound)
      ORDER BY updated DESC, id DESC LIMIT ?
      """, arguments + [max]
    ).map { try entry(in: $0, of: node) }
  }

  func updatedCount(of node: NodeID, since: Timestamp, isParentOnly: Bool) throws -> Int {
    let filter = isParentOnly ? "AND in_reply_to IS NULL" : ""
    return try count(
      "FROM entries WHERE node = ? AND updated > ? \(filter)", [try requiredKey(of: node), since.milliseconds])
  }

  func publicEntries(
    domains: [String], isLocal: Bool, after: ItemReference?, before: ItemReference?, max: Int
  ) throws -> EntryPage {
    let readable = isLocal ? "n.access_model IN ('open', 'local')" : "n.access_model = 'open'"
    // The walk is over entries, newest first; the table of nodes is only looked up.
    let source = """
      FROM entries e CROSS JOIN nodes n ON n.id = e.node
      WHERE n.name = 'posts' AND n.domain IN (\(Self.marks(domains.count))) AND \(readable)
      """
    var bound = ""
    var arguments = StatementArguments(domains)
    if let marker = after ?? before {
      let sequence = try position(of: marker.id, node: requiredKey(of: marker.node)).sequence
      bound = "AND e.sequence \(after != nil ? "<" : ">") ?"
      arguments += [sequence]
    }
    let isNewer = after == nil && before != nil
    let found = try rows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) \(source) \(bound)
      ORDER BY e.sequence \(isNewer ? "ASC" : "DESC") LIMIT ?
      """, arguments + [max]
    ).map { try entry(in: $0, of: $0.node) }
    return EntryPage(
      entries: isNewer ? found.reversed() : found, count: try count(source, StatementArguments(domains)))
  }
}
