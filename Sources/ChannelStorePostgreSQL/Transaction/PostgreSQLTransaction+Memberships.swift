import Channels
import XMPP

extension PostgreSQLTransaction {
  /// What a membership is read from.
  static let membershipColumns = """
    m."user", m.affiliation, m.subscription, m.invited_by, m.temporary, m.listener
    """

  private static let nodesMembers = """
    SELECT n.channel, n.name, \(membershipColumns) FROM nodes n JOIN memberships m ON m.node = n.id
    WHERE n.channel = $1 AND n.name = $2
    """

  private func names(of node: NodeID) -> [PostgreSQLParameter] {
    [.text(node.channel.description), .text(node.name)]
  }

  func membership(of user: JID, in node: NodeID) throws -> StoredMembership? {
    try row("\(Self.nodesMembers) AND m.\"user\" = $3", names(of: node) + [.text(user.bare.description)])
      .map { try stored(in: $0) }
  }

  private func stored(in row: PostgreSQLRow) throws -> StoredMembership {
    StoredMembership(try membership(in: row), listener: try row.optionalAddress("listener"))
  }

  func membership(in row: PostgreSQLRow) throws -> Membership {
    Membership(
      node: try row.node(), user: try row.address("user"), affiliation: Affiliation(rank: try row.count("affiliation")),
      subscription: SubscriptionState(rawValue: try row.text("subscription")) ?? .none,
      invitedBy: try row.optionalAddress("invited_by"), isTemporary: try row.bool("temporary"))
  }

  func memberships(of user: JID) throws -> [Membership] {
    try rows(
      """
      SELECT n.channel, n.name, \(Self.membershipColumns) FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE m."user" = $1 ORDER BY n.channel, n.name
      """, [.text(user.bare.description)]
    ).map { try membership(in: $0) }
  }

  func subscriptionCount(of user: JID) throws -> Int {
    let row = try row(
      "SELECT count(*) AS count FROM memberships WHERE \"user\" = $1 AND subscription <> 'none'",
      [.text(user.bare.description)])
    return try row?.count("count") ?? 0
  }

  func members(of node: NodeID, max: Int) throws -> [Membership] {
    try rows(
      "\(Self.nodesMembers) ORDER BY m.affiliation DESC, m.\"user\" LIMIT $3", names(of: node) + [.integer(max)]
    ).map { try membership(in: $0) }
  }

  func listeners(of node: NodeID, localDomain: String) throws -> NodeListeners {
    var listeners = NodeListeners(local: [], remote: [])
    var known: Set<String> = []
    let found = try rows(
      """
      SELECT "user", listener_domain FROM memberships
      WHERE node = $1 AND subscription = 'subscribed' AND (affiliation > 1 OR temporary AND affiliation > 0)
      ORDER BY "user"
      """, [.integer(try requiredKey(of: node))])
    for row in found {
      let user = try row.address("user")
      if user.domain == localDomain {
        listeners.local.append(user)
      } else {
        let domain = try row.text("listener_domain")
        if known.insert(domain).inserted { listeners.remote.append(domain) }
      }
    }
    return listeners
  }

  func moderators(of node: NodeID) throws -> [StoredMembership] {
    try rows(
      "\(Self.nodesMembers) AND m.affiliation >= $3 ORDER BY m.\"user\"",
      names(of: node) + [.integer(Affiliation.moderator.rank)]
    ).map { try stored(in: $0) }
  }

  func members(of node: NodeID, scope: MemberScope, page: PageRequest) throws -> MembershipPage {
    var wanted = "m.node = $1"
    var parameters: [PostgreSQLParameter] = [.integer(try requiredKey(of: node))]
    if case .followers(let viewer) = scope {
      wanted += " AND (m.subscription = 'subscribed' AND m.affiliation > 1 OR m.\"user\" = $2)"
      parameters.append(.text(viewer?.bare.description ?? ""))
    }
    let count = try count("FROM memberships m WHERE \(wanted)", parameters)
    let isBackward = page.before != nil && page.after == nil
    if let marker = page.after ?? page.before {
      parameters.append(.text(marker))
      wanted += " AND m.\"user\" \(isBackward ? "<" : ">") $\(parameters.count)"
    }
    parameters.append(.integer(page.max ?? 0))
    let found = try rows(
      """
      SELECT n.channel, n.name, \(Self.membershipColumns) FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE \(wanted) ORDER BY m."user" \(isBackward ? "DESC" : "ASC") LIMIT $\(parameters.count)
      """, parameters
    ).map { try membership(in: $0) }
    return MembershipPage(memberships: isBackward ? found.reversed() : found, count: count)
  }

  func owners(of node: NodeID) throws -> [JID] {
    try rows(
      "SELECT \"user\" FROM memberships WHERE node = $1 AND affiliation = $2 ORDER BY \"user\"",
      [.integer(try requiredKey(of: node)), .integer(Affiliation.owner.rank)]
    ).map { try $0.address("user") }
  }

  func ownedChannels(of user: JID) throws -> [JID] {
    try rows(
      """
      SELECT n.channel FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE m."user" = $1 AND m.affiliation = $2 AND n.name = 'posts' ORDER BY n.channel
      """, [.text(user.bare.description), .integer(Affiliation.owner.rank)]
    ).map { try $0.address("channel") }
  }

  func set(_ stored: StoredMembership) throws {
    let membership = stored.membership
    let user = membership.user.bare
    let key = try requiredKey(of: membership.node)
    if membership.affiliation == .none, membership.subscription == .none {
      try run("DELETE FROM memberships WHERE node = $1 AND \"user\" = $2", [.integer(key), .text(user.description)])
      return
    }
    try run(
      """
      INSERT INTO memberships (node, "user", affiliation, subscription, invited_by, temporary, listener, listener_domain)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (node, "user") DO UPDATE SET affiliation = excluded.affiliation,
        subscription = excluded.subscription, invited_by = excluded.invited_by, temporary = excluded.temporary,
        listener = excluded.listener, listener_domain = excluded.listener_domain
      """,
      [
        .integer(key), .text(user.description), .integer(membership.affiliation.rank),
        .text(membership.subscription.rawValue), .text(stored.invitedBy?.bare.description),
        .bool(membership.isTemporary), .text(stored.listener?.bare.description),
        .text(stored.listener?.domain ?? user.domain),
      ])
  }

  func copyMemberships(from source: NodeID, to node: NodeID) throws {
    let cases = Affiliation.allCases.map { affiliation in
      "WHEN \(affiliation.rank) THEN \(Permissions.affiliationElsewhere(affiliation).rank)"
    }.joined(separator: " ")
    try run(
      """
      INSERT INTO memberships (node, "user", affiliation, subscription, invited_by, temporary, listener, listener_domain)
      SELECT $1, "user", CASE affiliation \(cases) END, subscription, invited_by, false, listener, listener_domain
      FROM memberships WHERE node = $2 AND NOT temporary
      ON CONFLICT (node, "user") DO UPDATE SET affiliation = excluded.affiliation,
        subscription = excluded.subscription, invited_by = excluded.invited_by, temporary = false,
        listener = excluded.listener, listener_domain = excluded.listener_domain
      """, [.integer(try requiredKey(of: node)), .integer(try requiredKey(of: source))])
  }

  func deleteMemberships(of user: JID) throws {
    try run("DELETE FROM memberships WHERE \"user\" = $1", [.text(user.bare.description)])
  }
}
