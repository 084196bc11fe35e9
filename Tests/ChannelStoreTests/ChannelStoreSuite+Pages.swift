import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `an entry of any size reads back`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let long = entry("1", at: 1, content: String(repeating: "lark ", count: 200_000))
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(long, rated: nil)
    }
    #expect(try await store.read { try $0.entry("1", of: postsNode) } == long)
  }

  @Test(arguments: StoreDriver.allCases)
  func `an edited entry keeps its place, and is found by its new words only`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    var edited = entry("1", at: 1, content: "a nightingale")
    edited.updated = Timestamp(milliseconds: 9)
    let changed = edited
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1, content: "a lark"), rated: nil)
      try store.insert(entry("2", at: 2), rated: nil)
      try store.replace(changed)
    }
    #expect(await refusal { try await store.write { try $0.replace(entry("none", at: 1)) } } == .itemNotFound)
    try await store.read { store throws in
      #expect(try store.entry("1", of: postsNode) == changed)
      #expect(try store.entries(of: postsNode, page: PageRequest(max: 10)).map(\.id) == ["2", "1"])
      for (word, count) in [("lark", 0), ("nightingale", 1)] {
        #expect(try store.searchEntries(word, viewer: nil, isLocal: false, max: 10, offset: 0).count == count)
      }
      let since = Timestamp(milliseconds: 1)
      #expect(
        try store.updatedEntries(of: postsNode, since: since, after: nil, isParentOnly: false, max: 10).map(\.id)
          == ["1", "2"])
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `what was taken back shows where it is wanted, at the moment when it was`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for number in 1...5 {
        try store.insert(entry("\(number)", at: Int64(number), replyTo: number == 4 ? "1" : nil), rated: nil)
      }
      try store.bury("2", of: postsNode, at: Timestamp(milliseconds: 4))
      try store.bury("4", of: postsNode, at: Timestamp(milliseconds: 6))
    }
    #expect(
      await refusal { try await store.write { try $0.bury("2", of: postsNode, at: .init(milliseconds: 7)) } } != nil)
    try await store.read { store throws in
      #expect(
        try store.tombstone("4", of: postsNode)
          == Tombstone(
            id: "4", node: postsNode, published: Timestamp(milliseconds: 4), deleted: Timestamp(milliseconds: 6),
            inReplyTo: "1"))
      #expect(try store.tombstone("1", of: postsNode) == nil)
      #expect(try store.entry("2", of: postsNode) == nil)
      func ids(_ page: PageRequest, isParentOnly: Bool = false, all: Bool = true) throws -> [String] {
        try store.items(
          of: postsNode, query: ItemQuery(page: page, isParentOnly: isParentOnly, includesTombstones: all)
        ).map(\.id)
      }
      #expect(try ids(PageRequest(max: 10)) == ["4", "5", "2", "3", "1"])
      #expect(try ids(PageRequest(max: 10), all: false) == ["5", "3", "1"])
      #expect(try ids(PageRequest(max: 10), isParentOnly: true) == ["5", "2", "3", "1"])
      #expect(try ids(PageRequest(max: 2)) == ["4", "5"])
      #expect(try ids(PageRequest(max: 2, after: "5")) == ["2", "3"])
      #expect(try ids(PageRequest(max: 2, after: "2")) == ["3", "1"])
      #expect(try ids(PageRequest(max: 2, before: "3")) == ["5", "2"])
      #expect(try ids(PageRequest(max: 10, before: "2"), all: false) == ["5"])
      for (query, count) in [
        (ItemQuery(), 3), (ItemQuery(includesTombstones: true), 5),
        (ItemQuery(isParentOnly: true, includesTombstones: true), 4),
      ] {
        #expect(try store.itemCount(of: postsNode, query: query) == count)
      }
      #expect(try store.replyCount(to: "1", of: postsNode) == 0)
    }
    #expect(try await store.write { try $0.pruneTombstones(before: Timestamp(milliseconds: 6), max: 10) } == 1)
    #expect(try await store.read { try $0.tombstone("2", of: postsNode) } == nil)
    // An id may be used again, and taken back again.
    try await store.write { store in
      try store.insert(entry("4", at: 8), rated: nil)
      try store.bury("4", of: postsNode, at: Timestamp(milliseconds: 9))
    }
    let deleted = try await store.read { try $0.tombstone("4", of: postsNode)?.deleted.milliseconds }
    #expect(deleted == 9)
    #expect(try await store.write { try $0.pruneTombstones(before: Timestamp(milliseconds: 100), max: 0) } == 0)
  }

  @Test(arguments: StoreDriver.allCases)
  func `updated entries are paged by moment and id`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for (id, time) in [("a", 1), ("B", 2), ("b", 2), ("\u{E4}", 2), ("c", 3)] as [(String, Int64)] {
        try store.insert(entry(id, at: time, replyTo: id == "c" ? "a" : nil), rated: nil)
      }
    }
    try await store.read { store throws in
      func ids(_ position: TimelinePosition? = nil, isParentOnly: Bool = false, max: Int = 10) throws -> [String] {
        try store.updatedEntries(
          of: postsNode, since: Timestamp(milliseconds: 1), after: position, isParentOnly: isParentOnly, max: max
        ).map(\.id)
      }
      // By bytes, whatever language the database is set to.
      #expect(try ids() == ["c", "\u{E4}", "b", "B"])
      #expect(try ids(isParentOnly: true, max: 2) == ["\u{E4}", "b"])
      #expect(try ids(TimelinePosition(updated: Timestamp(milliseconds: 2), id: "b")) == ["B"])
      #expect(try store.updatedCount(of: postsNode, since: Timestamp(milliseconds: 1), isParentOnly: false) == 4)
      #expect(try store.updatedCount(of: postsNode, since: Timestamp(milliseconds: 1), isParentOnly: true) == 3)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `public entries are those of open posts nodes, newest first`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let (open, local, closed, foreign, status) = (
      postsNode, NodeID(channel: bob, name: "posts"), NodeID(channel: carol, name: "posts"),
      NodeID(channel: JID(prepared: "dave@other.example"), name: "posts"), NodeID(channel: alice, name: "status")
    )
    try await store.write { store in
      try store.insert(open, metadata())
      try store.insert(local, metadata(.local))
      try store.insert(closed, metadata(.authorize))
      try store.insert(foreign, metadata())
      try store.insert(status, metadata())
      for (number, node) in [open, local, closed, foreign, status, open].enumerated() {
        try store.insert(entry("\(number)", at: 1, in: node), rated: nil)
      }
    }
    try await store.read { store throws in
      let here = ["example.com", "topics.example.com"]
      func page(
        isLocal: Bool, domains: [String], after: ItemReference? = nil, before: ItemReference? = nil, max: Int = 10
      ) throws -> [String] {
        let page = try store.publicEntries(domains: domains, isLocal: isLocal, after: after, before: before, max: max)
        #expect(page.count == (domains == here ? (isLocal ? 3 : 2) : 3))
        return page.entries.map(\.id)
      }
      #expect(try page(isLocal: false, domains: here) == ["5", "0"])
      #expect(try page(isLocal: true, domains: here) == ["5", "1", "0"])
      #expect(try page(isLocal: false, domains: here + ["other.example"]) == ["5", "3", "0"])
      #expect(try page(isLocal: true, domains: here, after: ItemReference(node: open, id: "5"), max: 1) == ["1"])
      #expect(try page(isLocal: true, domains: here, before: ItemReference(node: open, id: "0"), max: 1) == ["1"])
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `parts of words are found in what somebody follows, with no sign meaning more`(driver: StoreDriver) async throws
  {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let other = NodeID(channel: carol, name: "posts")
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(other, metadata())
      try store.set(membership(bob, .member))
      try store.set(membership(bob, .member, .pending, in: other))
      try store.insert(entry("1", at: 1, content: "The Nightingale 100% of_it!"), rated: nil)
      try store.insert(entry("2", at: 2, by: bob, content: "nightly"), rated: nil)
      try store.insert(entry("3", at: 3, in: other, content: "nightly"), rated: nil)
      try store.insert(entry("4", at: 4, content: "\u{C4}"), rated: nil)
    }
    try await store.read { store throws in
      for (content, author, ids) in [
        (["night"], nil, ["2", "1"]), (["NIGHT"], nil, ["2", "1"]), (["ting", "the"], nil, ["1"]),
        (["100%"], nil, ["1"]),
        (["0%o"], nil, []), (["of_it!"], nil, ["1"]), (["of%it"], nil, []), ([], bob, ["2"]), (["night"], alice, ["1"]),
        (["\u{E4}"], nil, []), (["\u{C4}"], nil, ["4"]), (["\\"], nil, []),
      ] as [([String], JID?, [String])] {
        let page = try store.searchItems(ItemSearch(content: content, author: author), of: bob)
        #expect(page.entries.map(\.id) == ids, "\(content)")
        #expect(page.count == ids.count)
      }
      let second = try store.searchItems(ItemSearch(content: [], page: 2, perPage: 2), of: bob)
      #expect(second.entries.map(\.id) == ["1"])
      #expect(second.count == 3)
    }
  }
}
