import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  /// The placeholders of a list of so many values.
  static func marks(_ count: Int) -> String {
    Array(repeating: "?", count: count).joined(separator: ", ")
  }

  func advertisedNodes(domains: [String], page: PageRequest) throws -> NodePage {
    let wanted = "domain IN (\(Self.marks(domains.count))) AND advertised = 1"
    let count = try row(
      "SELECT count(*) AS count FROM (SELECT 1 FROM nodes WHERE \(wanted) LIMIT ?)",
      StatementArguments(domains) + [StoreBounds.maxCount])
    var found: [Row] = []
    // Each domain is a range of the index; together they are put in order here.
    for domain in domains {
      var bound = ""
      var arguments: StatementArguments = [domain]
      if let marker = page.after ?? page.before {
        guard let node = NodeID(preparedPath: marker[...]) else {
          throw ChannelError(.itemNotFound, "the page's marker is no node")
        }
        bound = "AND (channel, name) \(page.after != nil ? ">" : "<") (?, ?)"
        arguments += [node.channel.description, node.name]
      }
      let direction = page.before != nil && page.after == nil ? "DESC" : "ASC"
      found += try rows(
        """
        SELECT * FROM nodes WHERE domain = ? AND advertised = 1 \(bound)
        ORDER BY channel \(direction), name \(direction) LIMIT ?
        """, arguments + [page.max ?? 0])
    }
    let nodes = found.map { DescribedNode(node: $0.node, metadata: metadata(in: $0)) }
      .sorted { ($0.node.channel.description, $0.node.name) < ($1.node.channel.description, $1.node.name) }
    let isBackward = page.before != nil && page.after == nil
    let part = isBackward ? nodes.suffix(page.max ?? 0) : nodes.prefix(page.max ?? 0)
    return NodePage(nodes: Array(part), count: count?["count"] ?? 0)
  }

  func rankedNodes(by ranking: NodeRanking, domains: [String], max: Int) throws -> [RankedNode] {
    let (table, condition) =
      switch ranking {
      case .followers: ("memberships", "AND x.subscription = 'subscribed' AND x.affiliation > 1")
      case .entries: ("entries", "")
      }
    return try rows(
      """
      SELECT n.channel, n.name, x.count FROM
        (SELECT x.node, count(*) AS count FROM \(table) x WHERE true \(condition) GROUP BY x.node) x
        JOIN nodes n ON n.id = x.node
      WHERE n.domain IN (\(Self.marks(domains.count))) AND n.advertised = 1 AND n.access_model = 'open'
      ORDER BY x.count DESC, n.channel, n.name LIMIT ?
      """, StatementArguments(domains) + [max]
    ).map { RankedNode(node: $0.node, count: $0["count"]) }
  }

  func describedMemberships(of user: JID) throws -> [(membership: Membership, metadata: NodeMetadata)] {
    try rows(
      """
      SELECT n.*, m.user, m.affiliation, m.subscription, m.invited_by, m.temporary, m.listener
      FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE m.user = ? AND m.subscription <> 'none' ORDER BY n.channel, n.name
      """, [user.bare.description]
    ).map { (membership: membership(in: $0), metadata: metadata(in: $0)) }
  }

  func pendingRequests(for moderator: JID, max: Int) throws -> [Membership] {
    try rows(
      """
      SELECT n.channel, n.name, m.* FROM memberships r JOIN nodes n ON n.id = r.node
        JOIN memberships m ON m.node = r.node
      WHERE r.user = ? AND r.affiliation >= ? AND m.subscription = 'pending' AND m.affiliation > 0
      ORDER BY n.channel, n.name, m.user LIMIT ?
      """, [moderator.bare.description, Affiliation.moderator.rank, max]
    ).map(membership(in:))
  }
}
