public import XMPP

/// What is left of an entry that was taken back.
///
/// **Spec**: channel-server §13; RFC 6721.
public struct Tombstone: Sendable, Hashable {
  /// The entry's local id.
  public var id: String
  /// Where it stood.
  public var node: NodeID
  /// When it was published.
  public var published: Timestamp
  /// When it was taken back.
  public var deleted: Timestamp
  /// What it answered.
  public var inReplyTo: String?

  /// A tombstone.
  public init(id: String, node: NodeID, published: Timestamp, deleted: Timestamp, inReplyTo: String?) {
    self.id = id
    self.node = node
    self.published = published
    self.deleted = deleted
    self.inReplyTo = inReplyTo
  }
}

/// What stands in a node.
public enum Item: Sendable, Hashable {
  case entry(Entry)
  case tombstone(Tombstone)

  /// The local id.
  public var id: String {
    switch self {
    case .entry(let entry): entry.id
    case .tombstone(let tombstone): tombstone.id
    }
  }

  /// The entry, where it is one.
  public var entry: Entry? {
    if case .entry(let entry) = self { entry } else { nil }
  }
}

/// Which items of a node are asked for.
public struct ItemQuery: Sendable, Hashable {
  /// Which part of the list.
  public var page: PageRequest
  /// Whether replies are left out.
  public var isParentOnly: Bool
  /// Whether what was taken back shows, as for servers that keep a copy.
  public var includesTombstones: Bool

  /// A query.
  public init(page: PageRequest = PageRequest(), isParentOnly: Bool = false, includesTombstones: Bool = false) {
    self.page = page
    self.isParentOnly = isParentOnly
    self.includesTombstones = includesTombstones
  }
}

/// A part of a list of items.
public struct ItemPage: Sendable, Hashable {
  /// In the order of the list.
  public var items: [Item]
  /// Of the whole list, up to 10,000.
  public var count: Int

  /// A part of a list.
  public init(items: [Item], count: Int) {
    self.items = items
    self.count = count
  }
}

/// A part of a list of entries.
public struct EntryPage: Sendable, Hashable {
  /// In the order of the list.
  public var entries: [Entry]
  /// Of the whole list, up to 10,000.
  public var count: Int

  /// A part of a list.
  public init(entries: [Entry], count: Int) {
    self.entries = entries
    self.count = count
  }
}

/// A part of a list of threads.
public struct ThreadPage: Sendable, Hashable {
  /// Newest activity first.
  public var threads: [EntryThread]
  /// Of the whole list, up to 10,000.
  public var count: Int

  /// A part of a list.
  public init(threads: [EntryThread], count: Int) {
    self.threads = threads
    self.count = count
  }
}

/// What is asked of the entries of all nodes that somebody follows.
public struct TimelineQuery: Sendable, Hashable {
  /// Only what was published or edited after.
  public var since: Timestamp
  /// Markers are `node,id`, as ``Entry/timelineID``.
  public var page: PageRequest
  /// Whether replies are left out.
  public var isParentOnly: Bool

  /// A query.
  public init(since: Timestamp, page: PageRequest = PageRequest(), isParentOnly: Bool = false) {
    self.since = since
    self.page = page
    self.isParentOnly = isParentOnly
  }
}

/// What the search form asks (channel-server §15).
public struct ItemSearch: Sendable, Hashable {
  /// Each is found somewhere in the content.
  public var content: [String]
  /// Only what this user wrote; `nil` for anybody.
  public var author: JID?
  /// From 1.
  public var page: Int
  /// From 1.
  public var perPage: Int

  /// A search.
  public init(content: [String], author: JID? = nil, page: Int = 1, perPage: Int = 25) {
    self.content = content
    self.author = author
    self.page = page
    self.perPage = perPage
  }
}

/// What is asked of the past (channel-server §16).
public struct ArchiveQuery: Sendable, Hashable {
  /// From this moment on.
  public var start: Timestamp?
  /// Up to and with this moment.
  public var end: Timestamp?
  /// More than so many are refused; `nil` for the server's own bound.
  public var max: Int?

  /// A query.
  public init(start: Timestamp? = nil, end: Timestamp? = nil, max: Int? = nil) {
    self.start = start
    self.end = end
    self.max = max
  }
}

extension Entry {
  /// The id in lists over many nodes: `node,id`.
  public var timelineID: String { EntryID.twoPart(id, node: node) }
}
