import Channels
import XMPP

@testable import BuddycloudAPI

/// An entry of alice's posts.
enum TestEntry {
  static func make(
    _ content: String, id: String = "e1", title: String? = nil, replyTo: String? = nil
  ) throws -> Entry {
    let alice = try JID("alice@example.com")
    let time = Timestamp(milliseconds: 1_368_476_276_537)
    let xml = XMLElement(
      "entry", namespace: AtomWriter.namespace,
      children: [.element(XMLElement("content", namespace: AtomWriter.namespace, children: [.text(content)]))])
    return Entry(
      id: id, node: NodeID(channel: alice, name: "posts"), author: alice, published: time, updated: time,
      title: title, content: content, inReplyTo: replyTo, media: [], xml: xml)
  }
}
