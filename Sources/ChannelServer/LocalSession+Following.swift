import Channels
import XMPP

extension LocalSession {
  func memberships() async throws(ChannelError) -> [Membership] {
    let user = try knownUser()
    return try await server.store.read { store in
      try store.memberships(of: user).filter { $0.subscription != .none }
    }
  }

  func subscribe(to node: NodeID) async throws(ChannelError) -> SubscriptionState {
    try await subscribe(to: node, SubscriptionOptions()).subscription
  }

  func subscribe(
    to node: NodeID, _ options: SubscriptionOptions
  ) async throws(ChannelError) -> Membership {
    let user = try knownUser()
    return try await server.commit { store, events in
      if node == .firehose { try server.prepareFirehose(in: store, at: events.time) }
      return try subscribe(user, to: node, options, in: store, events)
    }
  }

  /// Follows in an operation that does more.
  func subscribe(
    _ user: JID, to node: NodeID, _ options: SubscriptionOptions, in store: any ChannelWriter, _ events: Announcer
  ) throws -> Membership {
    let view = try view(of: node, in: store)
    let stored = try store.membership(of: user, in: node)
    guard view.standing.affiliation != .outcast else {
      throw ChannelError(.forbidden, "you may not follow this channel")
    }
    let isFollowing = ![.none, .invited].contains(view.standing.subscription)
    let isPersistent = isFollowing && view.standing.affiliation != .none
    if let membership = stored?.membership, isPersistent {
      guard !options.isTemporary else {
        throw ChannelError(.notAllowed, "you follow this channel already: leave it first")
      }
      return membership
    }
    let maxSubscriptions = configuration.limits.maxSubscriptions
    guard try isFollowing || store.subscriptionCount(of: user) < maxSubscriptions else {
      throw ChannelError(
        .policyViolation, "a user follows at most \(maxSubscriptions) nodes", application: .tooManySubscriptions)
    }
    let listener = view.standing.isLocal ? nil : listener
    if options.isTemporary {
      guard view.readingRefusal == nil, [.open, .local].contains(view.metadata.accessModel) else {
        throw ChannelError(.notAllowed, "a private channel is not followed for a while only")
      }
      let membership = Membership(
        node: node, user: user, affiliation: .none, subscription: .subscribed, isTemporary: true)
      try events.set(StoredMembership(membership, listener: listener), metadata: view.metadata)
      return membership
    }
    let membership = try newFollower(user, of: node, view, stored, in: store)
    try events.set(StoredMembership(membership, listener: listener), metadata: view.metadata)
    if membership.subscription == .subscribed {
      try spread(
        StoredMembership(membership, listener: listener),
        to: view.metadata.accessModel == .open ? .openNodes : .allNodes, in: store, events)
    }
    return membership
  }

  /// What somebody becomes who follows (channel-server §10.1).
  private func newFollower(
    _ user: JID, of node: NodeID, _ view: NodeView, _ stored: StoredMembership?, in store: any ChannelReader
  ) throws -> Membership {
    var membership = Membership(
      node: node, user: user, affiliation: view.standing.affiliation,
      subscription: Permissions.initialSubscription(
        accessModel: view.metadata.accessModel, isLocal: view.standing.isLocal),
      invitedBy: stored?.invitedBy)
    if membership.affiliation == .none { membership.affiliation = view.metadata.defaultAffiliation }
    if view.standing.affiliation >= .moderator { membership.subscription = .subscribed }
    if view.standing.subscription == .invited, let inviter = stored?.invitedBy,
      let host = try store.membership(of: inviter, in: node), host.membership.affiliation >= .moderator
    {
      membership.subscription = .subscribed
    }
    return membership
  }

  func unsubscribe(from node: NodeID) async throws(ChannelError) {
    let user = try knownUser()
    try await server.commit { store, events in
      let view = try view(of: node, in: store)
      guard view.standing.affiliation != .outcast else { return }
      if view.standing.affiliation == .owner, !view.metadata.isEphemeral {
        guard node.channel != user else {
          throw ChannelError(
            .notAllowed, "your own channel always has you as a follower", application: .nodeMustHaveOwner)
        }
        guard try store.owners(of: node).count > 1 else {
          throw ChannelError(
            .notAllowed, "a channel has an owner: make somebody else one first, or delete the channel",
            application: .nodeMustHaveOwner)
        }
      }
      let wasTemporary = try store.membership(of: user, in: node)?.membership.isTemporary == true
      let stored = StoredMembership(
        Membership(node: node, user: user, affiliation: .none, subscription: .none),
        listener: view.standing.isLocal ? nil : listener)
      try events.set(stored, metadata: view.metadata)
      if !wasTemporary { try spread(stored, to: .allNodes, in: store, events) }
      if view.metadata.isEphemeral { try server.deleteIfLeft(node, in: store, events) }
    }
  }

  /// To which of a channel's other nodes a membership of `posts` is carried over.
  enum Spread {
    /// Following an open channel gives no right to what its owner keeps private.
    case openNodes
    /// Being let into a private channel, thrown out of any, or made its owner concerns all of it.
    case allNodes
    /// A new role changes what one is where one is already, and opens nothing.
    case nodesOfMember
  }

  /// Carries a membership of `posts` over to the channel's other nodes (channel-server §3).
  func spread(
    _ stored: StoredMembership, to spread: Spread, in store: any ChannelWriter, _ events: Announcer
  ) throws {
    let membership = stored.membership
    guard membership.node.name == "posts" else { return }
    for node in try store.nodes(of: membership.node.channel) where node != membership.node {
      let present = try store.membership(of: membership.user, in: node)?.membership
      guard let metadata = try store.metadata(of: node) else { continue }
      var carried = Membership(
        node: node, user: membership.user, affiliation: Permissions.affiliationElsewhere(membership.affiliation),
        subscription: membership.subscription)
      switch spread {
      case .openNodes:
        guard metadata.accessModel == .open else { continue }
      case .nodesOfMember:
        guard let present, present.affiliation != .outcast else { continue }
        carried.subscription = present.subscription
      case .allNodes: break
      }
      // Who was banned from a single node doesn't get back by following or leaving the channel.
      if present?.affiliation == .outcast, membership.user == user { continue }
      // An owner of a single node keeps it unless there is another, so that no node loses its last one.
      if present?.affiliation == .owner, carried.affiliation != .owner {
        guard try store.owners(of: node).count > 1 else { continue }
      }
      try events.set(StoredMembership(carried, listener: stored.listener), metadata: metadata)
    }
  }
}
