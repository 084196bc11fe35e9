import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Lists (channel-server §7, §14)") struct ListTests {
  private let test: TestServer

  init() async throws {
    test = try TestServer()
    try await test.register("romeo", "juliet", "paris", "nurse")
  }

  @Test func `members come by name, those who wait or are banned for moderators, who invited for few`() async throws {
    let romeo = try test.session("romeo")
    for name in ["juliet", "paris"] { _ = try await test.session(name).subscribe(to: posts("romeo")) }
    try await test.session("paris").setSubscription(.invited, of: jid("nurse"), in: posts("romeo"))
    try await romeo.setAffiliation(.outcast, of: jid("tybalt@other.example"), in: posts("romeo"))
    func names(_ session: any ChannelSession, _ page: PageRequest = PageRequest()) async throws -> [String?] {
      try await session.members(of: posts("romeo"), page: page).memberships.map(\.user.local)
    }
    #expect(try await names(romeo) == ["juliet", "nurse", "paris", "romeo", "tybalt"])
    #expect(try await names(test.session("juliet")) == ["juliet", "paris", "romeo"])
    #expect(try await names(test.session("nurse")) == ["juliet", "nurse", "paris", "romeo"])
    #expect(try await names(test.anonymous) == ["juliet", "paris", "romeo"])
    let page = try await romeo.members(of: posts("romeo"), page: PageRequest(max: 2, after: "juliet@example.com"))
    #expect(page.memberships.map(\.user.local) == ["nurse", "paris"] && page.count == 5)
    #expect(try await names(romeo, PageRequest(max: 2, before: "romeo@example.com")) == ["nurse", "paris"])
    func inviter(_ session: any ChannelSession) async throws -> JID? {
      try await session.members(of: posts("romeo"), page: PageRequest()).memberships
        .first { $0.user.local == "nurse" }?.invitedBy
    }
    #expect(try await inviter(romeo) == jid("paris"))
    #expect(try await inviter(test.session("nurse")) == jid("paris"))
    _ = try await test.session("nurse").subscribe(to: posts("romeo"))
    #expect(try await inviter(test.session("juliet")) == nil)
    #expect(try await romeo.owners(of: posts("romeo")) == [jid("romeo")])
  }

  @Test func `memberships come with what their nodes say, filtered by it`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    #expect(try await romeo.describedMemberships(where: []).count == 12)
    let channels = try await romeo.describedMemberships(where: [
      ConfigurationField("buddycloud#channel_type", "personal")
    ])
    #expect(try channels.map(\.membership.node) == [posts("juliet"), posts("romeo")])
    let both = try await romeo.describedMemberships(where: [
      ConfigurationField("buddycloud#channel_type", "personal"),
      ConfigurationField("pubsub#creator", "juliet@example.com"),
    ])
    #expect(try both.map(\.membership.node) == [posts("juliet")])
    #expect(both.first?.metadata.title.hasPrefix("juliet@example.com") == true)
    #expect(try await romeo.describedMemberships(where: [ConfigurationField("nothing", "x")]).isEmpty)
  }

  @Test func `the subscriptions node is one item per followed channel`() async throws {
    let romeo = try test.session("romeo")
    for name in ["paris", "juliet"] { _ = try await romeo.subscribe(to: posts(name)) }
    let all = try await test.anonymous.followedChannels(of: jid("romeo"), page: PageRequest())
    #expect(try all.map(\.channel) == [jid("juliet"), jid("paris"), jid("romeo")])
    #expect(all.allSatisfy { $0.memberships.count == 6 })
    let rest = try await test.anonymous.followedChannels(
      of: jid("romeo"), page: PageRequest(max: 1, after: "juliet@example.com"))
    #expect(try rest.map(\.channel) == [jid("paris")])
    #expect(
      await refusal { try await romeo.publish(post("x"), to: node("romeo", "subscriptions")) } == .notAllowed)
    try await romeo.configure(node("romeo", "subscriptions"), NodeConfiguration(accessModel: .whitelist))
    #expect(
      await refusal { try await test.anonymous.followedChannels(of: jid("romeo"), page: PageRequest()) }
        == .notAuthorized)
  }

  @Test func `who waits is listed to who decides`() async throws {
    let romeo = try test.session("romeo")
    try await romeo.configure(posts("romeo"), NodeConfiguration(accessModel: .authorize))
    _ = try await test.session("nurse").subscribe(to: posts("romeo"))
    #expect(try await romeo.pendingRequests().map(\.user) == [jid("nurse")])
    #expect(try await test.session("nurse").pendingRequests() == [])
  }

  @Test func `nodes that want to be listed are, of both domains, page by page`() async throws {
    let romeo = try test.session("romeo")
    let tea = NodeID(channel: try jid("tea@topics.example.com"), name: "posts")
    try await romeo.createTopicChannel(tea.channel)
    try await romeo.configure(node("romeo", "status"), NodeConfiguration(isAdvertised: false))
    _ = try await romeo.subscribe(to: .firehose)
    let all = try await test.anonymous.nodes(page: PageRequest())
    #expect(all.count == 24 && all.nodes.count == 24)
    #expect(all.nodes.contains { $0.node == tea } && !all.nodes.contains { $0.node.path == "romeo@example.com/status" })
    for size in [1, 5, 24] {
      var found: [NodeID] = []
      while true {
        let page = PageRequest(max: size, after: found.last?.description)
        let part = try await test.anonymous.nodes(page: page).nodes
        if part.isEmpty { break }
        found += part.map(\.node)
      }
      #expect(found == all.nodes.map(\.node))
      var backward: [NodeID] = [all.nodes[23].node]
      while true {
        let page = PageRequest(max: size, before: backward.first?.description)
        let part = try await test.anonymous.nodes(page: page).nodes
        if part.isEmpty { break }
        backward = part.map(\.node) + backward
      }
      #expect(backward == found)
    }
  }

  @Test func `the greatest nodes are those that everybody may see, and are counted once in a while`() async throws {
    for name in ["juliet", "paris", "nurse"] { _ = try await test.session(name).subscribe(to: posts("romeo")) }
    try await test.session("paris").configure(posts("paris"), NodeConfiguration(accessModel: .authorize))
    for _ in 0..<3 { _ = try await test.session("paris").publish(post("x"), to: posts("paris")) }
    for _ in 0..<2 { _ = try await test.session("juliet").publish(post("x"), to: posts("juliet")) }
    let followed = try await test.anonymous.topFollowedNodes()
    #expect(followed.count == 10)
    #expect(followed.first.map { $0.node.channel.local == "romeo" && $0.count == 4 } == true)
    let published = try await test.anonymous.topPublishedNodes()
    #expect(published == [RankedNode(node: try posts("juliet"), count: 2)])
    _ = try await test.session("romeo").publish(post("x"), to: posts("romeo"))
    #expect(try await test.anonymous.topPublishedNodes() == published)
    test.clock.advance(by: .seconds(61))
    #expect(try await test.anonymous.topPublishedNodes().count == 2)
  }

  @Test func `fields that mean nothing here are kept as they came, within bounds`() async throws {
    let romeo = try test.session("romeo")
    let fields = [
      ConfigurationField("pubsub#title", "Letters"), ConfigurationField("x#colour", ["red", "blue"]),
      ConfigurationField("pubsub#creator", "mallory@example.com"),
      ConfigurationField("pubsub#publish_model", "subscribers"),
      ConfigurationField("FORM_TYPE", "whatever"),
    ]
    try await romeo.configure(posts("romeo"), NodeConfiguration(fields: fields))
    let metadata = try await test.anonymous.metadata(of: posts("romeo"))
    #expect(metadata.title == "Letters")
    #expect(try metadata.creator == jid("romeo"))
    #expect(metadata.others == [ConfigurationField("x#colour", ["red", "blue"])])
    // Who follows may post now.
    _ = try await test.session("juliet").subscribe(to: posts("romeo"))
    _ = try await test.session("juliet").publish(post("x"), to: posts("romeo"))
    try await romeo.configure(
      posts("romeo"),
      NodeConfiguration(fields: [ConfigurationField("x#colour", []), ConfigurationField("pubsub#title", "")]))
    let reset = try await test.anonymous.metadata(of: posts("romeo"))
    #expect(reset.others == [] && reset.title == "romeo@example.com's very own buddycloud channel")
    let many = (0..<33).map { ConfigurationField("x#\($0)", "y") }
    #expect(
      await refusal { try await romeo.configure(posts("romeo"), NodeConfiguration(others: many)) } == .policyViolation)
    let long = [ConfigurationField("x#", String(repeating: "y", count: 8192))]
    #expect(
      await refusal { try await romeo.configure(posts("romeo"), NodeConfiguration(others: long)) } == .policyViolation)
  }

  @Test func `nodes of one name can have defaults of their own`() async throws {
    let test = try TestServer { configuration in
      configuration.nodes.overrides["geo/current"] = .init(
        accessModel: .authorize, affiliation: .publisher, title: "Where %local% is", description: "Now")
    }
    try await test.register("romeo")
    let metadata = try await test.anonymous.metadata(of: node("romeo", "geo/current"))
    #expect(metadata.accessModel == .authorize && metadata.defaultAffiliation == .publisher)
    #expect(metadata.title == "Where romeo is" && metadata.description == "Now")
  }
}
