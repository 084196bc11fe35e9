/// What went wrong with an operation. The code says what the peer sees, on HTTP as on XMPP.
public struct ChannelError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds, in XMPP's words.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case badRequest = "bad-request"
    /// The user is known and may not.
    case forbidden
    /// Nobody knows who asks (anonymous, where an identity is needed), or wrong credentials.
    case notAuthorized = "not-authorized"
    case pendingSubscription = "pending-subscription"
    case closedNode = "closed-node"
    case notAllowed = "not-allowed"
    case itemNotFound = "item-not-found"
    case conflict
    /// Too large, too many, too fast.
    case policyViolation = "policy-violation"
    /// The disk is full, a queue is full.
    case resourceConstraint = "resource-constraint"
    case serviceUnavailable = "service-unavailable"
    case featureNotImplemented = "feature-not-implemented"
    case internalServerError = "internal-server-error"
  }

  /// The kind.
  public let code: Code
  /// What was wrong and what is accepted, fit for the peer.
  public let description: String

  /// An error of a kind, with words for the peer.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
