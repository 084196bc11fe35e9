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
  case localUsers
  /// Those of the node's followers.
  case followers(of: NodeID)

  /// Whether a queue's readers belong to it.
  func contains(_ queue: EventQueue, in store: SQLiteTransaction) throws -> Bool {
    switch (self, queue) {
    case (.everybody, _): return true
    case (.nobody, _), (.localUsers, .anonymous), (.localUsers, .node), (.followers, .anonymous), (.followers, .node):
      return false
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
    case .local: return .localUsers
    case .authorize, .whitelist, nil: return .followers(of: event.node)
    }
  }
}
