/// What an error of channels says beyond XMPP's own conditions: an empty element beside the condition.
///
/// **Spec**: channel-server Appendix B. One name stands in two namespaces, so a condition is both.
public struct ApplicationCondition: Sendable, Hashable, CustomStringConvertible {
  /// The element's local name.
  public let name: String
  /// Its namespace.
  public let namespace: String

  /// A condition, also one that this server never says itself.
  public init(_ name: String, namespace: String) {
    self.name = name
    self.namespace = namespace
  }

  /// The element's name.
  public var description: String { name }

  private static func pubSub(_ name: String) -> ApplicationCondition {
    ApplicationCondition(name, namespace: "http://jabber.org/protocol/pubsub#errors")
  }

  private static func channels(_ name: String) -> ApplicationCondition {
    ApplicationCondition(name, namespace: "http://buddycloud.org/v1/errors")
  }

  private static func buddycloud(_ name: String) -> ApplicationCondition {
    ApplicationCondition(name, namespace: "http://buddycloud.org/v1")
  }

  // Addressing (§9 to §13).

  /// A request names no node.
  public static let nodeIDRequired = pubSub("nodeid-required")
  /// A request names no item.
  public static let itemIDRequired = pubSub("itemid-required")
  /// A publish or retraction has no item.
  public static let itemRequired = pubSub("item-required")
  /// Somebody subscribes somebody else.
  public static let invalidJID = pubSub("invalid-jid")
  /// A payload is not what the node holds.
  public static let invalidPayload = pubSub("invalid-payload")
  /// A node's name is none.
  public static let invalidNodeFormat = channels("invalid-node-format")
  /// An item's id can't be read.
  public static let globalIDError = channels("global-id-error")
  /// The root of a thread is not there (§12.3).
  public static let threadNotFound = channels("parent-item-not-found")

  // Reading (§4.3).

  /// The node is not open, and the user no member.
  public static let closedNode = pubSub("closed-node")
  /// The subscription waits for approval.
  public static let pendingSubscription = pubSub("pending-subscription")
  /// The subscription has to be configured first.
  public static let configurationRequired = pubSub("configuration-required")

  // Publishing (§11.2).

  /// The payload is no Atom entry.
  public static let entryElementRequired = pubSub("entry-element-required")
  /// The entry has no content.
  public static let contentElementRequired = pubSub("content-element-required")
  /// The content is neither text nor XHTML.
  public static let unsupportedContentType = pubSub("unsupported-content-type")
  /// A reply's parent is not there (§11.2).
  public static let parentItemNotFound = pubSub("parent-item-not-found")
  /// A reply answers a reply.
  public static let maxThreadDepthExceeded = pubSub("max-thread-depth-exceeded")
  /// A target has no id.
  public static let missingTargetID = pubSub("missing-target-id")
  /// A target or rating stands in no reply.
  public static let missingInReplyTo = pubSub("missing-in-reply-to")
  /// The target is not there.
  public static let targetedItemNotFound = pubSub("targeted-item-not-found")
  /// The target is in another thread.
  public static let targetOutsideThread = pubSub("target-outside-thread")
  /// A rating has no target.
  public static let missingTarget = pubSub("missing-target")
  /// A rating is no whole number.
  public static let invalidRating = pubSub("invalid-rating")
  /// A rating is not 1 to 5.
  public static let ratingOutOfRange = pubSub("rating-out-of-range")
  /// A rating is rated.
  public static let invalidRatingRequest = pubSub("invalid-rating-request")
  /// The user has rated the target before.
  public static let itemAlreadyRated = pubSub("item-already-rated")

  // Timelines (§12.5).

  /// A time line is asked for without `max`.
  public static let maxRequired = pubSub("max-required")
  /// A time line is asked for without `since`.
  public static let sinceRequired = pubSub("since-required")
  /// `max` is no number from 1.
  public static let invalidMaxValue = pubSub("invalid-max-value-provided")
  /// `since` is no moment.
  public static let invalidSinceValue = pubSub("invalid-since-value-provided")

  // Memberships (§10).

  /// Somebody manages their own subscription.
  public static let canNotModifyOwnSubscription = channels("can-not-modify-own-subscription")
  /// Somebody manages their own affiliation.
  public static let canNotModifyOwnAffiliation = channels("can-not-modify-own-affiliation")
  /// Somebody unsubscribes somebody else.
  public static let canOnlyUnsubscribeSelf = buddycloud("can-only-unsubscribe-self")
  /// The last owner leaves.
  public static let nodeMustHaveOwner = buddycloud("node-must-have-owner")
  /// The user follows too much.
  public static let tooManySubscriptions = pubSub("too-many-subscriptions")

  // Nodes and servers.

  /// An ephemeral node is deleted by hand.
  public static let canNotDeleteEphemeralNode = channels("can-not-delete-ephemeral-node")
  /// A server speaks of a node that is not its own.
  public static let invalidNode = channels("invalid-node")
  /// A server speaks for a user who is not its own.
  public static let invalidActor = channels("invalid-actor")
}
