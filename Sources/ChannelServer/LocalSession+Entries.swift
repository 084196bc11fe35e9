import Channels
import XMPP

extension LocalSession {
  func entries(of node: NodeID, page: PageRequest) async throws(ChannelError) -> [Entry] {
    let page = try resolved(page, of: node, defaultMax: configuration.limits.defaultPage)
    return try await reading(node) { store, _ in try store.entries(of: node, page: page) }
  }

  func entry(_ id: String, of node: NodeID) async throws(ChannelError) -> Entry {
    // Refused before it is looked for: who may not read learns nothing about what is there.
    try await reading(node) { store, _ in try existing(id, of: node, in: store) }
  }

  private func existing(_ id: String, of node: NodeID, in store: any ChannelReader) throws -> Entry {
    guard let local = try localID(id, of: node), let entry = try store.entry(local, of: node) else {
      throw ChannelError(.itemNotFound, "there is no such entry in \(node.path)")
    }
    return entry
  }

  func replies(to id: String, in node: NodeID, page: PageRequest) async throws(ChannelError) -> [Entry] {
    let page = try resolved(page, of: node, defaultMax: configuration.limits.maxPage)
    return try await reading(node) { store, _ in
      let root = try existing(id, of: node, in: store)
      return try store.replies(to: root.id, of: node, page: page)
    }
  }

  func threads(of node: NodeID, page: PageRequest) async throws(ChannelError) -> [EntryThread] {
    let page = try resolved(page, of: node, defaultMax: configuration.limits.defaultThreadPage)
    let maxReplies = configuration.limits.maxThreadReplies
    return try await reading(node) { store, _ in
      try store.threads(of: node, page: page, maxReplies: maxReplies)
    }
  }

  func recentEntries(
    since: Timestamp, maxPerNode: Int
  ) async throws(ChannelError) -> [(node: NodeID, entries: [Entry])] {
    let user = try knownUser()
    guard maxPerNode >= 1 else { throw ChannelError(.badRequest, "max is at least 1") }
    let limits = configuration.limits
    let maxPerNode = min(maxPerNode, limits.maxPage)
    return try await server.store.read { store in
      var found: [(node: NodeID, entries: [Entry])] = []
      var budget = limits.maxRecentEntries
      for membership in try store.memberships(of: user)
      where membership.node.name == "posts" && membership.subscription == .subscribed && budget > 0 {
        guard try view(of: membership.node, in: store).readingRefusal == nil else { continue }
        let entries = try store.recentEntries(of: membership.node, since: since, max: min(maxPerNode, budget))
        budget -= entries.count
        if !entries.isEmpty { found.append((membership.node, entries)) }
      }
      return found
    }
  }

  func publish(_ atomEntry: XMLElement, to node: NodeID) async throws(ChannelError) -> Entry {
    let user = try knownUser()
    let draft = Result { () throws(ChannelError) in
      try EntryDraft(atomEntry, for: node, limits: configuration.entries)
    }
    return try await server.commit { store in
      try checkPublishing(to: node, in: store)
      return try server.publish(try draft.get(), by: user, to: node, in: store)
    }
  }

  func replaceNewest(with atomEntry: XMLElement, in node: NodeID) async throws(ChannelError) -> Entry {
    let user = try knownUser()
    let draft = Result { () throws(ChannelError) in
      try EntryDraft(atomEntry, for: node, limits: configuration.entries)
    }
    return try await server.commit { store in
      let view = try checkPublishing(to: node, in: store)
      let draft = try draft.get()
      if let newest = try store.entries(of: node, page: PageRequest(max: 1)).first {
        guard newest.author == user || view.allows(.retractAny) else {
          throw ChannelError(
            .forbidden, "the newest entry is somebody else's: it is replaced by its author or a moderator")
        }
        _ = try server.retract(newest, in: store)
      }
      return try server.publish(draft, by: user, to: node, in: store)
    }
  }

  func retract(_ id: String, from node: NodeID) async throws(ChannelError) {
    let user = try knownUser()
    try await server.commit { store in
      let view = try view(of: node, in: store)
      let entry = try localID(id, of: node).flatMap { try store.entry($0, of: node) }
      // The author of an entry may take it back also when they don't follow any more.
      let isOwn = entry?.author == user && view.allows(.retractOwn)
      if !isOwn, let refusal = view.readingRefusal { throw refusal }
      guard let entry else {
        throw ChannelError(.itemNotFound, "there is no such entry in \(node.path)")
      }
      guard isOwn || view.allows(.retractAny) else {
        throw ChannelError(.forbidden, "an entry is removed by its author, a moderator or an owner")
      }
      return ((), try server.retract(entry, in: store))
    }
  }

  @discardableResult
  private func checkPublishing(to node: NodeID, in store: any ChannelReader) throws -> NodeView {
    let view = try view(of: node, in: store)
    guard node.name != "subscriptions" else {
      throw ChannelError(.notAllowed, "the list of subscriptions is the server's")
    }
    if !view.allows(.publish) {
      // Who may not even read hears that; it says more about what to do.
      throw view.readingRefusal
        ?? ChannelError(.forbidden, "only followers with the right to post publish in this channel")
    }
    return view
  }
}
