import Channels
import XMPP

extension LocalSession {
  func affiliations(of node: NodeID) async throws(ChannelError) -> [Membership] {
    let maxMembers = configuration.limits.maxMembers
    return try await reading(node) { store, view in
      let members = try store.members(of: node, max: maxMembers)
      if view.allows(.readBannedAndPending) { return members }
      return members.filter { member in
        member.user == user || member.subscription == .subscribed && member.affiliation != .outcast
      }
    }
  }

  func setAffiliation(
    _ affiliation: Affiliation, of user: JID, in node: NodeID
  ) async throws(ChannelError) {
    let actor = try knownUser()
    let user = user.bare
    try await server.store.write { store in
      let view = try view(of: node, in: store)
      let present = try store.membership(of: user, in: node)
      if let refusal = Permissions.affiliationRefusal(
        actor: view.standing.affiliation, isSelf: user == actor, target: present?.membership.affiliation ?? .none,
        wanted: affiliation)
      {
        throw refusal
      }
      var membership =
        present?.membership ?? Membership(node: node, user: user, affiliation: .none, subscription: .none)
      guard present != nil || affiliation == .outcast else {
        throw ChannelError(.badRequest, "\(user) does not follow this channel")
      }
      membership.affiliation = affiliation
      if affiliation == .outcast || affiliation == .none { membership.subscription = .none }
      // Nobody could approve their own request, not even an owner.
      if affiliation >= .moderator, membership.subscription == .pending { membership.subscription = .subscribed }
      try store.set(StoredMembership(membership, invitedBy: present?.invitedBy))
      let concernsAll = [.outcast, .none, .owner].contains(affiliation)
      try spread(membership, to: concernsAll ? .allNodes : .nodesOfMember, in: store)
    }
  }

  func setSubscription(
    _ state: SubscriptionState, of user: JID, in node: NodeID
  ) async throws(ChannelError) {
    let actor = try knownUser()
    let user = user.bare
    try await server.store.write { store in
      let view = try view(of: node, in: store)
      let present = try store.membership(of: user, in: node)
      try checkManaging(state, of: present?.membership, user: user, by: actor, view)
      var membership =
        present?.membership ?? Membership(node: node, user: user, affiliation: .none, subscription: .none)
      switch state {
      case .invited:
        // Who follows or asked to already is not invited over that.
        guard membership.subscription == .none else { return }
        membership.subscription = .invited
        try store.set(StoredMembership(membership, invitedBy: actor))
        return
      case .none:
        membership.subscription = .none
        if membership.affiliation != .outcast { membership.affiliation = .none }
      default:
        membership.subscription = .subscribed
        if membership.affiliation == .none { membership.affiliation = view.metadata.defaultAffiliation }
      }
      try store.set(StoredMembership(membership, invitedBy: present?.invitedBy))
      let isLetIn = state != .none
      try spread(
        membership, to: isLetIn && view.metadata.accessModel == .open ? .openNodes : .allNodes, in: store)
    }
  }

  /// The checks of channel-server §10.3.
  private func checkManaging(
    _ state: SubscriptionState, of present: Membership?, user: JID, by actor: JID, _ view: NodeView
  ) throws(ChannelError) {
    guard [.subscribed, .none, .invited].contains(state) else {
      throw ChannelError(.badRequest, "a subscription is set to subscribed, none or invited")
    }
    let mayInvite = state == .invited && view.standing.subscription == .subscribed
    guard view.allows(.approve) || mayInvite && view.standing.affiliation != .outcast else {
      throw ChannelError(.forbidden, "only moderators and owners manage subscriptions")
    }
    guard user != actor else {
      throw ChannelError(.notAllowed, "your own subscription is changed by following and leaving")
    }
    if state == .invited {
      guard present?.affiliation != .outcast else {
        throw ChannelError(.notAllowed, "\(user) is banned: lift that first")
      }
      return
    }
    guard let present, present.subscription != .none else {
      throw ChannelError(.badRequest, "\(user) has not asked to follow this channel")
    }
    if state == .subscribed {
      guard present.subscription != .invited else {
        throw ChannelError(.notAllowed, "\(user) is invited and has to accept themselves")
      }
    } else {
      guard present.affiliation != .owner else {
        throw ChannelError(.notAllowed, "an owner stays until they leave")
      }
      guard present.affiliation < .moderator || view.allows(.setModeratorRole) else {
        throw ChannelError(.forbidden, "only owners remove moderators")
      }
    }
  }
}
