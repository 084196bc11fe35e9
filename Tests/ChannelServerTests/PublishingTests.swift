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
  }

  @Test func `an entry is found by each form of its id, and in its node only`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let entry = try await session.publish(post("But, soft!"), to: posts("romeo"))
    let node = try posts("romeo")
    for id in [
      entry.id, EntryID.twoPart(entry.id, node: node), EntryID.tag(entry.id, node: node, authority: "channels.x"),
    ] {
      #expect(try await session.entry(id, of: node) == entry)
    }
    for id in ["", "none", "/user/other@example.com/posts,\(entry.id)", String(repeating: "x", count: 5000)] {
      #expect(await refusal { try await session.entry(id, of: node) } == .itemNotFound)
    }
    #expect(
      await refusal { try await session.entry(entry.id, of: NodeID(channel: node.channel, name: "status")) }
        == .itemNotFound)
  }

  @Test func `a post reaches everybody, the node and each follower, with their predecessors`() async throws {
    let test = try TestServer { $0.announcements.isEnabled = false }
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

  @Test func `a post in a private channel reaches its followers only`() async throws {
    let test = try TestServer { configuration in
      configuration.nodes.accessModel = .authorize
      configuration.announcements.isEnabled = false
    }
    try await test.register("romeo", "juliet", "paris", "tybalt")
    let juliet = try test.session("juliet")
    for name in ["romeo", "paris", "tybalt"] {
      #expect(try await test.session(name).subscribe(to: posts("juliet")) == .pending)
    }
    try await juliet.setSubscription(.subscribed, of: jid("romeo"), in: posts("juliet"))
    try await juliet.setAffiliation(.outcast, of: jid("tybalt"), in: posts("juliet"))
    let entry = try await juliet.publish(post("Come, gentle night"), to: posts("juliet"))
    let queues = Set(try await test.server.outbox(after: 0, maxEvents: 100).map(\.queue))
    let node = try posts("juliet")
    #expect(
      queues == [
        .user(try jid("juliet")), .user(try jid("romeo")), .member(try jid("juliet"), node),
        .member(try jid("romeo"), node),
      ])
    #expect(try await test.events(.member(jid("romeo"), node)).map(\.published) == [entry])
    #expect(try await test.events(.anonymous) == [])
    #expect(try await test.events(.node(node)) == [])
  }

  @Test func `a reply bumps its thread and refers by local id`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let root = try await session.publish(post("She speaks"), to: posts("romeo"))
    test.clock.advance(by: .seconds(1))
    let other = try await session.publish(post("O, speak again"), to: posts("romeo"))
    test.clock.advance(by: .seconds(1))
    let tag = EntryID.tag(root.id, node: try posts("romeo"), authority: "channels.example.com")
    let reply = try await session.publish(post("bright angel", replyTo: tag), to: posts("romeo"))
    #expect(reply.inReplyTo == root.id)
    let threads = try await session.threads(of: posts("romeo"), page: PageRequest())
    #expect(threads.map(\.id) == [root.id, other.id])
    #expect(threads.first?.entries == [root, reply])
    #expect(threads.first?.updated == reply.published)
    #expect(try await session.replies(to: root.id, in: posts("romeo"), page: PageRequest()) == [reply])
    #expect(
      await refusal { try await session.replies(to: "none", in: posts("romeo"), page: PageRequest()) }
        == .itemNotFound)
    let feed = try await session.entries(of: posts("romeo"), page: PageRequest())
    #expect(feed == [reply, root, other])
  }

  @Test func `a reply answers an entry of the same node, and no reply`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let root = try await session.publish(post("She speaks"), to: posts("romeo"))
    let reply = try await session.publish(post("bright angel", replyTo: root.id), to: posts("romeo"))
    for (id, condition) in [
      ("none", ApplicationCondition.parentItemNotFound), (reply.id, .maxThreadDepthExceeded),
      ("/user/juliet@example.com/posts,\(root.id)", .parentItemNotFound),
    ] {
      let error = await #expect(throws: ChannelError.self) {
        try await session.publish(post("x", replyTo: id), to: posts("romeo"))
      }
      #expect(error?.code == .badRequest && error?.application == condition)
    }
    #expect(
      await refusal { try await session.publish(post("x", replyTo: root.id), to: node("romeo", "status")) }
        == .badRequest)
  }

  @Test func `a rating is given once, in its thread, to what is no rating`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let node = try posts("romeo")
    let root = try await session.publish(post("Rate me"), to: node)
    let other = try await session.publish(post("Not me"), to: node)
    let rated = try await session.publish(rating("5.0", of: root.id, in: root.id), to: node)
    #expect(rated.xml.child(named: "verb", namespace: Namespaces.activity)?.text == "rated")
    for (target, thread, name) in [
      (root.id, root.id, "item-already-rated"), (rated.id, root.id, "invalid-rating-request"),
      (other.id, root.id, "target-outside-thread"), ("none", root.id, "targeted-item-not-found"),
    ] {
      let error = await #expect(throws: ChannelError.self) {
        try await session.publish(rating("3", of: target, in: thread), to: node)
      }
      #expect(error?.description.hasPrefix(name) == true, "\(String(describing: error))")
      #expect(error?.application?.name == name)
    }
  }

  private func rating(_ value: String, of target: String, in thread: String) -> XMLElement {
    var entry = post("", replyTo: thread)
    let id = XMLElement("id", namespace: Namespaces.atom, text: target)
    entry.children.append(
      .element(XMLElement("target", namespace: Namespaces.activity, children: [.element(id)])))
    entry.children.append(.element(XMLElement("rating", namespace: Namespaces.review, text: value)))
    return entry
  }

  @Test func `who may not publish is refused, whatever they send`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet", "paris", "tybalt")
    _ = try await test.session("paris").subscribe(to: posts("juliet"))
    try await test.session("juliet").setAffiliation(.outcast, of: jid("tybalt"), in: posts("juliet"))
    let head = try await test.server.outboxHead()
    for entry in [post("x"), XMLElement("feed", namespace: "urn:x")] {
      #expect(await refusal { try await test.anonymous.publish(entry, to: posts("juliet")) } == .notAuthorized)
      for name in ["romeo", "paris", "tybalt"] {
        #expect(
          await refusal { try await test.session(name).publish(entry, to: posts("juliet")) } == .forbidden, "\(name)")
      }
      #expect(
        await refusal { try await test.session("romeo").publish(entry, to: posts("nobody")) } == .itemNotFound)
      #expect(
        await refusal { try await test.session("romeo").publish(entry, to: node("romeo", "subscriptions")) }
          == .notAllowed)
    }
    #expect(
      await refusal { try await test.session("juliet").publish(XMLElement("x", namespace: ""), to: posts("juliet")) }
        == .badRequest)
    #expect(try await test.server.outboxHead() == head)
  }

  @Test func `an entry beyond a bound is refused`() async throws {
    let test = try TestServer { $0.entries.maxContentBytes = 10 }
    try await test.register("romeo")
    let session = try test.session("romeo")
    _ = try await session.publish(post("0123456789"), to: posts("romeo"))
    #expect(
      await refusal { try await session.publish(post("0123456789a"), to: posts("romeo")) } == .policyViolation)
  }

  @Test func `replacing the newest entry is one step with two events`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let status = try node("romeo", "status")
    let first = try await session.replaceNewest(with: post("in love"), in: status)
    let second = try await session.replaceNewest(with: post("out of love"), in: status)
    #expect(try await session.entries(of: status, page: PageRequest()) == [second])
    let changes = try await test.events(.node(status)).map(\.change)
    #expect(changes == [.retracted(id: first.id), .retracted(id: first.id), .published(second)])
    let bad = XMLElement("entry", namespace: Namespaces.atom)
    #expect(await refusal { try await session.replaceNewest(with: bad, in: status) } == .badRequest)
    #expect(try await session.entries(of: status, page: PageRequest()) == [second])
  }

  @Test func `a follower does not replace somebody else's newest entry`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet")
    let coffee = NodeID(channel: try jid("coffee@topics.example.com"), name: "posts")
    try await test.session("romeo").createTopicChannel(coffee.channel)
    _ = try await test.session("juliet").subscribe(to: coffee)
    let entry = try await test.session("romeo").publish(post("x"), to: coffee)
    #expect(
      await refusal { try await test.session("juliet").replaceNewest(with: post("y"), in: coffee) } == .forbidden)
    #expect(try await test.anonymous.entries(of: coffee, page: PageRequest()) == [entry])
  }

  @Test func `a clock that is set back a little does not change the order`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let start = test.clock.now
    let first = try await session.publish(post("1"), to: posts("romeo"))
    test.clock.setWallClock(to: Timestamp(milliseconds: start.milliseconds - 30_000))
    let second = try await session.publish(post("2"), to: posts("romeo"))
    #expect(second.published == first.published)
    #expect(try await session.entries(of: posts("romeo"), page: PageRequest()) == [second, first])
    test.clock.setWallClock(to: Timestamp(milliseconds: start.milliseconds - 3_600_000))
    let third = try await session.publish(post("3"), to: posts("romeo"))
    #expect(third.published == test.clock.now)
  }

  @Test func `a hundred who publish at once each get their place`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let ids = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<100 {
        group.addTask { try await session.publish(post("\(number)"), to: posts("romeo")).id }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(ids.count == 100)
    let rows = try await test.server.outbox(after: 0, maxEvents: 1000).filter { $0.queue == .anonymous }
    #expect(Set(rows.compactMap { $0.event.published?.id }) == ids)
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.event.sequence == $1.previous })
    #expect(rows.first?.previous == 0)
  }
}
