import ChannelProtocol
import Channels
import XMPP

/// Values that the tests speak of.
enum Sample {
  static let alice = JID(prepared: "alice@example.com")
  static let bob = JID(prepared: "bob@example.com")
  static let posts = NodeID(channel: alice, name: "posts")
  static let topic = NodeID(channel: JID(prepared: "coffee@topics.example.com"), name: "posts")
  static let authority = "channels.example.com"
  static let moment = Timestamp(milliseconds: 1_388_534_400_000)
  static let page = PageRequest(max: 2, after: "ID7")

  static func element(_ text: String) throws -> XMLElement {
    try XMLElement.parse(Array(text.utf8))
  }

  /// An entry as the server stores it.
  static func entry(_ id: String, in node: NodeID = posts, by author: JID = bob, replyTo: String? = nil) throws -> Entry
  {
    let reply = replyTo.map { "<in-reply-to xmlns='http://purl.org/syndication/thread/1.0' ref='\($0)'/>" } ?? ""
    let xml = try element(
      """
      <entry xmlns='http://www.w3.org/2005/Atom'><id>tag:\(authority),\(node),\(id)</id>\
      <published>\(moment)</published><updated>\(moment)</updated>\
      <author><name>\(author)</name><uri>acct:\(author)</uri></author>\(reply)<title>Post</title>\
      <content type='text'>hi &amp; bye</content></entry>
      """)
    return Entry(
      id: id, node: node, author: author, published: moment, updated: moment, title: "Post", content: "hi & bye",
      inReplyTo: replyTo, media: [], xml: xml)
  }
}
