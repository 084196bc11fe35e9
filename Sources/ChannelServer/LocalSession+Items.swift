import Channels
import XMPP

extension LocalSession {
  func items(of node: NodeID, _ query: ItemQuery) async throws(ChannelError) -> ItemPage {
    if node == .firehose {
      let page = try await firehose(page: query.page)
      return ItemPage(items: page.entries.map { .entry($0) }, count: page.count)
    }
    var query = query
    query.page = try resolved(query.page, of: node, defaultMax: configuration.limits.defaultPage)
    let resolved = query
    return try await reading(node) { store, _ in
      ItemPage(
        items: try store.items(of: node, query: resolved), count: try store.itemCount(of: node, query: resolved))
    }
  }

  func entries(_ ids: [String], of node: NodeID) async throws(ChannelError) -> [Entry] {
    try check(ids)
    return try await reading(node) { store, _ in try ids.map { try existing($0, of: node, in: store) } }
  }

  func thread(_ id: String, of node: NodeID, page: PageRequest) async throws(ChannelError) -> EntryPage {
    let page = try resolved(page, of: node, defaultMax: configuration.limits.maxPage)
    return try await reading(node) { store, _ in
      guard let local = try localID(id, of: node), let root = try store.entry(local, of: node),
        root.inReplyTo == nil
      else {
        throw ChannelError(
          .itemNotFound, "there is no thread of that id in \(node.path)", application: .threadNotFound)
      }
      let count = try store.replyCount(to: root.id, of: node) + 1
      var page = page
      let max = page.max ?? 0
      // The root stands before all replies: nothing is before it, and all are after it.
      if page.before == root.id { return EntryPage(entries: [], count: count) }
      if page.after == root.id {
        page = PageRequest(max: max, after: root.id)
        return EntryPage(entries: try store.replies(to: root.id, of: node, page: page), count: count)
      }
      let replies = try store.replies(to: root.id, of: node, page: page)
      // What is short of a page towards the front has reached the root.
      let hasRoot = page.after == nil && replies.count < max
      return EntryPage(entries: (hasRoot ? [root] : []) + replies, count: count)
    }
  }

  func replyPage(to id: String, in node: NodeID, page: PageRequest) async throws(ChannelError) -> EntryPage {
    let page = try resolved(page, of: node, defaultMax: configuration.limits.maxPage)
    return try await reading(node) { store, _ in
      let root = try existing(id, of: node, in: store)
      return EntryPage(
        entries: try store.replies(to: root.id, of: node, page: page),
        count: try store.replyCount(to: root.id, of: node))
    }
  }

  func threadPage(of node: NodeID, page: PageRequest) async throws(ChannelError) -> ThreadPage {
    let page = try resolved(page, of: node, defaultMax: configuration.limits.defaultThreadPage)
    let maxReplies = configuration.limits.maxThreadReplies
    return try await reading(node) { store, _ in
      var page = page
      // The newest reply stands where its thread stands.
      if let after = page.after, let root = try store.entry(after, of: node)?.inReplyTo,
        try store.replies(to: root, of: node, page: PageRequest(max: 1)).last?.id == after
      {
        page.after = root
      }
      return ThreadPage(
        threads: try store.threads(of: node, page: page, maxReplies: maxReplies),
        count: try store.itemCount(of: node, query: ItemQuery(isParentOnly: true)))
    }
  }

  /// Selected newest first, told oldest first: so the first of a page is the marker for older ones.
  func firehose(page: PageRequest) async throws(ChannelError) -> EntryPage {
    guard page.after == nil || page.before == nil else {
      throw ChannelError(.badRequest, "a page is after or before an item, not both")
    }
    let max = min(page.max ?? configuration.limits.defaultPage, configuration.limits.maxPage)
    guard max >= 0 else { throw ChannelError(.badRequest, "max is at least 0") }
    let after = try page.after.map { text throws(ChannelError) in try reference(text) }
    let before = try page.before.map { text throws(ChannelError) in try reference(text) }
    let isLocal = configuration.isLocal(user)
    let domains = configuration.domains
    return try await server.store.read { store in
      var page = try store.publicEntries(domains: domains, isLocal: isLocal, after: after, before: before, max: max)
      page.entries.reverse()
      return page
    }
  }

  /// An id over many nodes: `node,id` or the tag form.
  func reference(_ text: String) throws(ChannelError) -> ItemReference {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count >= 2, text.utf8.count <= configuration.entries.maxIDBytes, let id = parts.last,
      let node = try? NodeID(String(parts[parts.count - 2]))
    else {
      throw ChannelError(.badRequest, "a page's marker is NODE,ID, such as /user/alice@example.com/posts,1")
    }
    return ItemReference(node: node, id: String(id))
  }
}
