import Channels
import XMPP

extension PostgreSQLTransaction {
  /// What `Permissions.viewRefusal` allows, in SQL. `$1` is the viewer, `$2` whether they are local, `$3` the query.
  static let entryMatches = """
    FROM entries e JOIN nodes n ON n.id = e.node LEFT JOIN memberships m ON m.node = n.id AND m."user" = $1
    WHERE e.words @@ $3::tsquery AND coalesce(m.affiliation, 1) > 0 AND (
      n.access_model = 'open' OR n.access_model = 'local' AND $2
      OR m.subscription = 'subscribed' AND m.affiliation > 1)
    """

  func searchEntries(
    _ text: String, viewer: JID?, isLocal: Bool, max: Int, offset: Int
  ) throws -> (entries: [Entry], count: Int) {
    guard let query = SearchWords.query(text) else { return ([], 0) }
    let conditions: [PostgreSQLParameter] = [.text(viewer?.bare.description ?? ""), .bool(isLocal), .text(query)]
    let entries = try plannedRows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) \(Self.entryMatches)
      ORDER BY e.sequence DESC LIMIT $4 OFFSET $5
      """, conditions + [.integer(max), .integer(offset)]
    ).map { try entry(in: $0, of: $0.node()) }
    return (entries, try plannedCount(Self.entryMatches, conditions))
  }

  private func plannedCount(_ source: String, _ parameters: [PostgreSQLParameter]) throws -> Int {
    let found = try plannedRows(
      "SELECT count(*) AS count FROM (SELECT 1 \(source) LIMIT \(StoreBounds.maxCount)) counted", parameters)
    return try found.first?.count("count") ?? 0
  }

  func searchChannels(
    _ text: String, max: Int, offset: Int
  ) throws -> (channels: [(channel: JID, metadata: NodeMetadata)], count: Int) {
    guard let query = SearchWords.query(text) else { return ([], 0) }
    let matches = "FROM nodes n WHERE n.words @@ $1::tsquery"
    let channels = try plannedRows(
      """
      SELECT \(Self.nodeColumns) \(matches) ORDER BY ts_rank(n.words, $1::tsquery) DESC, n.id LIMIT $2 OFFSET $3
      """, [.text(query), .integer(max), .integer(offset)]
    ).map { row in (channel: try row.node().channel, metadata: try metadata(in: row)) }
    return (channels, try plannedCount(matches, [.text(query)]))
  }

  func searchItems(_ search: ItemSearch, of subscriber: JID) throws -> EntryPage {
    // From the newest entry on, so that nothing is sorted; the bound is on entries looked at, not on those found.
    var source = """
      FROM entries e CROSS JOIN LATERAL (
        SELECT n.channel, n.name FROM nodes n JOIN memberships m ON m.node = n.id AND m."user" = $1
        WHERE n.id = e.node AND n.name = 'posts' AND m.subscription = 'subscribed' AND m.affiliation > 1 OFFSET 0) n
      WHERE e.sequence > (SELECT coalesce(max(sequence), 0) FROM entries) - \(StoreBounds.maxScanned)
      """
    var parameters: [PostgreSQLParameter] = [.text(subscriber.bare.description)]
    for text in search.content {
      // In the collation `C` only ASCII has a lower case.
      parameters.append(.text("%\(Self.escaped(text))%"))
      source += " AND lower(e.content COLLATE \"C\") LIKE lower($\(parameters.count) COLLATE \"C\") ESCAPE '!'"
    }
    if let author = search.author {
      parameters.append(.text(author.bare.description))
      source += " AND e.author = $\(parameters.count)"
    }
    let (limit, offset) = (parameters.count + 1, parameters.count + 2)
    let entries = try rows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) \(source) ORDER BY e.sequence DESC LIMIT $\(limit) OFFSET $\(offset)
      """, parameters + [.integer(search.perPage), .integer((search.page - 1) * search.perPage)]
    ).map { try entry(in: $0, of: $0.node()) }
    return EntryPage(entries: entries, count: try count(source, parameters))
  }

  /// A text in which nothing means more than itself to `LIKE … ESCAPE '!'`.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "!%_".contains(character) { result.append("!") }
      result.append(character)
    }
  }
}
