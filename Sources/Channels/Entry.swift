public import XMPP

/// A media file that an entry points to.
public struct MediaReference: Sendable, Hashable {
  /// The id that the media server gave it.
  public var id: String
  /// The channel that it belongs to.
  public var channel: String

  /// A reference.
  public init(id: String, channel: String) {
    self.id = id
    self.channel = channel
  }
}

/// An item of a node as it is stored.
public struct Entry: Sendable, Hashable {
  /// The local id: opaque, unique in its node.
  public var id: String
  /// Where it stands.
  public var node: NodeID
  /// The bare JID of who published it.
  public var author: JID
  /// When it was published.
  public var published: Timestamp
  /// When it was last changed; replies to it don't change it.
  public var updated: Timestamp
  /// The title; `nil` where the entry has none.
  public var title: String?
  /// The text content; `nil` where the entry has none.
  public var content: String?
  /// The local id of the entry this one answers.
  public var inReplyTo: String?
  /// The media that it points to.
  public var media: [MediaReference]
  /// The whole stored Atom entry: what came, with id, author and dates as the server set them. Nothing of a foreign
  /// client's post is lost.
  public var xml: XMLElement

  /// An entry.
  public init(
    id: String, node: NodeID, author: JID, published: Timestamp, updated: Timestamp, title: String?, content: String?,
    inReplyTo: String?, media: [MediaReference], xml: XMLElement
  ) {
    self.id = id
    self.node = node
    self.author = author
    self.published = published
    self.updated = updated
    self.title = title
    self.content = content
    self.inReplyTo = inReplyTo
    self.media = media
    self.xml = xml
  }
}

/// Which part of a list is asked for.
public struct PageRequest: Sendable, Hashable {
  /// At most so many; the server caps it (100).
  public var max: Int?
  /// Strictly after the item with this id in list order (feeds: older).
  public var after: String?
  /// Strictly before it (feeds: newer).
  public var before: String?

  /// A part of a list.
  public init(max: Int? = nil, after: String? = nil, before: String? = nil) {
    self.max = max
    self.after = after
    self.before = before
  }
}

/// A post with its replies.
public struct EntryThread: Sendable, Hashable {
  /// The root's id.
  public var id: String
  /// Of the newest entry.
  public var updated: Timestamp
  /// Oldest first, the root first of all.
  public var entries: [Entry]

  /// A thread.
  public init(id: String, updated: Timestamp, entries: [Entry]) {
    self.id = id
    self.updated = updated
    self.entries = entries
  }
}
