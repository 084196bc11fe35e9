import Channels
import XMPP

/// Writes the events of one operation into the outbox, in the operation's transaction.
///
/// Not to be kept beyond the transaction.
final class Announcer {
  let server: ChannelServer
  let store: any ChannelWriter
  /// The time of all that the operation does.
  let time: Timestamp
  /// The sequence of the newest event.
  private(set) var newest: Int64?

  init(server: ChannelServer, store: any ChannelWriter) {
    self.server = server
    self.store = store
    time = server.stamp()
  }

  private var configuration: ChannelServerConfiguration { server.configuration }

  func append(_ change: ChannelEvent.Change, of node: NodeID, to queues: [EventQueue]) throws {
    guard !queues.isEmpty else { return }
    newest = try store.append(change, of: node, time: time, to: queues)
  }

  /// The same for what admins hear as well.
  private func tell(_ change: ChannelEvent.Change, of node: NodeID, to queues: [EventQueue]) throws {
    let admins = configuration.admins.map { EventQueue.notices($0) }.filter { !queues.contains($0) }
    try append(change, of: node, to: queues + admins)
  }

  // Entries.

  /// Tells who hears of a node what happened to an entry of it.
  func tellReaders(_ changes: [ChannelEvent.Change], of node: NodeID) throws {
    let queues = try queues(of: node)
    for change in changes { newest = try store.append(change, of: node, time: time, to: queues) }
  }

  /// Where a node's entries go: to everybody, where everybody may read it; else to each follower by themselves.
  private func queues(of node: NodeID) throws -> [EventQueue] {
    let listeners = try store.listeners(of: node, localDomain: configuration.domain)
    let model = try store.metadata(of: node)?.accessModel
    var local = listeners.local
    var remote = configuration.announcements.isEnabled ? listeners.remote : []
    if node.name == "posts", model == .open || model == .local, let all = try firehoseListeners() {
      local += all.local.filter { !listeners.local.contains($0) }
      if model == .open { remote += all.remote.filter { !listeners.remote.contains($0) } }
    }
    var queues = local.map { EventQueue.user($0) } + remote.map { .remote(domain: $0) }
    queues += configuration.admins.filter { !local.contains($0) }.map { .notices($0) }
    return switch model {
    case .open: [.anonymous, .node(node)] + queues
    case .local: [server.localQueue(of: node)] + queues
    case .authorize, .whitelist, nil: queues + local.map { .member($0, node) }
    }
  }

  private func firehoseListeners() throws -> NodeListeners? {
    guard configuration.announcements.isEnabled, try store.metadata(of: .firehose) != nil else { return nil }
    return try store.listeners(of: .firehose, localDomain: configuration.domain)
  }

  // Nodes and memberships.

  /// Stores a membership and tells of what it changes.
  ///
  /// - Parameter metadata: Of its node.
  func set(_ after: StoredMembership, metadata: NodeMetadata) throws {
    let (node, user) = (after.membership.node, after.membership.user)
    let before = try store.membership(of: user, in: node)
    try store.set(after)
    if reads(user, before, metadata), !reads(user, after, metadata) || after.membership.affiliation == .outcast {
      try append(.accessReduced(user: user), of: node, to: [.control])
    }
    // Who comes and goes with their presence is not announced.
    guard configuration.announcements.isEnabled, before?.membership.isTemporary != true, !after.membership.isTemporary
    else { return }
    let was = before?.membership ?? Membership(node: node, user: user, affiliation: .none, subscription: .none)
    if was.subscription != after.membership.subscription { try tellSubscription(after) }
    if was.affiliation != after.membership.affiliation { try tellAffiliation(after) }
  }

  private func reads(_ user: JID, _ stored: StoredMembership?, _ metadata: NodeMetadata) -> Bool {
    let standing = Permissions.Standing(
      affiliation: stored?.membership.affiliation ?? .none, subscription: stored?.membership.subscription ?? .none,
      isLocal: configuration.isLocal(user))
    return Permissions.viewRefusal(standing, accessModel: metadata.accessModel) == nil
  }

  private func tellSubscription(_ after: StoredMembership) throws {
    let membership = after.membership
    let own = queue(of: after)
    let change = ChannelEvent.Change.subscriptionChanged(
      user: membership.user, membership.subscription, invitedBy: membership.invitedBy)
    switch membership.subscription {
    case .subscribed, .none, .unconfigured:
      let everybody = try followers(of: membership.node)
      if membership.subscription != .none, membership.invitedBy != nil {
        // Who invited is for moderators and the user.
        let few = try moderators(of: membership.node, and: own)
        try tell(change, of: membership.node, to: few)
        try append(
          .subscriptionChanged(user: membership.user, membership.subscription, invitedBy: nil), of: membership.node,
          to: everybody.filter { !few.contains($0) })
      } else {
        try tell(change, of: membership.node, to: everybody + (everybody.contains(own) ? [] : [own]))
      }
    case .pending, .invited:
      try tell(change, of: membership.node, to: moderators(of: membership.node, and: own))
    }
  }

  private func tellAffiliation(_ after: StoredMembership) throws {
    let membership = after.membership
    let own = queue(of: after)
    let everybody = try followers(of: membership.node)
    guard membership.affiliation == .outcast else {
      // The role of who only waits is nobody's business.
      let isFollowing = membership.subscription == .subscribed || membership.subscription == .none
      let queues = try isFollowing ? everybody : moderators(of: membership.node, and: own)
      try tell(
        .affiliationChanged(user: membership.user, membership.affiliation), of: membership.node,
        to: queues + (queues.contains(own) ? [] : [own]))
      return
    }
    let few = try moderators(of: membership.node, and: own)
    try tell(.affiliationChanged(user: membership.user, .outcast), of: membership.node, to: few)
    try append(
      .affiliationChanged(user: membership.user, .none), of: membership.node,
      to: everybody.filter { !few.contains($0) })
  }

  /// A node has another configuration.
  func configured(_ node: NodeID, from old: NodeMetadata, to new: NodeMetadata) throws {
    let models = [AccessModel.open, .local]
    if models.contains(old.accessModel), old.accessModel != new.accessModel, new.accessModel != .open {
      try append(.accessReduced(user: nil), of: node, to: [.control])
    }
    guard configuration.announcements.isEnabled else { return }
    try tell(.configured(new), of: node, to: listeners(of: node))
  }

  /// Deletes a node and tells its listeners.
  func delete(_ node: NodeID) throws {
    if configuration.announcements.isEnabled {
      try tell(.nodeDeleted, of: node, to: listeners(of: node))
    }
    try append(.accessReduced(user: nil), of: node, to: [.control])
    try store.delete(node)
  }

  /// Deletes a channel with all its nodes, its `posts` last.
  func deleteChannel(_ channel: JID) throws {
    let nodes = try store.nodes(of: channel)
    for node in nodes where node.name != "posts" { try delete(node) }
    for node in nodes where node.name == "posts" { try delete(node) }
  }

  // Who hears.

  /// The queue in which a member hears what concerns themselves.
  private func queue(of stored: StoredMembership) -> EventQueue {
    let user = stored.membership.user
    return configuration.isLocal(user)
      ? .notices(user) : .remote(domain: stored.listener?.domain ?? user.domain)
  }

  private func listeners(of node: NodeID) throws -> [EventQueue] {
    let listeners = try store.listeners(of: node, localDomain: configuration.domain)
    return listeners.local.map { .notices($0) } + listeners.remote.map { .remote(domain: $0) }
  }

  /// All listeners, or moderators and other servers only where there are too many.
  private func followers(of node: NodeID) throws -> [EventQueue] {
    let listeners = try store.listeners(of: node, localDomain: configuration.domain)
    let remote = listeners.remote.map { EventQueue.remote(domain: $0) }
    guard listeners.local.count > configuration.announcements.maxListeners else {
      return listeners.local.map { .notices($0) } + remote
    }
    let few = try store.moderators(of: node).map(queue(of:))
    return few + remote.filter { !few.contains($0) }
  }

  private func moderators(of node: NodeID, and own: EventQueue) throws -> [EventQueue] {
    var queues: [EventQueue] = []
    for queue in try store.moderators(of: node).map(queue(of:)) + [own] where !queues.contains(queue) {
      queues.append(queue)
    }
    return queues
  }
}
