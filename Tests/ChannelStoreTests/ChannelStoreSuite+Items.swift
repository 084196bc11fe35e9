import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `an entry is replaced in its place`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let edited = { () -> Entry in
      var edited = entry("1", at: 9, content: "lark")
      edited.published = Timestamp(milliseconds: 1)
      return edited
    }()
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1, content: "nightingale"), rated: nil)
      try store.insert(entry("2", at: 2), rated: nil)
      try store.replace(edited)
    }
    try await store.read { store throws in
      #expect(try store.entry("1", of: postsNode) == edited)
      #expect(try store.entries(of: postsNode, page: PageRequest(max: 5)).map(\.id) == ["2", "1"])
      #expect(try store.searchEntries("lark", viewer: nil, isLocal: false, max: 5, offset: 0).count == 1)
      #expect(try store.searchEntries("nightingale", viewer: nil, isLocal: false, max: 5, offset: 0).count == 0)
    }
    #expect(await refusal { try await store.write { try $0.replace(entry("3", at: 1)) } } == .itemNotFound)
  }

  @Test(arguments: StoreDriver.allCases)
  func `a tombstone stands where the entry was taken back, and goes in time`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for number in 1...4 { try store.insert(entry("\(number)", at: Int64(number)), rated: nil) }
      try store.insert(entry("5", at: 5, replyTo: "4"), rated: nil)
      try store.bury("2", of: postsNode, at: Timestamp(milliseconds: 10))
      try store.bury("5", of: postsNode, at: Timestamp(milliseconds: 10))
    }
    #expect(
      await refusal { try await store.write { try $0.bury("2", of: postsNode, at: Timestamp(milliseconds: 1)) } }
        == .itemNotFound)
    try await store.read { store throws in
      func ids(_ page: PageRequest, parents: Bool = false, tombstones: Bool = true) throws -> [String] {
        try store.items(
          of: postsNode, query: ItemQuery(page: page, isParentOnly: parents, includesTombstones: tombstones)
        ).map(\.id)
      }
      #expect(try ids(PageRequest(max: 9)) == ["5", "2", "4", "3", "1"])
      #expect(try ids(PageRequest(max: 9), parents: true) == ["2", "4", "3", "1"])
      #expect(try ids(PageRequest(max: 9), tombstones: false) == ["4", "3", "1"])
      #expect(try ids(PageRequest(max: 2, after: "2")) == ["4", "3"])
      #expect(try ids(PageRequest(max: 2, before: "3")) == ["2", "4"])
      #expect(try ids(PageRequest(max: 2, after: "2"), tombstones: false) == ["4", "3"])
      #expect(
        try store.tombstone("5", of: postsNode)
          == Tombstone(
            id: "5", node: postsNode, published: Timestamp(milliseconds: 5), deleted: Timestamp(milliseconds: 10),
            inReplyTo: "4"))
      #expect(try store.itemCount(of: postsNode, query: ItemQuery(includesTombstones: true)) == 5)
      #expect(try store.itemCount(of: postsNode, query: ItemQuery(isParentOnly: true, includesTombstones: true)) == 4)
      #expect(try store.itemCount(of: postsNode, query: ItemQuery()) == 3)
      #expect(try store.replyCount(to: "4", of: postsNode) == 0)
      #expect(try store.entry("2", of: postsNode) == nil)
    }
    #expect(try await store.write { try $0.pruneTombstones(before: Timestamp(milliseconds: 10), max: 9) } == 0)
    #expect(try await store.write { try $0.pruneTombstones(before: Timestamp(milliseconds: 11), max: 1) } == 1)
    #expect(try await store.write { try $0.pruneTombstones(before: Timestamp(milliseconds: 11), max: 9) } == 1)
    #expect(try await store.read { try $0.itemCount(of: postsNode, query: ItemQuery(includesTombstones: true)) } == 3)
  }

  @Test(arguments: StoreDriver.allCases)
  func `what changed since comes newest first, then by id, after any position`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for (id, time) in [("a", 1), ("b", 2), ("d", 3), ("c", 3), ("e", 4)] as [(String, Int64)] {
        try store.insert(entry(id, at: time, replyTo: id == "e" ? "a" : nil), rated: nil)
      }
      try store.bump("a", of: postsNode, to: Timestamp(milliseconds: 4))
    }
    try await store.read { store throws in
      func ids(_ since: Int64, _ position: (Int64, String)? = nil, parents: Bool = false, max: Int = 9) throws
        -> [String]
      {
        try store.updatedEntries(
          of: postsNode, since: Timestamp(milliseconds: since),
          after: position.map { TimelinePosition(updated: Timestamp(milliseconds: $0.0), id: $0.1) },
          isParentOnly: parents, max: max
        ).map(\.id)
      }
      #expect(try ids(0) == ["e", "d", "c", "b", "a"])
      #expect(try ids(1, parents: true) == ["d", "c", "b"])
      #expect(try ids(0, (3, "d"), max: 2) == ["c", "b"])
      #expect(try store.updatedCount(of: postsNode, since: Timestamp(milliseconds: 1), isParentOnly: false) == 4)
      #expect(try store.updatedCount(of: postsNode, since: Timestamp(milliseconds: 1), isParentOnly: true) == 3)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `public entries of all channels come in the order of their publishing`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let others = [
      (NodeID(channel: bob, name: "posts"), AccessModel.local), (NodeID(channel: carol, name: "posts"), .authorize),
      (NodeID(channel: alice, name: "notes"), .open),
      (NodeID(channel: JID(prepared: "x@other.example"), name: "posts"), .open),
    ]
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for (node, model) in others { try store.insert(node, metadata(model)) }
      for number in 1...3 {
        try store.insert(entry("\(number)", at: 1), rated: nil)
        for (node, _) in others { try store.insert(entry("\(number)", at: 1, in: node), rated: nil) }
      }
    }
    try await store.read { store throws in
      func page(isLocal: Bool, after: ItemReference? = nil, before: ItemReference? = nil, max: Int = 9) throws
        -> [String]
      {
        try store.publicEntries(
          domains: ["example.com", "topics.example.com"], isLocal: isLocal, after: after, before: before, max: max
        ).entries.map { "\($0.node.channel.local ?? "")\($0.id)" }
      }
      #expect(try page(isLocal: false) == ["alice3", "alice2", "alice1"])
      #expect(try page(isLocal: true, max: 3) == ["bob3", "alice3", "bob2"])
      let second = ItemReference(node: postsNode, id: "2")
      #expect(try page(isLocal: false, after: second) == ["alice1"])
      #expect(try page(isLocal: true, before: second, max: 2) == ["alice3", "bob2"])
      #expect(
        try store.publicEntries(domains: ["example.com"], isLocal: true, after: nil, before: nil, max: 1).count == 6)
      let error = #expect(throws: ChannelError.self) {
        try page(isLocal: true, after: ItemReference(node: postsNode, id: "9"))
      }
      #expect(error?.code == .itemNotFound)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `parts of words are found in posts that somebody follows`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let bobs = NodeID(channel: bob, name: "posts")
    try await store.write { store in
      for node in [postsNode, bobs] { try store.insert(node, metadata()) }
      try store.set(membership(carol, .member))
      try store.set(membership(carol, .member, .pending, in: bobs))
      try store.insert(entry("1", at: 1, content: "Coffeehouse 100%_!"), rated: nil)
      try store.insert(entry("2", at: 2, by: bob, content: "tea, no coffee"), rated: nil)
      try store.insert(entry("3", at: 3, in: bobs, content: "coffee"), rated: nil)
    }
    try await store.read { store throws in
      func ids(_ content: [String], by author: JID? = nil, page: Int = 1, perPage: Int = 9) throws -> [String] {
        try store.searchItems(
          ItemSearch(content: content, author: author, page: page, perPage: perPage), of: carol
        ).entries.map(\.id)
      }
      #expect(try ids(["COFFEE"]) == ["2", "1"])
      #expect(try ids(["coffee", "tea"]) == ["2"])
      for sign in ["%", "_", "!", "0%_!"] { #expect(try ids([sign]) == ["1"]) }
      #expect(try ids(["c_f"]) == [] && ids(["t%a"]) == [])
      #expect(try ids([], by: bob) == ["2"])
      #expect(try ids(["coffee"], page: 2, perPage: 1) == ["1"])
      #expect(try store.searchItems(ItemSearch(content: ["coffee"], perPage: 1), of: carol).count == 2)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `events of every kind are kept and found by time, each once`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let configured = { () -> NodeMetadata in
      var configured = metadata(title: "T <&>")
      configured.others = [ConfigurationField("x", ["1", "2"])]
      return configured
    }()
    let changes: [ChannelEvent.Change] = [
      .published(entry("1", at: 1)), .subscriptionChanged(user: bob, .invited, invitedBy: alice),
      .subscriptionChanged(user: bob, .none, invitedBy: nil), .affiliationChanged(user: bob, .outcast),
      .configured(configured), .accessReduced(user: bob), .accessReduced(user: nil), .nodeDeleted,
    ]
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1), rated: nil)
      for (number, change) in changes.enumerated() {
        let queues: [EventQueue] = number.isMultiple(of: 2) ? [.user(bob), .notices(bob)] : [.notices(bob)]
        _ = try store.append(
          change, of: postsNode, time: Timestamp(milliseconds: Int64(number)),
          to: queues + [.remote(domain: "other.example"), .control])
      }
      try store.set(membership(JID(prepared: "x@other.example"), .member))
    }
    try await store.read { store throws in
      func found(_ from: Int64?, _ to: Int64?, max: Int = 99) throws -> [ChannelEvent.Change] {
        try store.archive(
          [.user(bob), .notices(bob)], from: from.map(Timestamp.init(milliseconds:)),
          to: to.map(Timestamp.init(milliseconds:)), max: max
        ).map(\.change)
      }
      #expect(try found(nil, nil) == changes)
      #expect(try found(2, 4) == Array(changes[2...4]))
      #expect(try found(99, nil) == [])
      #expect(try found(nil, nil, max: 3) == Array(changes.prefix(3)))
      for queue in [EventQueue.notices(bob), .remote(domain: "other.example"), .control] {
        #expect(try store.events(in: queue, after: 0, max: 99).events.map(\.change) == changes)
      }
      #expect(try store.outbox(after: 0, maxEvents: 99).filter { $0.queue == .control }.map(\.event.change) == changes)
    }
    try await store.write { try $0.clearQueues(of: bob) }
    #expect(try await store.read { try $0.events(in: .notices(bob), after: 0, max: 9) }.events == [])
  }

  @Test(arguments: StoreDriver.allCases)
  func `another server gets of a private node what one of its users may read`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let remote = JID(prepared: "x@other.example")
    let queue = EventQueue.remote(domain: "channels.other.example")
    try await store.write { store in
      try store.insert(postsNode, metadata(.authorize))
      try store.insert(entry("1", at: 1), rated: nil)
      _ = try store.append(
        .published(entry("1", at: 1)), of: postsNode, time: Timestamp(milliseconds: 1), to: [queue, .notices(alice)])
    }
    for (affiliation, state, isShown) in [
      (Affiliation.member, SubscriptionState.subscribed, true), (.member, .pending, false), (.outcast, .none, false),
    ] {
      let stored = StoredMembership(
        membership(remote, affiliation, state).membership, listener: JID(prepared: "channels.other.example"))
      try await store.write { try $0.set(stored) }
      let change = try await store.read { try $0.events(in: queue, after: 0, max: 9).events.first?.change }
      #expect(change == (isShown ? .published(entry("1", at: 1)) : .retracted(id: "1")))
      // Only who hears everything has entries among their notices.
      let all = try await store.read { try $0.events(in: .notices(alice), after: 0, max: 9).events.first?.change }
      #expect(all == .published(entry("1", at: 1)))
    }
  }
}
