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
    /// A server writes without saying for whom.
    case registrationRequired = "registration-required"
    /// Understood, and against the rules of what is there.
    case notAcceptable = "not-acceptable"
    /// Not in this state.
    case unexpectedRequest = "unexpected-request"
    case remoteServerNotFound = "remote-server-not-found"
    case remoteServerTimeout = "remote-server-timeout"
  }

  /// The kind.
  public let code: Code
  /// The condition of channels or publish-subscribe that says more than the code, where there is one.
  public let application: ApplicationCondition?
  /// What was wrong and what is accepted, fit for the peer.
  public let description: String

  /// An error of a kind, with words for the peer.
  ///
  /// The codes that are named after an application condition carry that one unless another is given.
  public init(_ code: Code, _ description: String, application: ApplicationCondition? = nil) {
    self.code = code
    self.description = description
    switch code {
    case .pendingSubscription: self.application = application ?? .pendingSubscription
    case .closedNode: self.application = application ?? .closedNode
    default: self.application = application
    }
  }
}
