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
    case .server(let description): description.element
    case .configuration(let node, let fields): Self.element(query, node, fields)
    case .nodes(let nodes, let bounds):
      Self.discovered(nodes.map { ["jid": authority, "node": $0.description] }, query, bounds)
    case .itemNames(let names, let bounds):
      Self.discovered(names.map { ["jid": authority, "name": $0] }, query, bounds)
    case .version(let version): version.element
    case .registrationForm(let instructions): Self.registration(instructions)
    case .searchForm: Search(form: ItemSearch.emptyForm).element
    case .found(let entries): ItemSearch.found(entries).element
    case .subscribed, .memberships, .described:
      membershipsPayload(query, listNamespace)
    case .published, .items, .followedChannels, .threads, .timeline:
      itemsPayload(authority: authority)
    }
  }

  private static func registration(_ instructions: String) -> XMLElement {
    var form = Registration()
    form.instructions = instructions
    return form.element
  }

  /// What a node says about itself: in the shape of discovery, or of a configuration.
  private static func element(
    _ query: ChannelQuery, _ node: NodeID, _ fields: [ConfigurationField]
  ) -> XMLElement {
    guard case .nodeInfo = query.request else {
      let form = DataForm(.form, about: .nodeConfiguration, fields).element
      return XMLElement(
        "pubsub", PubSub.ownerNamespace, [:],
        [XMLElement("configure", PubSub.ownerNamespace, ["node": node.description], [form])])
    }
    return DiscoInfo(
      node: node.description, identities: [.init("pubsub", "leaf"), .init("pubsub", "channel")],
      features: [PubSub.namespace], forms: [DataForm(.result, about: .metadata, fields)]
    ).element
  }

  private static func discovered(
    _ items: [[String: String?]], _ query: ChannelQuery, _ bounds: ResultSet?
  ) -> XMLElement {
    let namespace = DiscoItems.namespace
    return XMLElement(
      "query", namespace, ["node": query.request.payload.attributes["node"]],
      items.map { XMLElement("item", namespace, $0) } + (bounds.map { [$0.element] } ?? []))
  }
}
