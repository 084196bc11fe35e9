import Testing
import XMPP

@Suite("XEP-0030, XEP-0115, XEP-0163 discovery") struct DiscoveryTests {
  @Test func `what something is and can`() throws {
    let info = try DiscoInfo(
      element(
        """
        <query xmlns='http://jabber.org/protocol/disco#info' node='/user/alice@example.com/posts'>\
        <identity category='pubsub' type='leaf'/><identity category='client' type='pc' name='P&#xE9;' xml:lang='fr'/>\
        <identity category='x'/><feature var='http://jabber.org/protocol/pubsub'/><feature/>\
        <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>\
        <value>http://jabber.org/protocol/pubsub#meta-data</value></field></x></query>
        """))
    #expect(
      info
        == DiscoInfo(
          node: "/user/alice@example.com/posts",
          identities: [.init("pubsub", "leaf"), .init("client", "pc", name: "P\u{E9}", language: "fr")],
          features: [PubSub.namespace], forms: [DataForm(.result, about: PubSub.Form.metadata.rawValue)]))
    #expect(try DiscoInfo(info.element) == info)
    #expect(info.isA("pubsub", "leaf") && !info.isA("pubsub", "channels"))
    #expect(throws: StanzaError.self) { try DiscoInfo(XMLElement("query", namespace: DiscoItems.namespace)) }
  }

  @Test func `what there is, and a part of it`() throws {
    let items = DiscoItems(
      items: [
        .init(try JID("channels.example.com"), node: "/user/a@example.com/posts", name: "buddycloud-server"),
        .init(try JID("romeo@example.com/a")),
      ], bounds: ResultSet(first: "a", index: 0, last: "b", count: 2))
    #expect(try DiscoItems(items.element) == items)
    let question = DiscoItems(node: "n", page: ResultSet.Request(max: 10, .after("b")))
    #expect(try DiscoItems(question.element) == question)
    let odd = try element(
      "<query xmlns='http://jabber.org/protocol/disco#items'><item/><item jid='@'/><other/></query>")
    #expect(try DiscoItems(odd) == DiscoItems())
  }

  @Test func `the hash of the specification, simple and complex`() throws {
    let features = [
      "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items",
      "http://jabber.org/protocol/muc", "http://jabber.org/protocol/caps",
    ]
    let simple = DiscoInfo(identities: [.init("client", "pc", name: "Exodus 0.9.1")], features: features)
    let capabilities = EntityCapabilities(of: simple, node: "http://code.google.com/p/exodus")
    #expect(capabilities.version == "QgayPKawpkPSDYmwT/WM94uAlu0=")
    #expect(capabilities.isProven(by: simple))
    #expect(capabilities.queriedNode == "http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0=")
    let complex = DiscoInfo(
      identities: [
        .init("client", "pc", name: "Psi 0.11", language: "en"),
        .init("client", "pc", name: "\u{3A8} 0.11", language: "el"),
      ], features: features,
      forms: [
        DataForm(
          .result, about: "urn:xmpp:dataforms:softwareinfo",
          fields: [
            .init("ip_version", "ipv4", "ipv6"), .init("os", "Mac"), .init("os_version", "10.5.1"),
            .init("software", "Psi"), .init("software_version", "0.11"),
          ])
      ])
    #expect(EntityCapabilities(of: complex, node: "x").version == "q07IKJEyjvHSyhy//CH0CxmKi8w=")
  }

  @Test func `an answer that could be another's proves nothing`() throws {
    let info = DiscoInfo(identities: [.init("client", "pc")], features: ["urn:a"])
    let capabilities = EntityCapabilities(of: info, node: "x")
    var doubled = info
    doubled.features.append("urn:a")
    #expect(!EntityCapabilities(of: doubled, node: "x").isProven(by: doubled))
    doubled = info
    doubled.identities.append(.init("client", "pc"))
    #expect(!EntityCapabilities(of: doubled, node: "x").isProven(by: doubled))
    doubled = info
    doubled.forms = [DataForm(.result, about: "urn:f"), DataForm(.result, about: "urn:f")]
    #expect(!EntityCapabilities(of: doubled, node: "x").isProven(by: doubled))
    #expect(!capabilities.isProven(by: DiscoInfo(identities: info.identities, features: ["urn:b"])))
    #expect(!EntityCapabilities(node: "x", version: capabilities.version, hash: "md5").isProven(by: info))
    #expect(EntityCapabilities(capabilities.element) == capabilities)
    let old = try element("<c xmlns='http://jabber.org/protocol/caps' node='x' ver='0.9' ext='a b'/>")
    #expect(EntityCapabilities(old) == EntityCapabilities(node: "x", version: "0.9", hash: nil))
    #expect(EntityCapabilities(XMLElement("c", namespace: EntityCapabilities.namespace)) == nil)
  }

  @Test func `interests in nodes`() {
    let node = "http://jabber.org/protocol/tune"
    let info = DiscoInfo(features: ["urn:a", PersonalEventing.feature(forInterestIn: node), "+notify"])
    #expect(PersonalEventing.interests(in: info) == [node])
  }

  @Test func `a program's version`() throws {
    let version = SoftwareVersion(name: "Exodus", version: "0.7.0.4", system: "Windows-XP 5.01.2600")
    #expect(try SoftwareVersion(version.element) == version)
    let nameless = XMLElement("query", namespace: SoftwareVersion.namespace)
    #expect(throws: StanzaError.self) { try SoftwareVersion(nameless) }
    #expect(
      try SoftwareVersion(try element("<query xmlns='jabber:iq:version'><name>x</name></query>"))
        == SoftwareVersion(name: "x", version: ""))
  }

  @Test func `a ping is answered`() throws {
    let ping = try stanza(
      "<iq xmlns='jabber:client' from='capulet.lit' to='juliet@capulet.lit/balcony' id='s2c1' type='get'>"
        + "<ping xmlns='urn:xmpp:ping'/></iq>")
    #expect(
      Ping.answer(to: ping)
        == Stanza(
          .iq, type: "result", id: "s2c1", to: try JID("capulet.lit"), from: try JID("juliet@capulet.lit/balcony")))
    #expect(Ping.answer(to: Stanza(.iq, type: "set", id: "1", payload: [Ping.element])) == nil)
    #expect(Ping.answer(to: Stanza(.iq, type: "get", id: "1", payload: [SoftwareVersion.request])) == nil)
  }
}
