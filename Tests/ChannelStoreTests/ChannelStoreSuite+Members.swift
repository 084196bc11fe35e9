import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `a node's configuration is kept and changed, also where it says nothing`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    var all = metadata(.local, title: "T", description: "D")
    all.creator = bob
    all.lastUpdated = Timestamp(milliseconds: 9)
    all.isAdvertised = false
    all.isEphemeral = true
    all.publishModel = .open
    all.others = [ConfigurationField("x#a", ["1", "<&>"]), ConfigurationField("x#b", [])]
    let written = all
    try await store.write { try $0.insert(postsNode, written) }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == written)
    var plain = written
    plain.creator = nil
    plain.lastUpdated = nil
    plain.others = []
    let changed = plain
    try await store.write { try $0.update(changed, of: postsNode) }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == changed)
  }

  @Test(arguments: StoreDriver.allCases)
  func `members are paged by address, with their count`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    // In the order of bytes.
    let users = ["B@x.y", "a@x.y", "b@x.y", "c@x.y", "d@x.y", "\u{E4}@x.y"].map { JID(prepared: $0) }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for user in users { try store.set(membership(user, .member)) }
      try store.set(membership(users[3], .outcast, .none))
      try store.set(membership(users[4], .member, .pending))
    }
    try await store.read { store throws in
      func page(_ scope: MemberScope, _ page: PageRequest, count: Int) throws -> [JID] {
        let found = try store.members(of: postsNode, scope: scope, page: page)
        #expect(found.count == count)
        return found.memberships.map(\.user)
      }
      #expect(try page(.all, PageRequest(max: 10), count: 6) == users)
      let followers = [users[0], users[1], users[2], users[5]]
      #expect(try page(.followers(and: nil), PageRequest(max: 10), count: 4) == followers)
      #expect(try page(.followers(and: users[3]), PageRequest(max: 10), count: 5) == Array(users[0...3] + users[5...]))
      #expect(try page(.all, PageRequest(max: 2, after: "a@x.y"), count: 6) == Array(users[2...3]))
      #expect(try page(.all, PageRequest(max: 2, before: "c"), count: 6) == Array(users[1...2]))
      #expect(try page(.all, PageRequest(max: 2, after: "z@x.y"), count: 6) == [users[5]])
    }
    let none = await refusal {
      try await store.read {
        try $0.members(of: NodeID(channel: carol, name: "posts"), scope: .all, page: PageRequest(max: 1))
      }
    }
    #expect(none == .itemNotFound)
  }

  @Test(arguments: StoreDriver.allCases)
  func `events go to local users, and once to each other server`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    @Sendable func remote(
      _ user: String, listener: String? = nil, _ affiliation: Affiliation = .member
    ) -> StoredMembership {
      StoredMembership(
        Membership(node: postsNode, user: JID(prepared: user), affiliation: affiliation, subscription: .subscribed),
        listener: listener.map { JID(prepared: $0) })
    }
    let temporary = StoredMembership(
      Membership(node: postsNode, user: carol, affiliation: .none, subscription: .subscribed, isTemporary: true))
    let outside = [
      remote("dave@other.example"), remote("erin@other.example"),
      remote("frank@third.example", listener: "hub.example"),
    ]
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.set(membership(alice, .owner))
      try store.set(membership(bob, .none))
      try store.set(temporary)
      for member in outside { try store.set(member) }
      try store.set(remote("grace@fourth.example", .outcast))
    }
    try await store.read { store throws in
      let listeners = try store.listeners(of: postsNode, localDomain: "example.com")
      #expect(Set(listeners.local) == [alice, carol])
      #expect(listeners.local.count == 2)
      #expect(listeners.remote.sorted() == ["hub.example", "other.example"])
      #expect(try store.membership(of: carol, in: postsNode) == temporary)
      #expect(try store.membership(of: JID(prepared: "frank@third.example"), in: postsNode) == outside[2])
    }
    // What ends with a presence is not copied.
    let notes = NodeID(channel: alice, name: "notes")
    try await store.write { store in
      try store.insert(notes, metadata())
      try store.copyMemberships(from: postsNode, to: notes)
    }
    #expect(try await store.read { try $0.membership(of: carol, in: notes) } == nil)
    let copied = try await store.read {
      try $0.membership(of: JID(prepared: "frank@third.example"), in: notes)?.listener
    }
    #expect(copied == JID(prepared: "hub.example"))
  }

  @Test(arguments: StoreDriver.allCases)
  func `moderators, requests for them and a user's nodes are listed`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let other = NodeID(channel: carol, name: "posts")
    let waiting = JID(prepared: "dave@other.example")
    try await store.write { store in
      for node in [postsNode, other] {
        try store.insert(node, metadata(title: node.channel.description))
        try store.set(membership(bob, node == postsNode ? .moderator : .member, in: node))
        try store.set(membership(waiting, .member, .pending, in: node))
      }
      try store.set(membership(alice, .owner))
      try store.set(membership(carol, .outcast, .pending))
    }
    try await store.read { store throws in
      #expect(
        try store.moderators(of: postsNode) == [membership(alice, .owner), membership(bob, .moderator)])
      #expect(
        try store.pendingRequests(for: bob, max: 10) == [membership(waiting, .member, .pending).membership])
      #expect(try store.pendingRequests(for: bob, max: 0) == [])
      #expect(try store.pendingRequests(for: waiting, max: 10) == [])
      let described = try store.describedMemberships(of: bob)
      #expect(described.map(\.membership.node) == [postsNode, other])
      #expect(described.map(\.metadata.title) == ["alice@example.com", "carol@example.com"])
      #expect(try store.describedMemberships(of: JID(prepared: "x@y.z")).isEmpty)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `advertised nodes are paged over several domains, and the greatest are ranked`(driver: StoreDriver) async throws
  {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    var hidden = metadata()
    hidden.isAdvertised = false
    let secret = hidden
    let nodes = [
      ("a@example.com", "posts"), ("a@example.com", "status"), ("b@topics.example.com", "posts"),
      ("c@example.com", "posts"),
    ].map { NodeID(channel: JID(prepared: $0), name: $1) }
    try await store.write { store in
      for node in nodes { try store.insert(node, metadata()) }
      try store.insert(NodeID(channel: alice, name: "posts"), secret)
      try store.insert(NodeID(channel: JID(prepared: "d@other.example"), name: "posts"), metadata())
      try store.insert(NodeID(channel: bob, name: "posts"), metadata(.authorize))
      for (number, node) in nodes.enumerated() {
        for user in 0..<number { try store.set(membership(JID(prepared: "u\(user)@x.y"), .member, in: node)) }
        for entryNumber in 0..<(4 - number) { try store.insert(entry("\(entryNumber)", at: 1, in: node), rated: nil) }
      }
    }
    let domains = ["example.com", "topics.example.com"]
    let bobs = NodeID(channel: bob, name: "posts")
    let listed = [nodes[0], nodes[1], nodes[2], bobs, nodes[3]]
    try await store.read { store throws in
      func page(_ request: PageRequest) throws -> [NodeID] {
        let page = try store.advertisedNodes(domains: domains, page: request)
        #expect(page.count == 5)
        return page.nodes.map(\.node)
      }
      #expect(try page(PageRequest(max: 10)) == listed)
      #expect(try page(PageRequest(max: 2)) == Array(listed[0...1]))
      #expect(try page(PageRequest(max: 2, after: nodes[1].path)) == Array(listed[2...3]))
      #expect(try page(PageRequest(max: 2, before: nodes[3].path)) == Array(listed[2...3]))
      #expect(
        try store.rankedNodes(by: .followers, domains: domains, max: 2)
          == [RankedNode(node: nodes[3], count: 3), RankedNode(node: nodes[2], count: 2)])
      #expect(
        try store.rankedNodes(by: .entries, domains: domains, max: 10).map(\.node) == nodes)
    }
  }
}
