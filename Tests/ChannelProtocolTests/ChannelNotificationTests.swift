import ChannelProtocol
import Channels
import Testing
import XMPP

struct ChannelNotificationTests {
  static func notifications() throws -> [ChannelNotification] {
    let entry = try Sample.entry("one")
    let tombstone = Tombstone(
      id: "gone", node: Sample.posts, published: Sample.moment, deleted: Sample.moment, inReplyTo: nil)
    let membership = Membership(
      node: Sample.topic, user: Sample.alice, affiliation: .member, subscription: .subscribed)
    return [
      .published(entry),
      .retracted("two", from: Sample.posts, tombstone: nil),
      .retracted("gone", from: Sample.posts, tombstone: tombstone),
      .subscription(user: Sample.bob, .pending, node: Sample.posts, invitedBy: nil),
      .subscription(user: Sample.bob, .invited, node: Sample.posts, invitedBy: Sample.alice),
      .affiliations([AffiliationChange(user: Sample.bob, affiliation: .moderator)], node: Sample.posts),
      .configured(Sample.posts, [ConfigurationField("pubsub#title", "Alice")]),
      .deleted(Sample.posts),
      .followed(
        FollowedChannel(channel: Sample.topic.channel, memberships: [membership]),
        node: NodeID(channel: Sample.alice, name: "subscriptions")),
    ]
  }

  @Test(arguments: try notifications())
  func `an event is read as it was meant`(_ notification: ChannelNotification) throws {
    let event = ChannelNotification.event([notification], authority: Sample.authority)
    let read = ChannelNotification.read(try Sample.element(event.serialized()), moment: Sample.moment)
    #expect(read.notifications == [notification])
    #expect(read.unreadable == 0)
  }

  @Test
  func `several travel in one event, in their order`() throws {
    let all = try Self.notifications()
    let event = ChannelNotification.event(all, authority: Sample.authority)
    let read = ChannelNotification.read(try Sample.element(event.serialized()), moment: Sample.moment)
    #expect(read.notifications == all)
  }

  @Test
  func `what can't be read is left out, and the rest stands`() throws {
    let event = try Sample.element(
      """
      <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/user/alice@example.com/posts'>\
      <item id='x'><entry xmlns='http://www.w3.org/2005/Atom'><content>who wrote this?</content></entry></item></items>\
      <delete node='/user/alice@example.com/status'/></event>
      """)
    let read = ChannelNotification.read(event, moment: Sample.moment)
    #expect(read.notifications == [.deleted(NodeID(channel: Sample.alice, name: "status"))])
    #expect(read.unreadable == 1)
  }

  @Test
  func `a copy's item keeps the id that its own server gave it`() throws {
    let event = ChannelNotification.event(
      [.published(try Sample.entry("one"))], authority: "channels.elsewhere.example")
    let item = event.child(named: "items")?.child(named: "item")
    #expect(item?.attributes["id"] == "tag:channels.example.com,/user/alice@example.com/posts,one")
  }

  @Test
  func `an owner's answer comes back from the form`() throws {
    let question = AuthorizationForm(node: Sample.posts, subscriber: Sample.bob)
    #expect(try AuthorizationForm(question.question) == question)
    let answer = AuthorizationForm(node: Sample.posts, subscriber: Sample.bob, isAllowed: true, actor: Sample.alice)
    #expect(try AuthorizationForm(answer.answer) == answer)
    #expect(try AuthorizationForm(Sample.element("<x xmlns='jabber:x:data' type='form'/>")) == nil)
    let empty = """
      <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>\
      http://jabber.org/protocol/pubsub#subscribe_authorization</value></field></x>
      """
    #expect(throws: ChannelError.self) { try AuthorizationForm(try Sample.element(empty)) }
  }

  @Test
  func `a payload that is no Atom entry is the channel's own`() throws {
    let place = try Sample.element("<geoloc xmlns='http://jabber.org/protocol/geoloc'><text>Berlin</text></geoloc>")
    let node = NodeID(channel: Sample.alice, name: "geo/current")
    let entry = try Entry(place, id: "tag:x,\(node),7", node: node, moment: Sample.moment)
    #expect(entry.id == "7")
    #expect(entry.author == Sample.alice)
    #expect(entry.xml == place)
  }
}
