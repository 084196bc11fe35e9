package import Channels
package import XMPP

/// What a channel server tells of, unasked: to users, and to other servers.
///
/// **Spec**: channel-server §17, §18.5.
package enum ChannelNotification: Sendable, Hashable {
  case published(Entry)
  /// - Parameter tombstone: What is left of it, where the server says.
  case retracted(String, from: NodeID, tombstone: Tombstone?)
  case subscription(user: JID, SubscriptionState, node: NodeID, invitedBy: JID?)
  case affiliations([AffiliationChange], node: NodeID)
  case configured(NodeID, [ConfigurationField])
  case deleted(NodeID)
  /// A channel that the owner of a `subscriptions` node follows now, or otherwise than before.
  case followed(FollowedChannel, node: NodeID)

  /// The node that it is about.
  package var node: NodeID {
    switch self {
    case .published(let entry): entry.node
    case .retracted(_, let node, _), .subscription(_, _, let node, _), .affiliations(_, let node),
      .configured(let node, _), .deleted(let node), .followed(_, let node):
      node
    }
  }
}

extension ChannelNotification {
  /// The `event` of a headline message; several may travel in one.
  /// - Parameter authority: The address of the channel server.
  package static func event(_ notifications: [ChannelNotification], authority: String) -> XMLElement {
    XMLElement(
      "event", PubSub.eventNamespace, [:], notifications.flatMap { $0.elements(authority: authority) })
  }

  private func elements(authority: String) -> [XMLElement] {
    let namespace = PubSub.eventNamespace
    let name = node.description
    switch self {
    case .published(let entry):
      let item = ItemElement.element(
        .entry(entry), id: ItemElement.globalID(of: entry, authority: authority), namespace: namespace,
        authority: authority)
      return [XMLElement("items", namespace, ["node": name], [item])]
    case .retracted(let id, _, let tombstone):
      var children = [XMLElement("retract", namespace, ["id": id])]
      if let tombstone {
        children.append(
          ItemElement.element(.tombstone(tombstone), id: id, namespace: namespace, authority: authority))
      }
      return [XMLElement("items", namespace, ["node": name], children)]
    case .subscription(let user, let state, _, let inviter):
      let attributes = [
        "node": name, "jid": user.description, "subscription": state.rawValue, "invited-by": inviter?.description,
      ]
      return [XMLElement("subscription", namespace, attributes)]
    case .affiliations(let changes, _):
      let children = changes.map {
        XMLElement(
          "affiliation", namespace,
          ["node": name, "jid": $0.user.description, "affiliation": $0.affiliation.rawValue])
      }
      return [XMLElement("affiliations", namespace, ["node": name], children)]
    case .configured(_, let fields):
      let form = DataForm(.result, about: .nodeConfiguration, fields).element
      return [XMLElement("configuration", namespace, ["node": name], [form])]
    case .deleted: return [XMLElement("delete", namespace, ["node": name])]
    case .followed(let channel, _):
      return [XMLElement("items", namespace, ["node": name], [ItemElement.element(channel, namespace: namespace)])]
    }
  }

  /// Reads an `event`, every child of it. What can't be read is left out, and counted.
  /// - Parameter moment: Now, for items that don't say when they were written.
  package static func read(
    _ event: XMLElement, moment: Timestamp
  ) -> (notifications: [ChannelNotification], unreadable: Int) {
    var notifications: [ChannelNotification] = []
    var unreadable = 0
    for child in event.elements {
      do throws(ChannelError) {
        notifications += try read(child, moment: moment)
      } catch {
        unreadable += 1
      }
    }
    return (notifications, unreadable)
  }

  private static func read(_ child: XMLElement, moment: Timestamp) throws(ChannelError) -> [ChannelNotification] {
    switch child.name {
    case "items": return try items(in: child, moment: moment)
    case "subscription":
      guard let state = try child.word("subscription", as: SubscriptionState.self) else { return [] }
      let inviter = child.attributes["invited-by"].flatMap { try? JID($0) }
      return [.subscription(user: try child.address().bare, state, node: try child.node(), invitedBy: inviter?.bare)]
    case "affiliations":
      var changes: [AffiliationChange] = []
      for element in child.elements where element.name == "affiliation" {
        guard let affiliation = try element.word("affiliation", as: Affiliation.self) else { continue }
        changes.append(AffiliationChange(user: try element.address(), affiliation: affiliation))
      }
      return changes.isEmpty ? [] : [.affiliations(changes, node: try child.node())]
    case "configuration":
      guard let form = try DataForm(in: child) else { return [] }
      return [.configured(try child.node(), form.configuration)]
    case "delete": return [.deleted(try child.node())]
    default: return []
    }
  }

  /// A retraction and its tombstone come as two children, and are one notification.
  private static func items(
    in list: XMLElement, moment: Timestamp
  ) throws(ChannelError) -> [ChannelNotification] {
    let node = try list.node()
    var notifications: [ChannelNotification] = []
    var retracted: [String: Int] = [:]
    func retract(_ id: String, _ tombstone: Tombstone?) {
      if let index = retracted[id] {
        if let tombstone { notifications[index] = .retracted(id, from: node, tombstone: tombstone) }
      } else {
        retracted[id] = notifications.count
        notifications.append(.retracted(id, from: node, tombstone: tombstone))
      }
    }
    for element in list.elements {
      if element.name == "retract", let id = element.attributes["id"] {
        retract(EntryID.local(in: id), nil)
      } else if element.name == "item" {
        if node.name == "subscriptions", let channel = ItemElement.followed(element, of: node.channel) {
          notifications.append(.followed(channel, node: node))
          continue
        }
        switch try ItemElement.item(element, of: node, moment: moment) {
        case .entry(let entry): notifications.append(.published(entry))
        case .tombstone(let tombstone): retract(tombstone.id, tombstone)
        case nil: break
        }
      }
    }
    return notifications
  }
}
