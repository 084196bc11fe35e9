// Implements: XEP-0277 0.6.5 · Microblogging over XMPP · partial: nodes, entries and comments' links; no boards of several authors
// Implements: XEP-0472 0.2.1 · Pubsub Social Feed · partial: profiles and types of nodes, entries; no gallery

/// The words of today's social clients on XMPP.
public enum Microblog {
  /// A personal blog's node, which is also the feature (XEP-0277).
  public static let node = "urn:xmpp:microblog:0"
  /// What the name of a node of comments begins with (XEP-0277 §4.1).
  public static let commentsPrefix = "urn:xmpp:microblog:0:comments/"
  /// A feed with its rules (XEP-0472), which is also the feature and the `pubsub#type` of such a node.
  public static let feedType = "urn:xmpp:pubsub-social-feed:1"
  /// The `pubsub#type` of a blog's node.
  public static let blogType = "urn:xmpp:microblog:0"
  /// Atom.
  public static let atom = "http://www.w3.org/2005/Atom"

  /// The node of the comments on an entry.
  public static func commentsNode(ofEntry id: String) -> String { commentsPrefix + id }
}

/// An entry of a feed, as those clients write and read it.
///
/// **Shape**: `<entry xmlns="http://www.w3.org/2005/Atom"><title type="text"/><id/><published/><updated/><author/><content
/// type="xhtml"/><link rel="replies" title="comments" href="xmpp:…?;node=…"/></entry>`.
public struct MicroblogEntry: Sendable, Hashable {
  /// The Atom id.
  public var id: String
  /// The text: what a short post has instead of a content.
  public var title: String
  /// A longer text.
  public var content: String?
  /// Markup of the longer text: the `div` of XHTML.
  public var markup: XMLElement?
  /// What the author calls himself.
  public var authorName: String?
  /// Who wrote it.
  public var author: JID?
  /// When it was first published.
  public var published: DateTime
  /// When it was last changed.
  public var updated: DateTime
  /// Where comments are: service and node.
  public var comments: Location?
  /// What it answers or repeats: its id, and where it is.
  public var inReplyTo: String?

  /// A node of a service.
  public struct Location: Sendable, Hashable {
    /// The service.
    public var service: JID
    /// The node.
    public var node: String

    /// A node of a service.
    public init(service: JID, node: String) {
      self.service = service
      self.node = node
    }

    /// Reads `xmpp:SERVICE?;node=NODE`, percent-decoded; `nil` for another address.
    public init?(_ address: String) {
      guard address.hasPrefix("xmpp:"), let question = address.firstIndex(of: "?") else { return nil }
      let path = address[address.index(address.startIndex, offsetBy: 5)..<question]
      let node = address[address.index(after: question)...].split(separator: ";").first { $0.hasPrefix("node=") }
      guard let service = PercentCoding.decode(path).flatMap({ try? JID($0) }),
        let node = node.flatMap({ PercentCoding.decode($0.dropFirst(5)) }), !node.isEmpty
      else { return nil }
      self.init(service: service, node: node)
    }

    /// The address.
    public var address: String {
      "xmpp:\(PercentCoding.encode(service.description))?;node=\(PercentCoding.encode(node))"
    }
  }

  /// An entry.
  public init(id: String, title: String, author: JID?, published: DateTime, updated: DateTime? = nil) {
    self.id = id
    self.title = title
    self.author = author
    self.published = published
    self.updated = updated ?? published
  }
}
