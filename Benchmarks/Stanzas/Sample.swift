import XMPP

/// A stream as a channel server sees it: presence, chat, queries, events with Atom entries.
struct Sample {
  let bytes: [UInt8]
  let count: Int

  init() {
    var text = ""
    var count = 0
    for index in 0..<2500 {
      text += """
        <presence from='user\(index)@example.com/client' to='channels.example.com'><priority>5</priority>\
        <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org/client' \
        ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>\
        <message from='romeo@example.net/orchard' to='juliet@example.com/balcony' type='chat' id='m\(index)' xml:lang='en'>\
        <body>Neither, fair saint, if either thee dislike. It&apos;s \(index) o&apos;clock.</body>\
        <active xmlns='http://jabber.org/protocol/chatstates'/></message>\
        <iq from='juliet@example.com/balcony' to='channels.example.com' type='get' id='q\(index)'>\
        <pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='/user/romeo@example.net/posts'/>\
        <set xmlns='http://jabber.org/protocol/rsm'><max>30</max><after>\(index)</after></set></pubsub></iq>\
        <message from='channels.example.com' to='juliet@example.com/balcony' type='headline'>\
        <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/user/romeo@example.net/posts'>\
        <item id='4a5f\(index)'><entry xmlns='http://www.w3.org/2005/Atom' xmlns:activity='http://activitystrea.ms/spec/1.0/' \
        xmlns:thr='http://purl.org/syndication/thread/1.0'><id>tag:channels.example.com,/user/romeo@example.net/posts,4a5f\
        \(index)</id><published>2026-11-24T20:31:52.123Z</published><updated>2026-11-24T20:31:52.123Z</updated><author>\
        <name>romeo@example.net</name><uri>acct:romeo@example.net</uri></author><content type='text'>But soft, what light \
        through yonder window breaks? It is the east &amp; Juliet is the sun.
        Arise, fair sun, and kill the envious moon, who is already sick and pale with grief.</content>\
        <thr:in-reply-to ref='4a5e\(index)'/><activity:verb>post</activity:verb><activity:object><activity:object-type>\
        comment</activity:object-type></activity:object></entry></item></items></event></message>
        """
      count += 4
    }
    bytes = Array(text.utf8)
    self.count = count
  }

  /// The stream with its header, cut.
  func pieces(of size: Int) -> [[UInt8]] {
    let stream = StreamHeader(namespace: XMPPNamespace.client, id: "1", version: "1.0").opening() + bytes
    return stride(from: 0, to: stream.count, by: size).map { Array(stream[$0..<min($0 + size, stream.count)]) }
  }

  /// The stanzas.
  func elements() throws -> [XMLElement] {
    var elements: [XMLElement] = []
    let parser = try XMLStreamParser()
    for piece in pieces(of: 16384) {
      try parser.feed(piece) { event in
        if case .element(let element) = event { elements.append(element) }
      }
    }
    return elements
  }
}
