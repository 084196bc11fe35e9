import Channels
import XMPP

/// Items as they stand in lists and events.
enum ItemElement {
  /// An item with what it holds.
  /// - Parameters:
  ///   - namespace: Of the list around it.
  ///   - id: Local in lists, global in events.
  static func element(_ item: Item, id: String, namespace: String, authority: String) -> XMLElement {
    let payload =
      switch item {
      case .entry(let entry): entry.xml
      case .tombstone(let tombstone): tombstone.element(authority: authority)
      }
    return XMLElement("item", namespace, ["id": id], [payload])
  }

  /// The global id, as the entry says it itself where it does: that of a copy names its own server.
  static func globalID(of entry: Entry, authority: String) -> String {
    let own = entry.xml.child(named: "id", namespace: Namespaces.atom)?.text
    if let own, EntryID.local(in: own, of: entry.node) == entry.id { return own }
    return EntryID.tag(entry.id, node: entry.node, authority: authority)
  }

  /// Reads an item; `nil` for one that holds nothing.
  static func item(_ element: XMLElement, of node: NodeID, moment: Timestamp) throws(ChannelError) -> Item? {
    guard let payload = element.elements.first else { return nil }
    let id = element.attributes["id"] ?? payload.child(named: "id")?.text ?? ""
    if let tombstone = Tombstone(payload, id: EntryID.local(in: id), node: node) { return .tombstone(tombstone) }
    return .entry(try Entry(payload, id: id, node: node, moment: moment))
  }

  /// The channels that somebody follows, as items: one per channel.
  ///
  /// **Spec**: channel-server §14.4.
  static func element(_ followed: FollowedChannel, namespace: String) -> XMLElement {
    let nodes = followed.memberships.map { membership in
      XMLElement(
        "item", DiscoItems.namespace,
        [
          "jid": followed.channel.description, "node": membership.node.description,
          "{\(PubSub.namespace)}subscription": membership.subscription.rawValue,
          "{\(PubSub.namespace)}affiliation": membership.affiliation.rawValue,
        ])
    }
    return XMLElement(
      "item", namespace, ["id": followed.channel.description],
      [XMLElement("query", DiscoItems.namespace, [:], nodes)])
  }

  /// Reads such an item; `nil` where it isn't one.
  static func followed(_ element: XMLElement, of user: JID) -> FollowedChannel? {
    guard let query = element.child(named: "query", namespace: DiscoItems.namespace),
      let channel = (element.attributes["id"]).flatMap({ try? JID($0) })
    else { return nil }
    let memberships = query.elements.compactMap { item -> Membership? in
      guard let node = item.attributes["node"].flatMap({ try? NodeID($0) }) else { return nil }
      return Membership(
        node: node, user: user,
        affiliation: item.attributes["{\(PubSub.namespace)}affiliation"].flatMap(Affiliation.init) ?? .none,
        subscription: item.attributes["{\(PubSub.namespace)}subscription"].flatMap(SubscriptionState.init)
          ?? .none)
    }
    return FollowedChannel(channel: channel.bare, memberships: memberships)
  }
}
