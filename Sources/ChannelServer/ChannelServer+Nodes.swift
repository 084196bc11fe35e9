package import Channels
import Synchronization
package import XMPP

/// What happens to nodes beside what their owners do.
extension ChannelServer {
  /// Deletes an ephemeral channel that nobody follows any more.
  func deleteIfLeft(_ node: NodeID, in store: any ChannelWriter, _ events: Announcer) throws {
    let posts = NodeID(channel: node.channel, name: "posts")
    let members = try store.members(of: posts, max: configuration.limits.maxMembers)
    guard !members.contains(where: { $0.subscription == .subscribed }) else { return }
    try events.deleteChannel(node.channel)
  }

  /// The node that everything public goes to exists from its first follower on.
  func prepareFirehose(in store: any ChannelWriter, at time: Timestamp) throws {
    guard try store.metadata(of: .firehose) == nil else { return }
    try store.insert(
      .firehose,
      NodeMetadata(
        title: "Firehose", description: "", accessModel: .open, defaultAffiliation: .member, channelType: nil,
        creationDate: time, isAdvertised: false))
  }

  /// The greatest nodes. Counting all of them takes a while, so the list is kept for a minute.
  func rankedNodes(by ranking: NodeRanking) async throws(ChannelError) -> [RankedNode] {
    let now = surroundings.uptime()
    if let known = rankings.withLock({ $0[ranking] }), now < known.expires { return known.nodes }
    let (domains, limits) = (configuration.domains, configuration.limits)
    let nodes = try await store.read { store in
      try store.rankedNodes(by: ranking, domains: domains, max: limits.maxRankedNodes)
    }
    rankings.withLock { $0[ranking] = (now + limits.rankingLifetime, nodes) }
    return nodes
  }

  /// Ends the subscriptions of a user that were for as long as they are there.
  package func endTemporarySubscriptions(of user: JID) async throws(ChannelError) {
    let user = user.bare
    let isAny = try await store.read { store in
      try store.memberships(of: user).contains { $0.isTemporary }
    }
    guard isAny else { return }
    try await commit { store, events in
      for membership in try store.memberships(of: user) where membership.isTemporary {
        guard let metadata = try store.metadata(of: membership.node) else { continue }
        let ended = Membership(node: membership.node, user: user, affiliation: .none, subscription: .none)
        try events.set(StoredMembership(ended), metadata: metadata)
        if metadata.isEphemeral { try self.deleteIfLeft(membership.node, in: store, events) }
      }
    }
  }

  package func authorize(_ user: JID?, toHear queue: EventQueue) async throws(ChannelError) {
    let session = LocalSession(server: self, user: user?.bare)
    if let user, configuration.isLocal(user), !(try await hasChannel(user)) {
      throw ChannelError(.notAuthorized, "there is no account \(user.bare) any more")
    }
    let allowed: EventQueue
    switch queue {
    case .anonymous: return
    case .user(let owner): allowed = .user(owner.bare)
    case .node(let node), .member(_, let node): allowed = try await session.queue(for: node)
    case .notices, .remote, .control:
      throw ChannelError(.forbidden, "this queue is the server's own")
    }
    if case .user(let owner) = queue {
      guard owner.bare == user?.bare else { throw ChannelError(.forbidden, "this is somebody else's queue") }
      return
    }
    // A node that was opened or closed has another queue now: who listens to the old one comes again.
    guard allowed == queue else { throw ChannelError(.closedNode, "this node's access has changed: ask again") }
  }

  private func hasChannel(_ user: JID) async throws(ChannelError) -> Bool {
    try await store.read { store in
      try store.account(user.bare) != nil || store.metadata(of: NodeID(channel: user.bare, name: "posts")) != nil
    }
  }
}
