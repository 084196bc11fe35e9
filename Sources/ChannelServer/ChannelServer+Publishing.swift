import Channels
import XMPP

/// What publishing and retracting do in a transaction, after the permissions were checked.
extension ChannelServer {
  /// Stores an entry and its event.
  func publish(
    _ draft: EntryDraft, by author: JID, to node: NodeID, in store: any ChannelWriter
  ) throws -> (Entry, Int64) {
    let stamp = EntryDraft.Stamp(
      id: makeID(), authority: configuration.channelsDomain, author: author, time: stamp())
    try checkReferences(of: draft, by: author, in: node, store: store)
    let entry = try draft.entry(in: node, stamp: stamp, limits: configuration.entries)
    try store.insert(entry, rated: draft.rating == nil ? nil : draft.target)
    if let parent = entry.inReplyTo { try store.bump(parent, of: node, to: stamp.time) }
    let sequence = try store.append(
      .published(entry), of: node, time: stamp.time, to: try queues(of: node, store: store))
    return (entry, sequence)
  }

  /// Removes an entry and, where it is a thread's root, its replies, each with its event; gives the last sequence.
  func retract(_ entry: Entry, in store: any ChannelWriter) throws -> Int64 {
    let time = stamp()
    let queues = try queues(of: entry.node, store: store)
    var doomed = [entry.id]
    var page = PageRequest(max: 500)
    while true {
      let replies = try store.replies(to: entry.id, of: entry.node, page: page)
      guard let oldest = replies.first else { break }
      doomed += replies.map(\.id)
      page.before = oldest.id
    }
    var newest: Int64 = 0
    for id in doomed {
      try store.deleteEntry(id, of: entry.node)
      newest = try store.append(.retracted(id: id), of: entry.node, time: time, to: queues)
    }
    return newest
  }

  /// Where a node's events go: to everybody, where everybody may read it; else to each follower by themselves.
  private func queues(of node: NodeID, store: any ChannelReader) throws -> [EventQueue] {
    let followers = try store.subscribers(of: node, domain: domain)
    let users = followers.map { EventQueue.user($0) }
    switch try store.metadata(of: node)?.accessModel {
    case .open: return [.anonymous, .node(node)] + users
    case .local: return [localQueue(of: node)] + users
    case .authorize, .whitelist, nil: return users + followers.map { .member($0, node) }
    }
  }

  /// What the users of this server hear of a node that is for them.
  ///
  /// **Why** not the queue of an open node: somebody may listen to that since before, without an account.
  func localQueue(of node: NodeID) -> EventQueue {
    .member(JID(prepared: domain), node)
  }

  /// The checks of channel-server §11.2 that need the store.
  private func checkReferences(
    of draft: EntryDraft, by author: JID, in node: NodeID, store: any ChannelReader
  ) throws(ChannelError) {
    do {
      guard let parent = draft.inReplyTo else { return }
      guard let root = try store.entry(parent, of: node) else {
        throw ChannelError(.badRequest, "parent-item-not-found: in-reply-to names no entry of this node")
      }
      guard root.inReplyTo == nil else {
        throw ChannelError(.badRequest, "max-thread-depth-exceeded: a reply answers the first entry of its thread")
      }
      guard let target = draft.target else { return }
      guard let targeted = try store.entry(target, of: node) else {
        throw ChannelError(.badRequest, "targeted-item-not-found: the target names no entry of this node")
      }
      guard targeted.id == parent || targeted.inReplyTo == parent else {
        throw ChannelError(.badRequest, "target-outside-thread: the target is in another thread")
      }
      guard draft.rating != nil else { return }
      guard try !store.isRating(target, of: node) else {
        throw ChannelError(.badRequest, "invalid-rating-request: a rating can't be rated")
      }
      guard try !store.hasRating(by: author, of: target, in: node) else {
        throw ChannelError(.badRequest, "item-already-rated: one user rates an entry once")
      }
    } catch let error as ChannelError {
      throw error
    } catch {
      throw ChannelError(.internalServerError, "the store failed")
    }
  }
}
