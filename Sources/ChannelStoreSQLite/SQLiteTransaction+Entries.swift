import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  /// What an entry is read from.
  static let entryColumns = "e.id, e.author, e.published, e.updated, e.activity, e.sequence, e.xml"

  /// An entry from its row.
  func entry(in row: Row, of node: NodeID) throws -> Entry {
    let text: String = row["xml"]
    let xml: XMLElement
    do {
      xml = try XMLElement.parse(Array(text.utf8), limits: .stored)
    } catch {
      throw ChannelError(.internalServerError, "a stored entry can't be read")
    }
    return Entry(
      id: row["id"], node: node, author: JID(prepared: row["author"]),
      published: Timestamp(milliseconds: row["published"]), updated: Timestamp(milliseconds: row["updated"]),
      title: xml.child(named: "title", namespace: Namespaces.atom)?.text,
      content: xml.child(named: "content", namespace: Namespaces.atom)?.text,
      inReplyTo: xml.child(named: "in-reply-to", namespace: Namespaces.threads)?.attributes["ref"],
      media: MediaReference.references(in: xml), xml: xml)
  }

  func entry(_ id: String, of node: NodeID) throws -> Entry? {
    guard let key = try key(of: node) else { return nil }
    return try row("SELECT \(Self.entryColumns) FROM entries e WHERE node = ? AND id = ?", [key, id])
      .map { try entry(in: $0, of: node) }
  }

  /// Where an entry, or what is left of one, stands in the order of activity.
  func position(of id: String, node key: Int64) throws -> (activity: Int64, sequence: Int64) {
    let row =
      try row("SELECT activity, sequence FROM entries WHERE node = ? AND id = ?", [key, id])
      ?? row("SELECT deleted AS activity, sequence FROM tombstones WHERE node = ? AND id = ?", [key, id])
    guard let row else { throw ChannelError(.itemNotFound, "the page's marker is no entry of this node") }
    return (row["activity"], row["sequence"])
  }

  /// The SQL and arguments of a page in order of activity.
  /// - Parameter filter: More conditions, beginning with `AND`.
  static func activityPage(
    _ columns: String, filter: String, key: Int64, marker: (activity: Int64, sequence: Int64)?, isNewer: Bool, max: Int
  ) -> (sql: String, arguments: StatementArguments) {
    let direction = isNewer ? "ASC" : "DESC"
    let bound = marker == nil ? "" : "AND (activity, sequence) \(isNewer ? ">" : "<") (?, ?)"
    let sql = """
      SELECT \(columns) FROM entries e WHERE node = ? \(filter) \(bound)
      ORDER BY activity \(direction), sequence \(direction) LIMIT ?
      """
    return (sql, marker.map { [key, $0.activity, $0.sequence, max] } ?? [key, max])
  }

  /// A page of rows, newest activity first.
  func activityRows(of node: NodeID, filter: String, page: PageRequest) throws -> [Row] {
    let key = try requiredKey(of: node)
    let isNewer = page.before != nil
    let marker = try (page.before ?? page.after).map { try position(of: $0, node: key) }
    let query = Self.activityPage(
      Self.entryColumns, filter: filter, key: key, marker: marker, isNewer: isNewer, max: page.max ?? 0)
    let found = try rows(query.sql, query.arguments)
    return isNewer ? found.reversed() : found
  }

  func entries(of node: NodeID, page: PageRequest) throws -> [Entry] {
    try activityRows(of: node, filter: "", page: page).map { try entry(in: $0, of: node) }
  }

  func threads(of node: NodeID, page: PageRequest, maxReplies: Int) throws -> [EntryThread] {
    try activityRows(of: node, filter: "AND in_reply_to IS NULL", page: page).map { row in
      let root = try entry(in: row, of: node)
      let replies = try replies(to: root.id, of: node, page: PageRequest(max: maxReplies))
      return EntryThread(
        id: root.id, updated: Timestamp(milliseconds: row["activity"]), entries: [root] + replies)
    }
  }

  func replies(to id: String, of node: NodeID, page: PageRequest) throws -> [Entry] {
    let key = try requiredKey(of: node)
    var bound = ""
    var arguments: StatementArguments = [key, id]
    if let marker = page.after ?? page.before {
      bound = "AND sequence \(page.after != nil ? ">" : "<") ?"
      arguments += [try position(of: marker, node: key).sequence]
    }
    arguments += [page.max ?? 0]
    let isForward = page.after != nil
    let found = try rows(
      """
      SELECT \(Self.entryColumns) FROM entries e WHERE node = ? AND in_reply_to = ? \(bound)
      ORDER BY sequence \(isForward ? "ASC" : "DESC") LIMIT ?
      """, arguments)
    return try (isForward ? found : found.reversed()).map { try entry(in: $0, of: node) }
  }

  func recentEntries(of node: NodeID, since: Timestamp, max: Int) throws -> [Entry] {
    try rows(
      """
      SELECT \(Self.entryColumns) FROM entries e WHERE node = ? AND published > ?
      ORDER BY published DESC, sequence DESC LIMIT ?
      """, [try requiredKey(of: node), since.milliseconds, max]
    ).map { try entry(in: $0, of: node) }
  }

  func entries(by author: JID, max: Int) throws -> [Entry] {
    try rows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) FROM entries e JOIN nodes n ON n.id = e.node
      WHERE e.author = ? LIMIT ?
      """, [author.bare.description, max]
    ).map { try entry(in: $0, of: $0.node) }
  }
}
