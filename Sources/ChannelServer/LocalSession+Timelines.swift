import Channels
import XMPP

extension LocalSession {
  func recentItems(_ query: TimelineQuery, maxPerNode: Int) async throws(ChannelError) -> EntryPage {
    let (max, marker) = try checked(query)
    guard maxPerNode >= 1 else {
      throw ChannelError(.badRequest, "max is at least 1", application: .invalidMaxValue)
    }
    let limits = configuration.limits
    let maxPerNode = min(maxPerNode, limits.maxPage)
    return try await readableNodes { store, nodes in
      var entries: [Entry] = []
      for node in nodes where node.name == "posts" && entries.count < limits.maxRecentEntries {
        entries += try store.updatedEntries(
          of: node, since: query.since, after: nil, isParentOnly: query.isParentOnly,
          max: min(maxPerNode, limits.maxRecentEntries - entries.count))
      }
      let keyed = entries.map { (entry: $0, node: $0.node.description) }
      let ordered = keyed.sorted { left, right in
        if left.entry.updated != right.entry.updated { return left.entry.updated > right.entry.updated }
        return (left.node, left.entry.id) < (right.node, right.entry.id)
      }.map(\.entry)
      var rest = ordered[...]
      if let marker {
        guard let index = ordered.firstIndex(where: { $0.node == marker.node && $0.id == marker.id }) else {
          throw ChannelError(.itemNotFound, "the page's marker is not in the list")
        }
        rest = ordered[(index + 1)...]
      }
      return EntryPage(entries: Array(rest.prefix(max)), count: ordered.count)
    }
  }

  func userItems(_ query: TimelineQuery) async throws(ChannelError) -> EntryPage {
    let (max, marker) = try checked(query)
    return try await readableNodes { store, nodes in
      var position: TimelinePosition?
      if let marker {
        guard let entry = try store.entry(marker.id, of: marker.node), nodes.contains(marker.node) else {
          throw ChannelError(.itemNotFound, "the page's marker is not in the list")
        }
        position = TimelinePosition(updated: entry.updated, id: entry.id)
      }
      var newest: [Entry] = []
      var floor = query.since
      var count = 0
      for node in nodes {
        if count < StoreBounds.maxCount {
          count += try store.updatedCount(of: node, since: query.since, isParentOnly: query.isParentOnly)
        }
        newest += try store.updatedEntries(
          of: node, since: floor, after: position, isParentOnly: query.isParentOnly, max: max)
        guard newest.count > max, max > 0 else { continue }
        newest.sort { ($0.updated, $0.id) > ($1.updated, $1.id) }
        newest.removeLast(newest.count - max)
        // Nothing older than the oldest of a full page gets into it.
        if let last = newest.last { floor = Timestamp(milliseconds: last.updated.milliseconds - 1) }
      }
      newest.sort { ($0.updated, $0.id) > ($1.updated, $1.id) }
      return EntryPage(entries: newest, count: min(count, StoreBounds.maxCount))
    }
  }

  private func checked(_ query: TimelineQuery) throws(ChannelError) -> (max: Int, marker: ItemReference?) {
    _ = try knownUser()
    guard query.page.before == nil else {
      throw ChannelError(.badRequest, "this list is paged with after")
    }
    let max = query.page.max ?? configuration.limits.defaultPage
    guard max >= 0 else { throw ChannelError(.badRequest, "max is at least 0", application: .invalidMaxValue) }
    let marker = try query.page.after.map { text throws(ChannelError) in try reference(text) }
    return (min(max, configuration.limits.maxPage), marker)
  }

  /// Reads from all nodes that the user follows and may read at this moment.
  private func readableNodes<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelReader, [NodeID]) throws -> Value
  ) async throws(ChannelError) -> Value {
    let user = try knownUser()
    return try await server.store.read { store in
      let nodes = try store.describedMemberships(of: user).filter { membership, metadata in
        membership.subscription == .subscribed && membership.node != .firehose
          && Permissions.viewRefusal(standing(of: user, membership), accessModel: metadata.accessModel) == nil
      }
      return try body(store, nodes.map(\.membership.node))
    }
  }

  func search(_ search: ItemSearch) async throws(ChannelError) -> EntryPage {
    let user = try knownUser()
    let limits = configuration.limits
    guard configuration.isLocal(user) else {
      throw ChannelError(.notAllowed, "this server searches for its own users only")
    }
    var search = search
    search.content = search.content.filter { !$0.isEmpty }
    guard !search.content.isEmpty || search.author != nil else {
      throw ChannelError(.badRequest, "a search has content or an author")
    }
    guard search.page > 0, search.perPage > 0 else {
      throw ChannelError(.badRequest, "page and rpp are at least 1")
    }
    search.perPage = min(search.perPage, limits.maxPage)
    guard search.content.reduce(0, { $0 + $1.utf8.count }) <= limits.maxSearchBytes, search.content.count <= 16 else {
      throw ChannelError(
        .policyViolation, "a search has at most 16 texts with \(limits.maxSearchBytes) bytes together")
    }
    guard search.page <= limits.maxSearchOffset / search.perPage + 1 else {
      throw ChannelError(.badRequest, "a search is paged up to result \(limits.maxSearchOffset)")
    }
    let resolved = search
    return try await server.store.read { store in try store.searchItems(resolved, of: user) }
  }

  func archive(_ query: Channels.ArchiveQuery) async throws(ChannelError) -> [ChannelEvent] {
    let user = try knownUser()
    guard configuration.isLocal(user) else {
      throw ChannelError(.serviceUnavailable, "the archive is for users of this server")
    }
    let bound = configuration.limits.maxEvents
    let max = min(query.max ?? bound, bound)
    guard max >= 0 else { throw ChannelError(.badRequest, "max is at least 0") }
    let events = try await server.store.read { store in
      try store.archive([.user(user), .notices(user)], from: query.start, to: query.end, max: max + 1)
    }
    guard events.count <= max else {
      throw ChannelError(.policyViolation, "there are more than \(max) events: ask for a shorter time")
    }
    return events
  }
}
