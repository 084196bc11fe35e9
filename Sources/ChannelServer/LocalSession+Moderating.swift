import Channels
import XMPP

extension LocalSession {
  func affiliations(of node: NodeID) async throws(ChannelError) -> [Membership] {
    let maxMembers = configuration.limits.maxMembers
    return try await reading(node) { store, view in
      let members = try store.members(of: node, max: maxMembers)
      if view.allows(.readBannedAndPending) { return members }
      return shown(
        members.filter { member in
          member.user == user
            || member.subscription == .subscribed && member.affiliation != .outcast && !member.isTemporary
        })
    }
  }

  func setAffiliation(
    _ affiliation: Affiliation, of user: JID, in node: NodeID
  ) async throws(ChannelError) {
    let actor = try knownUser()
    let user = user.bare
    try await server.commit { store, events in
      let view = try view(of: node, in: store)
      let present = try store.membership(of: user, in: node)
      if let refusal = Permissions.affiliationRefusal(
        actor: view.standing.affiliation, isSelf: user == actor, target: present?.membership.affiliation ?? .none,
        wanted: affiliation, isMember: present != nil, isEphemeral: view.metadata.isEphemeral)
      {
        throw refusal
      }
      var stored =
        present
        ?? StoredMembership(Membership(node: node, user: user, affiliation: .none, subscription: .none))
      stored.membership.affiliation = affiliation
      if affiliation == .outcast || affiliation == .none { stored.membership.subscription = .none }
      // Nobody could approve their own request, not even an owner.
      if affiliation >= .moderator, stored.membership.subscription == .pending {
        stored.membership.subscription = .subscribed
      }
      stored.membership.isTemporary = stored.membership.isTemporary && affiliation == .none
      try events.set(stored, metadata: view.metadata)
      let concernsAll = [.outcast, .none, .owner].contains(affiliation)
      try spread(stored, to: concernsAll ? .allNodes : .nodesOfMember, in: store, events)
    }
  }

  func setSubscription(
    _ state: SubscriptionState, of user: JID, in node: NodeID
  ) async throws(ChannelError) {
    let actor = try knownUser()
    let user = user.bare
    try await server.commit { store, events in
      let view = try view(of: node, in: store)
      let present = try store.membership(of: user, in: node)
      try checkManaging(state, of: present?.membership, user: user, by: actor, view)
      var stored =
        present
        ?? StoredMembership(Membership(node: node, user: user, affiliation: .none, subscription: .none))
      switch state {
      case .invited:
        // Who follows or asked to already is not invited over that.
        guard stored.membership.subscription == .none else { return }
        stored.membership.subscription = .invited
        stored.invitedBy = actor
        try events.set(stored, metadata: view.metadata)
        return
      case .none:
        stored.membership.subscription = .none
        stored.membership.isTemporary = false
        if stored.membership.affiliation != .outcast { stored.membership.affiliation = .none }
      default:
        stored.membership.subscription = .subscribed
        stored.membership.isTemporary = false
        if stored.membership.affiliation == .none {
          stored.membership.affiliation = view.metadata.defaultAffiliation
        }
      }
      try events.set(stored, metadata: view.metadata)
      let isLetIn = state != .none
      try spread(
        stored, to: isLetIn && view.metadata.accessModel == .open ? .openNodes : .allNodes, in: store, events)
      if view.metadata.isEphemeral, state == .none { try server.deleteIfLeft(node, in: store, events) }
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
      throw ChannelError(
        .notAllowed, "your own subscription is changed by following and leaving",
        application: .canNotModifyOwnSubscription)
    }
    if state == .invited {
      guard present?.affiliation != .outcast else {
        throw ChannelError(.notAllowed, "\(user) is banned: lift that first")
      }
      return
    }
    guard let present, present.subscription != .none else {
      throw ChannelError(.unexpectedRequest, "\(user) has not asked to follow this channel")
    }
    if state == .subscribed {
      guard present.subscription != .invited else {
        throw ChannelError(.notAllowed, "\(user) is invited and has to accept themselves")
      }
    } else {
      guard present.affiliation != .owner else {
        throw ChannelError(.notAllowed, "an owner stays until they leave", application: .nodeMustHaveOwner)
      }
      guard present.affiliation < .moderator || view.allows(.setModeratorRole) else {
        throw ChannelError(.forbidden, "only owners remove moderators")
      }
    }
  }
}
