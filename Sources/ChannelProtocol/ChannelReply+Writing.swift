import Channels
package import XMPP

extension ChannelReply {
  /// The child of the result; `nil` where it has none.
  /// - Parameters:
  ///   - query: What was asked.
  ///   - authority: The address of the channel server.
  package func payload(
    to query: ChannelQuery, authority: String, listNamespace: ListNamespace = .java
  ) -> XMLElement? {
    switch self {
    case .done: nil
    case .server(let description): Self.element(description)
    case .configuration(let node, let fields): Self.element(query, node, fields)
    case .nodes(let nodes, let bounds):
      Self.discovered(nodes.map { ["jid": authority, "node": $0.description] }, query, bounds)
    case .itemNames(let names, let bounds):
      Self.discovered(names.map { ["jid": authority, "name": $0] }, query, bounds)
    case .version(let name, let version, let system): Self.version(name, version, system)
    case .registrationForm(let instructions):
      XMLElement(
        "query", ProtocolNamespace.registration, [:],
        [XMLElement("instructions", namespace: ProtocolNamespace.registration, text: instructions)])
    case .searchForm: XMLElement("query", ProtocolNamespace.search, [:], [SearchForm.empty])
    case .found(let entries): Self.found(entries)
    case .subscribed, .memberships, .described:
      membershipsPayload(query, listNamespace)
    case .published, .items, .followedChannels, .threads, .timeline:
      itemsPayload(authority: authority)
    }
  }

  private static func element(_ description: ServerDescription) -> XMLElement {
    let namespace = ProtocolNamespace.discoInfo
    return XMLElement(
      "query", namespace, [:],
      description.identities.map {
        XMLElement("identity", namespace, ["category": $0.category, "type": $0.type, "name": $0.name])
      } + description.features.map { XMLElement("feature", namespace, ["var": $0]) })
  }

  /// What a node says about itself: in the shape of discovery, or of a configuration.
  private static func element(
    _ query: ChannelQuery, _ node: NodeID, _ fields: [ConfigurationField]
  ) -> XMLElement {
    guard case .nodeInfo = query.request else {
      let form = ConfigurationForm.element(fields, type: "form")
      return XMLElement(
        "pubsub", ProtocolNamespace.owner, [:],
        [XMLElement("configure", ProtocolNamespace.owner, ["node": node.description], [form])])
    }
    let namespace = ProtocolNamespace.discoInfo
    return XMLElement(
      "query", namespace, ["node": node.description],
      [
        XMLElement("identity", namespace, ["category": "pubsub", "type": "leaf"]),
        XMLElement("identity", namespace, ["category": "pubsub", "type": "channel"]),
        XMLElement("feature", namespace, ["var": ProtocolNamespace.pubSub]),
        ConfigurationForm.element(fields, type: "result", formType: ProtocolNamespace.nodeMetadata),
      ])
  }

  private static func discovered(
    _ items: [[String: String?]], _ query: ChannelQuery, _ bounds: PageBounds?
  ) -> XMLElement {
    let namespace = ProtocolNamespace.discoItems
    return XMLElement(
      "query", namespace, ["node": query.request.payload.attributes["node"]],
      items.map { XMLElement("item", namespace, $0) } + (bounds.map { [$0.element] } ?? []))
  }

  private static func version(_ name: String, _ version: String, _ system: String?) -> XMLElement {
    let namespace = ProtocolNamespace.version
    let parts = [("name", name), ("version", version), ("os", system)]
    return XMLElement(
      "query", namespace, [:],
      parts.compactMap { name, text in text.map { XMLElement(name, namespace: namespace, text: $0) } })
  }

  /// **Spec**: channel-server §15.
  private static func found(_ entries: [Entry]) -> XMLElement {
    guard !entries.isEmpty else { return XMLElement("query", ProtocolNamespace.search) }
    let form = ProtocolNamespace.dataForm
    let columns = [("node", nil), ("id", nil), ("entry", "xml")].map { name, type in
      XMLElement("field", form, ["var": name, "type": type])
    }
    let items = entries.map { entry in
      XMLElement(
        "item", form, [:],
        [
          ConfigurationForm.field(ConfigurationField("node", entry.node.description)),
          ConfigurationForm.field(ConfigurationField("id", entry.id)),
          XMLElement("field", form, ["var": "entry"], [XMLElement("value", form, [:], [entry.xml])]),
        ])
    }
    let type = ConfigurationForm.field(ConfigurationField("FORM_TYPE", ProtocolNamespace.search), type: "hidden")
    return XMLElement(
      "query", ProtocolNamespace.search, [:],
      [XMLElement("x", form, ["type": "result"], [type, XMLElement("reported", form, [:], columns)] + items)])
  }
}
