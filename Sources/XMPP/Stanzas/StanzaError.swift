// Implements: RFC 6120 §8.3 · stanza errors · complete

/// Why a stanza was not done, as its sender is told.
///
/// **Shape**: `<error type="cancel" by="…"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text>…</text>…</error>`.
public struct StanzaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What the sender can do.
  ///
  /// **Spec**: RFC 6120 §8.3.2.
  public enum ErrorType: String, Sendable, CaseIterable {
    /// Try again with credentials.
    case auth
    /// Don't try again.
    case cancel
    /// A warning; go on.
    case `continue`
    /// Try again with other data.
    case modify
    /// Try again later.
    case wait
  }

  /// The defined conditions.
  ///
  /// **Spec**: RFC 6120 §8.3.3.
  public enum Condition: String, Sendable, CaseIterable {
    case badRequest = "bad-request"
    case conflict
    case featureNotImplemented = "feature-not-implemented"
    case forbidden
    case gone
    case internalServerError = "internal-server-error"
    case itemNotFound = "item-not-found"
    case jidMalformed = "jid-malformed"
    case notAcceptable = "not-acceptable"
    case notAllowed = "not-allowed"
    case notAuthorized = "not-authorized"
    case policyViolation = "policy-violation"
    case recipientUnavailable = "recipient-unavailable"
    case redirect
    case registrationRequired = "registration-required"
    case remoteServerNotFound = "remote-server-not-found"
    case remoteServerTimeout = "remote-server-timeout"
    case resourceConstraint = "resource-constraint"
    case serviceUnavailable = "service-unavailable"
    case subscriptionRequired = "subscription-required"
    case undefinedCondition = "undefined-condition"
    case unexpectedRequest = "unexpected-request"

    /// The type that RFC 6120 gives the condition, or the first of those that it allows.
    public var usualType: ErrorType {
      switch self {
      case .badRequest, .jidMalformed, .notAcceptable, .policyViolation, .redirect: .modify
      case .forbidden, .notAuthorized, .registrationRequired, .subscriptionRequired: .auth
      case .recipientUnavailable, .remoteServerTimeout, .resourceConstraint, .unexpectedRequest: .wait
      case .conflict, .featureNotImplemented, .gone, .internalServerError, .itemNotFound, .notAllowed,
        .remoteServerNotFound, .serviceUnavailable, .undefinedCondition:
        .cancel
      }
    }
  }

  /// What the sender can do.
  public var type: ErrorType
  /// What is wrong.
  public var condition: Condition
  /// For people.
  public var text: String?
  /// The other address, as an IRI, with `gone` and `redirect`; unchecked.
  public var alternative: String?
  /// Who found the error, where it says so.
  public var by: String?
  /// What an application adds.
  public var application: XMLElement?

  /// An error; of the condition's usual type where none is given.
  public init(
    _ condition: Condition, type: ErrorType? = nil, text: String? = nil, alternative: String? = nil,
    application: XMLElement? = nil
  ) {
    self.type = type ?? condition.usualType
    self.condition = condition
    self.text = text
    self.alternative = alternative
    self.application = application
  }

  /// The error of a stanza of type `error`; `nil` for other stanzas. What does not say what is wrong is
  /// `undefined-condition`.
  public init?(stanza: Stanza) {
    guard stanza.type == "error" else { return nil }
    guard let element = stanza.payload.last(where: { $0.name == "error" && $0.namespace == XMPPNamespace.client })
    else {
      self.init(.undefinedCondition)
      return
    }
    self.init(element)
  }

  /// Reads an `error` element, of any namespace that stanzas have.
  public init(_ element: XMLElement) {
    var condition: Condition?
    for child in element.elements {
      if child.namespace != XMPPNamespace.stanzaErrors {
        if application == nil { application = child }
      } else if child.name == "text" {
        if text == nil { text = child.text }
      } else if condition == nil {
        condition = Condition(rawValue: child.name) ?? .undefinedCondition
        let content = child.text
        if !content.isEmpty { alternative = content }
      }
    }
    self.condition = condition ?? .undefinedCondition
    type = element.attributes["type"].flatMap(ErrorType.init) ?? self.condition.usualType
    by = element.attributes["by"]
  }

  /// The `error` element, of the stanzas' namespace.
  public var element: XMLElement {
    var children = [
      XMLElement(condition.rawValue, namespace: XMPPNamespace.stanzaErrors, text: alternative ?? "")
    ]
    if let text { children.append(XMLElement("text", namespace: XMPPNamespace.stanzaErrors, text: text)) }
    if let application { children.append(application) }
    var attributes: XMLAttributes = ["type": type.rawValue]
    attributes["by"] = by
    return XMLElement(
      "error", namespace: XMPPNamespace.client, attributes: attributes, children: children.map { .element($0) })
  }

  /// The condition, and what is said about it.
  public var description: String {
    [condition.rawValue, application?.name, alternative, text].compactMap(\.self).joined(separator: ": ")
  }
}
