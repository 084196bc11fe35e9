import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Removing an account") struct AccountRemovalTests {
  @Test func `what a user wrote, owned and followed goes, with events for the others`() async throws {
    let test = try TestServer { $0.nodes.personalAffiliation = .publisher }
    try await test.register("romeo", "juliet")
    let romeo = try test.session("romeo")
    let juliet = try test.session("juliet")
    let shared = try jid("balcony@topics.example.com")
    let own = try jid("swords@topics.example.com")
    try await romeo.createTopicChannel(shared)
    try await romeo.createTopicChannel(own)
    _ = try await juliet.subscribe(to: NodeID(channel: shared, name: "posts"))
    try await romeo.setAffiliation(.owner, of: jid("juliet"), in: NodeID(channel: shared, name: "posts"))
    _ = try await romeo.subscribe(to: posts("juliet"))
    let thread = try await romeo.publish(post("Juliet!"), to: posts("juliet"))
    let answer = try await juliet.publish(post("Ay me!", replyTo: thread.id), to: posts("juliet"))
    let kept = try await juliet.publish(post("Deny thy father"), to: posts("juliet"))

    try await test.server.removeAccount(jid("romeo"))

    #expect(
      await refusal { try await test.server.session(user: jid("romeo"), password: "secret of romeo") }
        == .notAuthorized)
    #expect(await refusal { try await juliet.metadata(of: posts("romeo")) } == .itemNotFound)
    #expect(await refusal { try await juliet.metadata(of: NodeID(channel: own, name: "posts")) } == .itemNotFound)
    #expect(try await juliet.metadata(of: NodeID(channel: shared, name: "posts")).channelType == .topic)
    #expect(try await juliet.entries(of: posts("juliet"), page: PageRequest()) == [kept])
    let retracted = try await test.events(.node(posts("juliet"))).compactMap(\.retracted)
    #expect(Set(retracted) == [thread.id, answer.id])
    #expect(try await juliet.affiliations(of: posts("juliet")).map(\.user) == [jid("juliet")])
    #expect(await refusal { try await test.server.removeAccount(jid("romeo")) } == .itemNotFound)
  }

  @Test func `who takes the name next finds nothing of it`() async throws {
    let test = try TestServer { $0.nodes.accessModel = .authorize }
    try await test.register("romeo", "juliet")
    let juliet = try test.session("juliet")
    _ = try await test.session("romeo").subscribe(to: posts("juliet"))
    try await juliet.setSubscription(.subscribed, of: jid("romeo"), in: posts("juliet"))
    _ = try await juliet.publish(post("Come, night"), to: posts("juliet"))
    #expect(try await test.events(.user(jid("romeo"))).count == 1)
    #expect(try await test.events(.member(jid("romeo"), posts("juliet"))).count == 1)
    try await test.server.removeAccount(jid("romeo"))
    try await test.register("romeo")
    #expect(try await test.events(.user(jid("romeo"))) == [])
    #expect(try await test.events(.member(jid("romeo"), posts("juliet"))) == [])
    #expect(try await test.session("romeo").memberships().allSatisfy { $0.affiliation == .owner })
  }

  @Test func `many entries go in steps`() async throws {
    let test = try TestServer { $0.nodes.personalAffiliation = .publisher }
    try await test.register("romeo", "juliet")
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    for number in 0..<230 { _ = try await romeo.publish(post("\(number)"), to: posts("juliet")) }
    try await test.server.removeAccount(jid("romeo"))
    #expect(try await test.anonymous.entries(of: posts("juliet"), page: PageRequest(max: 1)) == [])
    let retracted = try await test.events(.anonymous).compactMap(\.retracted)
    #expect(retracted.count == 460)
    #expect(Set(retracted).count == 230)
  }
}
