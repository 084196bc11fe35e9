import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Publishing") struct PublishingTests {
  @Test func `a post is stored as the server stamps it, and read newest first`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let first = try await session.publish(post("But, soft!"), to: posts("romeo"))
    test.clock.advance(by: .seconds(1))
    let second = try await session.publish(post("What light?", title: "Window"), to: posts("romeo"))
    #expect(second.author == (try jid("romeo")))
    #expect(second.published == test.clock.now)
    #expect(second.title == "Window")
    #expect(
      second.xml.child(named: "id")?.text
        == "tag:channels.example.com,/user/romeo@example.com/posts,\(second.id)")
    #expect(second.xml.child(named: "author")?.child(named: "uri")?.text == "acct:romeo@example.com")
    #expect(try await test.anonymous.entries(of: posts("romeo"), page: PageRequest()) == [second, first])
    #expect(try await test.anonymous.entry(first.id, of: posts("romeo")) == first)
  }

  @Test func `a post in an open channel reaches everybody, the node and each follower, with their predecessors`()
    async throws
  {
    let test = try TestServer()
    try await test.register("romeo", "juliet")
    #expect(try await test.session("juliet").subscribe(to: posts("romeo")) == .subscribed)
    let own = try await test.session("juliet").publish(post("O me!"), to: posts("juliet"))
    let entry = try await test.session("romeo").publish(post("It is the east"), to: posts("romeo"))
    let rows = try await test.server.outbox(after: 0, maxEvents: 100)
    let first = try #require(rows.first?.event.sequence)
    let second = try #require(rows.last?.event.sequence)
    #expect(second > first)
    let previous = Dictionary(
      uniqueKeysWithValues: rows.filter { $0.event.sequence == second }.map { ($0.queue, $0.previous) })
    #expect(
      previous == [
        .anonymous: first, .node(try posts("romeo")): 0, .user(try jid("romeo")): 0, .user(try jid("juliet")): first,
      ])
    #expect(try await test.events(.user(jid("juliet"))).map(\.published) == [own, entry])
    #expect(try await test.events(.user(jid("romeo"))).map(\.published) == [entry])
    #expect(try await test.server.outboxHead() == second)
  }
}
