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
    case .serverInfo: XMLElement("query", ProtocolNamespace.discoInfo)
    case .nodeInfo(let node): XMLElement("query", ProtocolNamespace.discoInfo, ["node": node.description])
    case .nodes(let page): XMLElement("query", ProtocolNamespace.discoItems, [:], Self.set(page))
    case .itemNames(let node, let page):
      XMLElement("query", ProtocolNamespace.discoItems, ["node": node.description], Self.set(page))
    case .topFollowedNodes: XMLElement("query", ProtocolNamespace.discoItems, ["node": "/top-followed-nodes"])
    case .topPublishedNodes: XMLElement("query", ProtocolNamespace.discoItems, ["node": "/top-published-nodes"])
    case .version: XMLElement("query", ProtocolNamespace.version)
    case .registrationForm, .register: XMLElement("query", ProtocolNamespace.registration)
    case .unregister:
      XMLElement("query", ProtocolNamespace.registration, [:], [XMLElement("remove", ProtocolNamespace.registration)])
    case .searchForm: XMLElement("query", ProtocolNamespace.search)
    case .search(let search): XMLElement("query", ProtocolNamespace.search, [:], [SearchForm.element(search)])
    case .archive(let query, let id): Self.archivePayload(query, id: id)
    default: pubSubPayload
    }
  }

  private static func set(_ page: PageRequest) -> [XMLElement] {
    Paging.element(page).map { [$0] } ?? []
  }

  private static func archivePayload(_ query: ArchiveQuery, id: String?) -> XMLElement {
    let moments = [("start", query.start), ("end", query.end)].compactMap { name, moment in
      moment.map { XMLElement(name, namespace: ProtocolNamespace.archive, text: $0.description) }
    }
    return XMLElement(
      "query", ProtocolNamespace.archive, ["queryid": id], moments + set(PageRequest(max: query.max)))
  }

  private var pubSubPayload: XMLElement {
    switch self {
    case .createNode(let node, let configuration):
      return Self.pubSub([
        Self.operation("create", node),
        XMLElement(
          "configure", ProtocolNamespace.pubSub, [:], [ConfigurationForm.element(configuration.fields, type: "submit")]),
      ])
    case .deleteNode(let node): return Self.owner([Self.owned("delete", node)])
    case .configuration(let node): return Self.owner([Self.owned("configure", node)])
    case .configure(let node, let configuration):
      return Self.owner([
        Self.owned("configure", node, [ConfigurationForm.element(configuration.fields, type: "submit")])
      ])
    case .subscribe(let node, let user, let options): return Self.subscribe(node, user, options)
    case .unsubscribe(let node, let user):
      return Self.pubSub([
        XMLElement("unsubscribe", ProtocolNamespace.pubSub, ["node": node.description, "jid": user.description])
      ])
    case .ownSubscriptions(let page):
      return Self.pubSub([XMLElement("subscriptions", ProtocolNamespace.pubSub)] + Self.set(page))
    case .subscriptions(let node, let page):
      return Self.owner([Self.owned("subscriptions", node)] + Self.set(page))
    case .ownAffiliations(let page, let isEphemeralOnly):
      let key = "{\(ProtocolNamespace.channels)}ephemeral"
      return Self.pubSub(
        [
          XMLElement("affiliations", ProtocolNamespace.pubSub, [key: isEphemeralOnly ? "true" : nil])
        ] + Self.set(page))
    case .affiliations(let node, let page):
      return Self.owner([Self.owned("affiliations", node)] + Self.set(page))
    case .setSubscriptions(let node, let changes):
      return Self.owner([
        Self.owned(
          "subscriptions", node,
          changes.map {
            XMLElement(
              "subscription", ProtocolNamespace.owner,
              ["jid": $0.user.description, "subscription": $0.subscription.rawValue])
          })
      ])
    case .setAffiliations(let node, let changes):
      return Self.owner([
        Self.owned(
          "affiliations", node,
          changes.map {
            XMLElement(
              "affiliation", ProtocolNamespace.owner,
              ["jid": $0.user.description, "affiliation": $0.affiliation.rawValue])
          })
      ])
    default: return itemsPayload
    }
  }

  private var itemsPayload: XMLElement {
    switch self {
    case .publish(let entry, let node, let id):
      let item = XMLElement("item", ProtocolNamespace.pubSub, ["id": id], [entry])
      return Self.pubSub([Self.operation("publish", node, [:], [item])])
    case .retract(let ids, let node, let isNotified):
      return Self.pubSub([
        Self.operation("retract", node, ["notify": isNotified ? "true" : "false"], ids.map(Self.item))
      ])
    case .items(let node, let query):
      let attributes = ["parent-only": query.isParentOnly ? "true" : nil]
      return Self.pubSub([Self.operation("items", node, attributes)] + Self.set(query.page))
    case .entries(let ids, let node): return Self.pubSub([Self.operation("items", node, [:], ids.map(Self.item))])
    case .firehose(let page):
      return Self.pubSub(
        [XMLElement("items", ProtocolNamespace.pubSub, ["node": NodeID.firehose.description])] + Self.set(page))
    case .threads(let node, let page): return Self.pubSub([Self.operation("threads", node)] + Self.set(page))
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
      "subscribe", ProtocolNamespace.pubSub, ["node": node.description, "jid": user.description])
    guard options.isTemporary else { return pubSub([subscribe]) }
    let form = ConfigurationForm.element([ConfigurationField("pubsub#expire", "presence")], type: "submit")
    return pubSub([subscribe, XMLElement("options", ProtocolNamespace.pubSub, [:], [form])])
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
    return pubSub([XMLElement("subscriptions-with-configuration", namespace, [:], filters)] + set(page))
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
    XMLElement("pubsub", ProtocolNamespace.pubSub, [:], elements)
  }

  private static func owner(_ elements: [XMLElement]) -> XMLElement {
    XMLElement("pubsub", ProtocolNamespace.owner, [:], elements)
  }

  private static func channels(_ name: String, _ attributes: [String: String?], _ page: PageRequest) -> XMLElement {
    pubSub([XMLElement(name, ProtocolNamespace.channels, attributes)] + set(page))
  }

  private static func item(_ id: String) -> XMLElement {
    XMLElement("item", ProtocolNamespace.pubSub, ["id": id])
  }

  private static func operation(
    _ name: String, _ node: NodeID, _ attributes: [String: String?] = [:], _ elements: [XMLElement] = []
  ) -> XMLElement {
    XMLElement(
      name, ProtocolNamespace.pubSub, attributes.merging(["node": node.description]) { $1 }, elements)
  }

  private static func owned(_ name: String, _ node: NodeID, _ elements: [XMLElement] = []) -> XMLElement {
    XMLElement(name, ProtocolNamespace.owner, ["node": node.description], elements)
  }
}
