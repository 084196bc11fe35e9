import Testing
import XMPP

@Suite("RFC 6120 §8 stanzas") struct StanzaTests {
  private func stanza(_ text: String) throws -> Stanza {
    try Stanza(try XMLElement.parse(Array(text.utf8)))
  }

  @Test(arguments: ["jabber:client", "jabber:server", "jabber:component:accept"])
  func `a stanza is the same, whatever stream it came by`(namespace: String) throws {
    let read = try stanza(
      """
      <message xmlns='\(namespace)' to='Juliet@example.com/Balcony' from='romeo@example.net' id='1' type='chat' xml:lang='en'>
      <body>Hi</body><x xmlns='urn:x'><message xmlns='jabber:client'><body>in</body></message></x></message>
      """)
    let written = Stanza(
      .message, type: "chat", id: "1", to: try JID("juliet@example.com/Balcony"), from: try JID("romeo@example.net"),
      language: "en",
      payload: [
        XMLElement("body", namespace: "jabber:client", text: "Hi"),
        XMLElement(
          "x", namespace: "urn:x",
          children: [
            .element(
              XMLElement(
                "message", namespace: "jabber:client",
                children: [.element(XMLElement("body", namespace: "jabber:client", text: "in"))]))
          ]),
      ])
    #expect(read == written)
    #expect(try Stanza(written.element(in: namespace)) == written)
    let text = String(decoding: written.serialized(namespace: namespace), as: UTF8.self)
    #expect(
      text == """
        <message from="romeo@example.net" type="chat" xml:lang="en" id="1" to="juliet@example.com/Balcony"><body>Hi</body>\
        <x xmlns="urn:x"><message xmlns="jabber:client"><body>in</body></message></x></message>
        """)
    var fanned: [UInt8] = []
    StanzaTemplate(written, namespace: namespace)
      .serialize(to: try JID("juliet@example.com/Balcony"), id: "1", into: &fanned)
    #expect(fanned == Array(text.utf8))
    var events: [XMLStreamEvent] = []
    try XMLStreamParser().feed(StreamHeader(namespace: namespace).opening() + fanned) { events.append($0) }
    guard case .element(let element) = events.last else {
      Issue.record("no stanza")
      return
    }
    #expect(try Stanza(element) == written)
  }

  @Test(
    arguments: [
      ("<iq xmlns='jabber:client' type='get'><q xmlns='urn:q'/></iq>", .badRequest),
      ("<iq xmlns='jabber:client' type='get' id=''><q xmlns='urn:q'/></iq>", .badRequest),
      ("<iq xmlns='jabber:client' id='1'><q xmlns='urn:q'/></iq>", .badRequest),
      ("<iq xmlns='jabber:client' id='1' type='put'><q xmlns='urn:q'/></iq>", .badRequest),
      ("<iq xmlns='jabber:client' id='1' type='get'/>", .badRequest),
      ("<iq xmlns='jabber:client' id='1' type='set'><q xmlns='urn:q'/><q xmlns='urn:q'/></iq>", .badRequest),
      ("<iq xmlns='jabber:client' id='1' type='result'><q xmlns='urn:q'/><q xmlns='urn:q'/></iq>", .badRequest),
      ("<presence xmlns='jabber:client' type='here'/>", .badRequest),
      ("<message xmlns='jabber:client' to='a@b@c'/>", .jidMalformed),
      ("<message xmlns='jabber:client' from=''/>", .jidMalformed),
      ("<message xmlns='urn:x'/>", .featureNotImplemented), ("<a xmlns='jabber:client'/>", .featureNotImplemented),
    ] as [(String, StanzaError.Condition)])
  func `what is no stanza is refused by the RFC's word`(text: String, condition: StanzaError.Condition) throws {
    let error = #expect(throws: StanzaError.self) { try stanza(text) }
    #expect(error?.condition == condition)
  }

  @Test func `a message of an unknown type is a normal one`() throws {
    #expect(try stanza("<message xmlns='jabber:client' type='shout'/>").type == nil)
  }

  @Test func `an answer goes back, and answers are not answered with errors`() throws {
    let query = XMLElement("q", namespace: "urn:q")
    let request = Stanza(
      .iq, type: "get", id: "7", to: try JID("example.com"), from: try JID("romeo@example.net/a"), payload: [query])
    #expect(request.isRequest && !request.isResponse)
    #expect(
      request.reply(query)
        == Stanza(
          .iq, type: "result", id: "7", to: try JID("romeo@example.net/a"), from: try JID("example.com"),
          payload: [query]))
    let error = StanzaError(.itemNotFound, text: "no such node")
    let refusal = try #require(request.error(error, includesPayload: true))
    #expect(refusal.payload == [query, error.element])
    #expect(refusal.to == request.from && refusal.from == request.to && refusal.isResponse)
    #expect(StanzaError(stanza: refusal) == error)
    #expect(refusal.error(error) == nil)
    #expect(request.reply().error(error) == nil)
    #expect(StanzaError(stanza: request) == nil)
  }

  @Test func `an unacceptable stanza is answered the way it came`() throws {
    let element = try XMLElement.parse(
      Array("<iq xmlns='jabber:component:accept' id='1' type='get' from='a@b@c' to='example.com'/>".utf8))
    let answer = try #require(Stanza.answer(to: element, with: StanzaError(.jidMalformed)))
    #expect(
      answer.serialized()
        == "<iq xmlns=\"jabber:component:accept\" from=\"example.com\" id=\"1\" to=\"a@b@c\" type=\"error\">"
        + "<error type=\"modify\"><jid-malformed xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>")
    for text in ["<iq xmlns='jabber:client' type='error'/>", "<iq xmlns='jabber:client' type='result'/>", "<a/>"] {
      #expect(
        Stanza.answer(to: try XMLElement.parse(Array(text.utf8)), with: StanzaError(.badRequest)) == nil)
    }
  }

  @Test(arguments: StanzaError.Condition.allCases)
  func `an error reads back as it was written`(condition: StanzaError.Condition) throws {
    for type in StanzaError.ErrorType.allCases {
      var error = StanzaError(
        condition, type: type, text: "<why>", alternative: condition == .gone ? "xmpp:a@b.example" : nil,
        application: XMLElement("node-required", namespace: "urn:app"))
      error.by = "example.com"
      #expect(StanzaError(error.element) == error)
    }
    #expect(StanzaError(StanzaError(condition).element) == StanzaError(condition))
  }

  @Test func `an error that says nothing, or something new, is undefined`() throws {
    #expect(
      try StanzaError(stanza: stanza("<iq xmlns='jabber:client' id='1' type='error'/>"))
        == StanzaError(.undefinedCondition))
    let future = try stanza(
      "<iq xmlns='jabber:server' id='1' type='error'><error type='wait'><later xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        + "</error></iq>")
    #expect(StanzaError(stanza: future) == StanzaError(.undefinedCondition, type: .wait))
  }
}
