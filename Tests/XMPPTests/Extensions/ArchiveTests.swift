import Testing
import XMPP

@Suite("XEP-0059, XEP-0313, XEP-0203, XEP-0297, XEP-0359 archives") struct ArchiveTests {
  @Test func `part of a list`() throws {
    for set in [
      ResultSet(), ResultSet(first: "a", last: "b"), ResultSet(first: "a", index: 7, last: "b", count: 800),
      ResultSet(count: 0),
    ] {
      #expect(ResultSet(set.element) == set)
    }
    for request in [
      ResultSet.Request(), .init(max: 0), .init(max: 10, .after("x@y")), .init(max: 10, .before("z")),
      .init(max: 10, .end),
      .init(.index(371)),
    ] {
      #expect(try ResultSet.Request(request.element) == request)
    }
    for text in ["<max>x</max>", "<max>-1</max>", "<index>1.5</index>", "<after>a</after><before>b</before>"] {
      let error = try #require(throws: StanzaError.self) {
        try ResultSet.Request(try element("<set xmlns='http://jabber.org/protocol/rsm'>\(text)</set>"))
      }
      #expect(error.condition == .badRequest)
    }
  }

  @Test func `a question to an archive, of today's kind and of the early one`() throws {
    for version in MessageArchiveQuery.Version.allCases {
      var query = MessageArchiveQuery(version: version, id: "f27", node: "n", page: .init(max: 10, .after("09af")))
      #expect(try MessageArchiveQuery(query.element) == query)
      query.with = try JID("juliet@capulet.lit")
      query.start = DateTime("2010-06-07T00:00:00Z")
      query.end = DateTime("2010-07-07T13:23:54Z")
      #expect(try MessageArchiveQuery(query.element) == query)
    }
  }

  @Test(
    arguments: [
      ("<query xmlns='urn:xmpp:mam:1'/>", .badRequest),
      ("<query xmlns='urn:xmpp:mam:tmp'><start>yesterday</start></query>", .badRequest),
      ("<query xmlns='urn:xmpp:mam:tmp'><with>@</with></query>", .badRequest),
      (
        "<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>x</max></set></query>",
        .badRequest
      ),
      (
        "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2"
          + "</value></field><field var='mood'><value>sad</value></field></x></query>", .featureNotImplemented
      ),
    ] as [(String, StanzaError.Condition)])
  func `what is no question is refused`(text: String, condition: StanzaError.Condition) throws {
    let error = try #require(throws: StanzaError.self) { try MessageArchiveQuery(try element(text)) }
    #expect(error.condition == condition)
  }

  @Test func `an answer nests a message, as both kinds do`() throws {
    let inner = Stanza(
      .message, type: "chat", id: "1", to: try JID("juliet@capulet.lit/balcony"),
      from: try JID("romeo@montague.lit/orchard"),
      payload: [XMLElement("body", namespace: "jabber:client", text: "Call me but love")])
    let stamp = try #require(DateTime("2010-07-10T23:08:25Z"))
    for version in MessageArchiveQuery.Version.allCases {
      let result = ArchiveResult(
        Forwarded(inner, delay: Delay(stamp, from: try JID("capulet.lit"), reason: "offline")), id: "28482-98726-73623",
        queryID: "f27", version: version)
      // Over a component's stream the inner message keeps its namespace.
      let outer = Stanza(.message, to: try JID("juliet@capulet.lit/chamber"), payload: result.payload)
      let sent = outer.serialized(namespace: XMPPNamespace.component)
      var events: [XMLStreamEvent] = []
      try XMLStreamParser().feed(StreamHeader(namespace: XMPPNamespace.component).opening() + sent) {
        events.append($0)
      }
      guard case .element(let read) = events.last else {
        Issue.record("no stanza")
        return
      }
      #expect(try ArchiveResult(try Stanza(read)) == result)
    }
    #expect(try ArchiveResult(Stanza(.message)) == nil)
    let end = ArchiveEnd(ResultSet(first: "a", last: "b", count: 2), isComplete: true, isStable: false)
    #expect(try ArchiveEnd(end.element) == end)
    #expect(throws: StanzaError.self) { try ArchiveEnd(XMLElement("fin", namespace: "urn:xmpp:mam:2")) }
  }

  @Test func `what old channel servers forward has no namespace of its own`() throws {
    let forwarded = try Forwarded(
      element(
        "<forwarded xmlns='urn:xmpp:forward:0'><message type='headline'><event xmlns='urn:e'/></message></forwarded>"))
    #expect(forwarded.stanza == Stanza(.message, type: "headline", payload: [XMLElement("event", namespace: "urn:e")]))
    for text in ["<forwarded xmlns='urn:x'/>", "<forwarded xmlns='urn:xmpp:forward:0'><x/></forwarded>"] {
      #expect(throws: StanzaError.self) { try Forwarded(try element(text)) }
    }
  }

  @Test func `a delay needs a moment`() throws {
    #expect(Delay(try element("<delay xmlns='urn:xmpp:delay' stamp='then'/>")) == nil)
    #expect(Delay(try element("<delay xmlns='jabber:x:delay' stamp='2002-09-10T23:08:25Z'/>")) == nil)
    let delay = try #require(Delay(try element("<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'> </delay>")))
    #expect(delay.stamp.description == "2002-09-10T23:08:25.000Z")
  }

  @Test func `a name that another made up is not taken for the giver's`() throws {
    let room = try JID("room@muc.example.com")
    let forged = Stanza(
      .message, payload: [StanzaID("forged", by: room).element, StanzaID("mine", by: try JID("a@example.com")).element])
    let named = StanzaID("real", by: room).added(to: forged)
    #expect(StanzaID.given(by: room, in: named) == "real")
    #expect(named.payload.count == 2)
    #expect(StanzaID.given(by: try JID("b@example.com"), in: named) == nil)
    #expect(StanzaID(XMLElement("stanza-id", namespace: StanzaID.namespace, attributes: ["id": "x"])) == nil)
    let origin = XMLElement("origin-id", namespace: StanzaID.namespace, attributes: ["id": "de3"])
    #expect(StanzaID.origin(of: Stanza(.message, payload: [origin])) == "de3")
  }
}
