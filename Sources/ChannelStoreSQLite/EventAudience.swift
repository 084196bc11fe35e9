import Channels
import GRDB
import XMPP

/// Who may see what an event published, at the moment of reading it: between commit and delivery an entry can be
/// retracted, a channel made private, a follower sent away.
enum EventAudience {
  case nobody
  /// All queues.
  case everybody
  /// All queues but those that anonymous viewers hear.
  case localUsers(of: NodeID)
  /// Those of the node's followers.
  case followers(of: NodeID)

  /// Whether a queue's readers belong to it.
  func contains(_ queue: EventQueue, in store: SQLiteTransaction) throws -> Bool {
    switch (self, queue) {
    case (.everybody, _): return true
    // The other server asks for each of its users; here it is enough that one of them may.
    case (.followers(let node), .remote(let domain)), (.localUsers(let node), .remote(let domain)):
      return try store.hasFollower(of: node, behind: domain)
    case (.nobody, _), (.localUsers, .anonymous), (.localUsers, .node), (.followers, .anonymous), (.followers, .node),
      (.followers, .control):
      return false
    // Entries are in the notices of those who hear everything.
    case (.followers, .notices): return true
    case (.localUsers, _): return true
    case (.followers(let node), .user(let user)), (.followers(let node), .member(let user, _)):
      guard let membership = try store.membership(of: user, in: node)?.membership else { return false }
      return membership.subscription == .subscribed && membership.affiliation > .none
    }
  }
}

extension SQLiteTransaction {
  /// Who may see the entry of an event now.
  func audience(of event: Row) throws -> EventAudience {
    let found = try row(
      """
      SELECT n.access_model FROM nodes n JOIN entries e ON e.node = n.id
      WHERE n.channel = ? AND n.name = ? AND e.id = ?
      """, [event["channel"] as String, event["name"] as String, event["id"] as String])
    guard let found else { return .nobody }
    switch AccessModel(rawValue: found["access_model"]) {
    case .open: return .everybody
    case .local: return .localUsers(of: event.node)
    case .authorize, .whitelist, nil: return .followers(of: event.node)
    }
  }

  /// Whether a server has a user who follows a node.
  fileprivate func hasFollower(of node: NodeID, behind domain: String) throws -> Bool {
    guard let key = try key(of: node) else { return false }
    return try row(
      """
      SELECT 1 FROM memberships WHERE node = ? AND subscription = 'subscribed' AND affiliation > 1
        AND (listener = ? OR listener IS NULL AND user LIKE ? ESCAPE '!') LIMIT 1
      """, [key, domain, "%@\(Self.escaped(domain))"]) != nil
  }
}
