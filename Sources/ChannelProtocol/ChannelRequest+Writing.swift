import Channels
import XMPP

extension ChannelRequest {
  /// Whether a reading request travels in a query of type `set`, as search and archive do.
  var isSentAsSet: Bool {
    switch self {
    case .search, .archive: true
    default: false
    }
  }

  /// The child of the query.
  var payload: XMLElement {
    switch self {
    case .serverInfo: XMLElement("query", DiscoInfo.namespace)
    case .nodeInfo(let node): XMLElement("query", DiscoInfo.namespace, ["node": node.description])
    case .nodes(let page): XMLElement("query", DiscoItems.namespace, [:], page.elements)
    case .itemNames(let node, let page):
      XMLElement("query", DiscoItems.namespace, ["node": node.description], page.elements)
    case .topFollowedNodes: XMLElement("query", DiscoItems.namespace, ["node": "/top-followed-nodes"])
    case .topPublishedNodes: XMLElement("query", DiscoItems.namespace, ["node": "/top-published-nodes"])
    case .version: SoftwareVersion.request
    case .registrationForm, .register: XMLElement("query", Registration.namespace)
    case .unregister:
      XMLElement("query", Registration.namespace, [:], [XMLElement("remove", Registration.namespace)])
    case .searchForm: Search.request
    case .search(let search): Search(form: search.form).element
    case .archive(let query, let id): Self.archivePayload(query, id: id)
    default: pubSubPayload
    }
  }

  private static func archivePayload(_ query: ArchiveQuery, id: String?) -> XMLElement {
    var asked = MessageArchiveQuery(version: .early, id: id, page: query.max.map { ResultSet.Request(max: $0) })
    asked.start = query.start.map { DateTime(milliseconds: $0.milliseconds) }
    asked.end = query.end.map { DateTime(milliseconds: $0.milliseconds) }
    return asked.element
  }

  private var pubSubPayload: XMLElement {
    switch self {
    case .createNode(let node, let configuration):
      return Self.pubSub([
        Self.operation("create", node),
        XMLElement(
          "configure", PubSub.namespace, [:],
          [DataForm(.submit, about: .nodeConfiguration, configuration.fields).element]),
      ])
    case .deleteNode(let node): return Self.owner([Self.owned("delete", node)])
    case .configuration(let node): return Self.owner([Self.owned("configure", node)])
    case .configure(let node, let configuration):
      return Self.owner([
        Self.owned("configure", node, [DataForm(.submit, about: .nodeConfiguration, configuration.fields).element])
      ])
    case .subscribe(let node, let user, let options): return Self.subscribe(node, user, options)
    case .unsubscribe(let node, let user):
      return Self.pubSub([
        XMLElement("unsubscribe", PubSub.namespace, ["node": node.description, "jid": user.description])
      ])
    case .ownSubscriptions(let page):
      return Self.pubSub([XMLElement("subscriptions", PubSub.namespace)] + page.elements)
    case .subscriptions(let node, let page):
      return Self.owner([Self.owned("subscriptions", node)] + page.elements)
    case .ownAffiliations(let page, let isEphemeralOnly):
      let key = "{\(ProtocolNamespace.channels)}ephemeral"
      return Self.pubSub(
        [
          XMLElement("affiliations", PubSub.namespace, [key: isEphemeralOnly ? "true" : nil])
        ] + page.elements)
    case .affiliations(let node, let page):
      return Self.owner([Self.owned("affiliations", node)] + page.elements)
    case .setSubscriptions(let node, let changes):
      return Self.owner([
        Self.owned(
          "subscriptions", node,
          changes.map {
            XMLElement(
              "subscription", PubSub.ownerNamespace,
              ["jid": $0.user.description, "subscription": $0.subscription.rawValue])
          })
      ])
    case .setAffiliations(let node, let changes):
      return Self.owner([
        Self.owned(
          "affiliations", node,
          changes.map {
            XMLElement(
              "affiliation", PubSub.ownerNamespace,
              ["jid": $0.user.description, "affiliation": $0.affiliation.rawValue])
          })
      ])
    default: return itemsPayload
    }
  }

  private var itemsPayload: XMLElement {
    switch self {
    case .publish(let entry, let node, let id):
      let item = XMLElement("item", PubSub.namespace, ["id": id], [entry])
      return Self.pubSub([Self.operation("publish", node, [:], [item])])
    case .retract(let ids, let node, let isNotified):
      return Self.pubSub([
        Self.operation("retract", node, ["notify": isNotified ? "true" : "false"], ids.map(Self.item))
      ])
    case .items(let node, let query):
      let attributes = ["parent-only": query.isParentOnly ? "true" : nil]
      return Self.pubSub([Self.operation("items", node, attributes)] + query.page.elements)
    case .entries(let ids, let node): return Self.pubSub([Self.operation("items", node, [:], ids.map(Self.item))])
    case .firehose(let page):
      return Self.pubSub(
        [XMLElement("items", PubSub.namespace, ["node": NodeID.firehose.description])] + page.elements)
    case .threads(let node, let page): return Self.pubSub([Self.operation("threads", node)] + page.elements)
    case .thread(let id, let node, let page):
      return Self.channels("thread", ["node": node.description, "item_id": id], page)
    case .replies(let id, let node, let page):
      return Self.channels("replies", ["node": node.description, "item_id": id], page)
    case .recentItems(let query, let maxPerNode):
      return Self.channels("recent-items", Self.attributes(of: query, ["max": String(maxPerNode)]), query.page)
    case .userItems(let query): return Self.channels("user-items", Self.attributes(of: query), query.page)
    case .describedSubscriptions(let page, let filter, let fields): return Self.described(page, filter, fields)
    default: return Self.pubSub([])
    }
  }

  private static func subscribe(_ node: NodeID, _ user: JID, _ options: SubscriptionOptions) -> XMLElement {
    let subscribe = XMLElement(
      "subscribe", PubSub.namespace, ["node": node.description, "jid": user.description])
    guard options.isTemporary else { return pubSub([subscribe]) }
    let form = DataForm(
      .submit, about: .nodeConfiguration, [ConfigurationField("pubsub#expire", "presence")]
    ).element
    return pubSub([subscribe, XMLElement("options", PubSub.namespace, [:], [form])])
  }

  private static func described(
    _ page: PageRequest, _ filter: [ConfigurationField], _ fields: [String]?
  ) -> XMLElement {
    let namespace = ProtocolNamespace.channels
    var filters: [XMLElement] = []
    if !filter.isEmpty {
      filters.append(
        XMLElement(
          "subscription-filter", namespace, [:],
          filter.map { XMLElement("allow", namespace, ["field": $0.name, "value": $0.values.first]) }))
    }
    if let fields {
      filters.append(
        XMLElement(
          "configuration-filter", namespace, [:], fields.map { XMLElement("allow", namespace, ["field": $0]) }))
    }
    return pubSub([XMLElement("subscriptions-with-configuration", namespace, [:], filters)] + page.elements)
  }

  private static func attributes(
    of query: TimelineQuery, _ others: [String: String?] = [:]
  ) -> [String: String?] {
    var attributes = others
    attributes["since"] = query.since.description
    attributes["parent-only"] = query.isParentOnly ? "true" : nil
    return attributes
  }

  private static func pubSub(_ elements: [XMLElement]) -> XMLElement {
    XMLElement("pubsub", PubSub.namespace, [:], elements)
  }

  private static func owner(_ elements: [XMLElement]) -> XMLElement {
    XMLElement("pubsub", PubSub.ownerNamespace, [:], elements)
  }

  private static func channels(_ name: String, _ attributes: [String: String?], _ page: PageRequest) -> XMLElement {
    pubSub([XMLElement(name, ProtocolNamespace.channels, attributes)] + page.elements)
  }

  private static func item(_ id: String) -> XMLElement {
    XMLElement("item", PubSub.namespace, ["id": id])
  }

  private static func operation(
    _ name: String, _ node: NodeID, _ attributes: [String: String?] = [:], _ elements: [XMLElement] = []
  ) -> XMLElement {
    XMLElement(
      name, PubSub.namespace, attributes.merging(["node": node.description]) { $1 }, elements)
  }

  private static func owned(_ name: String, _ node: NodeID, _ elements: [XMLElement] = []) -> XMLElement {
    XMLElement(name, PubSub.ownerNamespace, ["node": node.description], elements)
  }
}
