import ChannelServer
import Channels
import Testing
import XMPP

/// What is written down for whom when memberships and nodes change.
@Suite("Announcements") struct AnnouncingTests {
  private let test: TestServer
  private let coffee: NodeID

  /// A topic channel of romeo's that juliet moderates and paris follows, beside two users of another server.
  init() async throws {
    test = try TestServer()
    coffee = NodeID(channel: try jid("coffee@topics.example.com"), name: "posts")
    try await test.register("romeo", "juliet", "paris", "nurse")
    try await test.session("romeo").createTopicChannel(coffee.channel)
    for name in ["juliet", "paris"] { _ = try await test.session(name).subscribe(to: coffee) }
    try await test.session("romeo").setAffiliation(.moderator, of: jid("juliet"), in: coffee)
    for name in ["one", "two"] { _ = try await remote(name).subscribe(to: coffee) }
  }

  private func remote(_ name: String) throws -> any ChannelSession {
    test.server.trustedSession(
      user: try jid("\(name)@other.example"), listener: try JID("channels.other.example"))
  }

  private let others = EventQueue.remote(domain: "channels.other.example")

  private func notices(_ name: String) throws -> EventQueue { .notices(try jid(name)) }

  /// What an operation writes: each change with the queues that hear it.
  private func written(
    _ operation: () async throws -> Void
  ) async throws -> [(change: ChannelEvent.Change, queues: Set<EventQueue>)] {
    let head = try await test.server.outboxHead()
    try await operation()
    let rows = try await test.server.outbox(after: head, maxEvents: 1000)
    let sequences = Set(rows.map(\.event.sequence)).sorted()
    return sequences.compactMap { sequence in
      let same = rows.filter { $0.event.sequence == sequence }
      return same.first.map { ($0.event.change, Set(same.map(\.queue))) }
    }
  }

  @Test func `a new follower is told to all followers, once per server`() async throws {
    let events = try await written { _ = try await test.session("nurse").subscribe(to: coffee) }
    let nurse = try jid("nurse")
    let all = Set([others] + (try ["romeo", "juliet", "paris", "nurse"].map(notices)))
    #expect(
      events.map(\.change) == [
        .subscriptionChanged(user: nurse, .subscribed, invitedBy: nil), .affiliationChanged(user: nurse, .publisher),
      ])
    #expect(events.map(\.queues) == [all, all])
  }

  @Test func `who leaves hears so too, and the others`() async throws {
    let events = try await written { try await test.session("paris").unsubscribe(from: coffee) }
    let paris = try jid("paris")
    #expect(
      events.map(\.change) == [
        .subscriptionChanged(user: paris, .none, invitedBy: nil), .affiliationChanged(user: paris, .none),
      ])
    #expect(events.first?.queues == Set([others] + (try ["romeo", "juliet", "paris"].map(notices))))
  }

  @Test func `requests and invitations are for moderators and who is concerned`() async throws {
    let romeo = try test.session("romeo")
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize))
    let nurse = try jid("nurse")
    let few = Set(try ["romeo", "juliet", "nurse"].map(notices))
    let asked = try await written { _ = try await test.session("nurse").subscribe(to: coffee) }
    #expect(asked.first?.change == .subscriptionChanged(user: nurse, .pending, invitedBy: nil))
    #expect(asked.allSatisfy { $0.queues == few })
    let guest = try jid("guest@third.example")
    let invited = try await written { try await test.session("paris").setSubscription(.invited, of: guest, in: coffee) }
    #expect(invited.map(\.change) == [.subscriptionChanged(user: guest, .invited, invitedBy: try jid("paris"))])
    #expect(
      invited.first?.queues
        == Set([.remote(domain: "third.example")] + (try ["romeo", "juliet"].map(notices))))
  }

  @Test func `others than moderators hear of a ban that somebody is nothing any more`() async throws {
    let paris = try jid("paris")
    let events = try await written {
      try await test.session("juliet").setAffiliation(.outcast, of: paris, in: coffee)
    }
    let few = Set(try ["romeo", "juliet", "paris"].map(notices))
    #expect(events.contains { $0.change == .affiliationChanged(user: paris, .outcast) && $0.queues == few })
    #expect(events.contains { $0.change == .affiliationChanged(user: paris, .none) && $0.queues == [others] })
    #expect(events.contains { $0.change == .accessReduced(user: paris) && $0.queues == [.control] })
    #expect(events.contains { $0.change == .subscriptionChanged(user: paris, .none, invitedBy: nil) })
  }

  @Test func `a configuration and the end of a node are told to its followers`() async throws {
    let all = Set([others] + (try ["romeo", "juliet", "paris"].map(notices)))
    let romeo = try test.session("romeo")
    let configured = try await written { try await romeo.configure(coffee, NodeConfiguration(title: "Tea")) }
    guard case .configured(let metadata)? = configured.first?.change else {
      Issue.record("\(configured)")
      return
    }
    #expect(metadata == (try await romeo.metadata(of: coffee)))
    #expect(metadata.title == "Tea" && metadata.lastUpdated == test.clock.now)
    #expect(try metadata.creator == jid("romeo"))
    #expect(configured.first?.queues == all)
    let deleted = try await written { try await romeo.deleteNode(coffee) }
    #expect(deleted.first?.change == .nodeDeleted)
    #expect(deleted.first?.queues == all)
  }

  @Test func `a channel that closes is told to whoever holds something open, one that opens is not`() async throws {
    let romeo = try test.session("romeo")
    for (model, isLess) in [
      (AccessModel.local, true), (.authorize, true), (.whitelist, false), (.local, false), (.open, false),
      (.whitelist, true),
    ] {
      let events = try await written { try await romeo.configure(coffee, NodeConfiguration(accessModel: model)) }
      #expect(
        events.contains { $0.change == .accessReduced(user: nil) && $0.queues == [.control] } == isLess, "\(model)")
    }
  }

  @Test func `a post goes once to each other server, and not for one whose users were all sent away`() async throws {
    let romeo = try test.session("romeo")
    let posted = try await written { _ = try await romeo.publish(post("x"), to: coffee) }
    #expect(posted.first?.queues.contains(others) == true)
    try await romeo.configure(coffee, NodeConfiguration(accessModel: .authorize))
    let head = try await test.server.outboxHead()
    _ = try await romeo.publish(post("private"), to: coffee)
    for name in ["one", "two"] {
      let waiting = try await test.server.events(in: others, after: head, max: 1).events.first
      #expect(waiting?.published?.content == "private")
      try await romeo.setAffiliation(.outcast, of: jid("\(name)@other.example"), in: coffee)
    }
    // What waited for that server when its last user was banned is not sent any more.
    let late = try await test.server.events(in: others, after: head, max: 1).events.first
    #expect(late?.published == nil && late?.retracted != nil)
    let unheard = try await written { _ = try await romeo.publish(post("y"), to: coffee) }
    #expect(unheard.first?.queues.contains(others) == false)
  }

  @Test func `in a great channel a newcomer is told to moderators and other servers only`() async throws {
    let test = try TestServer { $0.announcements.maxListeners = 2 }
    try await test.register("romeo", "juliet", "paris", "nurse")
    for name in ["juliet", "paris"] { _ = try await test.session(name).subscribe(to: posts("romeo")) }
    let head = try await test.server.outboxHead()
    _ = try await test.session("nurse").subscribe(to: posts("romeo"))
    let rows = try await test.server.outbox(after: head, maxEvents: 100).filter { $0.event.node.name == "posts" }
    #expect(try Set(rows.map(\.queue)) == [.notices(jid("romeo")), .notices(jid("nurse"))])
  }

  @Test func `where nobody listens over XMPP only entries are written, and who lost access`() async throws {
    let test = try TestServer { $0.announcements.isEnabled = false }
    try await test.register("romeo", "juliet")
    _ = try await test.session("juliet").subscribe(to: posts("romeo"))
    try await test.session("romeo").configure(posts("romeo"), NodeConfiguration(title: "x"))
    #expect(try await test.server.outboxHead() == 0)
    try await test.session("romeo").setAffiliation(.outcast, of: jid("juliet"), in: posts("romeo"))
    let rows = try await test.server.outbox(after: 0, maxEvents: 100)
    #expect(!rows.isEmpty && rows.allSatisfy { $0.queue == .control })
  }

  @Test func `an admin hears every post and change, also of private channels`() async throws {
    let test = try TestServer { $0.admins = [JID(prepared: "pusher.example.com")] }
    try await test.register("romeo")
    try await test.session("romeo").configure(posts("romeo"), NodeConfiguration(accessModel: .whitelist))
    let entry = try await test.session("romeo").publish(post("x"), to: posts("romeo"))
    try await test.session("romeo").setAffiliation(.outcast, of: jid("tybalt@other.example"), in: posts("romeo"))
    let heard = try await test.events(.notices(JID(prepared: "pusher.example.com"))).filter { $0.node.name == "posts" }
    #expect(heard.count == 3)
    guard case .configured? = heard.first?.change else {
      Issue.record("\(heard)")
      return
    }
    #expect(heard[1].published == entry)
    #expect(try heard[2].change == .affiliationChanged(user: jid("tybalt@other.example"), .outcast))
  }
}
