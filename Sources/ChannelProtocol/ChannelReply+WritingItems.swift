import Channels
import XMPP

extension ChannelReply {
  /// **Spec**: channel-server §11.4, §12.
  func itemsPayload(authority: String) -> XMLElement {
    let namespace = PubSub.namespace
    var children: [XMLElement] = []
    var bounds: ResultSet?
    switch self {
    case .published(let node, let id):
      let global = EntryID.local(in: id) == id ? EntryID.tag(id, node: node, authority: authority) : id
      children = [
        XMLElement(
          "publish", namespace, ["node": node.description], [XMLElement("item", namespace, ["id": global])])
      ]
    case .items(let node, let items, let itemBounds):
      children = [
        XMLElement(
          "items", namespace, ["node": node.description],
          items.map { ItemElement.element($0, id: $0.id, namespace: namespace, authority: authority) })
      ]
      bounds = itemBounds
    case .followedChannels(let node, let channels, let channelBounds):
      children = [
        XMLElement(
          "items", namespace, ["node": node.description],
          channels.map { ItemElement.element($0, namespace: namespace) })
      ]
      bounds = channelBounds
    case .threads(let threads, let node, let threadBounds):
      children = threads.map { thread in
        XMLElement(
          "thread", namespace, ["node": node.description, "id": thread.id, "updated": thread.updated.description],
          Self.items(of: thread.entries, authority))
      }
      bounds = threadBounds
    case .timeline(let entries, let entryBounds):
      children = Self.grouped(entries).map { group in
        XMLElement("items", namespace, ["node": group[0].node.description], Self.items(of: group, authority))
      }
      bounds = entryBounds
    default: break
    }
    return XMLElement("pubsub", namespace, [:], children + (bounds.map { [$0.element] } ?? []))
  }

  private static func items(of entries: [Entry], _ authority: String) -> [XMLElement] {
    entries.map {
      ItemElement.element(.entry($0), id: $0.id, namespace: PubSub.namespace, authority: authority)
    }
  }

  /// Neighbours of one node together; none is empty.
  private static func grouped(_ entries: [Entry]) -> [[Entry]] {
    var groups: [[Entry]] = []
    for entry in entries {
      if groups.last?.last?.node == entry.node {
        groups[groups.count - 1].append(entry)
      } else {
        groups.append([entry])
      }
    }
    return groups
  }
}
