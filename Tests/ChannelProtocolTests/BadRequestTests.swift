import ChannelProtocol
import Channels
import Testing
import XMPP

/// What is refused, by which condition (channel-server, appendix B).
struct BadRequestTests {
  struct Refusal: Sendable, CustomTestStringConvertible {
    let xml: String
    var type = "get"
    let condition: StanzaError.Condition
    var application: String?
    var testDescription: String { String(xml.prefix(120)) }
  }

  static let node = ChannelRequestTests.node
  static let channels = ChannelRequestTests.channels

  static func pubSub(_ content: String) -> String { ChannelRequestTests.pubSub(content) }

  static let refusals: [Refusal] = [
    Refusal(xml: "<query xmlns='jabber:iq:private'/>", condition: .serviceUnavailable),
    Refusal(xml: pubSub("<items/>"), condition: .badRequest, application: "nodeid-required"),
    Refusal(
      xml: pubSub("<items node='/user/alice/posts@x'/>"), condition: .badRequest, application: "invalid-node-format"),
    Refusal(xml: pubSub("<items node='/somewhere'/>"), condition: .featureNotImplemented),
    Refusal(xml: pubSub("<items \(node)><item/></items>"), condition: .badRequest, application: "itemid-required"),
    Refusal(xml: pubSub("<items \(node) max_items='many'/>"), condition: .badRequest),
    Refusal(xml: pubSub("<items \(node)/>"), type: "set", condition: .unexpectedRequest),
    Refusal(xml: pubSub("<purge \(node)/>"), type: "set", condition: .featureNotImplemented),
    Refusal(xml: pubSub(""), condition: .badRequest),
    Refusal(
      xml: pubSub("<subscribe \(node) jid='@'/>"), type: "set", condition: .badRequest, application: "invalid-jid"),
    Refusal(xml: pubSub("<subscribe \(node) jid='bob@example.com'/>"), condition: .unexpectedRequest),
    Refusal(xml: pubSub("<publish \(node)/>"), type: "set", condition: .badRequest, application: "item-required"),
    Refusal(
      xml: pubSub("<publish \(node)><item/></publish>"), type: "set", condition: .badRequest,
      application: "entry-element-required"),
    Refusal(xml: pubSub("<retract \(node)/>"), type: "set", condition: .badRequest, application: "item-required"),
    Refusal(
      xml: pubSub("<recent-items \(channels) since='2014-01-01T00:00:00Z'/>"), condition: .badRequest,
      application: "max-required"),
    Refusal(
      xml: pubSub("<recent-items \(channels) max='2'/>"), condition: .badRequest, application: "since-required"),
    Refusal(
      xml: pubSub("<recent-items \(channels) max='none' since='2014-01-01T00:00:00Z'/>"), condition: .badRequest,
      application: "invalid-max-value-provided"),
    Refusal(
      xml: pubSub("<user-items \(channels) since='yesterday'/>"), condition: .badRequest,
      application: "invalid-since-value-provided"),
    Refusal(
      xml: pubSub("<replies \(channels) \(node)/>"), condition: .badRequest, application: "itemid-required"),
    Refusal(
      xml: ChannelRequestTests.owner(
        "<affiliations \(node)><affiliation jid='bob@example.com' affiliation='king'/></affiliations>"), type: "set",
      condition: .badRequest),
    Refusal(xml: ChannelRequestTests.owner("<affiliations \(node)/>"), type: "set", condition: .badRequest),
    Refusal(xml: ChannelRequestTests.owner("<configure \(node)/>"), type: "set", condition: .badRequest),
    Refusal(
      xml: "<query xmlns='jabber:iq:register'><remove/><username/></query>", type: "set", condition: .badRequest),
    Refusal(xml: "<query xmlns='jabber:iq:search'/>", type: "set", condition: .badRequest),
    Refusal(
      xml: "<query xmlns='urn:xmpp:mam:tmp'><start>soon</start></query>", type: "set", condition: .badRequest),
    Refusal(
      xml: pubSub("<items \(node)/><actor \(channels)>example.com</actor>"), condition: .badRequest,
      application: "invalid-actor"),
  ]

  @Test(arguments: refusals)
  func `what is wrong is refused in the protocol's words`(_ refusal: Refusal) throws {
    let stanza = Stanza(.iq, type: refusal.type, id: "1", payload: [try Sample.element(refusal.xml)])
    let error = try #require(throws: StanzaError.self) { try ChannelQuery(stanza) }
    #expect(error.condition == refusal.condition)
    #expect(error.application?.name == refusal.application)
    #expect(error.text?.isEmpty == false)
  }

  @Test(arguments: ChannelError.Code.allCases)
  func `an error of channels is the same one after its way over the wire`(_ code: ChannelError.Code) throws {
    let error = ChannelError(code, "what was wrong")
    let stanza = try #require(Stanza(.iq, type: "set", id: "1").error(StanzaError(error)))
    let read = try #require(StanzaError(stanza: stanza))
    #expect(ChannelError(read) == error)
  }

  @Test
  func `names with underscores are read as the others`() throws {
    let error = StanzaError(
      .undefinedCondition, application: XMLElement("closed_node", namespace: "http://jabber.org/protocol/pubsub#errors")
    )
    #expect(ChannelError(error).code == .closedNode)
  }
}
