package import Channels
package import XMPP

/// What is asked of a channel server: each operation as a value. ``ChannelQuery`` adds who asks.
///
/// **Spec**: channel-server §7 to §16.
package enum ChannelRequest: Sendable, Hashable {
  // Discovery (§7).

  /// What the server is and can do.
  case serverInfo
  /// What a node says about itself.
  case nodeInfo(NodeID)
  /// The nodes of the server that are to be listed.
  case nodes(PageRequest)
  /// The ids of a node's items.
  case itemNames(NodeID, PageRequest)
  case topFollowedNodes
  case topPublishedNodes
  /// Which program the server is.
  case version

  // Registration (§8).

  case registrationForm
  case register
  case unregister

  // Nodes (§9).

  case createNode(NodeID, NodeConfiguration)
  case deleteNode(NodeID)
  case configuration(NodeID)
  case configure(NodeID, NodeConfiguration)

  // Memberships (§10, §14).

  /// - Parameter user: Whom the request names; it has to be the one who asks.
  case subscribe(NodeID, user: JID, SubscriptionOptions)
  case unsubscribe(NodeID, user: JID)
  case ownSubscriptions(PageRequest)
  case subscriptions(NodeID, PageRequest)
  case ownAffiliations(PageRequest, isEphemeralOnly: Bool)
  case affiliations(NodeID, PageRequest)
  case setSubscriptions(NodeID, [SubscriptionChange])
  case setAffiliations(NodeID, [AffiliationChange])
  /// - Parameters:
  ///   - filter: Only nodes that have each of these values.
  ///   - fields: Only these fields; `nil` for all.
  case describedSubscriptions(PageRequest, filter: [ConfigurationField], fields: [String]?)

  // Items (§11 to §13).

  /// - Parameter id: That the publisher wants, so that an entry of that id is changed.
  case publish(XMLElement, to: NodeID, id: String?)
  case retract([String], from: NodeID, isNotified: Bool)
  case items(NodeID, ItemQuery)
  /// Of a node those with these ids.
  case entries([String], of: NodeID)
  case threads(NodeID, PageRequest)
  case thread(String, of: NodeID, PageRequest)
  case replies(String, in: NodeID, PageRequest)
  case recentItems(TimelineQuery, maxPerNode: Int)
  case userItems(TimelineQuery)
  /// The newest public entries of the server.
  case firehose(PageRequest)

  // Search and archive (§15, §16).

  case searchForm
  case search(ItemSearch)
  /// - Parameter id: Marks what is sent for this query; `nil` for the id of the query itself.
  case archive(ArchiveQuery, id: String?)

  /// The node that it is about, where it is about one: its channel's domain says who answers.
  package var node: NodeID? {
    switch self {
    case .nodeInfo(let node), .itemNames(let node, _), .createNode(let node, _), .deleteNode(let node),
      .configuration(let node), .configure(let node, _), .subscribe(let node, _, _), .unsubscribe(let node, _),
      .subscriptions(let node, _), .affiliations(let node, _), .setSubscriptions(let node, _),
      .setAffiliations(let node, _), .publish(_, let node, _), .retract(_, let node, _), .items(let node, _),
      .entries(_, let node), .threads(let node, _), .thread(_, let node, _), .replies(_, let node, _):
      node
    case .serverInfo, .nodes, .topFollowedNodes, .topPublishedNodes, .version, .registrationForm, .register,
      .unregister, .ownSubscriptions, .ownAffiliations, .describedSubscriptions, .recentItems, .userItems, .firehose,
      .searchForm, .search, .archive:
      nil
    }
  }

  /// Whether it changes something: then its stanza is of type `set`.
  package var isWrite: Bool {
    switch self {
    case .register, .unregister, .createNode, .deleteNode, .configure, .subscribe, .unsubscribe, .setSubscriptions,
      .setAffiliations, .publish, .retract:
      true
    default: false
    }
  }
}

/// What somebody shall be to a node.
package struct AffiliationChange: Sendable, Hashable {
  package var user: JID
  package var affiliation: Affiliation

  package init(user: JID, affiliation: Affiliation) {
    self.user = user.bare
    self.affiliation = affiliation
  }
}

/// What somebody's subscription shall be.
package struct SubscriptionChange: Sendable, Hashable {
  package var user: JID
  package var subscription: SubscriptionState

  package init(user: JID, subscription: SubscriptionState) {
    self.user = user.bare
    self.subscription = subscription
  }
}
