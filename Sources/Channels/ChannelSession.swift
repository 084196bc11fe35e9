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
}

/// The channel server as the HTTP API sees it.
public protocol ChannelService: Sendable {
  /// The domain of users, and that of topic channels.
  var domain: String { get }
  var topicsDomain: String { get }

  func anonymousSession() -> any ChannelSession
  /// `notAuthorized` for an unknown user and a wrong password alike, after the same time.
  func session(user: JID, password: String) async throws(ChannelError) -> any ChannelSession

  /// Why nothing can be written any more; `nil` in health.
  var failure: ChannelError? { get }

  /// `conflict` where the name is taken, `notAllowed` where registration is closed.
  func register(user: JID, password: String, email: String) async throws(ChannelError)
  func changePassword(of user: JID, to password: String) async throws(ChannelError)
  func removeAccount(_ user: JID) async throws(ChannelError)

  /// A part of a queue after a cursor, at most `max` events. The caller has got the queue from a session.
  func events(in queue: EventQueue, after cursor: Int64, max: Int) async throws(ChannelError) -> EventPage
}

/// The outbox: every committed change in order, with the queues it belongs to.
public protocol EventSource: Sendable {
  /// Events after `sequence`, oldest first, each once per queue that it belongs to; at most `maxEvents` events (not rows).
  func outbox(after sequence: Int64, maxEvents: Int) async throws(ChannelError) -> [QueuedEvent]
  /// The newest sequence.
  func outboxHead() async throws(ChannelError) -> Int64
  /// Yields after commits (coalesced: the newest sequence), for as long as it is read.
  func commits() -> AsyncStream<Int64>
  /// How far a named reader (one per proxy) has come; `nil` for a new one.
  func relayPosition(_ name: String) async throws(ChannelError) -> Int64?
  func setRelayPosition(_ name: String, to sequence: Int64) async throws(ChannelError)
}
