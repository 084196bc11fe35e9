public import XMPP

/// A node of a channel: `/user/<channel>/<node>` on XMPP, `<channel>/<node>` in HTTP documents.
public struct NodeID: Sendable, Hashable, CustomStringConvertible {
  /// The channel: a bare JID with a local part.
  public let channel: JID
  /// The node's name in its channel, such as `posts`, `status` or `geo/current`. 1 to 200 bytes.
  public let name: String

  /// A node. `channel` is reduced to its bare form.
  public init(channel: JID, name: String) {
    self.channel = channel.bare
    self.name = name
  }

  /// The XMPP name, `/user/alice@example.com/posts`; `/firehose` for the one node that belongs to no channel.
  public var description: String { channel.local == nil ? "/\(name)" : "/user/\(channel)/\(name)" }
  /// The HTTP name, `alice@example.com/posts`.
  public var path: String { "\(channel)/\(name)" }
}

/// Who may read a node.
public enum AccessModel: String, Sendable, Hashable, CaseIterable {
  case open
  case authorize
  case whitelist
  /// Open to users of the node's own domain, `authorize` for others.
  case local
}

/// What a user is to a node, lowest first.
public enum Affiliation: String, Sendable, Hashable, CaseIterable, Comparable {
  case outcast, none, member, publisher, moderator, owner

  /// 0 for an outcast, 5 for an owner.
  package var rank: Int {
    switch self {
    case .outcast: 0
    case .none: 1
    case .member: 2
    case .publisher: 3
    case .moderator: 4
    case .owner: 5
    }
  }

  /// By rank, `outcast` lowest.
  public static func < (left: Affiliation, right: Affiliation) -> Bool { left.rank < right.rank }
}

/// How far a subscription has come.
public enum SubscriptionState: String, Sendable, Hashable, CaseIterable {
  case none, pending, invited, unconfigured, subscribed
}

/// Who may publish in a node.
public enum PublishModel: String, Sendable, Hashable, CaseIterable {
  /// Publishers and above.
  case publishers
  /// Whoever follows.
  case subscribers
  /// Whoever is a member.
  case members
  /// Every known user who is not banned.
  case open
}

/// The kind of a channel.
public enum ChannelType: String, Sendable, Hashable, CaseIterable {
  case personal, topic
}
