import Channels
import XMPP

extension PostgreSQLTransaction {
  func items(of node: NodeID, query: ItemQuery) throws -> [Item] {
    let page = query.page
    let filter = Self.filter(query.isParentOnly)
    let found = try activityRows(of: node, filter: filter, page: page)
    guard query.includesTombstones else { return try found.map { .entry(try entry(in: $0, of: node)) } }
    // Both lists are in the same order, and each has all that the page could take from it.
    let buried = try pageRows("SELECT * FROM tombstones", by: "deleted", filter: filter, of: node, page: page)
    var items = try found.map { (try order(of: $0, "activity"), Item.entry(try entry(in: $0, of: node))) }
    items += try buried.map { (try order(of: $0, "deleted"), Item.tombstone(try tombstone(in: $0, of: node))) }
    items.sort { $0.0 > $1.0 }
    let isNewer = page.before != nil
    return (isNewer ? items.suffix(page.max ?? 0) : items.prefix(page.max ?? 0)).map(\.1)
  }

  private func order(of row: PostgreSQLRow, _ column: String) throws -> (Int64, Int64) {
    (try row.integer(column), try row.integer("sequence"))
  }

  private static func filter(_ isParentOnly: Bool) -> String { isParentOnly ? "AND in_reply_to IS NULL" : "" }

  func itemCount(of node: NodeID, query: ItemQuery) throws -> Int {
    let filter = Self.filter(query.isParentOnly)
    let key = PostgreSQLParameter.integer(try requiredKey(of: node))
    var total = try count("FROM entries WHERE node = $1 \(filter)", [key])
    if query.includesTombstones { total += try count("FROM tombstones WHERE node = $1 \(filter)", [key]) }
    return min(total, StoreBounds.maxCount)
  }

  func replyCount(to id: String, of node: NodeID) throws -> Int {
    try count(
      "FROM entries WHERE node = $1 AND in_reply_to = $2", [.integer(try requiredKey(of: node)), .text(id)])
  }

  func updatedEntries(
    of node: NodeID, since: Timestamp, after position: TimelinePosition?, isParentOnly: Bool, max: Int
  ) throws -> [Entry] {
    var parameters: [PostgreSQLParameter] = [
      .integer(try requiredKey(of: node)), .integer(since.milliseconds), .integer(max),
    ]
    var bound = Self.filter(isParentOnly)
    if let position {
      bound += " AND (updated, id) < ($4, $5)"
      parameters += [.integer(position.updated.milliseconds), .text(position.id)]
    }
    return try rows(
      """
      SELECT \(Self.entryColumns) FROM entries e WHERE node = $1 AND updated > $2 \(bound)
      ORDER BY updated DESC, id DESC LIMIT $3
      """, parameters
    ).map { try entry(in: $0, of: node) }
  }

  func updatedCount(of node: NodeID, since: Timestamp, isParentOnly: Bool) throws -> Int {
    try count(
      "FROM entries WHERE node = $1 AND updated > $2 \(Self.filter(isParentOnly))",
      [.integer(try requiredKey(of: node)), .integer(since.milliseconds)])
  }

  func publicEntries(
    domains: [String], isLocal: Bool, after: ItemReference?, before: ItemReference?, max: Int
  ) throws -> EntryPage {
    let readable = isLocal ? "n.access_model IN ('open', 'local')" : "n.access_model = 'open'"
    // The walk is over entries, newest first; the table of nodes is only looked up.
    let source = """
      FROM entries e CROSS JOIN LATERAL (
        SELECT n.channel, n.name FROM nodes n
        WHERE n.id = e.node AND n.name = 'posts' AND n.domain = ANY ($1) AND \(readable) OFFSET 0) n
      """
    var bound = ""
    var parameters: [PostgreSQLParameter] = [.texts(domains), .integer(max)]
    if let marker = after ?? before {
      bound = "WHERE e.sequence \(after != nil ? "<" : ">") $3"
      parameters.append(.integer(try position(of: marker.id, node: requiredKey(of: marker.node)).sequence))
    }
    let isNewer = after == nil && before != nil
    let found = try rows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) \(source) \(bound)
      ORDER BY e.sequence \(isNewer ? "ASC" : "DESC") LIMIT $2
      """, parameters
    ).map { try entry(in: $0, of: $0.node()) }
    return EntryPage(entries: isNewer ? found.reversed() : found, count: try count(source, [.texts(domains)]))
  }
}
