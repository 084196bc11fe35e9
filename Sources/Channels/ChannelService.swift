public import XMPP

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

  /// Checks whether a user (`nil`: nobody known) may hear a queue at this moment.
  ///
  /// **Errors**: why not; `notAuthorized` where the user has no account any more.
  func authorize(_ user: JID?, toHear queue: EventQueue) async throws(ChannelError)

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
