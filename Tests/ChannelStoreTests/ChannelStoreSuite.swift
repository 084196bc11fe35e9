import Channels
import Testing
import XMPP

/// What every store does.
@Suite("ChannelStore") struct ChannelStoreSuite {}

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `an account is kept, changed and removed`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let credentials = Account.Credentials(salt: [1, 2], iterations: 10_000, storedKey: [3], serverKey: [4])
    let account = Account(
      user: alice, email: "a@mail.example", credentials: credentials, created: Timestamp(milliseconds: 7))
    try await store.write { try $0.insert(account) }
    #expect(try await store.read { try $0.account(alice) } == account)
    #expect(try await store.read { try $0.account(bob) } == nil)
    #expect(await refusal { try await store.write { try $0.insert(account) } } == .conflict)
    let changed = Account.Credentials(salt: [9], iterations: 20_000, storedKey: [8], serverKey: [7])
    try await store.write { try $0.update(changed, of: alice) }
    #expect(try await store.read { try $0.account(alice)?.credentials } == changed)
    #expect(await refusal { try await store.write { try $0.update(changed, of: bob) } } == .itemNotFound)
    try await store.write { store in
      try store.insert(Account(user: bob, email: "", credentials: credentials, created: Timestamp(milliseconds: 8)))
    }
    #expect(try await store.read { try $0.accounts(after: nil, max: 10) } == [alice, bob])
    #expect(try await store.read { try $0.accounts(after: alice, max: 10) } == [bob])
    #expect(try await store.read { try $0.accounts(after: nil, max: 1) } == [alice])
    try await store.write { try $0.deleteAccount(alice) }
    #expect(try await store.read { try $0.account(alice) } == nil)
    #expect(await refusal { try await store.write { try $0.deleteAccount(alice) } } == .itemNotFound)
  }

  @Test(arguments: StoreDriver.allCases)
  func `a node is kept, changed and removed with all that is in it`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let status = NodeID(channel: alice, name: "status")
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(status, metadata(.whitelist))
      try store.set(membership(bob, .member))
      try store.insert(entry("1", at: 1, content: "nightingale"), rated: nil)
    }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == metadata())
    #expect(try await store.read { try $0.nodes(of: alice) } == [postsNode, status])
    #expect(await refusal { try await store.write { try $0.insert(postsNode, metadata()) } } == .conflict)
    try await store.write { try $0.update(metadata(.authorize, title: "Other"), of: postsNode) }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == metadata(.authorize, title: "Other"))
    try await store.write { try $0.delete(postsNode) }
    #expect(try await store.read { try $0.metadata(of: postsNode) } == nil)
    #expect(try await store.read { try $0.entry("1", of: postsNode) } == nil)
    #expect(try await store.read { try $0.memberships(of: bob) } == [])
    for operation: @Sendable (any ChannelWriter) throws -> Void in [
      { try $0.delete(postsNode) }, { try $0.update(metadata(), of: postsNode) },
      { try $0.set(membership(bob, .member)) }, { try $0.insert(entry("1", at: 1), rated: nil) },
    ] {
      #expect(await refusal { try await store.write(operation) } == .itemNotFound)
    }
    try await store.write { try $0.insert(postsNode, metadata()) }
    let found = try await store.read {
      try $0.searchEntries("nightingale", viewer: nil, isLocal: false, max: 10, offset: 0).count
    }
    #expect(found == 0)
  }

  @Test(arguments: StoreDriver.allCases)
  func `memberships are kept by node and by user`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let status = NodeID(channel: alice, name: "status")
    let invited = StoredMembership(
      Membership(node: postsNode, user: carol, affiliation: .none, subscription: .invited), invitedBy: bob)
    let remote = JID(prepared: "dave@other.example")
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(status, metadata())
      try store.set(membership(alice, .owner))
      try store.set(membership(bob, .member))
      try store.set(invited)
      try store.set(membership(remote, .member))
      try store.set(membership(bob, .moderator, in: status))
    }
    try await store.read { store throws in
      #expect(try store.membership(of: carol, in: postsNode) == invited)
      #expect(try store.membership(of: carol, in: status) == nil)
      #expect(
        try store.memberships(of: bob)
          == [membership(bob, .member).membership, membership(bob, .moderator, in: status).membership])
      #expect(try store.subscriptionCount(of: bob) == 2)
      #expect(try store.members(of: postsNode, max: 10).map(\.user) == [alice, bob, remote, carol])
      #expect(try store.members(of: postsNode, max: 2).map(\.user) == [alice, bob])
      #expect(try store.listeners(of: postsNode, localDomain: "example.com").local == [alice, bob])
      #expect(try store.owners(of: postsNode) == [alice])
      #expect(try store.ownedChannels(of: alice) == [alice])
      #expect(try store.ownedChannels(of: bob) == [])
    }
    try await store.write { store in
      try store.set(membership(bob, .outcast, .none))
      try store.set(membership(carol, .none, .none))
    }
    #expect(try await store.read { try $0.listeners(of: postsNode, localDomain: "example.com").local } == [alice])
    #expect(try await store.read { try $0.membership(of: carol, in: postsNode) } == nil)
    try await store.write { try $0.deleteMemberships(of: bob) }
    #expect(try await store.read { try $0.memberships(of: bob) } == [])
  }

  @Test(arguments: StoreDriver.allCases)
  func `a new node gets the members of another, as the rules map them`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let notes = NodeID(channel: alice, name: "notes")
    let users = Affiliation.allCases.map { (JID(prepared: "\($0.rawValue)@example.com"), $0) }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(notes, metadata())
      for (user, affiliation) in users { try store.set(membership(user, affiliation, .pending)) }
      try store.copyMemberships(from: postsNode, to: notes)
    }
    for (user, affiliation) in users {
      let copied = try await store.read { try $0.membership(of: user, in: notes)?.membership }
      #expect(copied?.affiliation == Permissions.affiliationElsewhere(affiliation))
      #expect(copied?.subscription == .pending)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `an operation that throws leaves nothing, and its companions everything`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { try $0.insert(postsNode, metadata()) }
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<50 {
        group.addTask {
          let code = await refusal {
            try await store.write { store in
              try store.insert(entry("\(number)", at: Int64(number)), rated: nil)
              if number.isMultiple(of: 2) { throw ChannelError(.policyViolation, "even") }
            }
          }
          #expect(code == (number.isMultiple(of: 2) ? .policyViolation : nil))
        }
      }
    }
    let kept = try await store.read { try $0.entries(of: postsNode, page: PageRequest(max: 100)).map(\.id) }
    #expect(Set(kept) == Set((0..<50).filter { !$0.isMultiple(of: 2) }.map(String.init)))
  }

  @Test(arguments: StoreDriver.allCases)
  func `a read sees what was acknowledged before it`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { try $0.insert(postsNode, metadata()) }
    for number in 0..<50 {
      try await store.write { try $0.insert(entry("\(number)", at: 1), rated: nil) }
      #expect(try await store.read { try $0.entry("\(number)", of: postsNode) } != nil)
    }
  }
}
