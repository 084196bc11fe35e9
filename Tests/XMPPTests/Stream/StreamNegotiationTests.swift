import Testing
import XMPP

@Suite("RFC 6120 §4–§7 negotiation") struct StreamNegotiationTests {
  @Test func `features of a server are read`() throws {
    let features = try StreamFeatures(
      element(
        """
        <stream:features xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>
        <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>
        <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>PLAIN\
        </mechanism><hostname xmlns='urn:x'>h</hostname></mechanisms>
        <sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>
        <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/>
        </session><sm xmlns='urn:xmpp:sm:3'/><register xmlns='http://jabber.org/features/iq-register'/>
        <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://prosody.im' ver='x'/><new xmlns='urn:new'/>
        </stream:features>
        """))
    var expected = StreamFeatures()
    expected.tls = .required
    expected.mechanisms = ["SCRAM-SHA-256-PLUS", "PLAIN"]
    expected.channelBindings = ["tls-exporter"]
    expected.canBind = true
    expected.canManageStream = true
    expected.canRegister = true
    expected.capabilities = EntityCapabilities(node: "http://prosody.im", version: "x")
    #expect(features == expected)
    #expect(StreamFeatures(expected.element) == expected)
    expected.tls = .optional
    expected.needsSession = true
    expected.channelBindings = nil
    #expect(StreamFeatures(expected.element) == expected)
    #expect(StreamFeatures(StreamFeatures().element) == StreamFeatures())
    #expect(StreamFeatures(XMLElement("features", namespace: "jabber:client")) == nil)
  }

  @Test func `STARTTLS`() {
    for step in StartTLS.allCases { #expect(StartTLS(step.element) == step) }
    #expect(StartTLS(XMLElement("proceed", namespace: "urn:x")) == nil)
    #expect(StartTLS(XMLElement("go", namespace: XMPPNamespace.tls)) == nil)
  }

  @Test func `a resource is bound`() throws {
    let jid = try JID("romeo@example.com/Orchard")
    for binding in [ResourceBinding.request(resource: nil), .request(resource: "a b"), .result(jid)] {
      #expect(try ResourceBinding(binding.element) == binding)
    }
    for text in [
      "<bind xmlns='urn:x'/>", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@example.com</jid></bind>",
      "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>@</jid></bind>",
    ] {
      let error = try #require(throws: StanzaError.self) { try ResourceBinding(try element(text)) }
      #expect(error.condition == .badRequest)
    }
  }

  @Test func `the handshake of a component is that of the specification`() throws {
    let handshake = ComponentHandshake(streamID: "3BF96D32", secret: "test")
    #expect(
      handshake.element.serialized()
        == "<handshake xmlns=\"jabber:component:accept\">aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>")
    #expect(ComponentHandshake(handshake.element) == handshake)
    #expect(ComponentHandshake(ComponentHandshake.accepted.element) == .accepted)
    #expect(handshake.proves(secret: "test", of: "3BF96D32"))
    #expect(ComponentHandshake.proof(handshake.element.text.uppercased()).proves(secret: "test", of: "3BF96D32"))
    #expect(!handshake.proves(secret: "test", of: "3BF96D33"))
    #expect(!handshake.proves(secret: "tess", of: "3BF96D32"))
    #expect(!ComponentHandshake.accepted.proves(secret: "test", of: "3BF96D32"))
    #expect(ComponentHandshake(XMLElement("handshake", namespace: "jabber:client")) == nil)
  }
}
