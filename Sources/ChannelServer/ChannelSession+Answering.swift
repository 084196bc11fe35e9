package import ChannelProtocol
package import Channels
import XMPP

extension ChannelSession {
  /// Does what a request asks, for who the session is of.
  ///
  /// What concerns the server itself (``ChannelRequest/serverInfo``, `version`, the forms) and the archive, whose answer are
  /// messages, is not a session's.
  /// - Parameter isLocal: Whether it is a user of this server, who is told that a node is `local`.
  package func answer(_ request: ChannelRequest, isLocal: Bool) async throws(ChannelError) -> ChannelReply {
    switch request {
    case .nodeInfo(let node), .configuration(let node):
      let metadata = try await metadata(of: node)
      return .configuration(node, metadata.fields(showsLocal: isLocal, owner: try await owners(of: node).first))
    case .nodes(let page):
      let found = try await nodes(page: page)
      return .nodes(found.nodes.map(\.node), bounds(found.nodes, count: found.count) { $0.node.description })
    case .topFollowedNodes: return .nodes(try await topFollowedNodes().map(\.node), nil)
    case .topPublishedNodes: return .nodes(try await topPublishedNodes().map(\.node), nil)
    case .itemNames(let node, let page):
      let found = try await items(of: node, ItemQuery(page: page))
      return .itemNames(found.items.map(\.id), bounds(found.items, count: found.count, \.id))
    case .register:
      try await registerChannel()
      return .done
    case .unregister:
      try await unregisterChannel()
      return .done
    case .createNode(let node, let configuration):
      try await createNode(node, configuration)
      return .done
    case .deleteNode(let node):
      try await deleteNode(node)
      return .done
    case .configure(let node, let configuration):
      try await configure(node, configuration)
      return .done
    case .subscribe, .unsubscribe, .ownSubscriptions, .subscriptions, .ownAffiliations, .affiliations,
      .setSubscriptions, .setAffiliations, .describedSubscriptions:
      return try await answerAboutMembers(request, isLocal: isLocal)
    case .publish, .retract, .items, .entries, .threads, .thread, .replies, .recentItems, .userItems, .firehose,
      .search:
      return try await answerAboutItems(request)
    case .serverInfo, .version, .registrationForm, .searchForm, .archive:
      throw ChannelError(.featureNotImplemented, "this is not asked of a session")
    }
  }

  private func answerAboutMembers(
    _ request: ChannelRequest, isLocal: Bool
  ) async throws(ChannelError) -> ChannelReply {
    switch request {
    case .subscribe(let node, let user, let options):
      try expectSelf(user)
      return .subscribed(try await subscribe(to: node, options))
    case .unsubscribe(let node, let user):
      guard user == self.user else {
        throw ChannelError(.notAuthorized, "everybody leaves for themselves", application: .canOnlyUnsubscribeSelf)
      }
      try await unsubscribe(from: node)
      return .done
    case .ownSubscriptions(let page):
      return part(of: try await memberships(), page)
    case .ownAffiliations(let page, let isEphemeralOnly):
      guard isEphemeralOnly else { return part(of: try await memberships(), page) }
      let described = try await describedMemberships(where: [])
      return part(of: described.filter { $0.metadata.isEphemeral }.map(\.membership), page)
    case .subscriptions(let node, let page), .affiliations(let node, let page):
      let found = try await members(of: node, page: page)
      return .memberships(
        found.memberships, bounds(found.memberships, count: found.count) { $0.user.description })
    case .setSubscriptions(let node, let changes):
      for change in changes { try await setSubscription(change.subscription, of: change.user, in: node) }
      return .done
    case .setAffiliations(let node, let changes):
      for change in changes { try await setAffiliation(change.affiliation, of: change.user, in: node) }
      return .done
    case .describedSubscriptions(let page, let filter, let fields):
      let all = try await describedMemberships(where: filter).map { membership, metadata in
        DescribedMembership(
          membership: membership,
          fields: metadata.fields(showsLocal: isLocal).filter { field in fields?.contains(field.name) ?? true })
      }
      let shown = Self.part(of: all, page) { $0.membership.node.description }
      return .described(shown, bounds(shown, count: all.count) { $0.membership.node.description })
    default: throw ChannelError(.featureNotImplemented, "this is not about members")
    }
  }

  private func expectSelf(_ user: JID) throws(ChannelError) {
    guard user == self.user else {
      throw ChannelError(.badRequest, "everybody follows for themselves", application: .invalidJID)
    }
  }

  private func answerAboutItems(_ request: ChannelRequest) async throws(ChannelError) -> ChannelReply {
    switch request {
    case .publish(let payload, let node, let id):
      return .published(node, id: try await publish(payload, to: node, id: id.map(EntryID.local)).id)
    case .retract(let ids, let node, _):
      try await retract(ids, from: node)
      return .done
    case .items(let node, let query) where node.name == "subscriptions":
      let channels = try await followedChannels(of: node.channel, page: query.page)
      return .followedChannels(node, channels, bounds(channels, count: nil) { $0.channel.description })
    case .items(let node, let query):
      let found = try await items(of: node, query)
      return .items(node, found.items, bounds(found.items, count: found.count, \.id))
    case .entries(let ids, let node):
      return .items(node, try await entries(ids, of: node).map { .entry($0) }, nil)
    case .threads(let node, let page):
      let found = try await threadPage(of: node, page: page)
      return .threads(found.threads, node: node, bounds(found.threads, count: found.count, \.id))
    case .thread(let id, let node, let page):
      let found = try await thread(id, of: node, page: page)
      return .items(node, found.entries.map { .entry($0) }, bounds(found.entries, count: found.count, \.id))
    case .replies(let id, let node, let page):
      let found = try await replyPage(to: id, in: node, page: page)
      return .items(node, found.entries.map { .entry($0) }, bounds(found.entries, count: found.count, \.id))
    case .recentItems(let query, let maxPerNode):
      let found = try await recentItems(query, maxPerNode: maxPerNode)
      return .timeline(found.entries, bounds(found.entries, count: found.count, \.timelineID))
    case .userItems(let query):
      let found = try await userItems(query)
      return .timeline(found.entries, bounds(found.entries, count: found.count, \.timelineID))
    case .firehose(let page):
      let found = try await firehose(page: page)
      return .timeline(found.entries, bounds(found.entries, count: found.count, \.timelineID))
    case .search(let search): return .found(try await self.search(search).entries)
    default: throw ChannelError(.featureNotImplemented, "this is not about items")
    }
  }

  private func bounds<Element>(_ list: [Element], count: Int?, _ id: (Element) -> String) -> ResultSet {
    ResultSet(first: list.first.map(id), last: list.last.map(id), count: count)
  }

  private func part(of memberships: [Membership], _ page: PageRequest) -> ChannelReply {
    let shown = Self.part(of: memberships, page) { $0.node.description }
    return .memberships(
      shown, page == PageRequest() ? nil : bounds(shown, count: memberships.count) { $0.node.description })
  }

  /// A part of a list in its order; a marker that isn't there is the beginning.
  private static func part<Element>(
    of list: [Element], _ page: PageRequest, _ id: (Element) -> String
  ) -> [Element] {
    var rest = list[...]
    if let after = page.after, let index = list.firstIndex(where: { id($0) == after }) { rest = list[(index + 1)...] }
    if let before = page.before, let index = list.firstIndex(where: { id($0) == before }) {
      return Array(list[..<index].suffix(page.max ?? list.count))
    }
    return Array(rest.prefix(page.max ?? list.count))
  }
}
