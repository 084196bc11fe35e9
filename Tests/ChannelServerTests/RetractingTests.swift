import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Retracting") struct RetractingTests {
  private let test: TestServer
  private let coffee: NodeID

  /// A topic channel of romeo's, with juliet as moderator, paris and tybalt as publishers.
  init() async throws {
    test = try TestServer()
    coffee = NodeID(channel: try jid("coffee@topics.example.com"), name: "posts")
    try await test.register("romeo", "juliet", "paris", "tybalt", "nurse")
    try await test.session("romeo").createTopicChannel(coffee.channel)
    for name in ["juliet", "paris", "tybalt"] { _ = try await test.session(name).subscribe(to: coffee) }
    try await test.session("romeo").setAffiliation(.moderator, of: jid("juliet"), in: coffee)
  }

  @Test(
    arguments: [
      ("paris", "paris", nil), ("paris", "juliet", nil), ("paris", "romeo", nil), ("romeo", "juliet", nil),
      ("paris", "tybalt", ChannelError.Code.forbidden), ("romeo", "tybalt", .forbidden), ("paris", "nurse", .forbidden),
      ("juliet", "paris", .forbidden),
    ] as [(String, String, ChannelError.Code?)])
  func `an entry is removed by its author, moderators and owners`(
    author: String, actor: String, code: ChannelError.Code?
  ) async throws {
    let entry = try await test.session(author).publish(post("x"), to: coffee)
    #expect(await refusal { try await test.session(actor).retract(entry.id, from: coffee) } == code)
    #expect(
      await refusal { try await test.anonymous.entry(entry.id, of: coffee) } == (code == nil ? .itemNotFound : nil))
    // Its publication, and its end.
    let retracted = try await test.events(.node(coffee)).compactMap(\.retracted)
    #expect(retracted == (code == nil ? [entry.id, entry.id] : []))
  }

  @Test func `anonymous viewers remove nothing, and unknown entries are not found`() async throws {
    let entry = try await test.session("paris").publish(post("x"), to: coffee)
    #expect(await refusal { try await test.anonymous.retract(entry.id, from: coffee) } == .notAuthorized)
    #expect(await refusal { try await test.session("romeo").retract("none", from: coffee) } == .itemNotFound)
    #expect(await refusal { try await test.session("romeo").retract("x", from: posts("nobody")) } == .itemNotFound)
  }

  @Test func `a thread goes with its first entry, each with an event`() async throws {
    let session = try test.session("romeo")
    let root = try await session.publish(post("x"), to: coffee)
    var doomed: Set = [root.id]
    for number in 0..<3 { doomed.insert(try await session.publish(post("\(number)", replyTo: root.id), to: coffee).id) }
    let kept = try await session.publish(post("y"), to: coffee)
    try await session.retract(root.id, from: coffee)
    #expect(try await session.entries(of: coffee, page: PageRequest()) == [kept])
    #expect(Set(try await test.events(.user(jid("paris"))).compactMap(\.retracted)) == doomed)
  }

  @Test func `a reply goes alone`() async throws {
    let session = try test.session("romeo")
    let root = try await session.publish(post("x"), to: coffee)
    let reply = try await session.publish(post("y", replyTo: root.id), to: coffee)
    try await session.retract(EntryID.twoPart(reply.id, node: coffee), from: coffee)
    #expect(try await session.entries(of: coffee, page: PageRequest()) == [root])
  }

  @Test func `an author takes back their own also after leaving, a banned one doesn't`() async throws {
    let first = try await test.session("paris").publish(post("x"), to: coffee)
    let second = try await test.session("tybalt").publish(post("y"), to: coffee)
    try await test.session("romeo").configure(coffee, NodeConfiguration(accessModel: .authorize))
    try await test.session("paris").unsubscribe(from: coffee)
    try await test.session("romeo").setAffiliation(.outcast, of: jid("tybalt"), in: coffee)
    try await test.session("paris").retract(first.id, from: coffee)
    #expect(await refusal { try await test.session("tybalt").retract(second.id, from: coffee) } == .forbidden)
  }

  @Test func `who may not read a private node learns nothing of what is there`() async throws {
    let entry = try await test.session("romeo").publish(post("x"), to: coffee)
    try await test.session("romeo").configure(coffee, NodeConfiguration(accessModel: .authorize))
    let nurse = try test.session("nurse")
    for id in [entry.id, "none"] {
      #expect(await refusal { try await nurse.entry(id, of: coffee) } == .closedNode)
      #expect(await refusal { try await nurse.retract(id, from: coffee) } == .closedNode)
      #expect(await refusal { try await nurse.replies(to: id, in: coffee, page: PageRequest()) } == .closedNode)
      #expect(
        await refusal { try await nurse.entries(of: coffee, page: PageRequest(after: id)) } == .closedNode)
      #expect(await refusal { try await nurse.publish(post("x", replyTo: id), to: coffee) } == .closedNode)
      #expect(await refusal { try await test.anonymous.entry(id, of: coffee) } == .notAuthorized)
    }
  }
}
