import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Following") struct FollowingTests {
  private let test: TestServer

  init() async throws {
    test = try TestServer()
    try await test.register("romeo", "juliet", "paris", "nurse")
  }

  private func membership(of name: String, in node: NodeID) async throws -> Membership? {
    let user = try jid(name)
    return try await test.store.read { try $0.membership(of: user, in: node)?.membership }
  }

  @Test func `following posts follows the channel, and leaving it leaves all`() async throws {
    let romeo = try test.session("romeo")
    #expect(try await romeo.subscribe(to: posts("juliet")) == .subscribed)
    let juliets = try await romeo.memberships().filter { $0.node.channel.local == "juliet" }
    #expect(
      juliets.map(\.node.name) == ["geo/current", "geo/next", "geo/previous", "posts", "status", "subscriptions"])
    #expect(juliets.allSatisfy { $0.affiliation == .member && $0.subscription == .subscribed })
    try await romeo.unsubscribe(from: posts("juliet"))
    #expect(try await romeo.memberships().allSatisfy { $0.node.channel.local == "romeo" })
    try await romeo.unsubscribe(from: posts("juliet"))
  }

  @Test func `following another node follows that only`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: node("juliet", "status"))
    #expect(try await romeo.memberships().filter { $0.node.channel.local == "juliet" }.map(\.node.name) == ["status"])
  }

  @Test func `following an open channel opens none of its private nodes`() async throws {
    let juliet = try test.session("juliet")
    try await juliet.configure(node("juliet", "geo/current"), NodeConfiguration(accessModel: .whitelist))
    _ = try await test.session("romeo").subscribe(to: posts("juliet"))
    #expect(try await membership(of: "romeo", in: node("juliet", "geo/current")) == nil)
    #expect(try await membership(of: "romeo", in: node("juliet", "status")) != nil)
    #expect(
      await refusal {
        try await test.session("romeo").entries(of: node("juliet", "geo/current"), page: PageRequest())
      } == .closedNode)
  }

  @Test func `following twice reports the state and changes nothing`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    try await test.session("juliet").setAffiliation(.moderator, of: jid("romeo"), in: posts("juliet"))
    #expect(try await romeo.subscribe(to: posts("juliet")) == .subscribed)
    #expect(try await membership(of: "romeo", in: posts("juliet"))?.affiliation == .moderator)
  }

  @Test func `what isn't there can't be followed, and nobody can't follow`() async throws {
    #expect(await refusal { try await test.session("romeo").subscribe(to: posts("nobody")) } == .itemNotFound)
    #expect(await refusal { try await test.session("romeo").unsubscribe(from: posts("nobody")) } == .itemNotFound)
    #expect(await refusal { try await test.anonymous.subscribe(to: posts("juliet")) } == .notAuthorized)
    #expect(await refusal { try await test.anonymous.unsubscribe(from: posts("juliet")) } == .notAuthorized)
    #expect(await refusal { try await test.anonymous.memberships() } == .notAuthorized)
  }

  @Test func `a private channel is followed after approval`() async throws {
    let juliet = try test.session("juliet")
    let romeo = try test.session("romeo")
    try await juliet.configure(posts("juliet"), NodeConfiguration(accessModel: .authorize))
    #expect(try await romeo.subscribe(to: posts("juliet")) == .pending)
    #expect(await refusal { try await romeo.entries(of: posts("juliet"), page: PageRequest()) } == .pendingSubscription)
    #expect(try await membership(of: "romeo", in: node("juliet", "status")) == nil)
    #expect(try await romeo.memberships().contains { $0.subscription == .pending })
    try await juliet.setSubscription(.subscribed, of: jid("romeo"), in: posts("juliet"))
    #expect(try await romeo.entries(of: posts("juliet"), page: PageRequest()) == [])
    #expect(try await membership(of: "romeo", in: posts("juliet"))?.affiliation == .member)
    #expect(try await membership(of: "romeo", in: node("juliet", "status"))?.subscription == .subscribed)
  }

  @Test func `a refused request is gone`() async throws {
    let juliet = try test.session("juliet")
    try await juliet.configure(posts("juliet"), NodeConfiguration(accessModel: .authorize))
    _ = try await test.session("romeo").subscribe(to: posts("juliet"))
    try await juliet.setSubscription(.none, of: jid("romeo"), in: posts("juliet"))
    #expect(try await membership(of: "romeo", in: posts("juliet")) == nil)
    #expect(
      await refusal { try await juliet.setSubscription(.subscribed, of: jid("romeo"), in: posts("juliet")) }
        == .unexpectedRequest)
  }

  @Test func `a local channel is open to the server's users and to nobody else`() async throws {
    try await test.session("juliet").configure(posts("juliet"), NodeConfiguration(accessModel: .local))
    _ = try await test.session("juliet").publish(post("x"), to: posts("juliet"))
    #expect(try await test.session("romeo").entries(of: posts("juliet"), page: PageRequest()).count == 1)
    let queue = EventQueue.member(try JID("example.com"), try posts("juliet"))
    #expect(try await test.session("romeo").queue(for: posts("juliet")) == queue)
    #expect(try await test.session("romeo").subscribe(to: posts("juliet")) == .subscribed)
    #expect(
      await refusal { try await test.anonymous.entries(of: posts("juliet"), page: PageRequest()) } == .notAuthorized)
    let remote = test.server.trustedSession(user: try jid("x@other.example"))
    #expect(await refusal { try await remote.entries(of: posts("juliet"), page: PageRequest()) } == .closedNode)
    #expect(try await remote.subscribe(to: posts("juliet")) == .pending)
    #expect(try await test.events(.anonymous) == [])
    #expect(try await test.events(queue).count == 1)
  }

  @Test func `who is invited by a moderator is in when they accept, by a follower not`() async throws {
    let juliet = try test.session("juliet")
    try await juliet.configure(posts("juliet"), NodeConfiguration(accessModel: .authorize))
    _ = try await test.session("paris").subscribe(to: posts("juliet"))
    try await juliet.setSubscription(.subscribed, of: jid("paris"), in: posts("juliet"))
    try await juliet.setSubscription(.invited, of: jid("romeo"), in: posts("juliet"))
    try await test.session("paris").setSubscription(.invited, of: jid("nurse"), in: posts("juliet"))
    for name in ["romeo", "nurse"] {
      #expect(
        await refusal { try await test.session(name).entries(of: posts("juliet"), page: PageRequest()) }
          == .closedNode)
    }
    #expect(
      await refusal { try await juliet.setSubscription(.subscribed, of: jid("romeo"), in: posts("juliet")) }
        == .notAllowed)
    #expect(try await test.session("romeo").subscribe(to: posts("juliet")) == .subscribed)
    #expect(try await test.session("nurse").subscribe(to: posts("juliet")) == .pending)
    #expect(
      await refusal { try await test.session("nurse").setSubscription(.invited, of: jid("x"), in: posts("juliet")) }
        == .forbidden)
  }

  @Test func `an invitation does not end a subscription`() async throws {
    _ = try await test.session("romeo").subscribe(to: posts("juliet"))
    try await test.session("juliet").setSubscription(.invited, of: jid("romeo"), in: posts("juliet"))
    #expect(try await membership(of: "romeo", in: posts("juliet"))?.subscription == .subscribed)
  }

  @Test func `the last owner and the namesake of a channel stay`() async throws {
    let coffee = try posts("coffee@topics.example.com")
    let romeo = try test.session("romeo")
    try await romeo.createTopicChannel(coffee.channel)
    #expect(await refusal { try await romeo.unsubscribe(from: coffee) } == .notAllowed)
    #expect(await refusal { try await romeo.unsubscribe(from: posts("romeo")) } == .notAllowed)
    _ = try await test.session("juliet").subscribe(to: coffee)
    try await romeo.setAffiliation(.owner, of: jid("juliet"), in: coffee)
    try await romeo.unsubscribe(from: coffee)
    #expect(try await test.anonymous.affiliations(of: coffee).map(\.user) == [jid("juliet")])
    #expect(await refusal { try await test.session("juliet").unsubscribe(from: coffee) } == .notAllowed)
  }

  @Test func `a user follows only so many nodes`() async throws {
    let test = try TestServer { $0.limits.maxSubscriptions = 7 }
    try await test.register("romeo", "juliet", "paris")
    _ = try await test.session("romeo").subscribe(to: node("juliet", "status"))
    #expect(
      await refusal { try await test.session("romeo").subscribe(to: node("paris", "status")) } == .policyViolation)
  }

  @Test func `recent entries are those of the posts that one follows and may read`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    let start = test.clock.now
    _ = try await test.session("juliet").publish(post("old"), to: posts("juliet"))
    test.clock.advance(by: .seconds(1))
    let new = try await test.session("juliet").publish(post("new"), to: posts("juliet"))
    let newest = try await test.session("juliet").publish(post("newest"), to: posts("juliet"))
    _ = try await test.session("juliet").publish(post("status"), to: node("juliet", "status"))
    _ = try await test.session("paris").publish(post("unfollowed"), to: posts("paris"))
    let recent = try await romeo.recentEntries(since: start, maxPerNode: 10)
    #expect(recent.map(\.node) == [try posts("juliet")])
    #expect(recent.first?.entries == [newest, new])
    #expect(try await romeo.recentEntries(since: start, maxPerNode: 1).first?.entries == [newest])
    try await test.session("juliet").setAffiliation(.outcast, of: jid("romeo"), in: posts("juliet"))
    #expect(try await romeo.recentEntries(since: start, maxPerNode: 10).isEmpty)
    #expect(await refusal { try await romeo.recentEntries(since: start, maxPerNode: 0) } == .badRequest)
    #expect(await refusal { try await test.anonymous.recentEntries(since: start, maxPerNode: 1) } == .notAuthorized)
  }
}
