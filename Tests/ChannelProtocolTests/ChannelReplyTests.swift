import ChannelProtocol
import Channels
import Testing
import XMPP

/// Replies, written by the server's side and read by the client's.
struct ChannelReplyTests {
  struct Exchange: Sendable, CustomTestStringConvertible {
    let request: ChannelRequest
    let reply: ChannelReply
    var testDescription: String { String(describing: request).prefix(100).description }
  }

  static let bounds = ResultSet(first: "a", last: "b", count: 7)
  static let membership = Membership(
    node: Sample.posts, user: Sample.bob, affiliation: .none, subscription: .subscribed, invitedBy: Sample.alice)
  static let fields = [ConfigurationField("pubsub#title", "Alice"), ConfigurationField("other", ["1", "2"])]

  static let lists: [Exchange] = [
    Exchange(request: .register, reply: .done),
    Exchange(
      request: .serverInfo,
      reply: .server(
        DiscoInfo(identities: [.init("pubsub", "channels", name: "Channels")], features: ["jabber:iq:register"])
      )),
    Exchange(request: .nodeInfo(Sample.posts), reply: .configuration(Sample.posts, fields)),
    Exchange(request: .configuration(Sample.posts), reply: .configuration(Sample.posts, fields)),
    Exchange(request: .nodes(PageRequest()), reply: .nodes([Sample.posts, Sample.topic], bounds)),
    Exchange(request: .itemNames(Sample.posts, PageRequest()), reply: .itemNames(["a", "b"], nil)),
    Exchange(request: .version, reply: .version(SoftwareVersion(name: "n", version: "1", system: "s"))),
    Exchange(request: .registrationForm, reply: .registrationForm(instructions: "do")),
    Exchange(request: .searchForm, reply: .searchForm),
    Exchange(request: .ownSubscriptions(PageRequest()), reply: .memberships([membership], nil)),
    Exchange(request: .subscriptions(Sample.posts, PageRequest()), reply: .memberships([membership], bounds)),
    Exchange(
      request: .ownAffiliations(PageRequest(), isEphemeralOnly: false),
      reply: .memberships(
        [Membership(node: Sample.posts, user: Sample.bob, affiliation: .moderator, subscription: .none)], nil)),
    Exchange(
      request: .subscribe(Sample.posts, user: Sample.bob, SubscriptionOptions()),
      reply: .subscribed(
        Membership(node: Sample.posts, user: Sample.bob, affiliation: .member, subscription: .pending))),
    Exchange(
      request: .subscribe(Sample.posts, user: Sample.bob, SubscriptionOptions(isTemporary: true)),
      reply: .subscribed(
        Membership(
          node: Sample.posts, user: Sample.bob, affiliation: .none, subscription: .subscribed, isTemporary: true))),
    Exchange(
      request: .describedSubscriptions(PageRequest(), filter: [], fields: nil),
      reply: .described([DescribedMembership(membership: membership, fields: fields)], bounds)),
  ]

  static func entries() throws -> [Exchange] {
    let root = try Sample.entry("root")
    let answer = try Sample.entry("answer", replyTo: "root")
    let other = try Sample.entry("other", in: Sample.topic)
    let tombstone = Tombstone(
      id: "gone", node: Sample.posts, published: Sample.moment, deleted: Sample.moment, inReplyTo: "root")
    let thread = EntryThread(id: "root", updated: Sample.moment, entries: [root, answer])
    return [
      Exchange(
        request: .items(Sample.posts, ItemQuery()),
        reply: .items(Sample.posts, [.entry(root), .tombstone(tombstone)], bounds)),
      Exchange(request: .entries(["root"], of: Sample.posts), reply: .items(Sample.posts, [.entry(root)], nil)),
      Exchange(
        request: .threads(Sample.posts, PageRequest()), reply: .threads([thread], node: Sample.posts, bounds)),
      Exchange(
        request: .userItems(TimelineQuery(since: Sample.moment)), reply: .timeline([root, answer, other, root], bounds)),
      Exchange(
        request: .search(ItemSearch(content: ["hi"])), reply: .found([root, other])),
      Exchange(
        request: .items(NodeID(channel: Sample.alice, name: "subscriptions"), ItemQuery()),
        reply: .followedChannels(
          NodeID(channel: Sample.alice, name: "subscriptions"),
          [
            FollowedChannel(
              channel: Sample.topic.channel,
              memberships: [
                Membership(node: Sample.topic, user: Sample.alice, affiliation: .member, subscription: .subscribed)
              ])
          ], nil)),
    ]
  }

  @Test(arguments: try lists + entries(), ListNamespace.allCases)
  func `a reply is read as it was meant`(_ exchange: Exchange, _ namespace: ListNamespace) throws {
    let query = try ChannelQuery(ChannelQuery(exchange.request).stanza(id: "1", to: Sample.alice))
    let payload = exchange.reply.payload(to: query, authority: Sample.authority, listNamespace: namespace)
    // Over the wire, so that what is lost there is lost here.
    let wire = try payload.map { try Sample.element($0.serialized()) }
    let read = try ChannelReply(wire, to: exchange.request, user: Sample.bob, moment: Sample.moment)
    #expect(read == exchange.reply)
  }

  @Test
  func `a published item is named by its global id`() throws {
    let request = ChannelRequest.publish(try Sample.entry("x").xml, to: Sample.posts, id: nil)
    let reply = ChannelReply.published(Sample.posts, id: "x")
    let payload = try #require(reply.payload(to: ChannelQuery(request), authority: Sample.authority))
    #expect(
      try ChannelReply(payload, to: request, user: Sample.bob, moment: Sample.moment)
        == .published(Sample.posts, id: "tag:channels.example.com,/user/alice@example.com/posts,x"))
  }

  @Test
  func `own affiliations are answered in the owner's namespace, lists of a node in the other`() throws {
    let own = ChannelReply.memberships([Self.membership], nil)
      .payload(to: ChannelQuery(.ownAffiliations(PageRequest(), isEphemeralOnly: false)), authority: Sample.authority)
    #expect(own?.namespace == PubSub.ownerNamespace)
    let node = ChannelQuery(.affiliations(Sample.posts, PageRequest()), isInOwnerNamespace: true)
    let java = ChannelReply.memberships([], nil).payload(to: node, authority: Sample.authority)
    #expect(java?.namespace == PubSub.namespace)
    let request = ChannelReply.memberships([], nil)
      .payload(to: node, authority: Sample.authority, listNamespace: .request)
    #expect(request?.namespace == PubSub.ownerNamespace)
  }

  @Test
  func `what is no answer is said to be none`() throws {
    let error = #expect(throws: ChannelError.self) {
      try ChannelReply(
        try Sample.element("<query xmlns='jabber:iq:private'/>"), to: .ownSubscriptions(PageRequest()),
        user: Sample.bob,
        moment: Sample.moment)
    }
    #expect(error?.code == .internalServerError)
  }
}
