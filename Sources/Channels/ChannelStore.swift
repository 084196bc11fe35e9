package import XMPP

/// Where everything is kept.
///
/// An operation is a closure over typed reads and writes. It decides and acts on one consistent state: nothing else changes
/// between what it reads and what it writes. A store may run it more than once (after a serialisation failure) and on a
/// thread of its own, where it may block on nothing but the store.
///
/// **Errors**: a `ChannelError` thrown by the closure comes out as it is, and undoes what that closure wrote.
/// `resourceConstraint` for a full disk or a full queue; `serviceUnavailable` where the database is locked for too long;
/// `internalServerError` once the disk has failed: the store then acknowledges nothing any more, because after a failed
/// `fsync` nobody can say what is on disk.
package protocol ChannelStore: Sendable {
  /// Why nothing is acknowledged any more; `nil` in health.
  var failure: ChannelError? { get }

  /// Reads from one snapshot of all that was acknowledged.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelReader) throws -> Value
  ) async throws(ChannelError) -> Value

  /// Reads and writes in one transaction, and returns when it is on disk. Concurrent writes share a transaction and its
  /// `fsync`, each undone by itself when it throws.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelWriter) throws -> Value
  ) async throws(ChannelError) -> Value
}

/// A membership with what only the server needs to know.
package struct StoredMembership: Sendable, Hashable {
  package var membership: Membership
  /// Where its events go; `nil` for the user's own address, or their domain's.
  package var listener: JID?

  /// Who invited; `nil` where nobody did.
  package var invitedBy: JID? {
    get { membership.invitedBy }
    set { membership.invitedBy = newValue }
  }

  package init(_ membership: Membership, invitedBy: JID? = nil, listener: JID? = nil) {
    self.membership = membership
    self.membership.invitedBy = invitedBy ?? membership.invitedBy
    self.listener = listener
  }
}

/// Who hears of a node.
package struct NodeListeners: Sendable, Hashable {
  /// Users of this server, bare.
  package var local: [JID]
  /// The domains of other channel servers.
  package var remote: [String]

  package init(local: [JID], remote: [String]) {
    self.local = local
    self.remote = remote
  }
}

/// Which members of a node are asked for.
package enum MemberScope: Sendable, Hashable {
  /// Also who waits, is invited or banned.
  case all
  /// Whoever follows, and this one in any case.
  case followers(and: JID?)
}

/// What makes a node great.
package enum NodeRanking: Sendable, Hashable, CaseIterable {
  case followers
  case entries
}

/// An entry of some node.
package struct ItemReference: Sendable, Hashable {
  package var node: NodeID
  package var id: String

  package init(node: NodeID, id: String) {
    self.node = node
    self.id = id
  }
}

/// A place in the order of a timeline: newest first, then by id, greatest first.
package struct TimelinePosition: Sendable, Hashable {
  package var updated: Timestamp
  package var id: String

  package init(updated: Timestamp, id: String) {
    self.updated = updated
    self.id = id
  }
}

/// Bounds on what one read costs, the same in all stores.
package enum StoreBounds {
  /// LIMIT: counting stops here.
  package static let maxCount = 10_000
  /// LIMIT: a search for a part of a word looks at so many entries, the newest.
  package static let maxScanned = 100_000
}

/// What retention leaves of the outbox.
package struct EventRetention: Sendable, Hashable {
  /// Events before this moment go.
  package var before: Timestamp
  /// So many of the newest stay, however old; older ones beyond them go, however new.
  package var maxEvents: Int
  /// At most so many go in one transaction.
  package var batch: Int

  package init(before: Timestamp, maxEvents: Int, batch: Int = 1000) {
    self.before = before
    self.maxEvents = maxEvents
    self.batch = batch
  }
}
