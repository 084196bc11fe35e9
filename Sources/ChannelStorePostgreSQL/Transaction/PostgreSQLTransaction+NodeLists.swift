import Channels
import XMPP

extension PostgreSQLTransaction {
  func advertisedNodes(domains: [String], page: PageRequest) throws -> NodePage {
    let count = try count("FROM nodes WHERE domain = ANY ($1) AND advertised", [.texts(domains)])
    let isBackward = page.before != nil && page.after == nil
    let direction = isBackward ? "DESC" : "ASC"
    var bound = ""
    var parameters: [PostgreSQLParameter] = [.integer(page.max ?? 0)]
    if let marker = page.after ?? page.before {
      guard let node = NodeID(preparedPath: marker[...]) else {
        throw ChannelError(.itemNotFound, "the page's marker is no node")
      }
      bound = "AND (n.channel, n.name) \(isBackward ? "<" : ">") ($3, $4)"
      parameters += [.text(node.channel.description), .text(node.name)]
    }
    // Each domain is a range of the index; together they are put in order here.
    var found: [DescribedNode] = []
    for domain in domains {
      parameters.insert(.text(domain), at: 1)
      found += try rows(
        """
        SELECT \(Self.nodeColumns) FROM nodes n WHERE n.domain = $2 AND n.advertised \(bound)
        ORDER BY n.channel \(direction), n.name \(direction) LIMIT $1
        """, parameters
      ).map { DescribedNode(node: try $0.node(), metadata: try metadata(in: $0)) }
      parameters.remove(at: 1)
    }
    found.sort { ($0.node.channel.description, $0.node.name) < ($1.node.channel.description, $1.node.name) }
    let part = isBackward ? found.suffix(page.max ?? 0) : found.prefix(page.max ?? 0)
    return NodePage(nodes: Array(part), count: count)
  }

  func rankedNodes(by ranking: NodeRanking, domains: [String], max: Int) throws -> [RankedNode] {
    let (table, condition) =
      switch ranking {
      case .followers: ("memberships", "AND x.subscription = 'subscribed' AND x.affiliation > 1")
      case .entries: ("entries", "")
      }
    return try plannedRows(
      """
      SELECT n.channel, n.name, x.count FROM
        (SELECT x.node, count(*) AS count FROM \(table) x WHERE true \(condition) GROUP BY x.node) x
        JOIN nodes n ON n.id = x.node
      WHERE n.domain = ANY ($1) AND n.advertised AND n.access_model = 'open'
      ORDER BY x.count DESC, n.channel, n.name LIMIT $2
      """, [.texts(domains), .integer(max)]
    ).map { RankedNode(node: try $0.node(), count: try $0.count("count")) }
  }

  func describedMemberships(of user: JID) throws -> [(membership: Membership, metadata: NodeMetadata)] {
    try rows(
      """
      SELECT \(Self.nodeColumns), \(Self.membershipColumns) FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE m."user" = $1 AND m.subscription <> 'none' ORDER BY n.channel, n.name
      """, [.text(user.bare.description)]
    ).map { (membership: try membership(in: $0), metadata: try metadata(in: $0)) }
  }

  func pendingRequests(for moderator: JID, max: Int) throws -> [Membership] {
    try rows(
      """
      SELECT n.channel, n.name, \(Self.membershipColumns) FROM memberships r JOIN nodes n ON n.id = r.node
        JOIN memberships m ON m.node = r.node
      WHERE r."user" = $1 AND r.affiliation >= $2 AND m.subscription = 'pending' AND m.affiliation > 0
      ORDER BY n.channel, n.name, m."user" LIMIT $3
      """, [.text(moderator.bare.description), .integer(Affiliation.moderator.rank), .integer(max)]
    ).map { try membership(in: $0) }
  }
}
