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

  func existing(_ id: String, of node: NodeID, in store: any ChannelReader) throws -> Entry {
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
    try await publish(atomEntry, to: node, id: nil)
  }

  func publish(_ payload: XMLElement, to node: NodeID, id: String?) async throws(ChannelError) -> Entry {
    let user = try knownUser()
    let draft = draft(payload, for: node)
    return try await server.commit { store, events in
      let view = try checkPublishing(to: node, in: store)
      let draft = try draft.get()
      // An id that nothing has is not kept: ids are the server's.
      guard let id, let local = EntryID.local(in: id, of: node), !local.isEmpty else {
        return try server.publish(draft, by: user, to: node, in: store, events)
      }
      guard let entry = try store.entry(local, of: node) else {
        guard try store.tombstone(local, of: node) == nil else {
          throw ChannelError(.notAcceptable, "this entry was taken back: it is not edited any more")
        }
        return try server.publish(draft, by: user, to: node, in: store, events)
      }
      guard entry.author == user || view.allows(.retractAny) else {
        throw ChannelError(.forbidden, "an entry is edited by its author, a moderator or an owner")
      }
      return try server.edit(entry, to: draft, in: store, events)
    }
  }

  private func draft(_ payload: XMLElement, for node: NodeID) -> Result<EntryDraft, ChannelError> {
    Result { () throws(ChannelError) in try EntryDraft(payload, for: node, limits: configuration.entries) }
  }

  func replaceNewest(with atomEntry: XMLElement, in node: NodeID) async throws(ChannelError) -> Entry {
    let user = try knownUser()
    let draft = draft(atomEntry, for: node)
    return try await server.commit { store, events in
      let view = try checkPublishing(to: node, in: store)
      let draft = try draft.get()
      if let newest = try store.entries(of: node, page: PageRequest(max: 1)).first {
        guard newest.author == user || view.allows(.retractAny) else {
          throw ChannelError(
            .forbidden, "the newest entry is somebody else's: it is replaced by its author or a moderator")
        }
        try server.retract(newest, in: store, events)
      }
      return try server.publish(draft, by: user, to: node, in: store, events)
    }
  }

  func retract(_ id: String, from node: NodeID) async throws(ChannelError) {
    let user = try knownUser()
    try await server.commit { store, events in
      _ = try retract(id, from: node, by: user, in: store, events)
    }
  }

  func retract(_ ids: [String], from node: NodeID) async throws(ChannelError) {
    let user = try knownUser()
    guard !ids.isEmpty, !ids.contains("") else {
      throw ChannelError(.badRequest, "a retraction names at least one item", application: .itemRequired)
    }
    try check(ids)
    for id in ids where EntryID.local(in: id, of: node) == nil {
      let parts = id.split(separator: ",", omittingEmptySubsequences: false)
      guard parts.count > 1, (try? NodeID(String(parts[parts.count - 2]))) != nil else {
        throw ChannelError(
          .badRequest, "'\(id.prefix(64))' is no id; an id is LOCAL, NODE,LOCAL or tag:SERVER,NODE,LOCAL",
          application: .globalIDError)
      }
    }
    try await server.commit { store, events in
      var gone: Set<String> = []
      for id in ids {
        // The replies of one before it went with it.
        if let local = try localID(id, of: node), gone.contains(local) { continue }
        gone.formUnion(try retract(id, from: node, by: user, in: store, events))
      }
    }
  }

  /// The bound on how many items one operation names.
  func check(_ ids: [String]) throws(ChannelError) {
    guard ids.count <= configuration.limits.maxItems else {
      throw ChannelError(.policyViolation, "at most \(configuration.limits.maxItems) items are named at once")
    }
  }

  /// Gives the ids of all that went.
  private func retract(
    _ id: String, from node: NodeID, by user: JID, in store: any ChannelWriter, _ events: Announcer
  ) throws -> [String] {
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
    return try server.retract(entry, in: store, events)
  }

  @discardableResult
  private func checkPublishing(to node: NodeID, in store: any ChannelReader) throws -> NodeView {
    let view = try view(of: node, in: store)
    guard node.name != "subscriptions", node != .firehose else {
      throw ChannelError(.notAllowed, "this node is filled by the server itself")
    }
    if !view.allows(.publish) {
      // Who may not even read hears that; it says more about what to do.
      throw view.readingRefusal
        ?? ChannelError(.forbidden, "only followers with the right to post publish in this channel")
    }
    return view
  }
}
