package import Channels
package import XMPP

extension Entry {
  /// Reads what an item holds, as its own server wrote it: all dates and the author are that server's.
  ///
  /// What is no Atom entry says neither who wrote it nor when: it is the channel's, of the moment when it came.
  /// - Parameters:
  ///   - id: The item's id in any form.
  ///   - moment: When it came.
  /// - Throws: `badRequest` for an Atom entry without author, content, id or dates that can be read.
  /// **Spec**: channel-server §11.3, §18.5.
  package init(_ payload: XMLElement, id: String, node: NodeID, moment: Timestamp) throws(ChannelError) {
    let local = EntryID.local(in: id)
    guard !local.isEmpty else {
      throw ChannelError(.badRequest, "an item has an id", application: .itemIDRequired)
    }
    guard payload.name == "entry", payload.namespace == Namespaces.atom else {
      self.init(
        id: local, node: node, author: node.channel, published: moment, updated: moment, title: nil, content: nil,
        inReplyTo: nil, media: [], xml: payload)
      return
    }
    let content = payload.child(named: "content", namespace: Namespaces.atom)
    guard let author = Self.author(of: payload), let content,
      let published = Self.moment("published", of: payload), let updated = Self.moment("updated", of: payload)
    else {
      throw ChannelError(
        .badRequest, "an entry has an author with a uri acct:…, a content, and the dates published and updated",
        application: .invalidPayload)
    }
    let parent = payload.child(named: "in-reply-to", namespace: Namespaces.threads)?.attributes["ref"]
    self.init(
      id: local, node: node, author: author, published: published, updated: updated,
      title: payload.child(named: "title", namespace: Namespaces.atom)?.text, content: content.text,
      inReplyTo: parent.map(EntryID.local), media: MediaReference.references(in: payload), xml: payload)
  }

  /// Who wrote an entry: `acct:` and the address, as `uri`; a `jid` or a `name` that is an address do as well.
  private static func author(of entry: XMLElement) -> JID? {
    guard let author = entry.child(named: "author", namespace: Namespaces.atom) else { return nil }
    let texts = ["uri", "jid", "name"].compactMap { author.child(named: $0)?.text }
    for text in texts {
      let address = text.hasPrefix("acct:") ? String(text.dropFirst(5)) : text
      if let user = try? JID(address), user.local != nil { return user.bare }
    }
    return nil
  }

  private static func moment(_ name: String, of entry: XMLElement) -> Timestamp? {
    (entry.child(named: name, namespace: Namespaces.atom)?.text).flatMap { Timestamp($0) }
  }
}
