import Synchronization
package import XMPP

/// Who is there, as far as they told us.
///
/// Of somebody who has told nothing since the start we don't know: what concerns them goes to their bare address, and their
/// server gives it to every resource that there is. So nobody misses anything because this server was restarted.
///
/// **Isolation**: thread-safe.
/// **Spec**: channel-server §17; RFC 6121 §8.5.2.1.1 (headlines to a bare address).
package final class OnlineUsers: Sendable {
  private struct State {
    /// Bare address to resources; none for those who left.
    var resources: [JID: [String]] = [:]
  }

  private let state = Mutex(State())
  private let maxUsers: Int
  private let maxResources: Int

  package init(maxUsers: Int, maxResources: Int) {
    self.maxUsers = maxUsers
    self.maxResources = maxResources
  }

  /// A resource is there. Beyond a bound it is not noted.
  package func appeared(_ address: JID) {
    guard let resource = address.resource else { return }
    state.withLock { state in
      guard state.resources[address.bare] != nil || state.resources.count < maxUsers else { return }
      var resources = state.resources[address.bare] ?? []
      guard !resources.contains(resource), resources.count < maxResources else { return }
      resources.append(resource)
      state.resources[address.bare] = resources
    }
  }

  /// A resource has gone; a bare address takes all of them with it.
  /// - Returns: Whether it was the last one.
  package func left(_ address: JID) -> Bool {
    state.withLock { state in
      guard let resources = state.resources[address.bare] else {
        if state.resources.count < maxUsers { state.resources[address.bare] = [] }
        return true
      }
      let remaining = address.resource.map { resource in resources.filter { $0 != resource } } ?? []
      state.resources[address.bare] = remaining
      return remaining.isEmpty
    }
  }

  /// Where a message to a user goes: to each resource, to the bare address where nothing is known, or nowhere.
  package func destinations(of user: JID) -> [JID] {
    guard let resources = state.withLock({ $0.resources[user.bare] }) else { return [user.bare] }
    return resources.compactMap { try? JID(local: user.local, domain: user.domain, resource: $0) }
  }

  /// Forgets everybody, as when the XMPP server was away: whoever is still there is heard of again, or by the bare address.
  package func forget() {
    state.withLock { $0.resources.removeAll(keepingCapacity: true) }
  }

  /// How many users have a resource that is there.
  package var count: Int {
    state.withLock { state in state.resources.values.count { !$0.isEmpty } }
  }
}
