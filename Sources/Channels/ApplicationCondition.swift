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

  public static let nodeIDRequired = pubSub("nodeid-required")
  public static let itemIDRequired = pubSub("itemid-required")
  public static let itemRequired = pubSub("item-required")
  public static let invalidJID = pubSub("invalid-jid")
  public static let invalidPayload = pubSub("invalid-payload")
  public static let invalidNodeFormat = channels("invalid-node-format")
  public static let globalIDError = channels("global-id-error")
  /// The root of a thread is not there (§12.3).
  public static let threadNotFound = channels("parent-item-not-found")

  // Reading (§4.3).

  public static let closedNode = pubSub("closed-node")
  public static let pendingSubscription = pubSub("pending-subscription")
  public static let configurationRequired = pubSub("configuration-required")

  // Publishing (§11.2).

  public static let entryElementRequired = pubSub("entry-element-required")
  public static let contentElementRequired = pubSub("content-element-required")
  public static let unsupportedContentType = pubSub("unsupported-content-type")
  /// A reply's parent is not there (§11.2).
  public static let parentItemNotFound = pubSub("parent-item-not-found")
  public static let maxThreadDepthExceeded = pubSub("max-thread-depth-exceeded")
  public static let missingTargetID = pubSub("missing-target-id")
  public static let missingInReplyTo = pubSub("missing-in-reply-to")
  public static let targetedItemNotFound = pubSub("targeted-item-not-found")
  public static let targetOutsideThread = pubSub("target-outside-thread")
  public static let missingTarget = pubSub("missing-target")
  public static let invalidRating = pubSub("invalid-rating")
  public static let ratingOutOfRange = pubSub("rating-out-of-range")
  public static let invalidRatingRequest = pubSub("invalid-rating-request")
  public static let itemAlreadyRated = pubSub("item-already-rated")

  // Timelines (§12.5).

  public static let maxRequired = pubSub("max-required")
  public static let sinceRequired = pubSub("since-required")
  public static let invalidMaxValue = pubSub("invalid-max-value-provided")
  public static let invalidSinceValue = pubSub("invalid-since-value-provided")

  // Memberships (§10).

  public static let canNotModifyOwnSubscription = channels("can-not-modify-own-subscription")
  public static let canNotModifyOwnAffiliation = channels("can-not-modify-own-affiliation")
  public static let canOnlyUnsubscribeSelf = buddycloud("can-only-unsubscribe-self")
  public static let nodeMustHaveOwner = buddycloud("node-must-have-owner")
  public static let tooManySubscriptions = pubSub("too-many-subscriptions")

  // Nodes and servers.

  public static let canNotDeleteEphemeralNode = channels("can-not-delete-ephemeral-node")
  public static let invalidNode = channels("invalid-node")
  public static let invalidActor = channels("invalid-actor")
}
