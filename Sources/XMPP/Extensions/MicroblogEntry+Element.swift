extension MicroblogEntry {
  private static let threads = "http://purl.org/syndication/thread/1.0"
  private static let xhtml = "http://www.w3.org/1999/xhtml"

  /// Reads an entry. Where it has no title, the content's text is the title, and the other way round.
  ///
  /// **Errors**: `bad-request` for another element, without id, without text, and for what is no moment. An `updated`
  /// alone stands for both moments (RFC 4287 §4.2.15 demands it, XEP-0277 both).
  public init(_ element: XMLElement) throws(StanzaError) {
    func child(_ name: String) -> XMLElement? { element.child(named: name, namespace: Microblog.atom) }
    guard element.isNamed("entry", Microblog.atom) else {
      throw StanzaError(.badRequest, text: "a post is an entry of \(Microblog.atom)")
    }
    guard let id = child("id")?.text, !id.isEmpty else { throw StanzaError(.badRequest, text: "an entry has an id") }
    func moment(_ name: String) throws(StanzaError) -> DateTime? {
      guard let text = child(name)?.text else { return nil }
      guard let moment = DateTime(text) else {
        throw StanzaError(.badRequest, text: "\(name) is a moment such as 2026-11-24T20:31:52Z")
      }
      return moment
    }
    let updated = try moment("updated")
    guard let published = try moment("published") ?? updated else {
      throw StanzaError(.badRequest, text: "an entry says when it was published or updated")
    }
    let content = child("content")
    let title = child("title")?.text ?? ""
    let text = content?.text ?? ""
    guard !title.isEmpty || !text.isEmpty else {
      throw StanzaError(.badRequest, text: "an entry has a title or a content")
    }
    let author = child("author")
    let address = author?.child(named: "uri", namespace: Microblog.atom)?.text
    self.init(
      id: id, title: title.isEmpty ? text : title, author: address.flatMap(Self.address), published: published,
      updated: updated)
    if content?.attributes["type"] == "xhtml" { markup = content?.elements.first }
    self.content = content == nil ? nil : text
    authorName = author?.child(named: "name", namespace: Microblog.atom)?.text
    comments =
      element.elements.first {
        $0.isNamed("link", Microblog.atom) && $0.attributes["rel"] == "replies" && $0.attributes["title"] == "comments"
      }?.attributes["href"].flatMap(Location.init)
    inReplyTo = element.child(named: "in-reply-to", namespace: Self.threads)?.attributes["ref"]
  }

  private static func address(_ uri: String) -> JID? {
    for scheme in ["xmpp:", "acct:"] where uri.hasPrefix(scheme) {
      return PercentCoding.decode(uri.dropFirst(scheme.count)).flatMap { try? JID($0) }
    }
    return nil
  }

  /// The entry as it is sent.
  public var element: XMLElement {
    func element(_ name: String, _ text: String, type: String? = nil) -> XMLElement {
      XMLElement(
        name, namespace: Microblog.atom, attributes: XMLAttributes(present: ["type": type]), text: text)
    }
    var children = [element("title", title, type: "text"), element("id", id)]
    children.append(element("published", published.description))
    children.append(element("updated", updated.description))
    if author != nil || authorName != nil {
      children.append(
        XMLElement(
          "author", namespace: Microblog.atom,
          elements: [
            authorName.map { element("name", $0) },
            author.map { element("uri", "xmpp:\(PercentCoding.encode($0.description))") },
          ].compactMap(\.self)))
    }
    if let markup {
      children.append(
        XMLElement("content", namespace: Microblog.atom, attributes: ["type": "xhtml"], elements: [markup]))
    } else if let content {
      children.append(element("content", content, type: "text"))
    }
    if let comments {
      children.append(
        XMLElement(
          "link", namespace: Microblog.atom,
          attributes: ["rel": "replies", "title": "comments", "href": comments.address]))
    }
    if let inReplyTo {
      children.append(XMLElement("in-reply-to", namespace: Self.threads, attributes: ["ref": inReplyTo]))
    }
    return XMLElement("entry", namespace: Microblog.atom, elements: children)
  }
}
