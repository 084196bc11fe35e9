import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  /// LIMIT: words of a query beyond these are ignored.
  static let maxTerms = 16

  /// A query of the index's language from what people type: every word has to be there, the last may be begun only. All
  /// signs of that language lose their meaning; `nil` where there is no word.
  static func match(_ text: String) -> String? {
    let words = text.split { !($0.isLetter || $0.isNumber || "'@.-_".contains($0)) }.prefix(maxTerms)
      .map { "\"\($0)\"" }
    return words.isEmpty ? nil : words.joined(separator: " AND ") + "*"
  }

  /// What `Permissions.viewRefusal` allows, in SQL.
  private static let entryMatches = """
    FROM entry_text t CROSS JOIN entries e ON e.sequence = t.rowid JOIN nodes n ON n.id = e.node
    LEFT JOIN memberships m ON m.node = n.id AND m.user = ?
    WHERE entry_text MATCH ? AND coalesce(m.affiliation, 1) > 0 AND (
      n.access_model = 'open' OR n.access_model = 'local' AND ?
      OR m.subscription = 'subscribed' AND m.affiliation > 1)
    """

  func searchEntries(
    _ text: String, viewer: JID?, isLocal: Bool, max: Int, offset: Int
  ) throws -> (entries: [Entry], count: Int) {
    guard let match = Self.match(text) else { return ([], 0) }
    let conditions: StatementArguments = [viewer?.bare.description ?? "", match, isLocal]
    let entries = try rows(
      """
      SELECT n.channel, n.name, \(Self.entryColumns) \(Self.entryMatches) ORDER BY t.rowid DESC LIMIT ? OFFSET ?
      """, conditions + [max, offset]
    ).map { try entry(in: $0, of: $0.node) }
    let count = try row(
      "SELECT count(*) AS count FROM (SELECT 1 \(Self.entryMatches) LIMIT ?)", conditions + [StoreBounds.maxCount])
    return (entries, count?["count"] ?? 0)
  }

  func searchChannels(
    _ text: String, max: Int, offset: Int
  ) throws -> (channels: [(channel: JID, metadata: NodeMetadata)], count: Int) {
    guard let match = Self.match(text) else { return ([], 0) }
    let channels = try rows(
      """
      SELECT n.* FROM channel_text t CROSS JOIN nodes n ON n.id = t.rowid WHERE channel_text MATCH ?
      ORDER BY rank, t.rowid LIMIT ? OFFSET ?
      """, [match, max, offset]
    ).map { row in (channel: row.node.channel, metadata: metadata(in: row)) }
    let count = try row(
      "SELECT count(*) AS count FROM (SELECT 1 FROM channel_text WHERE channel_text MATCH ? LIMIT ?)",
      [match, StoreBounds.maxCount])
    return (channels, count?["count"] ?? 0)
  }

  func searchItems(_ search: ItemSearch, of subscriber: JID) throws -> EntryPage {
    // From the newest entry on, so that nothing is sorted; the bound is on entries looked at, not on those found.
    var source = """
      FROM entries e CROSS JOIN nodes n ON n.id = e.node CROSS JOIN memberships m ON m.node = n.id AND m.user = ?
      WHERE e.sequence > (SELECT coalesce(max(sequence), 0) FROM entries) - ? AND n.name = 'posts'
        AND m.subscription = 'subscribed' AND m.affiliation > 1
      """
    var arguments: StatementArguments = [subscriber.bare.description, StoreBounds.maxScanned]
    for text in search.content {
      source += " AND e.content LIKE ? ESCAPE '!'"
      arguments += ["%\(Self.escaped(text))%"]
    }
    if let author = search.author {
      source += " AND e.author = ?"
      arguments += [author.bare.description]
    }
    let entries = try rows(
      "SELECT n.channel, n.name, \(Self.entryColumns) \(source) ORDER BY e.sequence DESC LIMIT ? OFFSET ?",
      arguments + [search.perPage, (search.page - 1) * search.perPage]
    ).map { try entry(in: $0, of: $0.node) }
    return EntryPage(entries: entries, count: try count(source, arguments))
  }

  /// A text in which nothing means more than itself to `LIKE … ESCAPE '!'`.
  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "!%_".contains(character) { result.append("!") }
      result.append(character)
    }
  }
}
