import Channels
import XMPP

/// What publishing and retracting do in a transaction, after the permissions were checked.
extension ChannelServer {
  /// Stores an entry and its event.
  func publish(
    _ draft: EntryDraft, by author: JID, to node: NodeID, in store: any ChannelWriter, _ events: Announcer
  ) throws -> Entry {
    let stamp = EntryDraft.Stamp(
      id: makeID(), authority: configuration.channelsDomain, author: author, time: events.time)
    try checkReferences(of: draft, by: author, in: node, store: store)
    let entry = try draft.entry(in: node, stamp: stamp, limits: configuration.entries)
    try store.insert(entry, rated: draft.rating == nil ? nil : draft.target)
    if let parent = entry.inReplyTo { try store.bump(parent, of: node, to: stamp.time) }
    try events.tellReaders([.published(entry)], of: node)
    return entry
  }

  /// Changes what an entry says, and tells of it as of a new one.
  ///
  /// **Errors**: `notAcceptable` where it would answer something else than before, and for ratings, which stay as they are.
  /// **Spec**: channel-server §23.1.
  func edit(
    _ entry: Entry, to draft: EntryDraft, in store: any ChannelWriter, _ events: Announcer
  ) throws -> Entry {
    guard draft.inReplyTo == entry.inReplyTo else {
      throw ChannelError(.notAcceptable, "an edited entry answers what it answered before")
    }
    guard draft.rating == nil, try !store.isRating(entry.id, of: entry.node) else {
      throw ChannelError(.notAcceptable, "a rating is not edited")
    }
    let stamp = EntryDraft.Stamp(
      id: entry.id, authority: configuration.channelsDomain, author: entry.author, time: events.time,
      published: entry.published)
    let edited = try draft.entry(in: entry.node, stamp: stamp, limits: configuration.entries)
    try store.replace(edited)
    try events.tellReaders([.published(edited)], of: entry.node)
    return edited
  }

  /// Removes an entry and, where it is a thread's root, its replies, each with its event; gives the ids of all.
  @discardableResult
  func retract(_ entry: Entry, in store: any ChannelWriter, _ events: Announcer) throws -> [String] {
    var doomed = [entry.id]
    var page = PageRequest(max: 500)
    while true {
      let replies = try store.replies(to: entry.id, of: entry.node, page: page)
      guard let oldest = replies.first else { break }
      doomed += replies.map(\.id)
      page.before = oldest.id
    }
    for id in doomed { try store.bury(id, of: entry.node, at: events.time) }
    try events.tellReaders(doomed.map { .retracted(id: $0) }, of: entry.node)
    return doomed
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
        throw ChannelError(refusing: .parentItemNotFound, "in-reply-to names no entry of this node")
      }
      guard root.inReplyTo == nil else {
        throw ChannelError(refusing: .maxThreadDepthExceeded, "a reply answers the first entry of its thread")
      }
      guard let target = draft.target else { return }
      guard let targeted = try store.entry(target, of: node) else {
        throw ChannelError(refusing: .targetedItemNotFound, "the target names no entry of this node")
      }
      guard targeted.id == parent || targeted.inReplyTo == parent else {
        throw ChannelError(refusing: .targetOutsideThread, "the target is in another thread")
      }
      guard draft.rating != nil else { return }
      guard try !store.isRating(target, of: node) else {
        throw ChannelError(refusing: .invalidRatingRequest, "a rating can't be rated")
      }
      guard try !store.hasRating(by: author, of: target, in: node) else {
        throw ChannelError(refusing: .itemAlreadyRated, "one user rates an entry once")
      }
    } catch let error as ChannelError {
      throw error
    } catch {
      throw ChannelError(.internalServerError, "the store failed")
    }
  }
}
