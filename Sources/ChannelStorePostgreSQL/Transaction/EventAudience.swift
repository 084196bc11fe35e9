import Channels
import XMPP

/// Who may see what an event published, at the moment of reading it: between commit and delivery an entry can be
/// retracted, a channel made private, a follower sent away.
enum EventAudience {
  /// The joins for an event `o`: its node as `n`, where there still is one, and the entry as `e`.
  static let joins = """
    LEFT JOIN nodes n ON n.channel = o.channel AND n.name = o.name
    LEFT JOIN entries e ON e.node = n.id AND e.id = o.id
    """

  /// Whether the readers of a queue may see the entry now, in SQL.
  ///
  /// - Parameters:
  ///   - kind: An expression for the queue's kind.
  ///   - reader: One for its reader.
  static func isShown(kind: String, reader: String) -> String {
    let follows = "m.node = n.id AND m.subscription = 'subscribed' AND m.affiliation > 1"
    let isFollower = "EXISTS (SELECT FROM memberships m WHERE \(follows) AND m.\"user\" = \(reader))"
    // The other server asks for each of its users; here it is enough that one of them may.
    let hasFollower = "EXISTS (SELECT FROM memberships m WHERE \(follows) AND m.listener_domain = \(reader))"
    return """
      CASE
        WHEN e.id IS NULL THEN false
        WHEN n.access_model = 'open' THEN true
        WHEN \(kind) = 'remote' THEN \(hasFollower)
        WHEN \(kind) IN ('anonymous', 'node') THEN false
        WHEN n.access_model = 'local' THEN true
        WHEN \(kind) IN ('user', 'member') THEN \(isFollower)
        WHEN \(kind) = 'notices' THEN true
        ELSE false
      END
      """
  }
}

extension EventQueue {
  /// The part of its key before the colon.
  var kind: String { String(key.prefix { $0 != ":" }) }

  /// Who reads it, a bare address or a domain; empty where that is nobody in particular.
  var reader: String {
    switch self {
    case .user(let user), .member(let user, _), .notices(let user): user.bare.description
    case .remote(let domain): domain
    case .anonymous, .node, .control: ""
    }
  }
}
