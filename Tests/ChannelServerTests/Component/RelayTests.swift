import ChannelProtocol
import ChannelServer
import Channels
import Testing
import XMPP

/// Who is told what, and when.
struct RelayTests {
  /// Runs the relay beside a test, and ends it.
  private func withRelay(_ test: TestComponent, _ body: () async throws -> Void) async throws {
    // Its beginning is written down before anything happens.
    if try await test.world.server.relayPosition(ComponentRelay.name) == nil {
      try await test.world.server.setRelayPosition(
        ComponentRelay.name, to: test.world.server.outboxHead())
    }
    let relay = Task { await ComponentRelay(test.component).run() }
    defer { relay.cancel() }
    try await body()
  }

  @Test
  func `every resource that is there hears of a post, and who has told nothing by their address`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice", "bob", "carol", "dan")
    let posts = try posts("alice")
    for name in ["bob", "carol", "dan"] { _ = try await test.world.session(name).subscribe(to: posts) }
    try await test.presence("bob@example.com/one")
    try await test.presence("bob@example.com/two")
    try await test.presence("dan@example.com/one")
    try await test.presence("dan@example.com/one", "unavailable")
    try await test.presence("alice@example.com/home", "unavailable")

    try await withRelay(test) {
      let entry = try await test.world.session("alice").publish(post("hello"), to: posts)
      let messages = await test.link.sent(3)
      #expect(
        Set(messages.map(\.to?.description)) == ["bob@example.com/one", "bob@example.com/two", "carol@example.com"])
      for message in messages {
        #expect(message.type == "headline")
        #expect(message.from?.description == "channels.example.com")
        #expect(message.notifications(test.world.clock.now) == [.published(entry)])
      }
      // Dan hears nothing, so the next thing that is sent is for somebody else.
      try await test.world.session("alice").retract(entry.id, from: posts)
      let retractions = await test.link.sent(3)
      #expect(!retractions.contains { $0.to?.local == "dan" })
      #expect(retractions[0].notifications(test.world.clock.now) == [.retracted(entry.id, from: posts, tombstone: nil)])
    }
  }

  @Test
  func `another server gets one copy, however many of its users follow`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice")
    try test.knowElsewhere()
    try await test.presence("alice@example.com/home", "unavailable")
    let posts = try posts("alice")
    for name in ["bob", "carol"] {
      let user = try JID("\(name)@elsewhere.example")
      _ = try await test.ask(
        ChannelQuery(.subscribe(posts, user: user, SubscriptionOptions()), actor: user),
        from: "channels.elsewhere.example")
    }
    try await withRelay(test) {
      let first = try await test.world.session("alice").publish(post("one"), to: posts)
      let second = try await test.world.session("alice").publish(post("two"), to: posts)
      let messages = await test.link.sent(2)
      #expect(messages.map(\.to?.description) == ["channels.elsewhere.example", "channels.elsewhere.example"])
      #expect(
        messages.flatMap { $0.notifications(test.world.clock.now) } == [.published(first), .published(second)])
    }
  }

  @Test
  func `an owner is asked whether somebody may follow, and their answer counts`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice", "bob")
    let posts = try posts("alice")
    try await test.world.session("alice").configure(posts, NodeConfiguration(accessModel: .authorize))
    try await test.presence("alice@example.com/home")
    try await test.presence("bob@example.com/r", "unavailable")

    try await withRelay(test) {
      #expect(try await test.world.session("bob").subscribe(to: posts) == .pending)
      let messages = await test.link.sent(2)
      #expect(messages.allSatisfy { $0.to?.description == "alice@example.com/home" })
      let form = try #require(messages.compactMap { $0.child("x", DataForm.namespace) }.first)
      var answer = try #require(try AuthorizationForm(form))
      #expect(answer.node == posts)
      #expect(answer.subscriber == (try jid("bob")))

      answer.isAllowed = true
      await test.receive(
        Stanza(
          .message, to: try JID("channels.example.com"), from: try JID("alice@example.com/home"),
          payload: [answer.answer]))
      #expect(
        try await test.world.session("bob").memberships().contains {
          $0.node == posts && $0.subscription == .subscribed
        })
      // Somebody else's answer does not.
      await test.receive(
        Stanza(
          .message, id: "m", to: try JID("channels.example.com"), from: try JID("bob@example.com/r"),
          payload: [AuthorizationForm(node: posts, subscriber: try jid("carol"), isAllowed: true).answer]))
      var refusal: StanzaError?
      while refusal == nil { refusal = await test.link.sent(1).first.flatMap { StanzaError(stanza: $0) } }
      #expect(refusal?.condition == .forbidden)
    }
  }

  @Test
  func `what was committed without a connection, or without a relay, is told later, in order`() async throws {
    let world = try TestServer()
    let test = try TestComponent(world)
    try await world.register("alice", "bob")
    let posts = try posts("alice")
    _ = try await world.session("bob").subscribe(to: posts)
    try await test.presence("alice@example.com/home", "unavailable")
    test.link.set(isOnline: false)
    var published: [Entry] = []
    try await withRelay(test) {
      for number in 0..<3 {
        published.append(try await world.session("alice").publish(post("\(number)"), to: posts))
      }
      test.link.set(isOnline: true)
      let messages = await test.link.sent(3)
      #expect(messages.flatMap { $0.notifications(world.clock.now) } == published.map { .published($0) })
    }

    // A new process over the same store: it goes on where the other had come to, or tells the last ones again.
    let entry = try await world.session("alice").publish(post("later"), to: posts)
    let again = try TestComponent(world)
    try await again.presence("alice@example.com/home", "unavailable")
    try await withRelay(again) {
      var told: [ChannelNotification] = []
      while told.last != .published(entry) {
        told += await again.link.sent(1).flatMap { $0.notifications(world.clock.now) }
      }
      #expect(told.count <= 4)
    }
  }

  @Test
  func `the archive is replayed as messages, and then it is said that this was all`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice")
    let posts = try posts("alice")
    let entry = try await test.world.session("alice").publish(post("hello"), to: posts)
    let query = ChannelQuery(.archive(ArchiveQuery(start: test.world.clock.now), id: "q7"))
    await test.receive(
      query.stanza(id: "1", to: try JID("channels.example.com"), from: try JID("alice@example.com/r")))
    var messages: [Stanza] = []
    while messages.last?.kind != .iq { messages += await test.link.sent(1) }
    #expect(messages.last?.type == "result")
    let forwarded = messages.compactMap { $0.child("forwarded", Forwarded.namespace) }
    let events = forwarded.compactMap { $0.child(named: "message")?.child(named: "event") }
    #expect(
      events.flatMap { ChannelNotification.read($0, moment: test.world.clock.now).notifications }
        .contains(.published(entry)))
    #expect(messages.first?.child("result", MessageArchiveQuery.Version.early.rawValue)?.attributes["queryid"] == "q7")
  }

  @Test
  func `a subscription for as long as somebody is there ends with their last resource`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice", "bob")
    let posts = try posts("alice")
    try await test.presence("bob@example.com/one")
    try await test.presence("bob@example.com/two")
    let request = ChannelRequest.subscribe(posts, user: try jid("bob"), SubscriptionOptions(isTemporary: true))
    guard case .subscribed(let membership) = try await test.ask(request, from: "bob@example.com/one") else {
      return #expect(Bool(false), "it is allowed")
    }
    #expect(membership.isTemporary)
    try await test.presence("bob@example.com/one", "unavailable")
    #expect(try await test.world.session("bob").memberships().contains { $0.node == posts })
    try await test.presence("bob@example.com/two", "unavailable")
    #expect(try await !test.world.session("bob").memberships().contains { $0.node == posts })
  }

  @Test
  func `whoever wants to see that the server is there may`() async throws {
    let test = try TestComponent()
    try await test.presence("alice@example.com", "subscribe")
    #expect(await test.link.sent(2).map(\.type) == ["subscribed", nil])
    try await test.presence("alice@example.com/r", "probe")
    #expect(await test.link.sent(1).first?.to?.description == "alice@example.com/r")
  }
}
