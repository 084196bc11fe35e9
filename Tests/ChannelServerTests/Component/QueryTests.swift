import ChannelProtocol
import ChannelServer
import Channels
import Testing
import XMPP

/// Queries of users and of other servers, and who may ask for whom.
struct QueryTests {
  @Test
  func `a user registers, posts, and reads it again`() async throws {
    let test = try TestComponent()
    #expect(try await test.ask(.register, from: "alice@example.com/r") == .done)
    #expect(try await test.ask(.register, from: "alice@example.com/r") == .done)
    let posts = try posts("alice")

    let published = try await test.ask(.publish(post("hello"), to: posts, id: nil), from: "alice@example.com/r")
    guard case .published(let node, let id) = published else { return #expect(Bool(false), "\(published)") }
    #expect(node == posts)
    #expect(id.hasPrefix("tag:channels.example.com,/user/alice@example.com/posts,"))

    let page = try await test.ask(.items(posts, ItemQuery()), from: "bob@example.com/r")
    guard case .items(_, let items, let bounds) = page else { return #expect(Bool(false), "\(page)") }
    #expect(items.map(\.entry?.content) == ["hello"])
    #expect(items.first?.entry?.author == (try jid("alice")))
    #expect(bounds?.count == 1)
    #expect(items.first?.id == bounds?.first)
  }

  @Test
  func `the server says what it is, and the topics' domain where it is`() async throws {
    let test = try TestComponent()
    let info = try await test.ask(.serverInfo, from: "alice@example.com/r")
    guard case .server(let description) = info else { return #expect(Bool(false), "\(info)") }
    #expect(description.isA("pubsub", "channels"))
    #expect(description.features.contains("jabber:iq:register"))

    let topics = try await test.ask(
      ChannelQuery(.nodes(PageRequest())), from: "alice@example.com/r", to: "topics.example.com")
    let item = topics.payload.first?.child(named: "item")
    #expect(item?.attributes["jid"] == "channels.example.com")
    #expect(item?.attributes["name"] == "buddycloud-server")

    let ping = Stanza(
      .iq, type: "get", id: "p", to: try JID("channels.example.com"), from: try JID("example.com"),
      payload: [XMLElement("ping", namespace: "urn:xmpp:ping")])
    await test.receive(ping)
    #expect(await test.link.sent(1).first?.type == "result")
  }

  @Test
  func `a user of this server acts for themselves only`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice", "mallory")
    let query = ChannelQuery(.publish(post("forged"), to: try posts("alice"), id: nil), actor: try jid("alice"))
    let answer = try await test.ask(query, from: "mallory@example.com/r")
    let error = try #require(StanzaError(stanza: answer))
    #expect(error.condition == .policyViolation)
    #expect(error.application?.name == "invalid-actor")
    #expect(try await test.world.session("alice").entries(of: posts("alice"), page: PageRequest()).isEmpty)
  }

  @Test
  func `another server writes for its own users, and for nobody else`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice")
    try test.knowElsewhere()
    let posts = try posts("alice")
    let bob = try JID("bob@elsewhere.example")

    let subscribe = ChannelQuery(.subscribe(posts, user: bob, SubscriptionOptions()), actor: bob)
    let answer = try await test.ask(subscribe, from: "channels.elsewhere.example")
    #expect(answer.type == "result")
    #expect(try await test.world.session("alice").affiliations(of: posts).contains { $0.user == bob })

    // From another component of that domain, from a user, and for a user of ours.
    for (sender, actor) in [
      ("evil.elsewhere.example", "bob@elsewhere.example"), ("bob@elsewhere.example/r", "bob@elsewhere.example"),
      ("channels.elsewhere.example", "alice@example.com"), ("channels.elsewhere.example", "x@third.example"),
    ] {
      let query = ChannelQuery(.publish(post("forged"), to: posts, id: nil), actor: try JID(actor))
      let error = StanzaError(stanza: try await test.ask(query, from: sender))
      #expect(error?.condition == .policyViolation, "\(sender) for \(actor)")
    }
    #expect(try await test.world.session("alice").entries(of: posts, page: PageRequest()).isEmpty)
  }

  @Test
  func `a foreign user without their server reads what everybody may, and writes nothing`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice")
    let posts = try posts("alice")
    guard case .items = try await test.ask(.items(posts, ItemQuery()), from: "bob@elsewhere.example/r") else {
      return #expect(Bool(false), "open channels are for everybody")
    }
    let error = try await #require(throws: StanzaError.self) {
      try await test.ask(.publish(post("x"), to: posts, id: nil), from: "bob@elsewhere.example/r")
    }
    #expect(error.condition == .registrationRequired)
    #expect(test.link.questions == 0)
  }

  @Test
  func `it is asked once which server is a domain's`() async throws {
    let test = try TestComponent()
    try await test.world.register("alice")
    try test.knowElsewhere()
    let posts = try posts("alice")
    let actor = try JID("bob@elsewhere.example")
    for _ in 0..<5 {
      _ = try await test.ask(ChannelQuery(.items(posts, ItemQuery()), actor: actor), from: "channels.elsewhere.example")
    }
    // Its items, and what two of them are: the first is none, the second it is.
    #expect(test.link.questions == 3)
    test.world.clock.advance(by: .seconds(601))
    _ = try await test.ask(ChannelQuery(.items(posts, ItemQuery()), actor: actor), from: "channels.elsewhere.example")
    #expect(test.link.questions == 6)
  }

  @Test
  func `a page that is too large for a stanza comes in halves`() async throws {
    let test = try TestComponent { $0.maxStanzaBytes = 8000 }
    try await test.world.register("alice")
    let (session, posts) = (try test.world.session("alice"), try posts("alice"))
    var published: [String] = []
    for number in 0..<20 {
      published.append(try await session.publish(post("\(number) " + String(repeating: "x", count: 500)), to: posts).id)
    }

    var seen: [String] = []
    var page = PageRequest()
    while seen.count < 20 {
      guard
        case .items(_, let items, let bounds) = try await test.ask(
          .items(posts, ItemQuery(page: page)), from: "a@example.com/r")
      else { return #expect(Bool(false), "a page") }
      #expect(items.count < 20)
      #expect(bounds?.count == 20)
      try #require(!items.isEmpty)
      seen += items.map(\.id)
      page.after = bounds?.last
    }
    #expect(seen == published.reversed())
  }

  @Test
  func `what is asked without end is refused, and others are answered`() async throws {
    let test = try TestComponent { $0.maxQueuedPerSender = 2 }
    try await test.world.register("alice")
    let flood = ChannelQuery(.items(try posts("alice"), ItemQuery()))
    for _ in 0..<50 {
      test.component.receive(
        flood.stanza(id: "f", to: try JID("channels.example.com"), from: try JID("mallory@example.com/r"))
      ) {}
    }
    let answers = await test.link.sent(50)
    let refused = answers.filter { StanzaError(stanza: $0)?.condition == .resourceConstraint }
    #expect(!refused.isEmpty)
    #expect(answers.contains { $0.type == "result" })
    #expect(try await test.ask(flood, from: "bob@example.com/r").type == "result")
  }

  @Test
  func `what nobody knows, and what is for others, is refused in the protocol's words`() async throws {
    let test = try TestComponent()
    let unknown = Stanza(
      .iq, type: "get", id: "1", to: try JID("channels.example.com"), from: try JID("alice@example.com/r"),
      payload: [XMLElement("query", namespace: "jabber:iq:private")])
    await test.receive(unknown)
    let answer = try #require(await test.link.sent(1).first)
    #expect(StanzaError(stanza: answer)?.condition == .serviceUnavailable)
    #expect(answer.to == unknown.from)
    #expect(answer.from == unknown.to)

    let error = try await #require(throws: StanzaError.self) {
      try await test.ask(.items(try posts("x@third.example"), ItemQuery()), from: "alice@example.com/r")
    }
    #expect(error.condition == .itemNotFound)
  }
}
