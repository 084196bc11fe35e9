package import XMPP

extension EntryDraft {
  /// Who publishes what, when, under which id: all that the server adds.
  package struct Stamp: Sendable, Hashable {
    /// The local id.
    package var id: String
    /// The address of the channel server, for the tag form of the id.
    package var authority: String
    package var author: JID
    /// When it was published; earlier than `time` for an edited entry.
    package var published: Timestamp
    package var time: Timestamp

    /// - Parameter published: `nil` for now.
    package init(id: String, authority: String, author: JID, time: Timestamp, published: Timestamp? = nil) {
      self.id = id
      self.authority = authority
      self.author = author.bare
      self.published = published ?? time
      self.time = time
    }
  }

  /// The entry as it is stored: id, author, dates, verb and object type are the server's, in the order of §11.3; everything
  /// that this server doesn't know stands before the title as it came. What is no Atom entry stays as it is.
  /// - Throws: `policyViolation` where the whole is too large.
  package func entry(in node: NodeID, stamp: Stamp, limits: EntryLimits) throws(ChannelError) -> Entry {
    let stored = isAtom ? atom(in: node, stamp: stamp) : xml
    let byteCount = stored.serialized().utf8.count
    guard byteCount <= limits.maxEntryBytes else {
      throw ChannelError(
        .policyViolation, "an entry has at most \(limits.maxEntryBytes) bytes, this one has \(byteCount)")
    }
    return Entry(
      id: stamp.id, node: node, author: stamp.author, published: stamp.published, updated: stamp.time,
      title: rating == nil ? title : "Rating", content: isAtom ? storedContent : nil, inReplyTo: inReplyTo,
      media: media, xml: stored)
  }

  /// Of a rating the server says itself what it is.
  private var storedContent: String { rating.map { "rating:\($0).0" } ?? content }

  private func atom(in node: NodeID, stamp: Stamp) -> XMLElement {
    var children: [XMLElement] = [
      XMLElement(
        "id", namespace: Namespaces.atom, text: EntryID.tag(stamp.id, node: node, authority: stamp.authority)),
      XMLElement("published", namespace: Namespaces.atom, text: stamp.published.description),
      XMLElement("updated", namespace: Namespaces.atom, text: stamp.time.description),
      author(stamp.author),
    ]
    // A stable sort by the place of each.
    let given = xml.elements.filter { !isSetByServer($0) }
    for place in Place.allCases {
      switch place {
      case .reply:
        guard let inReplyTo else { continue }
        children.append(XMLElement("in-reply-to", namespace: Namespaces.threads, attributes: ["ref": inReplyTo]))
      case .rating:
        guard let rating else { continue }
        children.append(XMLElement("rating", namespace: Namespaces.review, text: "\(rating).0"))
      case .title where rating != nil:
        children.append(XMLElement("title", namespace: Namespaces.atom, text: "Rating"))
        children.append(
          XMLElement("content", namespace: Namespaces.atom, attributes: ["type": "text"], text: storedContent))
      default: children += given.filter { Place(of: $0) == place }
      }
    }
    children.append(XMLElement("verb", namespace: Namespaces.activity, text: rating == nil ? "post" : "rated"))
    children.append(
      XMLElement(
        "object", namespace: Namespaces.activity,
        children: [.element(objectType(inReplyTo == nil ? "note" : "comment"))]
      ))
    return XMLElement(
      "entry", namespace: Namespaces.atom, attributes: xml.attributes, children: children.map { .element($0) })
  }

  /// The places of what stands after the author, in order.
  private enum Place: CaseIterable {
    case location, reply, meta, media, target, rating, other, title, content

    /// Where an element that came belongs.
    init(of element: XMLElement) {
      switch (element.name, element.namespace) {
      case ("geoloc", Namespaces.geolocation): self = .location
      case ("meta", _): self = .meta
      case ("media", _): self = .media
      case ("target", Namespaces.activity): self = .target
      case ("title", Namespaces.atom): self = .title
      case ("content", Namespaces.atom): self = .content
      default: self = .other
      }
    }
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
  private func isSetByServer(_ element: XMLElement) -> Bool {
    switch element.namespace {
    case Namespaces.atom:
      ["id", "published", "updated", "author"].contains(element.name)
        || element.name == "link" && element.attributes["rel"] == "self"
        || rating != nil && ["title", "content"].contains(element.name)
    case Namespaces.threads: element.name == "in-reply-to"
    case Namespaces.review: element.name == "rating"
    case Namespaces.activity: ["verb", "object", "object-type"].contains(element.name)
    default: false
    }
  }
}
