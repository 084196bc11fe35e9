import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `an entry reads back as it was written`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    var written = entry("1", at: 123, by: bob, content: "a <b> & \u{1F600}", title: "T", replyTo: nil)
    written.xml.children.append(
      .element(
        XMLElement(
          "media", namespace: Namespaces.media,
          children: [
            .element(XMLElement("item", namespace: Namespaces.media, attributes: ["id": "m", "channel": "c@d"]))
          ])))
    written.media = [MediaReference(id: "m", channel: "c@d")]
    let kept = written
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(kept, rated: nil)
    }
    #expect(try await store.read { try $0.entry("1", of: postsNode) } == kept)
    #expect(await refusal { try await store.write { try $0.insert(kept, rated: nil) } } == .conflict)
    try await store.write { try $0.deleteEntry("1", of: postsNode) }
    #expect(try await store.read { try $0.entry("1", of: postsNode) } == nil)
    #expect(await refusal { try await store.write { try $0.deleteEntry("1", of: postsNode) } } == .itemNotFound)
  }

  @Test(arguments: StoreDriver.allCases)
  func `a feed is paged both ways without gap or repetition, also within one millisecond`(
    driver: StoreDriver
  ) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let times: [Int64] = [1, 1, 1, 2, 2, 3, 3, 3, 3, 4]
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for (number, time) in times.enumerated() { try store.insert(entry("\(number)", at: time), rated: nil) }
    }
    let newestFirst = (0..<10).reversed().map(String.init)
    @Sendable func page(after: String? = nil, before: String? = nil, max: Int) async throws -> [String] {
      try await store.read {
        try $0.entries(of: postsNode, page: PageRequest(max: max, after: after, before: before)).map(\.id)
      }
    }
    #expect(try await page(max: 100) == newestFirst)
    for size in 1...4 {
      var forward: [String] = []
      while true {
        let next = try await page(after: forward.last, max: size)
        if next.isEmpty { break }
        forward += next
      }
      #expect(forward == newestFirst)
      var backward = ["0"]
      while true {
        let next = try await page(before: backward.first, max: size)
        if next.isEmpty { break }
        backward = next + backward
      }
      #expect(backward == newestFirst)
    }
    #expect(await refusal { try await page(after: "none", max: 1) } == .itemNotFound)
    #expect(await refusal { try await page(before: "none", max: 1) } == .itemNotFound)
    #expect(try await page(max: 0) == [])
  }

  @Test(arguments: StoreDriver.allCases)
  func `threads come by newest activity, each with its root and its newest replies in order`(
    driver: StoreDriver
  ) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for id in ["a", "b", "c"] { try store.insert(entry(id, at: 1), rated: nil) }
      for (number, root) in ["b", "a", "b", "b"].enumerated() {
        let time = Timestamp(milliseconds: 10 + Int64(number))
        try store.insert(entry("\(root)\(number)", at: time.milliseconds, replyTo: root), rated: nil)
        try store.bump(root, of: postsNode, to: time)
      }
    }
    try await store.read { store throws in
      let threads = try store.threads(of: postsNode, page: PageRequest(max: 10), maxReplies: 2)
      #expect(threads.map(\.id) == ["b", "a", "c"])
      #expect(threads.map { $0.entries.map(\.id) } == [["b", "b2", "b3"], ["a", "a1"], ["c"]])
      #expect(threads.map(\.updated.milliseconds) == [13, 11, 1])
      #expect(threads[0].entries[0].updated.milliseconds == 1)
      #expect(
        try store.threads(of: postsNode, page: PageRequest(max: 1, after: "b"), maxReplies: 2).map(\.id) == ["a"])
      #expect(
        try store.threads(of: postsNode, page: PageRequest(max: 1, before: "c"), maxReplies: 2).map(\.id) == ["a"])
    }
    // A bump never makes an entry older.
    try await store.write { try $0.bump("b", of: postsNode, to: Timestamp(milliseconds: 2)) }
    let first = try await store.read {
      try $0.threads(of: postsNode, page: PageRequest(max: 1), maxReplies: 0).first
    }
    #expect(first?.updated.milliseconds == 13)
  }

  @Test(arguments: StoreDriver.allCases)
  func `replies come oldest first, without marker the newest page`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("root", at: 1), rated: nil)
      for number in 0..<6 { try store.insert(entry("\(number)", at: 2, replyTo: "root"), rated: nil) }
    }
    @Sendable func page(after: String? = nil, before: String? = nil, max: Int) async throws -> [String] {
      try await store.read {
        try $0.replies(to: "root", of: postsNode, page: PageRequest(max: max, after: after, before: before)).map(\.id)
      }
    }
    #expect(try await page(max: 10) == ["0", "1", "2", "3", "4", "5"])
    #expect(try await page(max: 2) == ["4", "5"])
    #expect(try await page(before: "4", max: 2) == ["2", "3"])
    #expect(try await page(after: "1", max: 2) == ["2", "3"])
    #expect(try await page(after: "5", max: 2) == [])
    #expect(await refusal { try await page(after: "none", max: 2) } == .itemNotFound)
  }

  @Test(arguments: StoreDriver.allCases)
  func `recent entries are those published after a moment, newest first`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for number in 1...5 { try store.insert(entry("\(number)", at: Int64(number)), rated: nil) }
      // A root that was bumped is no new post.
      try store.bump("1", of: postsNode, to: Timestamp(milliseconds: 100))
    }
    try await store.read { store throws in
      let since = Timestamp(milliseconds: 2)
      #expect(try store.recentEntries(of: postsNode, since: since, max: 10).map(\.id) == ["5", "4", "3"])
      #expect(try store.recentEntries(of: postsNode, since: since, max: 2).map(\.id) == ["5", "4"])
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `ratings and an author's entries are found`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1), rated: nil)
      try store.insert(entry("2", at: 2, by: bob, replyTo: "1"), rated: "1")
    }
    try await store.read { store throws in
      #expect(try store.hasRating(by: bob, of: "1", in: postsNode))
      #expect(try !store.hasRating(by: alice, of: "1", in: postsNode))
      #expect(try store.isRating("2", of: postsNode))
      #expect(try !store.isRating("1", of: postsNode))
      #expect(try store.entries(by: bob, max: 10).map(\.id) == ["2"])
      #expect(try store.entries(by: carol, max: 10).isEmpty)
    }
  }
}
