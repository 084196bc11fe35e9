package import XMPP

/// A published entry, read and checked as far as that needs no store.
///
/// **Spec**: channel-server §11.2. Deviates: a missing `title` stays missing (J fills in "Post"), so that the HTTP API can
/// derive one from the content.
package struct EntryDraft: Sendable, Hashable {
  /// What came.
  package let xml: XMLElement
  package let title: String?
  package let content: String
  /// The local id of the entry that this one answers.
  package let inReplyTo: String?
  /// The local id of the entry that this one is about.
  package let target: String?
  /// 1 to 5.
  package let rating: Int?
  package let media: [MediaReference]

  /// Checks an entry for a node.
  /// - Throws: `badRequest`, its text beginning with the name of §11.2; `policyViolation` beyond a limit.
  package init(_ xml: XMLElement, for node: NodeID, limits: EntryLimits) throws(ChannelError) {
    guard xml.name == "entry", xml.namespace == Namespaces.atom else {
      throw ChannelError(.badRequest, "entry-element-required: an Atom <entry> is accepted")
    }
    guard let content = xml.child(named: "content", namespace: Namespaces.atom) else {
      throw ChannelError(.badRequest, "content-element-required: an entry has a <content>, which may be empty")
    }
    guard ["text", "xhtml"].contains(content.attributes["type"] ?? "text") else {
      throw ChannelError(.badRequest, "unsupported-content-type: the content is of type text or xhtml")
    }
    self.xml = xml
    self.content = content.text
    title = xml.child(named: "title", namespace: Namespaces.atom)?.text
    media = MediaReference.references(in: xml)
    inReplyTo = try Self.reply(in: xml, for: node)
    target = try Self.target(in: xml, for: node)
    rating = try Self.rating(in: xml)
    if target != nil || rating != nil, inReplyTo == nil {
      throw ChannelError(.badRequest, "missing-in-reply-to: a target or rating belongs to a reply")
    }
    if rating != nil, target == nil {
      throw ChannelError(.badRequest, "missing-target: a rating has a target")
    }
    try checkSizes(limits)
  }

  private func checkSizes(_ limits: EntryLimits) throws(ChannelError) {
    try check(title?.utf8.count ?? 0, limits.maxTitleBytes, "bytes in the title")
    try check(content.utf8.count, limits.maxContentBytes, "bytes in the content")
    try check(media.count, limits.maxMedia, "media")
    for id in [inReplyTo, target].compactMap(\.self) {
      try check(id.utf8.count, limits.maxIDBytes, "bytes in an id")
    }
    for reference in media {
      try check(max(reference.id.utf8.count, reference.channel.utf8.count), limits.maxIDBytes, "bytes in an id")
    }
  }

  private func check(_ count: Int, _ limit: Int, _ what: String) throws(ChannelError) {
    guard count <= limit else {
      throw ChannelError(.policyViolation, "an entry has at most \(limit) \(what), this one has \(count)")
    }
  }

  private static func reply(in xml: XMLElement, for node: NodeID) throws(ChannelError) -> String? {
    guard let element = xml.child(named: "in-reply-to", namespace: Namespaces.threads) else { return nil }
    guard let reference = element.attributes["ref"], let id = EntryID.local(in: reference, of: node), !id.isEmpty else {
      throw ChannelError(.badRequest, "parent-item-not-found: in-reply-to names an entry of the same node")
    }
    return id
  }

  private static func target(in xml: XMLElement, for node: NodeID) throws(ChannelError) -> String? {
    guard let element = xml.child(named: "target", namespace: Namespaces.activity) else { return nil }
    guard let reference = element.child(named: "id")?.text, !reference.isEmpty else {
      throw ChannelError(.badRequest, "missing-target-id: a target has an id")
    }
    guard let id = EntryID.local(in: reference, of: node) else {
      throw ChannelError(.badRequest, "targeted-item-not-found: a target is an entry of the same node")
    }
    return id
  }

  private static func rating(in xml: XMLElement) throws(ChannelError) -> Int? {
    guard let element = xml.child(named: "rating", namespace: Namespaces.review) else { return nil }
    guard let number = Double(element.text), number == number.rounded() else {
      throw ChannelError(.badRequest, "invalid-rating: a rating is a whole number")
    }
    guard (1...5).contains(number) else {
      throw ChannelError(.badRequest, "rating-out-of-range: a rating is 1 to 5")
    }
    return Int(number)
  }
}

extension MediaReference {
  /// The media that an entry refers to: the element children of `media`, in whatever namespace it comes.
  package static func references(in entry: XMLElement) -> [MediaReference] {
    entry.elements.filter { $0.name == "media" }.flatMap(\.elements).compactMap { item in
      guard let id = item.attributes["id"], let channel = item.attributes["channel"] else { return nil }
      return MediaReference(id: id, channel: channel)
    }
  }
}
