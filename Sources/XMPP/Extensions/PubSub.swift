// Implements: XEP-0060 1.30.0 · Publish-Subscribe · partial: namespaces, features and errors; the operations of channels are in ChannelProtocol

/// The vocabulary of publish-subscribe.
public enum PubSub {
  /// What anybody asks.
  public static let namespace = "http://jabber.org/protocol/pubsub"
  /// What owners ask.
  public static let ownerNamespace = "http://jabber.org/protocol/pubsub#owner"
  /// What subscribers are told.
  public static let eventNamespace = "http://jabber.org/protocol/pubsub#event"
  /// What is wrong.
  public static let errorNamespace = "http://jabber.org/protocol/pubsub#errors"

  /// What a form is about.
  public enum Form: String, Sendable, CaseIterable {
    case metadata = "http://jabber.org/protocol/pubsub#meta-data"
    case nodeConfiguration = "http://jabber.org/protocol/pubsub#node_config"
    case publishOptions = "http://jabber.org/protocol/pubsub#publish-options"
    case subscribeAuthorization = "http://jabber.org/protocol/pubsub#subscribe_authorization"
    case subscribeOptions = "http://jabber.org/protocol/pubsub#subscribe_options"
  }

  /// A part of the specification that a service has, as discovery names it.
  ///
  /// **Spec**: XEP-0060 §10, §16.2.
  public enum Feature: String, Sendable, CaseIterable {
    case accessAuthorize = "access-authorize"
    case accessOpen = "access-open"
    case accessPresence = "access-presence"
    case accessRoster = "access-roster"
    case accessWhitelist = "access-whitelist"
    case autoCreate = "auto-create"
    case autoSubscribe = "auto-subscribe"
    case collections
    case configNode = "config-node"
    case configNodeMax = "config-node-max"
    case createAndConfigure = "create-and-configure"
    case createNodes = "create-nodes"
    case deleteItems = "delete-items"
    case deleteNodes = "delete-nodes"
    case filteredNotifications = "filtered-notifications"
    case getPending = "get-pending"
    case instantNodes = "instant-nodes"
    case itemIDs = "item-ids"
    case lastPublished = "last-published"
    case leasedSubscription = "leased-subscription"
    case manageSubscriptions = "manage-subscriptions"
    case memberAffiliation = "member-affiliation"
    case metadata = "meta-data"
    case modifyAffiliations = "modify-affiliations"
    case multiCollection = "multi-collection"
    case multiItems = "multi-items"
    case multiSubscribe = "multi-subscribe"
    case outcastAffiliation = "outcast-affiliation"
    case persistentItems = "persistent-items"
    case presenceSubscribe = "presence-subscribe"
    case publish
    case publishOnlyAffiliation = "publish-only-affiliation"
    case publishOptions = "publish-options"
    case publisherAffiliation = "publisher-affiliation"
    case purgeNodes = "purge-nodes"
    case retractItems = "retract-items"
    case retrieveAffiliations = "retrieve-affiliations"
    case retrieveDefault = "retrieve-default"
    case retrieveDefaultSub = "retrieve-default-sub"
    case retrieveItems = "retrieve-items"
    case retrieveSubscriptions = "retrieve-subscriptions"
    case subscribe
    case subscriptionNotifications = "subscription-notifications"
    case subscriptionOptions = "subscription-options"

    /// The feature as discovery has it.
    public var name: String { "\(PubSub.namespace)#\(rawValue)" }
  }

  /// What the specification adds to a stanza error.
  ///
  /// **Spec**: XEP-0060 §16.5 (the schema of `#errors`) and the errors of each use case.
  public enum Problem: Sendable, Hashable {
    case closedNode
    case configurationRequired
    case invalidJID
    case invalidOptions
    case invalidPayload
    case invalidSubscriptionID
    case itemForbidden
    case itemRequired
    case jidRequired
    case maxItemsExceeded
    case maxNodesExceeded
    case nodeIDRequired
    case notInRosterGroup
    case notSubscribed
    case payloadRequired
    case payloadTooBig
    case pendingSubscription
    case preconditionNotMet
    case presenceSubscriptionRequired
    case subscriptionIDRequired
    case tooManySubscriptions
    /// A part of the specification that there is not here.
    case unsupported(Feature)
    /// An access model that there is not here.
    case unsupportedAccessModel
  }
}

extension PubSub.Problem {
  private static let names: [(PubSub.Problem, String, StanzaError.Condition, StanzaError.ErrorType)] = [
    (.closedNode, "closed-node", .notAllowed, .cancel),
    (.configurationRequired, "configuration-required", .notAuthorized, .auth),
    (.invalidJID, "invalid-jid", .badRequest, .modify),
    (.invalidOptions, "invalid-options", .badRequest, .modify),
    (.invalidPayload, "invalid-payload", .badRequest, .modify),
    (.invalidSubscriptionID, "invalid-subid", .notAcceptable, .modify),
    (.itemForbidden, "item-forbidden", .badRequest, .modify),
    (.itemRequired, "item-required", .badRequest, .modify),
    (.jidRequired, "jid-required", .badRequest, .modify),
    (.maxItemsExceeded, "max-items-exceeded", .conflict, .cancel),
    (.maxNodesExceeded, "max-nodes-exceeded", .conflict, .cancel),
    (.nodeIDRequired, "nodeid-required", .badRequest, .modify),
    (.notInRosterGroup, "not-in-roster-group", .notAuthorized, .auth),
    (.notSubscribed, "not-subscribed", .unexpectedRequest, .cancel),
    (.payloadRequired, "payload-required", .badRequest, .modify),
    (.payloadTooBig, "payload-too-big", .notAcceptable, .modify),
    (.pendingSubscription, "pending-subscription", .notAuthorized, .auth),
    (.preconditionNotMet, "precondition-not-met", .conflict, .cancel),
    (.presenceSubscriptionRequired, "presence-subscription-required", .notAuthorized, .auth),
    (.subscriptionIDRequired, "subid-required", .badRequest, .modify),
    (.tooManySubscriptions, "too-many-subscriptions", .policyViolation, .wait),
    (.unsupportedAccessModel, "unsupported-access-model", .notAcceptable, .modify),
  ]

  /// The problem that an error tells of; `nil` where it tells of none of these.
  public init?(_ error: StanzaError) {
    guard let element = error.application, element.namespace == PubSub.errorNamespace else { return nil }
    if element.name == "unsupported", let feature = element.attributes["feature"].flatMap(PubSub.Feature.init) {
      self = .unsupported(feature)
    } else if let known = Self.names.first(where: { $0.1 == element.name }) {
      self = known.0
    } else {
      return nil
    }
  }

  /// The element beside the condition.
  public var element: XMLElement {
    if case .unsupported(let feature) = self {
      return XMLElement("unsupported", namespace: PubSub.errorNamespace, attributes: ["feature": feature.rawValue])
    }
    let name = Self.names.first { $0.0 == self }?.1 ?? "invalid-options"
    return XMLElement(name, namespace: PubSub.errorNamespace)
  }

  /// The error that the specification gives the problem, in its most common case.
  public func error(_ text: String? = nil) -> StanzaError {
    guard let known = Self.names.first(where: { $0.0 == self }) else {
      return StanzaError(.featureNotImplemented, text: text, application: element)
    }
    return StanzaError(known.2, type: known.3, text: text, application: element)
  }
}
