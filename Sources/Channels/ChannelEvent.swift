public import XMPP

/// A queue of events with one reader's view, and so a cursor of its own over the global sequence.
public enum EventQueue: Sendable, Hashable {
  /// Everything public: what all anonymous viewers share.
  case anonymous
  /// One open node.
  case node(NodeID)
  /// All that one user follows.
  case user(JID)
  /// One node that is not open, as one of its members hears it. With the address of a domain: as all its users hear it.
  case member(JID, NodeID)
  /// What one local user is told of nodes beside entries: who follows and may what, configurations, deletions.
  case notices(JID)
  /// Everything for the users of another domain: one copy for all of them.
  case remote(domain: String)
  /// What only the server's own relays read: who lost the right to hear something.
  case control
}

/// A committed change.
public struct ChannelEvent: Sendable, Hashable {
  /// What happened.
  public enum Change: Sendable, Hashable {
    /// A new entry, or a new state of one: then it has the same id and was updated later.
    case published(Entry)
    /// Also in the place of what was published, where it may not be read any more.
    case retracted(id: String)
    /// Somebody follows, asks to, is invited or follows no more. As its reader may know it.
    case subscriptionChanged(user: JID, SubscriptionState, invitedBy: JID?)
    /// Somebody has another role. As its reader may know it: others than moderators hear `none` of a ban.
    case affiliationChanged(user: JID, Affiliation)
    /// The whole new configuration.
    case configured(NodeMetadata)
    case nodeDeleted
    /// Somebody (`nil`: whoever is no member) may hear less than before; whoever holds something open for them asks again
    /// whether they may. Of a user without an account any more it is the user's own `posts`.
    case accessReduced(user: JID?)
  }

  /// The global sequence number: strictly increasing in commit order, not necessarily without gaps.
  public var sequence: Int64
  /// Where it happened.
  public var node: NodeID
  /// When it was committed.
  public var time: Timestamp
  /// What happened.
  public var change: Change

  /// A change.
  public init(sequence: Int64, node: NodeID, time: Timestamp, change: Change) {
    self.sequence = sequence
    self.node = node
    self.time = time
    self.change = change
  }
}

/// An event in one queue.
public struct QueuedEvent: Sendable, Hashable {
  /// The queue.
  public var queue: EventQueue
  /// The sequence of the event before it *in this queue*; 0 where there is none.
  public var previous: Int64
  /// The event.
  public var event: ChannelEvent

  /// An event's place in a queue.
  public init(queue: EventQueue, previous: Int64, event: ChannelEvent) {
    self.queue = queue
    self.previous = previous
    self.event = event
  }
}

/// A part of a queue.
public struct EventPage: Sendable, Hashable {
  /// Oldest first.
  public var events: [ChannelEvent]
  /// The sequence of the queue's newest event, 0 for an empty queue. When `events` reaches the end of the queue this is
  /// its last element's; a full page may end before it.
  public var head: Int64
  /// Whether the cursor is older than what is kept, so that events may be missing before the first; or beyond the newest
  /// event of all queues, as after a database was replaced, and then there are no events.
  public var isReset: Bool

  /// A part of a queue.
  public init(events: [ChannelEvent], head: Int64, isReset: Bool) {
    self.events = events
    self.head = head
    self.isReset = isReset
  }
}
