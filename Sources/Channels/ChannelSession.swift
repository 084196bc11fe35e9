public import XMPP

/// What one user, or an anonymous viewer, may ask of the channel server. Every operation checks the permission tables.
///
/// In the standalone server this is a direct call into `ChannelServer`; with an XMPP server it is a client stream.
public protocol ChannelSession: Sendable {
  /// Who asks; `nil` is anonymous.
  var user: JID? { get }

  // Items.

  /// Newest activity first, then by sequence: a reply brings the first entry of its thread up again.
  func entries(of node: NodeID, page: PageRequest) async throws(ChannelError) -> [Entry]
  /// Takes the local id, the two-part and the tag form.
  func entry(_ id: String, of node: NodeID) async throws(ChannelError) -> Entry
  /// Publishes an Atom entry. The server sets id, author and dates, and answers when the post is on disk.
  func publish(_ atomEntry: XMLElement, to node: NodeID) async throws(ChannelError) -> Entry
  /// Removes the newest entry, where there is one, and publishes, in one step (`PUT` of a value node such as `status`).
  func replaceNewest(with atomEntry: XMLElement, in node: NodeID) async throws(ChannelError) -> Entry
  func retract(_ id: String, from node: NodeID) async throws(ChannelError)
  /// Oldest first.
  func replies(to id: String, in node: NodeID, page: PageRequest) async throws(ChannelError) -> [Entry]
  /// Newest activity first; `page.after` is the id of a thread. 15 by default.
  func threads(of node: NodeID, page: PageRequest) async throws(ChannelError) -> [EntryThread]
  /// Newest first per node, over all subscribed `posts` nodes; `maxPerNode` capped.
  func recentEntries(since: Timestamp, maxPerNode: Int) async throws(ChannelError) -> [(node: NodeID, entries: [Entry])]

  // Nodes.

  func metadata(of node: NodeID) async throws(ChannelError) -> NodeMetadata
  func configure(_ node: NodeID, _ changes: NodeConfiguration) async throws(ChannelError)
  /// Creates `<channel>/posts` as a topic channel that the user owns.
  func createTopicChannel(_ channel: JID) async throws(ChannelError)
  func createNode(_ node: NodeID) async throws(ChannelError)
  func deleteChannel(_ channel: JID) async throws(ChannelError)
  func deleteNode(_ node: NodeID) async throws(ChannelError)

  // Memberships.

  /// All of this user's.
  func memberships() async throws(ChannelError) -> [Membership]
  func subscribe(to node: NodeID) async throws(ChannelError) -> SubscriptionState
  func unsubscribe(from node: NodeID) async throws(ChannelError)
  /// Of a node's users; outcasts and pending ones only for those who may authorise.
  func affiliations(of node: NodeID) async throws(ChannelError) -> [Membership]
  func setAffiliation(_ affiliation: Affiliation, of user: JID, in node: NodeID) async throws(ChannelError)
  func setSubscription(_ state: SubscriptionState, of user: JID, in node: NodeID) async throws(ChannelError)

  // Search.

  /// Full text over what this user may read, newest first.
  func searchEntries(_ text: String, max: Int, offset: Int) async throws(ChannelError) -> (entries: [Entry], count: Int)
  /// Channels by name, title and description.
  func searchChannels(
    _ text: String, max: Int, offset: Int
  ) async throws(ChannelError) -> (channels: [(channel: JID, metadata: NodeMetadata)], count: Int)

  // Events.

  /// The queue that this viewer hears: all they follow (`node == nil`), or one node, after checking that they may.
  func queue(for node: NodeID?) async throws(ChannelError) -> EventQueue
  /// What the viewer was told in a span of time, oldest first. Only as far back as events are kept.
  ///
  /// **Errors**: `policyViolation` where there is more than asked for, or than the server gives at once (1000).
  func archive(_ query: ArchiveQuery) async throws(ChannelError) -> [ChannelEvent]

  // What beyond the above is said on XMPP only. Lists come with their whole length, up to 10,000.

  /// Makes what is missing of the user's own channel, and follows what new users follow; changes nothing the next time.
  func registerChannel() async throws(ChannelError)
  /// Takes back all the user's entries, ends all their subscriptions, removes the channels that only they own. An account,
  /// where there is one, stays.
  func unregisterChannel() async throws(ChannelError)

  /// Newest activity first.
  func items(of node: NodeID, _ query: ItemQuery) async throws(ChannelError) -> ItemPage
  /// In the order asked; `itemNotFound` where one is missing.
  func entries(_ ids: [String], of node: NodeID) async throws(ChannelError) -> [Entry]
  /// The root, then its replies, oldest first. Without a marker the newest ones.
  func thread(_ id: String, of node: NodeID, page: PageRequest) async throws(ChannelError) -> EntryPage
  /// Like ``replies(to:in:page:)``, with the length of the list.
  func replyPage(to id: String, in node: NodeID, page: PageRequest) async throws(ChannelError) -> EntryPage
  /// Threads after any item of one, with the length of the list.
  func threadPage(of node: NodeID, page: PageRequest) async throws(ChannelError) -> ThreadPage
  /// Of the `posts` nodes that the user follows the newest `max` each, newest first.
  func recentItems(_ query: TimelineQuery, maxPerNode: Int) async throws(ChannelError) -> EntryPage
  /// Of all nodes that the user follows, newest first.
  func userItems(_ query: TimelineQuery) async throws(ChannelError) -> EntryPage
  /// The newest public entries of this server; oldest first within a page, `after` goes to older ones.
  func firehose(page: PageRequest) async throws(ChannelError) -> EntryPage
  /// Newest first.
  func search(_ search: ItemSearch) async throws(ChannelError) -> EntryPage

  /// Publishes, or changes the entry of that id, where there is one of the user's own.
  func publish(_ payload: XMLElement, to node: NodeID, id: String?) async throws(ChannelError) -> Entry
  /// All or none.
  func retract(_ ids: [String], from node: NodeID) async throws(ChannelError)

  /// Creates a node, and its channel where it is the `posts` of one.
  func createNode(_ node: NodeID, _ configuration: NodeConfiguration) async throws(ChannelError)
  /// The advertised nodes of this server, by name; markers are nodes' names.
  func nodes(page: PageRequest) async throws(ChannelError) -> NodePage
  /// The advertised open nodes with the most followers, at most 10.
  func topFollowedNodes() async throws(ChannelError) -> [RankedNode]
  /// The advertised open nodes with the most entries, at most 10.
  func topPublishedNodes() async throws(ChannelError) -> [RankedNode]
  /// Who owns a node, the namesake of the channel first.
  func owners(of node: NodeID) async throws(ChannelError) -> [JID]

  /// Follows a node; says what came of it.
  func subscribe(to node: NodeID, _ options: SubscriptionOptions) async throws(ChannelError) -> Membership
  /// Of a node's users that the user may know of, by name; markers are addresses.
  func members(of node: NodeID, page: PageRequest) async throws(ChannelError) -> MembershipPage
  /// All of this user's with what their nodes say about themselves.
  /// - Parameter filter: Only nodes that have each of these values; none for all.
  func describedMemberships(
    where filter: [ConfigurationField]
  ) async throws(ChannelError) -> [(membership: Membership, metadata: NodeMetadata)]
  /// Whom the owner of a channel follows, by name; markers are channels.
  func followedChannels(of channel: JID, page: PageRequest) async throws(ChannelError) -> [FollowedChannel]
  /// Who waits for this user's approval.
  func pendingRequests() async throws(ChannelError) -> [Membership]
}
