import Channels
import XMPP

extension PostgreSQLTransaction {
  /// What an entry is read from.
  static let entryColumns = "e.id, e.author, e.published, e.updated, e.activity, e.sequence, e.xml"

  /// An entry from its row.
  func entry(in row: PostgreSQLRow, of node: NodeID) throws -> Entry {
    let xml: XMLElement
    do {
      xml = try XMLElement.parse(try row.bytes("xml"), limits: .stored)
    } catch {
      throw ChannelError(.internalServerError, "a stored entry can't be read")
    }
    return Entry(
      id: try row.text("id"), node: node, author: try row.address("author"), published: try row.time("published"),
      updated: try row.time("updated"), title: xml.child(named: "title", namespace: Namespaces.atom)?.text,
      content: xml.child(named: "content", namespace: Namespaces.atom)?.text,
      inReplyTo: xml.child(named: "in-reply-to", namespace: Namespaces.threads)?.attributes["ref"],
      media: MediaReference.references(in: xml), xml: xml)
  }

  func entry(_ id: String, of node: NodeID) throws -> Entry? {
    guard let key = try key(of: node) else { return nil }
    return try row(
      "SELECT \(Self.entryColumns) FROM entries e WHERE e.node = $1 AND e.id = $2", [.integer(key), .text(id)]
    ).map { try entry(in: $0, of: node) }
  }

  /// Where an entry, or what is left of one, stands in the order of activity.
  func position(of id: String, node key: Int64) throws -> (activity: Int64, sequence: Int64) {
    let parameters: [PostgreSQLParameter] = [.integer(key), .text(id)]
    let row =
      try row("SELECT activity, sequence FROM entries WHERE node = $1 AND id = $2", parameters)
      ?? row("SELECT deleted AS activity, sequence FROM tombstones WHERE node = $1 AND id = $2", parameters)
    guard let row else { throw ChannelError(.itemNotFound, "the page's marker is no entry of this node") }
    return (try row.integer("activity"), try row.integer("sequence"))
  }

  /// A page of rows of a node's table in an order of time and sequence, newest first.
  /// - Parameters:
  ///   - source: The table, with the columns that are wanted: `SELECT … FROM …`.
  ///   - column: The time.
  ///   - filter: More conditions, beginning with `AND`.
  func pageRows(
    _ source: String, by column: String, filter: String, of node: NodeID, page: PageRequest
  ) throws -> [PostgreSQLRow] {
    let key = try requiredKey(of: node)
    let isNewer = page.before != nil
    let direction = isNewer ? "ASC" : "DESC"
    var bound = ""
    var parameters: [PostgreSQLParameter] = [.integer(key), .integer(page.max ?? 0)]
    if let marker = try (page.before ?? page.after).map({ try position(of: $0, node: key) }) {
      bound = "AND (\(column), sequence) \(isNewer ? ">" : "<") ($3, $4)"
      parameters += [.integer(marker.activity), .integer(marker.sequence)]
    }
    let found = try rows(
      """
      \(source) WHERE node = $1 \(filter) \(bound)
      ORDER BY \(column) \(direction), sequence \(direction) LIMIT $2
      """, parameters)
    return isNewer ? found.reversed() : found
  }

  /// A page of entries' rows, newest activity first.
  func activityRows(of node: NodeID, filter: String, page: PageRequest) throws -> [PostgreSQLRow] {
    try pageRows("SELECT \(Self.entryColumns) FROM entries e", by: "activity", filter: filter, of: node, page: page)
  }

  func entries(of node: NodeID, page: PageRequest) throws -> [Entry] {
    try activityRows(of: node, filter: "", page: page).map { try entry(in: $0, of: node) }
  }

  func threads(of node: NodeID, page: PageRequest, maxReplies: Int) throws -> [EntryThread] {
    let roots = try activityRows(of: node, filter: "AND in_reply_to IS NULL", page: page)
    let ids = try roots.map { try $0.text("id") }
    // The newest replies to all roots of the page in one question.
    let replies = try rows(
      """
      SELECT r.root, e.* FROM unnest($2::text[]) AS r (root) CROSS JOIN LATERAL (
        SELECT \(Self.entryColumns) FROM entries e WHERE e.node = $1 AND e.in_reply_to = r.root
        ORDER BY e.sequence DESC LIMIT $3) e
      """, [.integer(try requiredKey(of: node)), .texts(ids), .integer(maxReplies)])
    let byRoot = Dictionary(grouping: replies) { (try? $0.text("root")) ?? "" }
    return try roots.map { row in
      let root = try entry(in: row, of: node)
      let answers = try (byRoot[root.id] ?? []).sorted { try $0.integer("sequence") < $1.integer("sequence") }
      return EntryThread(
        id: root.id, updated: try row.time("activity"),
        entries: [root] + (try answers.map { try entry(in: $0, of: node) }))
    }
  }

  func replies(to id: String, of node: NodeID, page: PageRequest) throws -> [Entry] {
    let key = try requiredKey(of: node)
    var bound = ""
    var parameters: [PostgreSQLParameter] = [.integer(key), .text(id), .integer(page.max ?? 0)]
    if let marker = page.after ?? page.before {
      bound = "AND e.sequence \(page.after != nil ? ">" : "<") $4"
      parameters.append(.integer(try position(of: marker, node: key).sequence))
    }
    let isForward = page.after != nil
    let found = try rows(
      """
      SELECT \(Self.entryColumns) FROM entries e WHERE e.node = $1 AND e.in_reply_to = $2 \(bound)
      ORDER BY e.sequence \(isForward ? "ASC" : "DESC") LIMIT $3
      """, parameters)
    return try (isForward ? found : found.reversed()).map { try entry(in: $0, of: node) }
  }

  func recentEntries(of node: NodeID, since: Timestamp, max: Int) throws -> [Entry] {
    try rows(
      """
      SELECT \(Self.entryColumns) FROM entries e WHERE e.node = $1 AND e.published > $2
      ORDER BY e.published DESC, e.sequence DESC LIMIT $3
      """, [.integer(try requiredKey(of: node)), .integer(since.milliseconds), .integer(max)]
    ).map { try entry(in: $0, of: node) }
  }

  func entries(by author: JID, max: Int) throws -> [Entry] {
    try rows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) FROM entries e JOIN nodes n ON n.id = e.node
      WHERE e.author = $1 LIMIT $2
      """, [.text(author.bare.description), .integer(max)]
    ).map { try entry(in: $0, of: $0.node()) }
  }
}
