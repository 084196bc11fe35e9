import Channels
import XMPP

extension LocalSession {
  /// Memberships as others may see them: who invited is for the invited, and for moderators.
  func shown(_ memberships: [Membership]) -> [Membership] {
    memberships.map { membership in
      var membership = membership
      if membership.user != user { membership.invitedBy = nil }
      return membership
    }
  }

  func members(of node: NodeID, page: PageRequest) async throws(ChannelError) -> MembershipPage {
    let page = try unresolved(page, defaultMax: configuration.limits.maxPage)
    return try await reading(node) { store, view in
      let isModerator = view.allows(.readBannedAndPending)
      var found = try store.members(of: node, scope: isModerator ? .all : .followers(and: user), page: page)
      if !isModerator { found.memberships = shown(found.memberships) }
      return found
    }
  }

  /// A page with its size set, its markers as they are.
  private func unresolved(_ page: PageRequest, defaultMax: Int) throws(ChannelError) -> PageRequest {
    guard page.after == nil || page.before == nil else {
      throw ChannelError(.badRequest, "a page is after or before an item, not both")
    }
    let max = page.max ?? defaultMax
    guard max >= 0 else { throw ChannelError(.badRequest, "max is at least 0") }
    return PageRequest(max: min(max, configuration.limits.maxPage), after: page.after, before: page.before)
  }

  func describedMemberships(
    where filter: [ConfigurationField]
  ) async throws(ChannelError) -> [(membership: Membership, metadata: NodeMetadata)] {
    let user = try knownUser()
    let isLocal = configuration.isLocal(user)
    return try await server.store.read { store in
      try store.describedMemberships(of: user).filter { _, metadata in
        if filter.isEmpty { return true }
        let fields = metadata.fields(showsLocal: isLocal)
        return filter.allSatisfy { wanted in
          fields.contains { $0.name == wanted.name && wanted.values.allSatisfy($0.values.contains) }
        }
      }
    }
  }

  func followedChannels(of channel: JID, page: PageRequest) async throws(ChannelError) -> [FollowedChannel] {
    let page = try unresolved(page, defaultMax: configuration.limits.defaultPage)
    let channel = channel.bare
    return try await reading(NodeID(channel: channel, name: "subscriptions")) { store, _ in
      let followed = try store.memberships(of: channel).filter { membership in
        membership.subscription == .subscribed && !membership.isTemporary && membership.node != .firehose
      }
      // They come by node, so those of a channel stand together.
      let channels = followed.reduce(into: [FollowedChannel]()) { channels, membership in
        if channels.last?.channel == membership.node.channel {
          channels[channels.count - 1].memberships.append(membership)
        } else {
          channels.append(FollowedChannel(channel: membership.node.channel, memberships: [membership]))
        }
      }
      return part(of: channels, page) { $0.channel.description }
    }
  }

  /// A page of a list that is in order of its keys.
  private func part<Element>(of list: [Element], _ page: PageRequest, _ key: (Element) -> String) -> [Element] {
    let max = page.max ?? list.count
    if let after = page.after { return Array(list.drop { key($0) <= after }.prefix(max)) }
    if let before = page.before { return Array(list.prefix { key($0) < before }.suffix(max)) }
    return Array(list.prefix(max))
  }

  func pendingRequests() async throws(ChannelError) -> [Membership] {
    let user = try knownUser()
    let max = configuration.limits.maxMembers
    return try await server.store.read { try $0.pendingRequests(for: user, max: max) }
  }

  func nodes(page: PageRequest) async throws(ChannelError) -> NodePage {
    var page = try unresolved(page, defaultMax: configuration.limits.maxPage)
    page.after = try page.after.map { name throws(ChannelError) in try NodeID(name).path }
    page.before = try page.before.map { name throws(ChannelError) in try NodeID(name).path }
    let (domains, resolved) = (configuration.domains, page)
    return try await server.store.read { try $0.advertisedNodes(domains: domains, page: resolved) }
  }

  func topFollowedNodes() async throws(ChannelError) -> [RankedNode] {
    try await server.rankedNodes(by: .followers)
  }

  func topPublishedNodes() async throws(ChannelError) -> [RankedNode] {
    try await server.rankedNodes(by: .entries)
  }

  func owners(of node: NodeID) async throws(ChannelError) -> [JID] {
    try await server.store.read { store in
      _ = try view(of: node, in: store)
      let owners = try store.owners(of: node)
      return owners.filter { $0 == node.channel } + owners.filter { $0 != node.channel }
    }
  }
}
