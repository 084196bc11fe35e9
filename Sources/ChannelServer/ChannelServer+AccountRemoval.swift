package import Channels
package import XMPP

extension ChannelServer {
  /// Entries, nodes or memberships that one transaction of a removal takes away.
  private static let removalBatch = 100

  /// Removes a user's entries everywhere, each with its event, the channels that only they own, and all that names them.
  ///
  /// In steps, so that others can write in between; the account goes last, so a removal that was cut off can be repeated.
  package func removeAccount(_ user: JID) async throws(ChannelError) {
    let user = user.bare
    guard try await store.read({ try $0.account(user) }) != nil else {
      throw ChannelError(.itemNotFound, "there is no account \(user)")
    }
    try await removeTraces(of: user, withAccount: true)
  }

  /// The same for who has no account here, or keeps it (channel-server §8).
  func removeTraces(of user: JID, withAccount: Bool) async throws(ChannelError) {
    while try await removeSome(of: user, withAccount: withAccount) {}
  }

  /// Whether there is more to remove.
  private func removeSome(of user: JID, withAccount: Bool) async throws(ChannelError) -> Bool {
    let server = self
    return try await commit { store, events in
      if try server.removeNodes(of: user, in: store, events) { return true }
      let entries = try store.entries(by: user, max: Self.removalBatch)
      for entry in entries {
        // It may have gone with the thread of one before it.
        guard try store.entry(entry.id, of: entry.node) != nil else { continue }
        try server.retract(entry, in: store, events)
      }
      if entries.count == Self.removalBatch { return true }
      let memberships = try store.memberships(of: user)
      for membership in memberships.prefix(Self.removalBatch) {
        guard let metadata = try store.metadata(of: membership.node) else { continue }
        // Also of an outcast: the name may be somebody else's tomorrow.
        let ended = Membership(node: membership.node, user: user, affiliation: .none, subscription: .none)
        try events.set(StoredMembership(ended), metadata: metadata)
        if metadata.isEphemeral { try server.deleteIfLeft(membership.node, in: store, events) }
      }
      if memberships.count > Self.removalBatch { return true }
      try store.clearQueues(of: user)
      if withAccount { try store.deleteAccount(user) }
      try events.append(
        .accessReduced(user: user), of: NodeID(channel: user, name: "posts"), to: [.control])
      return false
    }
  }

  /// Removes the user's own channel and what only they own; whether anything was.
  private func removeNodes(of user: JID, in store: any ChannelWriter, _ events: Announcer) throws -> Bool {
    let owned = try store.memberships(of: user).filter { $0.affiliation == .owner }
    var removed = 0
    for membership in owned where removed < Self.removalBatch {
      let node = membership.node
      // It may have gone with the channel of one before it.
      guard node.channel != user, try store.metadata(of: node) != nil, try store.owners(of: node) == [user] else {
        continue
      }
      if node.name == "posts" {
        try events.deleteChannel(node.channel)
      } else {
        try events.delete(node)
      }
      removed += 1
    }
    if try !store.nodes(of: user).isEmpty {
      try events.deleteChannel(user)
      removed += 1
    }
    return removed > 0
  }
}
