import Testing
import XMPP

@Suite("XEP-0060, XEP-0277, XEP-0472, XEP-0082 social") struct SocialTests {
  @Test func `a problem reads back from the error that it makes`() {
    var problems: [PubSub.Problem] = [
      .closedNode, .configurationRequired, .invalidJID, .invalidOptions, .invalidPayload, .invalidSubscriptionID,
      .itemForbidden, .itemRequired, .jidRequired, .maxItemsExceeded, .maxNodesExceeded, .nodeIDRequired,
      .notInRosterGroup,
      .notSubscribed, .payloadRequired, .payloadTooBig, .pendingSubscription, .preconditionNotMet,
      .presenceSubscriptionRequired, .subscriptionIDRequired, .tooManySubscriptions, .unsupportedAccessModel,
    ]
    problems += PubSub.Feature.allCases.map { .unsupported($0) }
    for problem in problems {
      let error = problem.error("why")
      #expect(PubSub.Problem(error) == problem)
      #expect(PubSub.Problem(StanzaError(error.element)) == problem)
      #expect(error.text == "why")
    }
    #expect(PubSub.Problem.unsupported(.publish).error().condition == .featureNotImplemented)
    #expect(PubSub.Problem.closedNode.error().condition == .notAllowed)
    #expect(PubSub.Problem(StanzaError(.forbidden)) == nil)
    let unknown = XMLElement("new", namespace: PubSub.errorNamespace)
    #expect(PubSub.Problem(StanzaError(.forbidden, application: unknown)) == nil)
    #expect(PubSub.Feature.itemIDs.name == "http://jabber.org/protocol/pubsub#item-ids")
  }

  @Test func `an entry of the specification is read`() throws {
    let entry = try MicroblogEntry(
      element(
        """
        <entry xmlns='http://www.w3.org/2005/Atom'><title type='text'>hanging out at the Caf&#xE9; Napolitano</title>\
        <id>tag:montague.lit,2008-05-08:posts-1cb57d9c-1c46-11dd-838c-001143d5d5db</id>\
        <link rel='replies' title='comments' href='xmpp:pubsub.shakespeare.lit?;node=urn%3Axmpp%3Amicroblog%3A0:comments/1'/>\
        <published>2008-05-08T18:30:02Z</published><updated>2008-05-08T18:30:02Z</updated>\
        <author><name>Romeo</name><uri>xmpp:romeo@montague.lit</uri></author></entry>
        """))
    #expect(entry.title == "hanging out at the Caf\u{E9} Napolitano")
    #expect(entry.author == (try JID("romeo@montague.lit")))
    #expect(entry.authorName == "Romeo")
    #expect(
      entry.comments
        == .init(service: try JID("pubsub.shakespeare.lit"), node: Microblog.commentsNode(ofEntry: "1")))
    #expect(entry.content == nil)
    #expect(try MicroblogEntry(entry.element) == entry)
  }

  @Test func `an entry with everything reads back`() throws {
    let moment = try #require(DateTime("2026-11-24T20:31:52.123Z"))
    var entry = MicroblogEntry(
      id: "tag:x", title: "Hi", author: try JID("\u{E9}t\u{E9} 1%@example.com".replacing(" ", with: "")),
      published: moment)
    entry.content = "Hi there"
    entry.comments = .init(service: try JID("pubsub.example.com"), node: "a b;c&d?\u{E9}")
    entry.inReplyTo = "tag:y"
    #expect(try MicroblogEntry(entry.element) == entry)
    entry.markup = XMLElement("div", namespace: "http://www.w3.org/1999/xhtml", text: "Hi there")
    #expect(try MicroblogEntry(entry.element) == entry)
  }

  @Test func `text stands for a missing title, and an update for a missing publication`() throws {
    let entry = try MicroblogEntry(
      element(
        "<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id><content>x</content><updated>2026-01-01T00:00:00Z</updated></entry>"
      ))
    #expect(entry.title == "x" && entry.content == "x")
    #expect(entry.published == entry.updated)
  }

  @Test(arguments: [
    "<entry xmlns='urn:x'/>", "<entry xmlns='http://www.w3.org/2005/Atom'/>",
    "<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id><title>x</title></entry>",
    "<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id><title>x</title><updated>now</updated></entry>",
    "<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id><title/><updated>2026-01-01T00:00:00Z</updated></entry>",
    "<entry xmlns='http://www.w3.org/2005/Atom'><id/><title>x</title><updated>2026-01-01T00:00:00Z</updated></entry>",
  ])
  func `what is no entry is a bad request`(text: String) throws {
    let error = try #require(throws: StanzaError.self) { try MicroblogEntry(try element(text)) }
    #expect(error.condition == .badRequest)
  }

  @Test(arguments: [
    "http://a?;node=b", "xmpp:a.example", "xmpp:a.example?", "xmpp:a.example?;node=", "xmpp:a.example?;node=%",
    "xmpp:?;node=b",
    "xmpp:a.example?;node=%GG", "xmpp:a.example?;node=%FF", "xmpp:@?;node=b",
  ])
  func `what is no node of a service is not read`(address: String) {
    #expect(MicroblogEntry.Location(address) == nil)
  }

  @Test func `moments are in UTC, whatever offset they came with`() {
    #expect(DateTime("1969-07-20T21:56:15-05:00")?.description == "1969-07-21T02:56:15.000Z")
    #expect(DateTime("1969-07-21T02:56:15Z")?.description == "1969-07-21T02:56:15.000Z")
    #expect(DateTime("2026-11-24") == nil)
  }
}
