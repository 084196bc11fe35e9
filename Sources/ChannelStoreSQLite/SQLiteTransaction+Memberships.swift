import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  func membership(of user: JID, in node: NodeID) throws -> StoredMembership? {
    let row = try row(
      """
      SELECT n.channel, n.name, m.* FROM nodes n JOIN memberships m ON m.node = n.id
      WHERE n.channel = ? AND n.name = ? AND m.user = ?
      """, [node.channel.description, node.name, user.bare.description])
    return row.map(stored(in:))
  }

  private func stored(in row: Row) -> StoredMembership {
    StoredMembership(membership(in: row), listener: (row["listener"] as String?).map(JID.init(prepared:)))
  }

  func membership(in row: Row) -> Membership {
    Membership(
      node: row.node, user: JID(prepared: row["user"]), affiliation: Affiliation(rank: row["affiliation"]),
      subscription: SubscriptionState(rawValue: row["subscription"]) ?? .none,
      invitedBy: (row["invited_by"] as String?).map(JID.init(prepared:)), isTemporary: row["temporary"])
  }

  func memberships(of user: JID) throws -> [Membership] {
    try rows(
      """
      SELECT n.channel, n.name, m.* FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE m.user = ? ORDER BY n.channel, n.name
      """, [user.bare.description]
    ).map(membership(in:))
  }

  func subscriptionCount(of user: JID) throws -> Int {
    try row(
      "SELECT count(*) AS count FROM memberships WHERE user = ? AND subscription <> 'none'", [user.bare.description])?[
        "count"] ?? 0
  }

  func members(of node: NodeID, max: Int) throws -> [Membership] {
    try rows(
      """
      SELECT n.channel, n.name, m.* FROM nodes n JOIN memberships m ON m.node = n.id
      WHERE n.channel = ? AND n.name = ? ORDER BY m.affiliation DESC, m.user LIMIT ?
      """, [node.channel.description, node.name, max]
    ).map(membership(in:))
  }

  func listeners(of node: NodeID, localDomain: String) throws -> NodeListeners {
    var listeners = NodeListeners(local: [], remote: [])
    var known: Set<String> = []
    let found = try rows(
      """
      SELECT user, listener FROM memberships
      WHERE node = ? AND subscription = 'subscribed' AND (affiliation > 1 OR temporary AND affiliation > 0)
      """, [try requiredKey(of: node)])
    for row in found {
      let user = JID(prepared: row["user"])
      if user.domain == localDomain {
        listeners.local.append(user)
      } else {
        let domain = (row["listener"] as String?).map { JID(prepared: $0).domain } ?? user.domain
        if known.insert(domain).inserted { listeners.remote.append(domain) }
      }
    }
    return listeners
  }

  func moderators(of node: NodeID) throws -> [StoredMembership] {
    try rows(
      """
      SELECT n.channel, n.name, m.* FROM nodes n JOIN memberships m ON m.node = n.id
      WHERE n.channel = ? AND n.name = ? AND m.affiliation >= ? ORDER BY m.user
      """, [node.channel.description, node.name, Affiliation.moderator.rank]
    ).map(stored(in:))
  }

  func members(of node: NodeID, scope: MemberScope, page: PageRequest) throws -> MembershipPage {
    let key = try requiredKey(of: node)
    var wanted = "m.node = ?"
    var arguments: StatementArguments = [key]
    if case .followers(let viewer) = scope {
      wanted += " AND (m.subscription = 'subscribed' AND m.affiliation > 1 OR m.user = ?)"
      arguments += [viewer?.bare.description ?? ""]
    }
    let count = try row(
      "SELECT count(*) AS count FROM (SELECT 1 FROM memberships m WHERE \(wanted) LIMIT ?)",
      arguments + [StoreBounds.maxCount])
    let isBackward = page.before != nil && page.after == nil
    if let marker = page.after ?? page.before {
      wanted += " AND m.user \(isBackward ? "<" : ">") ?"
      arguments += [marker]
    }
    let found = try rows(
      """
      SELECT n.channel, n.name, m.* FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE \(wanted) ORDER BY m.user \(isBackward ? "DESC" : "ASC") LIMIT ?
      """, arguments + [page.max ?? 0]
    ).map(membership(in:))
    return MembershipPage(memberships: isBackward ? found.reversed() : found, count: count?["count"] ?? 0)
  }

  func owners(of node: NodeID) throws -> [JID] {
    try rows(
      "SELECT user FROM memberships WHERE node = ? AND affiliation = ? ORDER BY user",
      [try requiredKey(of: node), Affiliation.owner.rank]
    ).map { JID(prepared: $0["user"]) }
  }

  func ownedChannels(of user: JID) throws -> [JID] {
    try rows(
      """
      SELECT n.channel FROM memberships m JOIN nodes n ON n.id = m.node
      WHERE m.user = ? AND m.affiliation = ? AND n.name = 'posts' ORDER BY n.channel
      """, [user.bare.description, Affiliation.owner.rank]
    ).map { JID(prepared: $0["channel"]) }
  }

  func set(_ stored: StoredMembership) throws {
    let membership = stored.membership
    let key = try requiredKey(of: membership.node)
    if membership.affiliation == .none, membership.subscription == .none {
      try run("DELETE FROM memberships WHERE node = ? AND user = ?", [key, membership.user.bare.description])
      return
    }
    try run(
      """
      INSERT INTO memberships (node, user, affiliation, subscription, invited_by, temporary, listener)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (node, user) DO UPDATE SET affiliation = excluded.affiliation,
        subscription = excluded.subscription, invited_by = excluded.invited_by, temporary = excluded.temporary,
        listener = excluded.listener
      """,
      [
        key, membership.user.bare.description, membership.affiliation.rank, membership.subscription.rawValue,
        stored.invitedBy?.bare.description, membership.isTemporary, stored.listener?.bare.description,
      ])
  }

  func copyMemberships(from source: NodeID, to node: NodeID) throws {
    let cases = Affiliation.allCases.map { affiliation in
      "WHEN \(affiliation.rank) THEN \(Permissions.affiliationElsewhere(affiliation).rank)"
    }.joined(separator: " ")
    try run(
      """
      INSERT OR REPLACE INTO memberships (node, user, affiliation, subscription, invited_by, listener)
      SELECT ?, user, CASE affiliation \(cases) END, subscription, invited_by, listener FROM memberships
      WHERE node = ? AND NOT temporary
      """, [try requiredKey(of: node), try requiredKey(of: source)])
  }

  func deleteMemberships(of user: JID) throws {
    try run("DELETE FROM memberships WHERE user = ?", [user.bare.description])
  }
}
