import Channels
import Testing
import XMPP

@Suite("channel-server §11 entries") struct EntryDraftTests {
  private let node: NodeID
  private let author: JID

  init() throws {
    node = NodeID(channel: try JID("alice@example.com"), name: "posts")
    author = try JID("bob@example.com/phone")
  }

  private func draft(_ inner: String, limits: EntryLimits = EntryLimits()) throws -> EntryDraft {
    let text = "<entry xmlns='\(Namespaces.atom)' xmlns:act='\(Namespaces.activity)' xmlns:thr='\(Namespaces.threads)'"
    let xml = try XMLElement.parse(Array("\(text) xml:lang='de'>\(inner)</entry>".utf8))
    return try EntryDraft(xml, for: node, limits: limits)
  }

  private func stored(_ inner: String) throws -> Entry {
    let stamp = EntryDraft.Stamp(
      id: "1", authority: "channels.example.com", author: author, time: Timestamp(milliseconds: 1000))
    return try draft(inner).entry(in: node, stamp: stamp, limits: EntryLimits())
  }

  @Test func `the stored entry has the server's id, dates, author and verb, in the order of the table`() throws {
    let entry = try stored(
      """
      <id>mine</id><published>1999-01-01T00:00:00Z</published><updated>x</updated>
      <author><name>mallory@example.com</name></author><link rel='self' href='x'/><link rel='via' href='y'/>
      <title>T</title><content type='text'>hi</content><act:verb>share</act:verb><act:object/>
      """)
    #expect(
      entry.xml.serialized() == """
        <entry xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><id>tag:channels.example.com,/user/alice@example.com/posts,\
        1</id><published>1970-01-01T00:00:01.000Z</published><updated>1970-01-01T00:00:01.000Z</updated><author>\
        <name>bob@example.com</name><uri>acct:bob@example.com</uri>\
        <object-type xmlns="http://activitystrea.ms/spec/1.0/">person</object-type></author><link href="y" rel="via"/>\
        <title>T</title><content type="text">hi</content><verb xmlns="http://activitystrea.ms/spec/1.0/">post</verb>\
        <object xmlns="http://activitystrea.ms/spec/1.0/"><object-type>note</object-type></object></entry>
        """)
    #expect(entry.author == (try JID("bob@example.com")))
    #expect(entry.title == "T")
    #expect(entry.content == "hi")
    #expect(entry.published == Timestamp(milliseconds: 1000))
    #expect(entry.inReplyTo == nil)
  }

  @Test func `what the server doesn't know is kept`() throws {
    let entry = try stored(
      "<content/><geoloc xmlns='http://jabber.org/protocol/geoloc'><text>Verona</text></geoloc><x xmlns='urn:x' y='1'/>"
    )
    #expect(entry.xml.child(named: "geoloc", namespace: Namespaces.geolocation)?.text == "Verona")
    #expect(entry.xml.child(named: "x", namespace: "urn:x")?.attributes == ["y": "1"])
    #expect(entry.content == "")
    #expect(entry.title == nil)
  }

  @Test func `a reply refers by local id, in whatever form it came, and is a comment`() throws {
    for reference in ["42", "/user/alice@example.com/posts,42", "tag:channels.x,/user/alice@example.com/posts,42"] {
      let entry = try stored("<content>hi</content><thr:in-reply-to ref='\(reference)'/>")
      #expect(entry.inReplyTo == "42")
      #expect(entry.xml.child(named: "in-reply-to", namespace: Namespaces.threads)?.attributes == ["ref": "42"])
      #expect(entry.xml.child(named: "object", namespace: Namespaces.activity)?.text == "comment")
    }
  }

  @Test func `media are read in any namespace, and those without id or channel are not`() throws {
    let entry = try stored(
      """
      <content/><media><item id='a' channel='c@d'/><item id='b'/></media>
      <media xmlns='\(Namespaces.media)'><item id='e' channel='f@g'/></media>
      """)
    #expect(
      entry.media == [MediaReference(id: "a", channel: "c@d"), MediaReference(id: "e", channel: "f@g")])
  }

  @Test(arguments: [
    ("", "content-element-required"), ("<content xmlns='urn:x'/>", "content-element-required"),
    ("<content type='html'>x</content>", "unsupported-content-type"),
    ("<content/><thr:in-reply-to/>", "parent-item-not-found"),
    ("<content/><thr:in-reply-to ref=''/>", "parent-item-not-found"),
    ("<content/><thr:in-reply-to ref='/user/other@example.com/posts,1'/>", "parent-item-not-found"),
    ("<content/><act:target/>", "missing-target-id"), ("<content/><act:target><id/></act:target>", "missing-target-id"),
    ("<content/><act:target><id>1</id></act:target>", "missing-in-reply-to"),
    (
      "<content/><thr:in-reply-to ref='1'/><act:target><id>/user/o@example.com/posts,1</id></act:target>",
      "targeted-item-not-found"
    ),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>3</rating>", "missing-in-reply-to"),
    (
      "<content/><thr:in-reply-to ref='1'/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>3</rating>",
      "missing-target"
    ),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>x</rating>", "invalid-rating"),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>nan</rating>", "invalid-rating"),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>2.5</rating>", "invalid-rating"),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>6</rating>", "rating-out-of-range"),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>0</rating>", "rating-out-of-range"),
    ("<content/><rating xmlns='http://activitystrea.ms/schema/1.0/review'>inf</rating>", "rating-out-of-range"),
  ])
  func `an entry that is none is refused by name`(inner: String, name: String) throws {
    let error = #expect(throws: ChannelError.self) { try draft(inner) }
    #expect(error?.code == .badRequest)
    #expect(error?.application?.name == name)
    #expect(error?.description.hasPrefix(name) == true, "\(String(describing: error))")
  }

  @Test func `another root element is refused`() throws {
    for root in [XMLElement("feed", namespace: Namespaces.atom), XMLElement("entry", namespace: "")] {
      let error = #expect(throws: ChannelError.self) { try EntryDraft(root, for: node, limits: EntryLimits()) }
      #expect(error?.description.hasPrefix("entry-element-required") == true)
    }
  }

  @Test func `each field has its bound`() throws {
    var limits = EntryLimits()
    limits.maxTitleBytes = 3
    limits.maxContentBytes = 3
    limits.maxMedia = 1
    limits.maxIDBytes = 3
    _ = try draft("<title>abc</title><content>abc</content><media><item id='1' channel='c@d'/></media>")
    for inner in [
      "<title>abcd</title><content/>", "<content>\u{1F600}</content>", "<content/><thr:in-reply-to ref='1234'/>",
      "<content/><media><item id='1234' channel='c'/></media>",
      "<content/><media><item id='1' channel='c'/><item id='2' channel='c'/></media>",
    ] {
      let error = #expect(throws: ChannelError.self) { try draft(inner, limits: limits) }
      #expect(error?.code == .policyViolation)
    }
    var small = EntryLimits()
    small.maxEntryBytes = 500
    let stamp = EntryDraft.Stamp(id: "1", authority: "a", author: author, time: Timestamp(milliseconds: 0))
    let error = #expect(throws: ChannelError.self) {
      try draft("<content/><x>\(String(repeating: "y", count: 500))</x>").entry(in: node, stamp: stamp, limits: small)
    }
    #expect(error?.code == .policyViolation)
  }
}
