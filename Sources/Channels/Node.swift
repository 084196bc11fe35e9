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

  /// The XMPP name, `/user/alice@example.com/posts`.
  public var description: String { "/user/\(channel)/\(name)" }
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

/// The kind of a channel.
public enum ChannelType: String, Sendable, Hashable, CaseIterable {
  case personal, topic
}

/// What a node says about itself.
public struct NodeMetadata: Sendable, Hashable {
  /// At most 128 characters.
  public var title: String
  /// At most 1024 characters.
  public var description: String
  /// Who may read it.
  public var accessModel: AccessModel
  /// `member` or `publisher`.
  public var defaultAffiliation: Affiliation
  /// Of the channel; said by its `posts` node only.
  public var channelType: ChannelType?
  /// When the node was made.
  public var creationDate: Timestamp

  /// All of it.
  public init(
    title: String, description: String, accessModel: AccessModel, defaultAffiliation: Affiliation,
    channelType: ChannelType?, creationDate: Timestamp
  ) {
    self.title = title
    self.description = description
    self.accessModel = accessModel
    self.defaultAffiliation = defaultAffiliation
    self.channelType = channelType
    self.creationDate = creationDate
  }
}

/// A change of a node's configuration; `nil` leaves a field as it is.
public struct NodeConfiguration: Sendable, Hashable {
  /// At most 128 characters.
  public var title: String?
  /// At most 1024 characters.
  public var description: String?
  /// Who may read it.
  public var accessModel: AccessModel?
  /// `member` or `publisher`.
  public var defaultAffiliation: Affiliation?

  /// A change of what is given.
  public init(
    title: String? = nil, description: String? = nil, accessModel: AccessModel? = nil,
    defaultAffiliation: Affiliation? = nil
  ) {
    self.title = title
    self.description = description
    self.accessModel = accessModel
    self.defaultAffiliation = defaultAffiliation
  }
}

/// A user's relation to a node.
public struct Membership: Sendable, Hashable {
  /// To which node.
  public var node: NodeID
  /// Whose, a bare JID.
  public var user: JID
  /// What the user is.
  public var affiliation: Affiliation
  /// Whether they follow.
  public var subscription: SubscriptionState

  /// A relation.
  public init(node: NodeID, user: JID, affiliation: Affiliation, subscription: SubscriptionState) {
    self.node = node
    self.user = user
    self.affiliation = affiliation
    self.subscription = subscription
  }
}
