package import XMPP

/// A published entry, read and checked as far as that needs no store.
///
/// **Spec**: channel-server §11.2. In nodes other than ``atomNodes`` also another element than an Atom entry is accepted, as K
/// does. Deviates: a missing `title` stays missing (J fills in "Post"), so that the HTTP API can
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
      if !Self.atomNodes.contains(node.name) {
        (self.xml, title, content, inReplyTo, target, rating, media) = (xml, nil, "", nil, nil, nil, [])
        return
      }
      throw ChannelError(refusing: .entryElementRequired, "an Atom <entry> is accepted")
    }
    guard let content = xml.child(named: "content", namespace: Namespaces.atom) else {
      throw ChannelError(refusing: .contentElementRequired, "an entry has a <content>, which may be empty")
    }
    guard ["text", "xhtml"].contains(content.attributes["type"] ?? "text") else {
      throw ChannelError(refusing: .unsupportedContentType, "the content is of type text or xhtml")
    }
    let isXHTML = content.attributes["type"] == "xhtml"
    let xml = isXHTML ? Self.sanitised(xml) : xml
    self.xml = xml
    self.content =
      isXHTML ? xml.child(named: "content", namespace: Namespaces.atom)?.text ?? "" : content.text
    title = xml.child(named: "title", namespace: Namespaces.atom)?.text
    media = MediaReference.references(in: xml)
    inReplyTo = try Self.reply(in: xml, for: node)
    target = try Self.target(in: xml, for: node)
    rating = try Self.rating(in: xml)
    if target != nil || rating != nil, inReplyTo == nil {
      throw ChannelError(refusing: .missingInReplyTo, "a target or rating belongs to a reply")
    }
    if rating != nil, target == nil {
      throw ChannelError(refusing: .missingTarget, "a rating has a target")
    }
    try checkSizes(limits)
  }

  /// The nodes that hold Atom entries only.
  package static let atomNodes: Set = ["posts", "status"]

  /// Whether it is an Atom entry.
  package var isAtom: Bool { xml.name == "entry" && xml.namespace == Namespaces.atom }

  /// The entry with its XHTML freed of what could harm its readers.
  private static func sanitised(_ entry: XMLElement) -> XMLElement {
    var entry = entry
    entry.children = entry.children.map { child in
      guard case .element(let element) = child, element.name == "content", element.namespace == Namespaces.atom else {
        return child
      }
      return .element(XHTMLSanitizer.sanitized(element))
    }
    return entry
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
      throw ChannelError(refusing: .parentItemNotFound, "in-reply-to names an entry of the same node")
    }
    return id
  }

  private static func target(in xml: XMLElement, for node: NodeID) throws(ChannelError) -> String? {
    guard let element = xml.child(named: "target", namespace: Namespaces.activity) else { return nil }
    guard let reference = element.child(named: "id")?.text, !reference.isEmpty else {
      throw ChannelError(refusing: .missingTargetID, "a target has an id")
    }
    guard let id = EntryID.local(in: reference, of: node) else {
      throw ChannelError(refusing: .targetedItemNotFound, "a target is an entry of the same node")
    }
    return id
  }

  private static func rating(in xml: XMLElement) throws(ChannelError) -> Int? {
    guard let element = xml.child(named: "rating", namespace: Namespaces.review) else { return nil }
    guard let number = Double(element.text), number == number.rounded() else {
      throw ChannelError(refusing: .invalidRating, "a rating is a whole number")
    }
    guard (1...5).contains(number) else {
      throw ChannelError(refusing: .ratingOutOfRange, "a rating is 1 to 5")
    }
    return Int(number)
  }
}

extension ChannelError {
  /// A payload that is refused for a reason of channel-server §11.2, whose name begins the text.
  package init(refusing condition: ApplicationCondition, _ text: String) {
    self.init(.badRequest, "\(condition.name): \(text)", application: condition)
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
