import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Subscribing (channel-server §10)") struct SubscribingTests {
  private let test: TestServer

  init() async throws {
    test = try TestServer()
    try await test.register("romeo", "juliet")
  }

  /// What somebody was before, and what following makes of it where anybody may follow, and where owners decide.
  private static let states: [(affiliation: Affiliation, state: SubscriptionState, open: String, closed: String)] = [
    (.none, .none, "member subscribed", "member pending"),
    (.none, .invited, "member subscribed", "member pending"),
    (.member, .pending, "member pending", "member pending"),
    (.member, .unconfigured, "member unconfigured", "member unconfigured"),
    (.member, .subscribed, "member subscribed", "member subscribed"),
    (.publisher, .none, "publisher subscribed", "publisher pending"),
    (.moderator, .none, "moderator subscribed", "moderator subscribed"),
    (.outcast, .none, "forbidden", "forbidden"),
  ]

  @Test(arguments: AccessModel.allCases, ["example.com", "other.example"])
  func `following gives what the state before, the access model and the home of the user say`(
    model: AccessModel, domain: String
  ) async throws {
    for (number, before) in Self.states.enumerated() {
      let node = NodeID(channel: try jid("c\(number)@topics.example.com"), name: "posts")
      let user = try jid("u\(number)@\(domain)")
      let metadata = NodeMetadata(
        title: "", description: "", accessModel: model, defaultAffiliation: .member, channelType: .topic,
        creationDate: test.clock.now)
      try await test.store.write { store in
        try store.insert(node, metadata)
        try store.set(
          StoredMembership(
            Membership(node: node, user: user, affiliation: before.affiliation, subscription: before.state)))
      }
      let session = test.server.trustedSession(user: user, listener: try JID("channels.\(domain)"))
      var outcome = ""
      do {
        let membership = try await session.subscribe(to: node, SubscriptionOptions())
        outcome = "\(membership.affiliation) \(membership.subscription)"
      } catch {
        outcome = error.code.rawValue
      }
      let isOpen = model == .open || model == .local && domain == "example.com"
      #expect(outcome == (isOpen ? before.open : before.closed), "\(before) × \(model)")
      let stored = try await test.store.read { try $0.membership(of: user, in: node) }
      if !isOpen || before.affiliation == .outcast || before.state == .subscribed { continue }
      let isNew = [.none, .invited].contains(before.state)
      #expect(stored?.listener?.domain == (domain == "other.example" && isNew ? "channels.other.example" : nil))
    }
  }

  @Test func `a subscription for as long as somebody is there is silent and ends with them`() async throws {
    let visitor = try jid("x@anon.example")
    let session = test.server.trustedSession(user: visitor, listener: try JID("channels.anon.example"))
    let head = try await test.server.outboxHead()
    let membership = try await session.subscribe(to: posts("romeo"), SubscriptionOptions(isTemporary: true))
    #expect(membership.isTemporary && membership.affiliation == .none && membership.subscription == .subscribed)
    #expect(try await test.server.outboxHead() == head)
    #expect(try await session.memberships() == [membership])
    let members = try await test.session("juliet").members(of: posts("romeo"), page: PageRequest()).memberships
    #expect(!members.contains { $0.user == visitor })
    #expect(await refusal { try await session.publish(post("x"), to: posts("romeo")) } == .forbidden)
    _ = try await test.session("romeo").publish(post("x"), to: posts("romeo"))
    let queue = EventQueue.remote(domain: "channels.anon.example")
    #expect(try await test.events(queue).compactMap(\.published?.content) == ["x"])
    try await test.server.endTemporarySubscriptions(of: visitor)
    #expect(try await session.memberships() == [])
    _ = try await test.session("romeo").publish(post("y"), to: posts("romeo"))
    #expect(try await test.events(queue).count == 1)
  }

  @Test func `who follows does not follow for a while, and nobody follows a private channel for a while`() async throws
  {
    let juliet = try test.session("juliet")
    _ = try await juliet.subscribe(to: posts("romeo"))
    let temporary = SubscriptionOptions(isTemporary: true)
    #expect(await refusal { try await juliet.subscribe(to: posts("romeo"), temporary) } == .notAllowed)
    let visitor = test.server.trustedSession(user: try jid("x@anon.example"))
    for model in [AccessModel.authorize, .whitelist, .local] {
      try await test.session("romeo").configure(posts("romeo"), NodeConfiguration(accessModel: model))
      #expect(await refusal { try await visitor.subscribe(to: posts("romeo"), temporary) } == .notAllowed)
    }
    try await test.session("romeo").configure(posts("romeo"), NodeConfiguration(accessModel: .open))
    _ = try await visitor.subscribe(to: posts("romeo"), temporary)
    // Following for good replaces it.
    let membership = try await visitor.subscribe(to: posts("romeo"), SubscriptionOptions())
    #expect(!membership.isTemporary && membership.affiliation == .member)
    try await test.server.endTemporarySubscriptions(of: jid("x@anon.example"))
    #expect(try await visitor.memberships().contains { $0.node.name == "posts" })
  }

  @Test func `an ephemeral channel makes everybody a moderator and goes with its last follower`() async throws {
    let node = NodeID(channel: try jid("party@topics.example.com"), name: "posts")
    let (romeo, juliet) = (try test.session("romeo"), try test.session("juliet"))
    try await romeo.createNode(node, NodeConfiguration(isEphemeral: true))
    let metadata = try await romeo.metadata(of: node)
    #expect(metadata.isEphemeral && !metadata.isAdvertised && metadata.defaultAffiliation == .moderator)
    #expect(try await juliet.subscribe(to: node, SubscriptionOptions()).affiliation == .moderator)
    for affiliation in [Affiliation.outcast, .none, .member, .publisher] {
      #expect(await refusal { try await romeo.setAffiliation(affiliation, of: jid("juliet"), in: node) } == .notAllowed)
    }
    let error = await #expect(throws: ChannelError.self) { try await romeo.deleteNode(node) }
    #expect(error?.code == .notAllowed && error?.application == .canNotDeleteEphemeralNode)
    try await romeo.configure(node, NodeConfiguration(isEphemeral: false))
    #expect(try await romeo.metadata(of: node).isEphemeral)
    try await romeo.unsubscribe(from: node)
    _ = try await juliet.publish(post("alone"), to: node)
    try await juliet.unsubscribe(from: node)
    #expect(await refusal { try await juliet.metadata(of: node) } == .itemNotFound)
  }

  @Test func `registering makes what is missing, and follows what new users follow`() async throws {
    let welcome = NodeID(channel: try jid("welcome@topics.example.com"), name: "posts")
    let missing = NodeID(channel: try jid("missing@topics.example.com"), name: "posts")
    let test = try TestServer { configuration in
      configuration.autosubscribe = [missing, welcome]
      configuration.isAutosubscribeApproved = true
    }
    try await test.register("romeo")
    try await test.session("romeo").createTopicChannel(welcome.channel)
    try await test.session("romeo").configure(welcome, NodeConfiguration(accessModel: .authorize))
    let juliet = try test.session("juliet")
    try await juliet.registerChannel()
    let first = try await juliet.memberships()
    #expect(first.filter { $0.affiliation == .owner }.count == 6)
    #expect(first.contains { $0.node == welcome && $0.subscription == .subscribed })
    try await juliet.unsubscribe(from: welcome)
    try await test.store.write { try $0.delete(node("juliet", "status")) }
    try await juliet.registerChannel()
    #expect(try await juliet.memberships().count == 6)
    let remote = test.server.trustedSession(user: try jid("x@other.example"))
    #expect(await refusal { try await remote.registerChannel() } == .notAllowed)
    #expect(await refusal { try await test.anonymous.registerChannel() } == .notAuthorized)
  }

  @Test func `unregistering takes back all that somebody did`() async throws {
    let (romeo, juliet) = (try test.session("romeo"), try test.session("juliet"))
    let tea = NodeID(channel: try jid("tea@topics.example.com"), name: "posts")
    try await juliet.createTopicChannel(tea.channel)
    _ = try await juliet.subscribe(to: posts("romeo"))
    try await romeo.setAffiliation(.publisher, of: jid("juliet"), in: posts("romeo"))
    _ = try await juliet.publish(post("x"), to: posts("romeo"))
    let head = try await test.server.outboxHead()
    try await juliet.unregisterChannel()
    #expect(try await romeo.entries(of: posts("romeo"), page: PageRequest()) == [])
    #expect(try await romeo.affiliations(of: posts("romeo")).map(\.user) == [jid("romeo")])
    for node in [tea, try posts("juliet")] {
      #expect(await refusal { try await romeo.metadata(of: node) } == .itemNotFound)
    }
    let told = try await test.server.events(in: .notices(jid("romeo")), after: head, max: 100).events
    #expect(try told.contains { $0.change == .subscriptionChanged(user: try jid("juliet"), .none, invitedBy: nil) })
    #expect(await refusal { try await juliet.unregisterChannel() } == .registrationRequired)
    // The account itself is somebody else's matter.
    _ = try await test.server.session(user: jid("juliet"), password: "secret of juliet")
    try await juliet.registerChannel()
    // Users of other servers come through theirs.
    let remote = test.server.trustedSession(user: try jid("x@other.example"))
    _ = try await remote.subscribe(to: posts("romeo"))
    try await remote.unregisterChannel()
    #expect(try await remote.memberships() == [])
  }
}
