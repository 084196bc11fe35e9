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
    let user = try knownUser()
    let maxSubscriptions = configuration.limits.maxSubscriptions
    return try await server.store.write { store in
      let view = try view(of: node, in: store)
      let stored = try store.membership(of: user, in: node)
      guard view.standing.affiliation != .outcast else {
        throw ChannelError(.forbidden, "you may not follow this channel")
      }
      let isFollowing = ![.none, .invited].contains(view.standing.subscription)
      if isFollowing, view.standing.affiliation != .none { return view.standing.subscription }
      guard try store.subscriptionCount(of: user) < maxSubscriptions else {
        throw ChannelError(.policyViolation, "a user follows at most \(maxSubscriptions) nodes")
      }
      var membership = Membership(
        node: node, user: user, affiliation: view.standing.affiliation,
        subscription: Permissions.initialSubscription(
          accessModel: view.metadata.accessModel, isLocal: view.standing.isLocal))
      if membership.affiliation == .none { membership.affiliation = view.metadata.defaultAffiliation }
      if membership.affiliation >= .moderator { membership.subscription = .subscribed }
      if view.standing.subscription == .invited, let inviter = stored?.invitedBy,
        let host = try store.membership(of: inviter, in: node), host.membership.affiliation >= .moderator
      {
        membership.subscription = .subscribed
      }
      try store.set(StoredMembership(membership, invitedBy: stored?.invitedBy))
      if membership.subscription == .subscribed {
        try spread(membership, to: view.metadata.accessModel == .open ? .openNodes : .allNodes, in: store)
      }
      return membership.subscription
    }
  }

  func unsubscribe(from node: NodeID) async throws(ChannelError) {
    let user = try knownUser()
    try await server.store.write { store in
      let view = try view(of: node, in: store)
      guard view.standing.affiliation != .outcast else { return }
      if view.standing.affiliation == .owner {
        guard node.channel != user else {
          throw ChannelError(.notAllowed, "your own channel always has you as a follower")
        }
        guard try store.owners(of: node).count > 1 else {
          throw ChannelError(.notAllowed, "a channel has an owner: make somebody else one first, or delete the channel")
        }
      }
      let membership = Membership(node: node, user: user, affiliation: .none, subscription: .none)
      try store.set(StoredMembership(membership))
      try spread(membership, to: .allNodes, in: store)
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
  func spread(_ membership: Membership, to spread: Spread, in store: any ChannelWriter) throws {
    guard membership.node.name == "posts" else { return }
    for node in try store.nodes(of: membership.node.channel) where node != membership.node {
      let present = try store.membership(of: membership.user, in: node)?.membership
      var carried = Membership(
        node: node, user: membership.user, affiliation: Permissions.affiliationElsewhere(membership.affiliation),
        subscription: membership.subscription)
      switch spread {
      case .openNodes:
        guard try store.metadata(of: node)?.accessModel == .open else { continue }
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
      try store.set(StoredMembership(carried))
    }
  }
}
