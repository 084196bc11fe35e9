import Channels
import XMPP

extension LocalSession {
  func registerChannel() async throws(ChannelError) {
    let user = try knownUser()
    guard configuration.isLocal(user), user.local != nil else {
      throw ChannelError(.notAllowed, "this server is not the authority for \(user.domain)")
    }
    try await server.commit { store, events in try server.completeChannel(of: user, in: store, events) }
  }

  func unregisterChannel() async throws(ChannelError) {
    let user = try knownUser()
    if configuration.isLocal(user) {
      let posts = NodeID(channel: user, name: "posts")
      guard try await server.store.read({ try $0.metadata(of: posts) }) != nil else {
        throw ChannelError(.registrationRequired, "\(user) is not registered here")
      }
    }
    try await server.removeTraces(of: user, withAccount: false)
  }
}

extension ChannelServer {
  /// Makes the personal nodes that are missing; a new user also follows what new users follow.
  func completeChannel(of user: JID, in store: any ChannelWriter, _ events: Announcer) throws {
    let session = LocalSession(server: self, user: user)
    let present = try Set(store.nodes(of: user))
    for name in configuration.nodes.personalNodes {
      let node = NodeID(channel: user, name: name)
      guard !present.contains(node) else { continue }
      let metadata = configuration.metadata(of: node, type: .personal, created: events.time, creator: user)
      try store.insert(node, metadata)
      // Nobody else hears of a new node yet.
      try store.set(
        StoredMembership(Membership(node: node, user: user, affiliation: .owner, subscription: .subscribed)))
    }
    guard present.isEmpty else { return }
    for node in configuration.autosubscribe {
      // What isn't there, or is full, keeps nobody from registering.
      guard let metadata = try store.metadata(of: node) else { continue }
      var membership = try session.subscribe(user, to: node, SubscriptionOptions(), in: store, events)
      if membership.subscription == .pending, configuration.isAutosubscribeApproved {
        membership.subscription = .subscribed
        try events.set(StoredMembership(membership), metadata: metadata)
        try session.spread(StoredMembership(membership), to: .allNodes, in: store, events)
      }
    }
  }
}
