public import XMPP

/// What a node says about itself.
///
/// **Spec**: channel-server §3.1.
public struct NodeMetadata: Sendable, Hashable {
  /// At most 128 characters.
  public var title: String
  /// At most 1024 characters.
  public var description: String
  /// Who may read it.
  public var accessModel: AccessModel
  /// `member` or `publisher`; `moderator` in an ephemeral node.
  public var defaultAffiliation: Affiliation
  /// Of the channel; said by its `posts` node only.
  public var channelType: ChannelType?
  /// When the node was made.
  public var creationDate: Timestamp
  /// Who made it; `nil` where nobody knows.
  public var creator: JID?
  /// When it was configured last; `nil` for never.
  public var lastUpdated: Timestamp?
  /// Whether lists of nodes show it.
  public var isAdvertised: Bool
  /// Whether it goes with its last follower.
  public var isEphemeral: Bool
  /// Who may publish.
  public var publishModel: PublishModel
  /// What this server doesn't know, as it came, by name.
  public var others: [ConfigurationField]

  /// All of it.
  public init(
    title: String, description: String, accessModel: AccessModel, defaultAffiliation: Affiliation,
    channelType: ChannelType?, creationDate: Timestamp, creator: JID? = nil, lastUpdated: Timestamp? = nil,
    isAdvertised: Bool = true, isEphemeral: Bool = false, publishModel: PublishModel = .publishers,
    others: [ConfigurationField] = []
  ) {
    self.title = title
    self.description = description
    self.accessModel = accessModel
    self.defaultAffiliation = defaultAffiliation
    self.channelType = channelType
    self.creationDate = creationDate
    self.creator = creator
    self.lastUpdated = lastUpdated
    self.isAdvertised = isAdvertised
    self.isEphemeral = isEphemeral
    self.publishModel = publishModel
    self.others = others
  }
}

/// A node with what it says about itself.
public struct DescribedNode: Sendable, Hashable {
  /// Which node.
  public var node: NodeID
  /// What it says.
  public var metadata: NodeMetadata

  /// A described node.
  public init(node: NodeID, metadata: NodeMetadata) {
    self.node = node
    self.metadata = metadata
  }
}

/// A part of the list of nodes.
public struct NodePage: Sendable, Hashable {
  /// By channel and name.
  public var nodes: [DescribedNode]
  /// Of the whole list.
  public var count: Int

  /// A part of a list.
  public init(nodes: [DescribedNode], count: Int) {
    self.nodes = nodes
    self.count = count
  }
}

/// A node in a list of the greatest, with its figure.
public struct RankedNode: Sendable, Hashable {
  /// Which node.
  public var node: NodeID
  /// Followers or entries.
  public var count: Int

  /// A node with its figure.
  public init(node: NodeID, count: Int) {
    self.node = node
    self.count = count
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
  /// Who may publish.
  public var publishModel: PublishModel?
  /// Whether lists of nodes show it.
  public var isAdvertised: Bool?
  /// Said at creation; later it has to be what it is.
  public var isEphemeral: Bool?
  /// Said at creation; the server decides otherwise.
  public var channelType: ChannelType?
  /// The fields that get their default again.
  public var resets: Set<ConfigurationKey>
  /// What this server doesn't know. One without values is removed.
  public var others: [ConfigurationField]

  /// A change of what is given.
  public init(
    title: String? = nil, description: String? = nil, accessModel: AccessModel? = nil,
    defaultAffiliation: Affiliation? = nil, publishModel: PublishModel? = nil, isAdvertised: Bool? = nil,
    isEphemeral: Bool? = nil, channelType: ChannelType? = nil, resets: Set<ConfigurationKey> = [],
    others: [ConfigurationField] = []
  ) {
    self.title = title
    self.description = description
    self.accessModel = accessModel
    self.defaultAffiliation = defaultAffiliation
    self.publishModel = publishModel
    self.isAdvertised = isAdvertised
    self.isEphemeral = isEphemeral
    self.channelType = channelType
    self.resets = resets
    self.others = others
  }
}
