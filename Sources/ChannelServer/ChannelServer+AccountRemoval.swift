package import Channels
package import XMPP

extension ChannelServer {
  /// Entries that one transaction of a removal retracts.
  private static let removalBatch = 100

  /// Removes a user's entries everywhere, each with its event, the channels that only they own, and all that names them.
  ///
  /// In steps, so that others can write in between; the account goes last, so a removal that was cut off can be repeated.
  package func removeAccount(_ user: JID) async throws(ChannelError) {
    let user = user.bare
    guard try await store.read({ try $0.account(user) }) != nil else {
      throw ChannelError(.itemNotFound, "there is no account \(user)")
    }
    while try await removeSome(of: user) {}
  }

  /// Whether there is more to remove.
  private func removeSome(of user: JID) async throws(ChannelError) -> Bool {
    let server = self
    return try await commit { store in
      let channels = try store.ownedChannels(of: user).filter { channel in
        try store.owners(of: NodeID(channel: channel, name: "posts")) == [user]
      }
      for channel in channels {
        for node in try store.nodes(of: channel) { try store.delete(node) }
      }
      let entries = try store.entries(by: user, max: Self.removalBatch)
      var newest: Int64?
      for entry in entries {
        // It may have gone with the thread of one before it.
        guard try store.entry(entry.id, of: entry.node) != nil else { continue }
        newest = try server.retract(entry, in: store)
      }
      if entries.count == Self.removalBatch { return (true, newest) }
      for node in try store.nodes(of: user) { try store.delete(node) }
      try store.deleteMemberships(of: user)
      try store.clearQueues(of: user)
      try store.deleteAccount(user)
      return (false, newest)
    }
  }
}
