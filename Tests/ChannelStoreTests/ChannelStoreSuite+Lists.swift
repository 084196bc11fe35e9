import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `everything that a node says about itself is kept`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    var all = metadata(.local, title: "T", description: "D")
    (all.creator, all.lastUpdated, all.isAdvertised) = (bob, Timestamp(milliseconds: 9), false)
    (all.isEphemeral, all.publishModel, all.channelType) = (true, .members, nil)
    all.others = [ConfigurationField("x#<&>", ["1", "", "ü"]), ConfigurationField("y", [])]
    let inserted = all
    try await store.write { try $0.insert(postsNode, inserted) }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == inserted)
    var changed = metadata(title: "T2")
    changed.others = [ConfigurationField("z", "1")]
    changed.channelType = nil
    let updated = changed
    try await store.write { try $0.update(updated, of: postsNode) }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == updated)
  }

  @Test(arguments: StoreDriver.allCases)
  func `who hears of a node is told apart by server, each once`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    @Sendable func remote(_ name: String) -> JID { JID(prepared: "\(name)@other.example") }
    let visitor = StoredMembership(
      Membership(node: postsNode, user: carol, affiliation: .none, subscription: .subscribed, isTemporary: true))
    let third = StoredMembership(
      membership(remote("three"), .member).membership, listener: JID(prepared: "channels.other.example"))
    let invited = StoredMembership(
      membership(remote("five"), .none, .invited).membership, invitedBy: bob,
      listener: JID(prepared: "channels.other.example"))
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for stored in [
        membership(alice, .owner), membership(bob, .outcast), visitor, membership(remote("one"), .moderator),
        membership(remote("two"), .member), third, membership(remote("four"), .member, .pending), invited,
      ] {
        try store.set(stored)
      }
    }
    try await store.read { store throws in
      let listeners = try store.listeners(of: postsNode, localDomain: "example.com")
      #expect(Set(listeners.local) == [alice, carol] && listeners.local.count == 2)
      #expect(Set(listeners.remote) == ["other.example", "channels.other.example"] && listeners.remote.count == 2)
      #expect(try store.membership(of: carol, in: postsNode) == visitor)
      #expect(try store.membership(of: remote("three"), in: postsNode) == third)
      #expect(try store.membership(of: remote("five"), in: postsNode) == invited)
      #expect(try store.moderators(of: postsNode).map(\.membership.user) == [alice, remote("one")])
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `members are paged by name, all or those who follow`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let users = (0..<6).map { JID(prepared: "u\($0)@example.com") }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for (number, user) in users.enumerated() {
        try store.set(
          number == 1
            ? membership(user, .member, .pending)
            : number == 2 ? membership(user, .outcast, .none) : membership(user, .member))
      }
    }
    try await store.read { store throws in
      func page(_ scope: MemberScope, _ page: PageRequest) throws -> [JID] {
        try store.members(of: postsNode, scope: scope, page: page).memberships.map(\.user)
      }
      #expect(try page(.all, PageRequest(max: 10)) == users)
      let followers = [users[0], users[3], users[4], users[5]]
      #expect(try page(.followers(and: nil), PageRequest(max: 10)) == followers)
      #expect(try page(.followers(and: users[1]), PageRequest(max: 2)) == [users[0], users[1]])
      #expect(try page(.all, PageRequest(max: 2, after: users[1].description)) == [users[2], users[3]])
      #expect(try page(.all, PageRequest(max: 2, before: users[4].description)) == [users[2], users[3]])
      #expect(try page(.all, PageRequest(max: 2, after: "u3")) == [users[3], users[4]])
      #expect(
        try store.members(of: postsNode, scope: .followers(and: nil), page: PageRequest(max: 1)).count == 4)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `nodes are listed by domain, described by member, and ranked`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let topic = NodeID(channel: JID(prepared: "tea@topics.example.com"), name: "posts")
    let foreign = NodeID(channel: JID(prepared: "x@other.example"), name: "posts")
    let hidden = NodeID(channel: alice, name: "hidden")
    var secret = metadata()
    secret.isAdvertised = false
    let unadvertised = secret
    try await store.write { store in
      for node in [postsNode, topic, foreign] { try store.insert(node, metadata(title: node.path)) }
      try store.insert(hidden, unadvertised)
      for node in [postsNode, topic, foreign, hidden] { try store.set(membership(bob, .member, in: node)) }
      try store.set(membership(carol, .member, in: topic))
      try store.set(membership(alice, .moderator, in: topic))
      try store.set(membership(JID(prepared: "z@x"), .member, .pending, in: topic))
      try store.insert(entry("1", at: 1), rated: nil)
    }
    let domains = ["example.com", "topics.example.com"]
    try await store.read { store throws in
      let page = try store.advertisedNodes(domains: domains, page: PageRequest(max: 10))
      #expect(page.nodes.map(\.node) == [postsNode, topic] && page.count == 2)
      #expect(page.nodes.map(\.metadata.title) == [postsNode.path, topic.path])
      let after = try store.advertisedNodes(domains: domains, page: PageRequest(max: 10, after: postsNode.path))
      #expect(after.nodes.map(\.node) == [topic])
      let before = try store.advertisedNodes(domains: domains, page: PageRequest(max: 10, before: topic.path))
      #expect(before.nodes.map(\.node) == [postsNode])
      #expect(
        try store.rankedNodes(by: .followers, domains: domains, max: 10)
          == [RankedNode(node: topic, count: 3), RankedNode(node: postsNode, count: 1)])
      #expect(try store.rankedNodes(by: .followers, domains: domains, max: 1).count == 1)
      #expect(
        try store.rankedNodes(by: .entries, domains: domains, max: 10) == [RankedNode(node: postsNode, count: 1)])
      let described = try store.describedMemberships(of: bob)
      #expect(described.map(\.membership.node) == [hidden, postsNode, topic, foreign])
      #expect(described.last?.metadata.title == foreign.path)
      #expect(try store.pendingRequests(for: alice, max: 10).map(\.user) == [JID(prepared: "z@x")])
      #expect(try store.pendingRequests(for: bob, max: 10) == [])
    }
  }
}
