import Channels
import XMPP

/// Feeds and entries as Atom documents.
///
/// **Spec**: RFC 4287; deletions RFC 6721; what the API adds to stored entries: buddycloud-http-api.md §3.4.
struct AtomWriter: Sendable {
  /// The channel server's address, in the ids of feeds.
  let channelDomain: String

  static let namespace = "http://www.w3.org/2005/Atom"
  static let threadNamespace = "http://purl.org/syndication/thread/1.0"
  static let tombstoneNamespace = "http://purl.org/atompub/tombstones/1.0"
  private static let declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"

  /// What a long-poll is answered with at its time-out, byte for byte the article's.
  static let emptyFeed = "\(declaration)<feed xmlns=\"\(namespace)\"/>\n"

  /// A feed of a node, newest first.
  func feed(of node: NodeID, entries: [Entry]) -> String {
    var children = head(node: node, updated: entries.first?.updated)
    children += entries.map { .element(entry($0)) }
    return document(XMLElement("feed", namespace: Self.namespace, children: children))
  }

  /// A feed of events, oldest first, headed by the first event's node as in 2013. `rel=next` carries the new cursor.
  func feed(of events: [ChannelEvent], cursor: Int64) -> String {
    guard let first = events.first else { return Self.emptyFeed }
    var children = head(node: first.node, updated: first.time)
    children.append(element("link", attributes: ["rel": "next", "href": "?since=cursor:\(cursor)"]))
    for event in events {
      switch event.change {
      case .published(let entry): children.append(.element(self.entry(entry, hasSource: true)))
      case .retracted(let id): children.append(tombstone(id: id, of: event))
      case .subscriptionChanged, .affiliationChanged, .configured, .nodeDeleted, .accessReduced: break
      }
    }
    return document(XMLElement("feed", namespace: Self.namespace, children: children))
  }

  /// A single entry's document.
  func document(of entry: Entry) -> String {
    document(self.entry(entry))
  }

  /// The stored entry with a title and an author's name where it lacks them.
  func entry(_ entry: Entry, hasSource: Bool = false) -> XMLElement {
    var xml = entry.xml
    if let content = entry.content, !has("title", in: xml) {
      xml.children.append(element("title", text: Entry.teaser(content)))
    }
    xml.children = xml.children.map { child in
      guard case .element(var author) = child, author.name == "author", author.namespace == Self.namespace,
        !has("name", in: author)
      else { return child }
      author.children.insert(element("name", text: entry.author.description), at: 0)
      return .element(author)
    }
    if !has("author", in: xml) {
      let name = element("name", text: entry.author.description)
      xml.children.append(.element(XMLElement("author", namespace: Self.namespace, children: [name])))
    }
    if hasSource {
      xml.children.removeAll { if case .element(let child) = $0 { child.name == "source" } else { false } }
      let id = element("id", text: feedID(of: entry.node))
      xml.children.append(.element(XMLElement("source", namespace: Self.namespace, children: [id])))
    }
    return xml
  }

  private func document(_ root: XMLElement) -> String {
    Self.declaration + root.serialized() + "\n"
  }

  private func head(node: NodeID, updated: Timestamp?) -> [XMLElement.Node] {
    var head = [
      element("title", text: "\(node.channel) \(node.name)"),
      element("id", text: feedID(of: node)),
    ]
    if let updated { head.append(element("updated", text: updated.description)) }
    return head
  }

  private func tombstone(id: String, of event: ChannelEvent) -> XMLElement.Node {
    let source = XMLElement(
      "source", namespace: Self.namespace, children: [element("id", text: feedID(of: event.node))])
    return .element(
      XMLElement(
        "deleted-entry", namespace: Self.tombstoneNamespace, attributes: ["ref": id, "when": event.time.description],
        children: [.element(source)]))
  }

  private func feedID(of node: NodeID) -> String {
    "xmpp:\(channelDomain)?pubsub;action=retrieve;node=\(node)"
  }

  private func has(_ name: String, in xml: XMLElement) -> Bool {
    xml.children.contains {
      if case .element(let child) = $0 { child.name == name && child.namespace == Self.namespace } else { false }
    }
  }

  private func element(
    _ name: String, text: String? = nil, attributes: XMLAttributes = [:]
  ) -> XMLElement.Node {
    .element(
      XMLElement(
        name, namespace: Self.namespace, attributes: attributes, children: text.map { [.text($0)] } ?? []))
  }
}
