import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Nodes") struct NodeTests {
  private let test: TestServer
  private let coffee: NodeID

  init() async throws {
    test = try TestServer()
    coffee = NodeID(channel: try jid("coffee@topics.example.com"), name: "posts")
    try await test.register("romeo", "juliet")
    try await test.session("romeo").createTopicChannel(coffee.channel)
  }

  @Test func `a topic channel is its maker's, and its followers may post`() async throws {
    let metadata = try await test.anonymous.metadata(of: coffee)
    #expect(metadata.channelType == .topic)
    #expect(metadata.title == "coffee")
    #expect(metadata.defaultAffiliation == .publisher)
    #expect(metadata.accessModel == .open)
    #expect(try await test.session("romeo").affiliations(of: coffee).map(\.affiliation) == [.owner])
    _ = try await test.session("juliet").subscribe(to: coffee)
    _ = try await test.session("juliet").publish(post("black"), to: coffee)
  }

  @Test(
    arguments: [
      ("coffee@topics.example.com", ChannelError.Code.conflict), ("tea@example.com", .notAllowed),
      ("tea@other.example", .notAllowed), ("topics.example.com@topics.example.com", nil),
      ("\(String(repeating: "a", count: 129))@topics.example.com", .badRequest),
    ] as [(String, ChannelError.Code?)])
  func `a topic channel stands on the topics domain, under a free name`(
    name: String, code: ChannelError.Code?
  ) async throws {
    #expect(await refusal { try await test.session("juliet").createTopicChannel(jid(name)) } == code)
  }

  @Test func `anonymous viewers and users of other servers make no channels`() async throws {
    let tea = try jid("tea@topics.example.com")
    #expect(await refusal { try await test.anonymous.createTopicChannel(tea) } == .notAuthorized)
    #expect(
      await refusal { try await test.server.trustedSession(user: jid("x@other.example")).createTopicChannel(tea) }
        == .forbidden)
    #expect(
      await refusal {
        try await test.session("romeo").createTopicChannel(JID(local: nil, domain: "topics.example.com"))
      } == .notAllowed)
  }

  @Test func `a user owns only so many channels`() async throws {
    let test = try TestServer { $0.limits.maxOwnedChannels = 2 }
    try await test.register("romeo")
    try await test.session("romeo").createTopicChannel(jid("a@topics.example.com"))
    #expect(
      await refusal { try await test.session("romeo").createTopicChannel(jid("b@topics.example.com")) }
        == .policyViolation)
  }

  @Test func `an owner configures, texts are cut, and nobody else does`() async throws {
    let romeo = try test.session("romeo")
    try await romeo.configure(
      coffee,
      NodeConfiguration(
        title: String(repeating: "t", count: 200), description: String(repeating: "d", count: 2000),
        accessModel: .authorize, defaultAffiliation: .member))
    let metadata = try await test.anonymous.metadata(of: coffee)
    #expect(metadata.title.count == 128)
    #expect(metadata.description.count == 1024)
    #expect(metadata.accessModel == .authorize)
    #expect(metadata.defaultAffiliation == .member)
    try await romeo.configure(coffee, NodeConfiguration(title: "Coffee"))
    #expect(try await test.anonymous.metadata(of: coffee).accessModel == .authorize)
    for affiliation in [Affiliation.owner, .moderator, .none, .outcast] {
      #expect(
        await refusal { try await romeo.configure(coffee, NodeConfiguration(defaultAffiliation: affiliation)) }
          == .badRequest)
    }
    #expect(
      await refusal { try await test.session("juliet").configure(coffee, NodeConfiguration(title: "Tea")) }
        == .forbidden)
    #expect(
      await refusal { try await test.anonymous.configure(coffee, NodeConfiguration(title: "Tea")) } == .notAuthorized)
    #expect(
      await refusal { try await romeo.configure(posts("nobody"), NodeConfiguration()) } == .itemNotFound)
  }

  @Test func `a new node is as private as its channel, with the same followers`() async throws {
    let romeo = try test.session("romeo")
    _ = try await test.session("juliet").subscribe(to: coffee)
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize))
    let beans = NodeID(channel: coffee.channel, name: "beans")
    try await romeo.createNode(beans)
    #expect(try await romeo.metadata(of: beans).accessModel == .authorize)
    #expect(try await romeo.metadata(of: beans).channelType == nil)
    let members = try await romeo.affiliations(of: beans)
    #expect(members.map(\.affiliation) == [.owner, .member])
    #expect(await refusal { try await romeo.createNode(beans) } == .conflict)
  }

  @Test(
    arguments: [
      ("geo/other", ChannelError.Code.badRequest), ("", .badRequest), ("a b", .badRequest), ("a,b", .badRequest),
      ("a\u{0}", .badRequest), (String(repeating: "a", count: 201), .badRequest), ("notes", nil), ("\u{FC}ber", nil),
    ] as [(String, ChannelError.Code?)])
  func `a node's name is one segment`(name: String, code: ChannelError.Code?) async throws {
    #expect(await refusal { try await test.session("romeo").createNode(node("romeo", name)) } == code)
  }

  @Test func `nodes are made by owners, in channels that are there`() async throws {
    let juliet = try test.session("juliet")
    #expect(await refusal { try await juliet.createNode(node("romeo", "notes")) } == .forbidden)
    #expect(await refusal { try await juliet.createNode(node("nobody", "notes")) } == .itemNotFound)
    #expect(await refusal { try await juliet.createNode(node("x@other.example", "notes")) } == .notAllowed)
    #expect(await refusal { try await test.anonymous.createNode(node("romeo", "notes")) } == .notAuthorized)
    try await juliet.createNode(posts("tea@topics.example.com"))
    #expect(try await juliet.metadata(of: posts("tea@topics.example.com")).channelType == .topic)
  }

  @Test func `a channel has only so many nodes`() async throws {
    let test = try TestServer { $0.limits.maxNodes = 7 }
    try await test.register("romeo")
    try await test.session("romeo").createNode(node("romeo", "a"))
    #expect(await refusal { try await test.session("romeo").createNode(node("romeo", "b")) } == .policyViolation)
  }

  @Test func `a topic channel is deleted by its owner, with its nodes`() async throws {
    let beans = NodeID(channel: coffee.channel, name: "beans")
    try await test.session("romeo").createNode(beans)
    #expect(await refusal { try await test.session("juliet").deleteChannel(coffee.channel) } == .forbidden)
    #expect(await refusal { try await test.anonymous.deleteChannel(coffee.channel) } == .notAuthorized)
    try await test.session("romeo").deleteNode(coffee)
    for node in [coffee, beans] {
      #expect(await refusal { try await test.anonymous.metadata(of: node) } == .itemNotFound)
    }
    #expect(await refusal { try await test.session("romeo").deleteChannel(coffee.channel) } == .itemNotFound)
    try await test.session("juliet").createTopicChannel(coffee.channel)
  }

  @Test func `a personal channel and its nodes go with the account only`() async throws {
    let romeo = try test.session("romeo")
    #expect(await refusal { try await romeo.deleteChannel(jid("romeo")) } == .notAllowed)
    for name in ["posts", "status", "geo/current"] {
      #expect(await refusal { try await romeo.deleteNode(node("romeo", name)) } == .notAllowed)
    }
    try await romeo.createNode(node("romeo", "notes"))
    #expect(await refusal { try await test.session("juliet").deleteNode(node("romeo", "notes")) } == .forbidden)
    try await romeo.deleteNode(node("romeo", "notes"))
    #expect(await refusal { try await romeo.deleteNode(node("romeo", "notes")) } == .itemNotFound)
  }
}
