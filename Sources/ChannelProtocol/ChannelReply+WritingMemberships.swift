import Channels
import XMPP

extension ChannelReply {
  /// **Spec**: channel-server §10.1, §14.
  func membershipsPayload(_ query: ChannelQuery, _ listNamespace: ListNamespace) -> XMLElement {
    switch self {
    case .subscribed(let membership): return Self.subscribed(membership)
    case .described(let memberships, let bounds): return Self.described(memberships, bounds)
    case .memberships(let memberships, let bounds):
      let namespace = Self.namespace(of: query, listNamespace)
      let set = bounds.map { [$0.element] } ?? []
      let node = query.request.node?.description
      switch query.request {
      case .ownSubscriptions, .subscriptions:
        let children = memberships.map { Self.subscription($0, namespace) }
        return XMLElement(
          "pubsub", namespace, [:], [XMLElement("subscriptions", namespace, ["node": node], children)] + set)
      default:
        let children = memberships.map { Self.affiliation($0, namespace) }
        return XMLElement(
          "pubsub", namespace, [:], [XMLElement("affiliations", namespace, ["node": node], children)] + set)
      }
    default: return XMLElement("pubsub", PubSub.namespace)
    }
  }

  private static func namespace(of query: ChannelQuery, _ style: ListNamespace) -> String {
    switch (style, query.request) {
    case (.request, _): query.isInOwnerNamespace ? PubSub.ownerNamespace : PubSub.namespace
    case (.java, .ownAffiliations): PubSub.ownerNamespace
    case (.java, _): PubSub.namespace
    }
  }

  private static func subscribed(_ membership: Membership) -> XMLElement {
    let namespace = PubSub.namespace
    var subscription = subscription(membership, namespace)
    if membership.isTemporary {
      subscription.attributes["temporary"] = "1"
      return XMLElement("pubsub", namespace, [:], [subscription])
    }
    return XMLElement("pubsub", namespace, [:], [subscription, affiliation(membership, namespace)])
  }

  private static func subscription(_ membership: Membership, _ namespace: String) -> XMLElement {
    XMLElement(
      "subscription", namespace,
      [
        "node": membership.node.description, "jid": membership.user.description,
        "subscription": membership.subscription.rawValue, "invited-by": membership.invitedBy?.description,
      ])
  }

  private static func affiliation(_ membership: Membership, _ namespace: String) -> XMLElement {
    XMLElement(
      "affiliation", namespace,
      [
        "node": membership.node.description, "jid": membership.user.description,
        "affiliation": membership.affiliation.rawValue, "invited-by": membership.invitedBy?.description,
      ])
  }

  private static func described(_ memberships: [DescribedMembership], _ bounds: ResultSet?) -> XMLElement {
    let namespace = ProtocolNamespace.channels
    let children = memberships.map { described in
      var element = subscription(described.membership, namespace)
      element.name = "subscription-with-configuration"
      let form = DataForm(.result, about: .nodeConfiguration, described.fields).element
      element.children = [
        .element(
          XMLElement("configure", namespace, ["node": described.membership.node.description], [form]))
      ]
      return element
    }
    return XMLElement(
      "pubsub", PubSub.namespace, [:],
      [XMLElement("subscriptions-with-configuration", namespace, [:], children)]
        + (bounds.map { [$0.element] } ?? []))
  }
}
