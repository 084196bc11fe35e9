package import XMPP

extension EntryDraft {
  /// Who publishes what, when, under which id: all that the server adds.
  package struct Stamp: Sendable, Hashable {
    /// The local id.
    package var id: String
    /// The address of the channel server, for the tag form of the id.
    package var authority: String
    package var author: JID
    package var time: Timestamp

    package init(id: String, authority: String, author: JID, time: Timestamp) {
      self.id = id
      self.authority = authority
      self.author = author.bare
      self.time = time
    }
  }

  /// The entry as it is stored: id, author, dates, verb and object type are the server's, in the order of §11.3; title,
  /// content, media and everything that this server doesn't know follow as they came.
  /// - Throws: `policyViolation` where the whole is too large.
  package func entry(in node: NodeID, stamp: Stamp, limits: EntryLimits) throws(ChannelError) -> Entry {
    let time = stamp.time.description
    var children: [XMLElement] = [
      XMLElement(
        "id", namespace: Namespaces.atom, text: EntryID.tag(stamp.id, node: node, authority: stamp.authority)),
      XMLElement("published", namespace: Namespaces.atom, text: time),
      XMLElement("updated", namespace: Namespaces.atom, text: time),
      author(stamp.author),
    ]
    if let inReplyTo {
      children.append(
        XMLElement("in-reply-to", namespace: Namespaces.threads, attributes: ["ref": inReplyTo]))
    }
    children += xml.elements.filter { !Self.isSetByServer($0) }
    children.append(XMLElement("verb", namespace: Namespaces.activity, text: rating == nil ? "post" : "rated"))
    children.append(
      XMLElement(
        "object", namespace: Namespaces.activity,
        children: [.element(objectType(inReplyTo == nil ? "note" : "comment"))]
      ))
    let stored = XMLElement(
      "entry", namespace: Namespaces.atom, attributes: xml.attributes, children: children.map { .element($0) })
    let byteCount = stored.serialized().utf8.count
    guard byteCount <= limits.maxEntryBytes else {
      throw ChannelError(
        .policyViolation, "an entry has at most \(limits.maxEntryBytes) bytes, this one has \(byteCount)")
    }
    return Entry(
      id: stamp.id, node: node, author: stamp.author, published: stamp.time, updated: stamp.time, title: title,
      content: content, inReplyTo: inReplyTo, media: media, xml: stored)
  }

  private func author(_ jid: JID) -> XMLElement {
    XMLElement(
      "author", namespace: Namespaces.atom,
      children: [
        .element(XMLElement("name", namespace: Namespaces.atom, text: jid.description)),
        .element(XMLElement("uri", namespace: Namespaces.atom, text: "acct:\(jid)")),
        .element(objectType("person")),
      ])
  }

  private func objectType(_ type: String) -> XMLElement {
    XMLElement("object-type", namespace: Namespaces.activity, text: type)
  }

  /// What a client may send but not decide.
  private static func isSetByServer(_ element: XMLElement) -> Bool {
    switch element.namespace {
    case Namespaces.atom:
      ["id", "published", "updated", "author"].contains(element.name)
        || element.name == "link" && element.attributes["rel"] == "self"
    case Namespaces.threads: element.name == "in-reply-to"
    case Namespaces.activity: ["verb", "object", "object-type"].contains(element.name)
    default: false
    }
  }
}
