public import XMPP

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
  /// Who invited, where the reader may know; `nil` where nobody did.
  public var invitedBy: JID?
  /// Whether it ends with the user's presence; the affiliation is then `none`.
  public var isTemporary: Bool

  /// A relation.
  public init(
    node: NodeID, user: JID, affiliation: Affiliation, subscription: SubscriptionState, invitedBy: JID? = nil,
    isTemporary: Bool = false
  ) {
    self.node = node
    self.user = user
    self.affiliation = affiliation
    self.subscription = subscription
    self.invitedBy = invitedBy
    self.isTemporary = isTemporary
  }
}

/// A part of a list of memberships.
public struct MembershipPage: Sendable, Hashable {
  /// In the order of the list.
  public var memberships: [Membership]
  /// Of the whole list.
  public var count: Int

  /// A part of a list.
  public init(memberships: [Membership], count: Int) {
    self.memberships = memberships
    self.count = count
  }
}

/// A channel that somebody follows, with its nodes.
public struct FollowedChannel: Sendable, Hashable {
  /// Which channel, a bare JID.
  public var channel: JID
  /// Of the nodes of the channel that they follow.
  public var memberships: [Membership]

  /// A channel with its nodes.
  public init(channel: JID, memberships: [Membership]) {
    self.channel = channel
    self.memberships = memberships
  }
}

/// What to follow, and how.
public struct SubscriptionOptions: Sendable, Hashable {
  /// Whether the subscription ends when the user's last resource goes (`pubsub#expire=presence`).
  public var isTemporary: Bool

  /// Options.
  public init(isTemporary: Bool = false) {
    self.isTemporary = isTemporary
  }
}
