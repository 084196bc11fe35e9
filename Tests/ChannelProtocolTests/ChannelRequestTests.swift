import ChannelProtocol
import Channels
import Testing
import XMPP

/// Requests as stanzas of the catalogue (channel-server, appendix A) against values, both ways.
struct ChannelRequestTests {
  /// A payload without its namespaces' declarations, and what it asks.
  struct Vector: Sendable, CustomTestStringConvertible {
    let xml: String
    let type: String
    let request: ChannelRequest
    var testDescription: String { String(xml.prefix(120)) }
  }

  static func pubSub(_ content: String) -> String {
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\(content)</pubsub>"
  }

  static func owner(_ content: String) -> String {
    "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\(content)</pubsub>"
  }

  static let set = "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max><after>ID7</after></set>"
  static let node = "node='/user/alice@example.com/posts'"
  static let channels = "xmlns='http://buddycloud.org/v1'"

  static let discovery: [Vector] = [
    Vector(xml: "<query xmlns='http://jabber.org/protocol/disco#info'/>", type: "get", request: .serverInfo),
    Vector(
      xml: "<query xmlns='http://jabber.org/protocol/disco#info' \(node)/>", type: "get",
      request: .nodeInfo(Sample.posts)),
    Vector(
      xml: "<query xmlns='http://jabber.org/protocol/disco#items'>\(set)</query>", type: "get",
      request: .nodes(Sample.page)),
    Vector(
      xml: "<query xmlns='http://jabber.org/protocol/disco#items' \(node)/>", type: "get",
      request: .itemNames(Sample.posts, PageRequest())),
    Vector(
      xml: "<query xmlns='http://jabber.org/protocol/disco#items' node='/top-followed-nodes'/>", type: "get",
      request: .topFollowedNodes),
    Vector(xml: "<query xmlns='jabber:iq:version'/>", type: "get", request: .version),
    Vector(xml: "<query xmlns='jabber:iq:register'/>", type: "get", request: .registrationForm),
    Vector(xml: "<query xmlns='jabber:iq:register'/>", type: "set", request: .register),
    Vector(xml: "<query xmlns='jabber:iq:register'><remove/></query>", type: "set", request: .unregister),
    Vector(xml: "<query xmlns='jabber:iq:search'/>", type: "get", request: .searchForm),
    Vector(
      xml: """
        <query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
        <value>jabber:iq:search</value></field><field var='content'><value>coffee</value><value>berlin</value></field>\
        <field var='author'><value>bob@example.com</value></field><field var='page'><value>1</value></field>\
        <field var='rpp'><value>25</value></field></x></query>
        """, type: "set", request: .search(ItemSearch(content: ["coffee", "berlin"], author: Sample.bob))),
    Vector(
      xml: """
        <query xmlns='urn:xmpp:mam:tmp' queryid='q7'><start>2014-01-01T00:00:00.000Z</start>\
        <set xmlns='http://jabber.org/protocol/rsm'><max>10</max></set></query>
        """, type: "set", request: .archive(ArchiveQuery(start: Sample.moment, max: 10), id: "q7")),
  ]

  static let reading: [Vector] = [
    Vector(xml: owner("<configure \(node)/>"), type: "get", request: .configuration(Sample.posts)),
    Vector(xml: pubSub("<subscriptions/>"), type: "get", request: .ownSubscriptions(PageRequest())),
    Vector(
      xml: owner("<subscriptions \(node)/>\(set)"), type: "get", request: .subscriptions(Sample.posts, Sample.page)),
    Vector(
      xml: pubSub("<affiliations/>"), type: "get", request: .ownAffiliations(PageRequest(), isEphemeralOnly: false)),
    Vector(
      xml: pubSub("<affiliations b:ephemeral='true' xmlns:b='http://buddycloud.org/v1'/>"), type: "get",
      request: .ownAffiliations(PageRequest(), isEphemeralOnly: true)),
    Vector(
      xml: owner("<affiliations \(node)/>"), type: "get", request: .affiliations(Sample.posts, PageRequest())),
    Vector(
      xml: pubSub("<items \(node)/>\(set)"), type: "get",
      request: .items(Sample.posts, ItemQuery(page: Sample.page))),
    Vector(
      xml: pubSub("<items \(node) parent-only='true'/>"), type: "get",
      request: .items(Sample.posts, ItemQuery(isParentOnly: true))),
    Vector(
      xml: pubSub("<items \(node)><item id='ID5'/><item id='ID6'/></items>"), type: "get",
      request: .entries(["ID5", "ID6"], of: Sample.posts)),
    Vector(
      xml: pubSub("<items node='/firehose'/>\(set)"), type: "get", request: .firehose(Sample.page)),
    Vector(xml: pubSub("<threads \(node)/>\(set)"), type: "get", request: .threads(Sample.posts, Sample.page)),
    Vector(
      xml: pubSub("<thread \(channels) \(node) item_id='ROOT'/>"), type: "get",
      request: .thread("ROOT", of: Sample.posts, PageRequest())),
    Vector(
      xml: pubSub("<replies \(channels) \(node) item_id='ROOT'/>\(set)"), type: "get",
      request: .replies("ROOT", in: Sample.posts, Sample.page)),
    Vector(
      xml: pubSub("<recent-items \(channels) since='2014-01-01T00:00:00.000Z' max='2'/>"), type: "get",
      request: .recentItems(TimelineQuery(since: Sample.moment), maxPerNode: 2)),
    Vector(
      xml: pubSub("<user-items \(channels) since='2014-01-01T00:00:00.000Z' parent-only='true'/>\(set)"), type: "get",
      request: .userItems(TimelineQuery(since: Sample.moment, page: Sample.page, isParentOnly: true))),
    Vector(
      xml: pubSub(
        """
        <subscriptions-with-configuration \(channels)><subscription-filter><allow field='buddycloud#channel_type' \
        value='topic'/></subscription-filter><configuration-filter><allow field='pubsub#title'/></configuration-filter>\
        </subscriptions-with-configuration>
        """), type: "get",
      request: .describedSubscriptions(
        PageRequest(), filter: [ConfigurationField("buddycloud#channel_type", "topic")], fields: ["pubsub#title"])),
  ]

  static let form = """
    <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
    <value>http://jabber.org/protocol/pubsub#node_config</value></field>\
    <field var='pubsub#title'><value>Coffee</value></field><field var='pubsub#access_model'><value>authorize</value>\
    </field></x>
    """

  static let changing: [Vector] = [
    Vector(
      xml: pubSub("<create \(node)/><configure>\(form)</configure>"), type: "set",
      request: .createNode(Sample.posts, NodeConfiguration(title: "Coffee", accessModel: .authorize))),
    Vector(xml: owner("<delete \(node)/>"), type: "set", request: .deleteNode(Sample.posts)),
    Vector(
      xml: owner("<configure \(node)>\(form)</configure>"), type: "set",
      request: .configure(Sample.posts, NodeConfiguration(title: "Coffee", accessModel: .authorize))),
    Vector(
      xml: pubSub("<subscribe \(node) jid='bob@example.com'/>"), type: "set",
      request: .subscribe(Sample.posts, user: Sample.bob, SubscriptionOptions())),
    Vector(
      xml: pubSub(
        """
        <subscribe \(node) jid='bob@example.com'/><options><x xmlns='jabber:x:data' type='submit'>\
        <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#node_config</value></field>\
        <field var='pubsub#expire'><value>presence</value></field></x></options>
        """), type: "set",
      request: .subscribe(Sample.posts, user: Sample.bob, SubscriptionOptions(isTemporary: true))),
    Vector(
      xml: pubSub("<unsubscribe \(node) jid='bob@example.com'/>"), type: "set",
      request: .unsubscribe(Sample.posts, user: Sample.bob)),
    Vector(
      xml: owner(
        "<subscriptions \(node)><subscription jid='bob@example.com' subscription='subscribed'/></subscriptions>"),
      type: "set",
      request: .setSubscriptions(Sample.posts, [SubscriptionChange(user: Sample.bob, subscription: .subscribed)])),
    Vector(
      xml: owner("<affiliations \(node)><affiliation jid='bob@example.com' affiliation='moderator'/></affiliations>"),
      type: "set",
      request: .setAffiliations(Sample.posts, [AffiliationChange(user: Sample.bob, affiliation: .moderator)])),
    Vector(
      xml: pubSub("<retract \(node) notify='true'><item id='ID5'/></retract>"), type: "set",
      request: .retract(["ID5"], from: Sample.posts, isNotified: true)),
    Vector(
      xml: pubSub(
        "<publish \(node)><item><entry xmlns='http://www.w3.org/2005/Atom'><content>hi</content></entry></item></publish>"
      ), type: "set",
      request: .publish(
        XMLElement(
          "entry", namespace: "http://www.w3.org/2005/Atom",
          children: [.element(XMLElement("content", namespace: "http://www.w3.org/2005/Atom", text: "hi"))]),
        to: Sample.posts, id: nil)),
  ]

  @Test(arguments: discovery + reading + changing)
  func `a stanza is read as the request that it is, and written as it was`(_ vector: Vector) throws {
    let payload = try Sample.element(vector.xml)
    let stanza = Stanza(.iq, type: vector.type, id: "1", from: Sample.alice, payload: [payload])

    let query = try ChannelQuery(stanza)
    #expect(query.request == vector.request)
    #expect(query.actor == nil)

    let written = ChannelQuery(vector.request).stanza(id: "1", to: Sample.alice)
    if vector.request != .registrationForm { #expect(written.type == vector.type) }
    #expect(written.payload == [payload])
  }

  @Test(arguments: changing + reading)
  func `a server says for whom it asks`(_ vector: Vector) throws {
    let query = ChannelQuery(vector.request, actor: Sample.bob)
    let read = try ChannelQuery(query.stanza(id: "1", to: Sample.alice))
    #expect(read.request == vector.request)
    #expect(read.actor == Sample.bob)
  }

  @Test
  func `a server takes a user away with the actor inside`() throws {
    let query = ChannelQuery(.unregister, actor: Sample.bob)
    let read = try ChannelQuery(query.stanza(id: "1", to: Sample.alice))
    #expect(read.request == .unregister)
    #expect(read.actor == Sample.bob)
  }
}
