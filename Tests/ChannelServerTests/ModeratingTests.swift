import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Moderating") struct ModeratingTests {
  private let test: TestServer
  private let coffee: NodeID

  /// A topic channel of romeo's, with juliet as moderator, paris as publisher, nurse as nothing.
  init() async throws {
    test = try TestServer()
    coffee = NodeID(channel: try jid("coffee@topics.example.com"), name: "posts")
    try await test.register("romeo", "juliet", "paris", "tybalt", "nurse")
    try await test.session("romeo").createTopicChannel(coffee.channel)
    for name in ["juliet", "paris"] { _ = try await test.session(name).subscribe(to: coffee) }
    try await test.session("romeo").setAffiliation(.moderator, of: jid("juliet"), in: coffee)
  }

  @Test func `who is banned neither reads, posts, follows nor hears, until they are let in again`() async throws {
    let juliet = try test.session("juliet")
    let paris = try test.session("paris")
    try await juliet.setAffiliation(.outcast, of: jid("paris"), in: coffee)
    _ = try await test.session("romeo").publish(post("x"), to: coffee)
    #expect(await refusal { try await paris.entries(of: coffee, page: PageRequest()) } == .forbidden)
    #expect(await refusal { try await paris.publish(post("x"), to: coffee) } == .forbidden)
    #expect(await refusal { try await paris.subscribe(to: coffee) } == .forbidden)
    #expect(await refusal { try await paris.queue(for: coffee) } == .forbidden)
    #expect(await refusal { try await paris.affiliations(of: coffee) } == .forbidden)
    #expect(try await test.events(.user(jid("paris"))) == [])
    #expect(try await paris.memberships().allSatisfy { $0.node.channel.local == "paris" })
    try await paris.unsubscribe(from: coffee)
    #expect(await refusal { try await paris.subscribe(to: coffee) } == .forbidden)
    try await juliet.setAffiliation(.none, of: jid("paris"), in: coffee)
    #expect(try await paris.subscribe(to: coffee) == .subscribed)
  }

  @Test func `a stranger can be banned beforehand, but not made anything else`() async throws {
    try await test.session("juliet").setAffiliation(.outcast, of: jid("tybalt"), in: coffee)
    #expect(await refusal { try await test.session("tybalt").subscribe(to: coffee) } == .forbidden)
    for affiliation in [Affiliation.none, .member, .publisher] {
      #expect(
        await refusal { try await test.session("juliet").setAffiliation(affiliation, of: jid("nurse"), in: coffee) }
          == .unexpectedRequest)
    }
  }

  @Test func `the ban of a channel covers its other nodes, and following the channel lifts no ban of a node`()
    async throws
  {
    let romeo = try test.session("romeo")
    let beans = NodeID(channel: coffee.channel, name: "beans")
    try await romeo.createNode(beans)
    try await romeo.setAffiliation(.outcast, of: jid("paris"), in: coffee)
    #expect(await refusal { try await test.session("paris").entries(of: beans, page: PageRequest()) } == .forbidden)
    try await romeo.setAffiliation(.outcast, of: jid("nurse"), in: beans)
    #expect(try await test.session("nurse").subscribe(to: coffee) == .subscribed)
    try await test.session("nurse").unsubscribe(from: coffee)
    #expect(await refusal { try await test.session("nurse").entries(of: beans, page: PageRequest()) } == .forbidden)
  }

  @Test func `members are listed to those who may read, the banned and the waiting to moderators`() async throws {
    let romeo = try test.session("romeo")
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize))
    _ = try await test.session("nurse").subscribe(to: coffee)
    try await romeo.setAffiliation(.outcast, of: jid("tybalt"), in: coffee)
    func names(_ session: any ChannelSession) async throws -> [String?] {
      try await session.affiliations(of: coffee).map(\.user.local)
    }
    #expect(try await names(romeo) == ["romeo", "juliet", "nurse", "paris", "tybalt"])
    #expect(try await names(test.session("juliet")) == ["romeo", "juliet", "nurse", "paris", "tybalt"])
    #expect(try await names(test.session("paris")) == ["romeo", "juliet", "paris"])
    #expect(await refusal { try await names(test.session("nurse")) } == .pendingSubscription)
    #expect(await refusal { try await names(test.anonymous) } == .notAuthorized)
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .open))
    #expect(try await names(test.session("nurse")) == ["romeo", "juliet", "nurse", "paris"])
    #expect(try await names(test.anonymous) == ["romeo", "juliet", "paris"])
  }

  @Test func `owners make moderators and owners, moderators don't, and an owner stays`() async throws {
    let (romeo, juliet) = (try test.session("romeo"), try test.session("juliet"))
    for affiliation in [Affiliation.moderator, .owner] {
      #expect(
        await refusal { try await juliet.setAffiliation(affiliation, of: jid("paris"), in: coffee) } == .forbidden)
    }
    try await juliet.setAffiliation(.member, of: jid("paris"), in: coffee)
    #expect(await refusal { try await test.session("paris").publish(post("x"), to: coffee) } == .forbidden)
    try await romeo.setAffiliation(.owner, of: jid("paris"), in: coffee)
    for affiliation in [Affiliation.none, .outcast, .member] {
      #expect(
        await refusal { try await romeo.setAffiliation(affiliation, of: jid("paris"), in: coffee) } == .notAcceptable)
      #expect(
        await refusal { try await romeo.setAffiliation(affiliation, of: jid("romeo"), in: coffee) } == .notAllowed)
    }
    #expect(
      await refusal { try await test.session("nurse").setAffiliation(.member, of: jid("juliet"), in: coffee) }
        == .notAuthorized)
    #expect(
      await refusal { try await test.anonymous.setAffiliation(.member, of: jid("juliet"), in: coffee) }
        == .notAuthorized)
  }

  @Test func `subscriptions are managed by moderators, with sensible targets and states`() async throws {
    let (romeo, juliet) = (try test.session("romeo"), try test.session("juliet"))
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize))
    _ = try await test.session("nurse").subscribe(to: coffee)
    for state in [SubscriptionState.pending, .unconfigured] {
      #expect(await refusal { try await juliet.setSubscription(state, of: jid("nurse"), in: coffee) } == .badRequest)
    }
    #expect(
      await refusal { try await test.session("paris").setSubscription(.subscribed, of: jid("nurse"), in: coffee) }
        == .forbidden)
    #expect(
      await refusal { try await test.anonymous.setSubscription(.subscribed, of: jid("nurse"), in: coffee) }
        == .notAuthorized)
    #expect(await refusal { try await juliet.setSubscription(.none, of: jid("romeo"), in: coffee) } == .notAllowed)
    #expect(await refusal { try await juliet.setSubscription(.none, of: jid("juliet"), in: coffee) } == .notAllowed)
    #expect(
      await refusal { try await juliet.setSubscription(.none, of: jid("tybalt"), in: coffee) } == .unexpectedRequest)
    try await romeo.setAffiliation(.moderator, of: jid("paris"), in: coffee)
    #expect(await refusal { try await juliet.setSubscription(.none, of: jid("paris"), in: coffee) } == .forbidden)
    try await romeo.setSubscription(.none, of: jid("paris"), in: coffee)
    try await juliet.setAffiliation(.outcast, of: jid("tybalt"), in: coffee)
    #expect(await refusal { try await juliet.setSubscription(.invited, of: jid("tybalt"), in: coffee) } == .notAllowed)
    try await juliet.setSubscription(.subscribed, of: jid("nurse"), in: coffee)
    #expect(try await romeo.affiliations(of: coffee).map(\.user.local) == ["romeo", "juliet", "nurse", "tybalt"])
  }

  @Test func `approval keeps what somebody is`() async throws {
    let romeo = try test.session("romeo")
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize, defaultAffiliation: .member))
    _ = try await test.session("nurse").subscribe(to: coffee)
    try await romeo.setAffiliation(.publisher, of: jid("nurse"), in: coffee)
    #expect(await refusal { try await test.session("nurse").publish(post("x"), to: coffee) } == .pendingSubscription)
    try await romeo.setSubscription(.subscribed, of: jid("nurse"), in: coffee)
    _ = try await test.session("nurse").publish(post("x"), to: coffee)
  }

  @Test func `a new role opens no private node, and brings nobody back to a node that they left`() async throws {
    let romeo = try test.session("romeo")
    let (place, notes) = (try node("romeo", "geo/current"), try node("romeo", "status"))
    try await romeo.configure(place, NodeConfiguration(accessModel: .whitelist))
    let paris = try test.session("paris")
    _ = try await paris.subscribe(to: posts("romeo"))
    try await paris.unsubscribe(from: notes)
    for affiliation in [Affiliation.publisher, .moderator, .member] {
      try await romeo.setAffiliation(affiliation, of: jid("paris"), in: posts("romeo"))
      #expect(await refusal { try await paris.entries(of: place, page: PageRequest()) } == .closedNode)
      #expect(try await paris.memberships().contains { $0.node == notes } == false)
    }
    try await romeo.setAffiliation(.owner, of: jid("paris"), in: posts("romeo"))
    #expect(try await paris.entries(of: place, page: PageRequest()) == [])
  }

  @Test func `who is made a moderator while waiting is in, and comes back without waiting`() async throws {
    let romeo = try test.session("romeo")
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize))
    let nurse = try test.session("nurse")
    #expect(try await nurse.subscribe(to: coffee) == .pending)
    try await romeo.setAffiliation(.moderator, of: jid("nurse"), in: coffee)
    #expect(try await nurse.entries(of: coffee, page: PageRequest()) == [])
    try await romeo.setAffiliation(.outcast, of: jid("nurse"), in: coffee)
    try await romeo.setAffiliation(.moderator, of: jid("nurse"), in: coffee)
    #expect(try await nurse.subscribe(to: coffee) == .subscribed)
  }
}
