import Channels
import XMPP

extension Tombstone {
  /// What stands in the place of an entry that was taken back.
  ///
  /// **Spec**: RFC 6721 §3; channel-server §13.
  /// - Parameter authority: The address of the channel server.
  func element(authority: String) -> XMLElement {
    let atom = Namespaces.atom
    let activity = Namespaces.activity
    let link = "xmpp:\(authority)?pubsub;action=retrieve;node=\(Self.escaped(node.description));item=\(id)"
    var children = [
      XMLElement("updated", namespace: atom, text: deleted.description),
      XMLElement("id", namespace: atom, text: EntryID.tag(id, node: node, authority: authority)),
      XMLElement("link", atom, ["rel": "self", "href": link]),
      XMLElement("published", namespace: atom, text: published.description),
    ]
    if let inReplyTo { children.append(XMLElement("in-reply-to", Namespaces.threads, ["ref": inReplyTo])) }
    let type = XMLElement("object-type", namespace: activity, text: inReplyTo == nil ? "note" : "comment")
    children.append(XMLElement("object", activity, [:], [type]))
    children.append(XMLElement("verb", namespace: activity, text: "post"))
    return XMLElement(
      "deleted-entry", ProtocolNamespace.tombstone, ["ref": link, "when": deleted.description], children)
  }

  /// Reads a `deleted-entry`; `nil` where it has no moment.
  init?(_ element: XMLElement, id: String, node: NodeID) {
    guard element.name == "deleted-entry", element.namespace == ProtocolNamespace.tombstone,
      let deleted = (element.attributes["when"] ?? element.child(named: "updated")?.text).flatMap({ Timestamp($0) })
    else { return nil }
    let published = (element.child(named: "published")?.text).flatMap { Timestamp($0) }
    let parent = element.child(named: "in-reply-to", namespace: Namespaces.threads)?.attributes["ref"]
    self.init(
      id: id, node: node, published: published ?? deleted, deleted: deleted, inReplyTo: parent.map(EntryID.local))
  }

  /// A node's name in the query of a link.
  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        String(UnicodeScalar(byte))
      default: "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
      }
    }.joined()
  }
}
