package import XMPP

/// The reads of one transaction or snapshot. Not to be kept beyond the closure that it was given to.
///
/// Where an operation takes a page, its `max` is set. `itemNotFound` where a page's marker is not there.
package protocol ChannelReader {
  // Accounts.

  func account(_ user: JID) throws -> Account?
  /// In alphabetical order.
  func accounts(after user: JID?, max: Int) throws -> [JID]

  // Nodes and memberships.

  func metadata(of node: NodeID) throws -> NodeMetadata?
  func nodes(of channel: JID) throws -> [NodeID]
  func membership(of user: JID, in node: NodeID) throws -> StoredMembership?
  /// All of a user's, by node.
  func memberships(of user: JID) throws -> [Membership]
  /// Subscriptions of a user that are not `none`.
  func subscriptionCount(of user: JID) throws -> Int
  /// All of a node's, by rank and name.
  func members(of node: NodeID, max: Int) throws -> [Membership]
  /// Everybody who hears of a node: subscribed and at least a member, or subscribed for as long as they are there.
  /// - Parameter localDomain: Whose users hear for themselves; the rest hear through their listener's domain, each once.
  func listeners(of node: NodeID, localDomain: String) throws -> NodeListeners
  func owners(of node: NodeID) throws -> [JID]
  /// Moderators and owners, by name.
  func moderators(of node: NodeID) throws -> [StoredMembership]
  /// By name. Its markers are addresses, which need not be there.
  func members(of node: NodeID, scope: MemberScope, page: PageRequest) throws -> MembershipPage
  /// All of a user's that are not `none`, with their nodes' metadata, by node.
  func describedMemberships(of user: JID) throws -> [(membership: Membership, metadata: NodeMetadata)]
  /// Who waits in nodes where the user is moderator or owner, by node and name.
  func pendingRequests(for moderator: JID, max: Int) throws -> [Membership]
  /// Nodes of channels of these domains that are to be listed, by channel and name. Markers are `CHANNEL/NAME`, which need
  /// not be there.
  func advertisedNodes(domains: [String], page: PageRequest) throws -> NodePage
  /// Open advertised nodes of channels of these domains, the greatest first, then by channel and name.
  func rankedNodes(by ranking: NodeRanking, domains: [String], max: Int) throws -> [RankedNode]
  /// The channels of which the user owns `posts`.
  func ownedChannels(of user: JID) throws -> [JID]

  // Entries.

  func entry(_ id: String, of node: NodeID) throws -> Entry?
  /// Newest activity first.
  func entries(of node: NodeID, page: PageRequest) throws -> [Entry]
  /// Oldest first. With neither marker the newest page.
  func replies(to id: String, of node: NodeID, page: PageRequest) throws -> [Entry]
  /// Newest activity first, each with its root and its newest replies, at most `maxReplies`.
  func threads(of node: NodeID, page: PageRequest, maxReplies: Int) throws -> [EntryThread]
  /// Published after a moment, newest first.
  func recentEntries(of node: NodeID, since: Timestamp, max: Int) throws -> [Entry]
  /// Newest activity first, with what was taken back where that is wanted, at the moment when it was.
  func items(of node: NodeID, query: ItemQuery) throws -> [Item]
  func tombstone(_ id: String, of node: NodeID) throws -> Tombstone?
  /// How many items a query without its page gives.
  func itemCount(of node: NodeID, query: ItemQuery) throws -> Int
  func replyCount(to id: String, of node: NodeID) throws -> Int
  /// Published or edited after a moment, newest first, then by id, greatest first; strictly after a position in that order.
  func updatedEntries(
    of node: NodeID, since: Timestamp, after position: TimelinePosition?, isParentOnly: Bool, max: Int
  ) throws -> [Entry]
  /// How many such entries there are without the position.
  func updatedCount(of node: NodeID, since: Timestamp, isParentOnly: Bool) throws -> Int
  /// Entries of `posts` nodes of channels of these domains that everybody may read (or every local user), in the order of
  /// their sequence, newest first; strictly after (older) or before (newer) an entry.
  func publicEntries(
    domains: [String], isLocal: Bool, after: ItemReference?, before: ItemReference?, max: Int
  ) throws -> EntryPage
  /// Entries anywhere by one author.
  func entries(by author: JID, max: Int) throws -> [Entry]
  /// Whether an entry is a rating.
  func isRating(_ id: String, of node: NodeID) throws -> Bool
  func hasRating(by author: JID, of target: String, in node: NodeID) throws -> Bool

  // Search. All counts stop at ``StoreBounds/maxCount``.

  /// Entries of `posts` nodes that a user follows whose content has each text somewhere in it (ASCII in either case), newest
  /// first, among the newest ``StoreBounds/maxScanned`` entries of all.
  func searchItems(_ search: ItemSearch, of subscriber: JID) throws -> EntryPage

  func searchEntries(
    _ text: String, viewer: JID?, isLocal: Bool, max: Int, offset: Int
  ) throws -> (entries: [Entry], count: Int)
  func searchChannels(
    _ text: String, max: Int, offset: Int
  ) throws -> (channels: [(channel: JID, metadata: NodeMetadata)], count: Int)

  // Events.
  //
  // What was published comes as a retraction where the entry is gone since, or where the readers of the queue may not
  // read it any more: the place in the queue stays, the content doesn't leave.

  /// `isReset` where events after the cursor were pruned, and where the cursor is beyond the newest event of all, as after
  /// a database was replaced; in that case there are no events.
  func events(in queue: EventQueue, after cursor: Int64, max: Int) throws -> EventPage
  /// Events of these queues, each once, oldest first; from a moment on and up to and with another.
  func archive(_ queues: [EventQueue], from start: Timestamp?, to end: Timestamp?, max: Int) throws -> [ChannelEvent]
  func outbox(after sequence: Int64, maxEvents: Int) throws -> [QueuedEvent]
  func outboxHead() throws -> Int64
  func relayPosition(_ name: String) throws -> Int64?
}

/// The writes of one transaction.
package protocol ChannelWriter: ChannelReader {
  /// `conflict` where the user has one.
  func insert(_ account: Account) throws
  func update(_ credentials: Account.Credentials, of user: JID) throws
  func deleteAccount(_ user: JID) throws

  /// `conflict` where the node exists.
  func insert(_ node: NodeID, _ metadata: NodeMetadata) throws
  func update(_ metadata: NodeMetadata, of node: NodeID) throws
  /// With its entries and memberships.
  func delete(_ node: NodeID) throws

  /// Sets a membership; one that is `none` in both ways is removed.
  func set(_ membership: StoredMembership) throws
  /// Gives a new node the members of another, with affiliations as ``Permissions/affiliationElsewhere(_:)`` maps them.
  func copyMemberships(from source: NodeID, to node: NodeID) throws
  func deleteMemberships(of user: JID) throws

  /// - Parameter rated: The local id of the entry that this one rates.
  func insert(_ entry: Entry, rated: String?) throws
  /// Makes an entry the one with the newest activity.
  func bump(_ id: String, of node: NodeID, to time: Timestamp) throws
  /// Changes what an entry says; its place in every order but that by update stays.
  func replace(_ entry: Entry) throws
  func deleteEntry(_ id: String, of node: NodeID) throws
  /// Deletes an entry and keeps its tombstone.
  func bury(_ id: String, of node: NodeID, at time: Timestamp) throws
  /// Removes tombstones from before a moment, at most so many; gives how many.
  func pruneTombstones(before: Timestamp, max: Int) throws -> Int

  /// Writes an event and its place in each queue; gives its sequence.
  func append(
    _ change: ChannelEvent.Change, of node: NodeID, time: Timestamp, to queues: [EventQueue]
  ) throws -> Int64
  /// Empties the queues that only this user reads, as `isReset` then says: whoever gets the name next finds nothing.
  func clearQueues(of user: JID) throws
  func setRelayPosition(_ name: String, to sequence: Int64) throws
  /// Removes old events; gives how many.
  func prune(_ retention: EventRetention) throws -> Int
}
