import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Reading over XMPP's lists") struct ReadingTests {
  private let test: TestServer

  init() async throws {
    test = try TestServer()
    try await test.register("romeo", "juliet", "paris")
  }

  private func publish(_ name: String, _ content: String, replyTo: String? = nil, to node: NodeID? = nil) async throws
    -> Entry
  {
    test.clock.advance(by: .seconds(1))
    return try await test.session(name).publish(post(content, replyTo: replyTo), to: node ?? posts(name))
  }

  @Test func `a page of items has the length of the list, with or without replies`() async throws {
    let romeo = try test.session("romeo")
    let root = try await publish("romeo", "root")
    let other = try await publish("romeo", "other")
    let reply = try await publish("romeo", "reply", replyTo: root.id)
    let page = try await romeo.items(of: posts("romeo"), ItemQuery(page: PageRequest(max: 2)))
    #expect(page.items.map(\.id) == [reply.id, root.id] || page.items.map(\.id) == [root.id, reply.id])
    #expect(page.count == 3)
    let parents = try await romeo.items(of: posts("romeo"), ItemQuery(isParentOnly: true))
    #expect(parents.items.map(\.id) == [root.id, other.id])
    #expect(parents.count == 2)
    for marker in [root.id, root.timelineID, "tag:channels.example.com,\(root.timelineID)"] {
      let rest = try await romeo.items(
        of: posts("romeo"), ItemQuery(page: PageRequest(after: marker), isParentOnly: true))
      #expect(rest.items.map(\.id) == [other.id])
    }
    for marker in ["nothing", "/user/juliet@example.com/posts,\(root.id)"] {
      #expect(
        await refusal { try await romeo.items(of: posts("romeo"), ItemQuery(page: PageRequest(after: marker))) }
          == .itemNotFound)
    }
    #expect(try await romeo.entries([reply.id, root.timelineID], of: posts("romeo")).map(\.id) == [reply.id, root.id])
    #expect(await refusal { try await romeo.entries([root.id, "nothing"], of: posts("romeo")) } == .itemNotFound)
  }

  @Test func `a thread is its root and replies, paged in both directions`() async throws {
    let romeo = try test.session("romeo")
    let root = try await publish("romeo", "root")
    var ids = [root.id]
    for number in 0..<5 { ids.append(try await publish("romeo", "\(number)", replyTo: root.id).id) }
    #expect(try await romeo.thread(root.id, of: posts("romeo"), page: PageRequest()).entries.map(\.id) == ids)
    let latest = try await romeo.thread(root.id, of: posts("romeo"), page: PageRequest(max: 2))
    #expect(latest.entries.map(\.id) == Array(ids.suffix(2)))
    #expect(latest.count == 6)
    for size in 1...7 {
      var forward = [root.id]
      while true {
        let page = PageRequest(max: size, after: forward.last)
        let part = try await romeo.thread(root.id, of: posts("romeo"), page: page).entries
        if part.isEmpty { break }
        forward += part.map(\.id)
      }
      #expect(forward == ids)
      var backward = [ids[5]]
      while true {
        let page = PageRequest(max: size, before: backward.first)
        let part = try await romeo.thread(root.id, of: posts("romeo"), page: page).entries
        if part.isEmpty { break }
        backward = part.map(\.id) + backward
      }
      #expect(backward == ids, "pages of \(size)")
      var replies: [String] = [ids[5]]
      while true {
        let page = PageRequest(max: size, before: replies.first)
        let part = try await romeo.replyPage(to: root.id, in: posts("romeo"), page: page)
        #expect(part.count == 5)
        if part.entries.isEmpty { break }
        replies = part.entries.map(\.id) + replies
      }
      #expect(replies == Array(ids.dropFirst()))
    }
    for id in [ids[1], "nothing"] {
      let error = await #expect(throws: ChannelError.self) {
        try await romeo.thread(id, of: posts("romeo"), page: PageRequest())
      }
      #expect(error?.code == .itemNotFound && error?.application == .threadNotFound)
    }
  }

  @Test func `threads come by newest activity, after any item`() async throws {
    let romeo = try test.session("romeo")
    let old = try await publish("romeo", "old")
    let new = try await publish("romeo", "new")
    let reply = try await publish("romeo", "reply", replyTo: old.id)
    let page = try await romeo.threadPage(of: posts("romeo"), page: PageRequest(max: 1))
    #expect(page.threads.map(\.id) == [old.id])
    #expect(page.threads.first?.entries.map(\.id) == [old.id, reply.id])
    #expect(page.count == 2)
    for marker in [old.id, reply.id] {
      let rest = try await romeo.threadPage(of: posts("romeo"), page: PageRequest(after: marker))
      #expect(rest.threads.map(\.id) == [new.id])
    }
  }

  @Test func `recent items are the newest of each followed posts, in one order, paged by node and id`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    let since = test.clock.now
    let first = try await publish("juliet", "1")
    let second = try await publish("romeo", "2")
    let third = try await publish("juliet", "3")
    _ = try await publish("paris", "not followed")
    _ = try await publish("juliet", "not posts", to: node("juliet", "status"))
    let reply = try await publish("romeo", "4", replyTo: second.id)
    let query = TimelineQuery(since: since)
    let all = try await romeo.recentItems(query, maxPerNode: 10)
    #expect(all.entries.map(\.id) == [reply.id, third.id, second.id, first.id])
    #expect(all.count == 4)
    let few = try await romeo.recentItems(query, maxPerNode: 1)
    #expect(few.entries.map(\.id) == [reply.id, third.id])
    let parents = try await romeo.recentItems(TimelineQuery(since: since, isParentOnly: true), maxPerNode: 10)
    #expect(parents.entries.map(\.id) == [third.id, second.id, first.id])
    for size in 1...5 {
      var found: [Entry] = []
      while true {
        let page = PageRequest(max: size, after: found.last?.timelineID)
        let part = try await romeo.recentItems(TimelineQuery(since: since, page: page), maxPerNode: 10)
        if part.entries.isEmpty { break }
        found += part.entries
      }
      #expect(found == all.entries)
    }
    let later = try await romeo.recentItems(TimelineQuery(since: third.updated), maxPerNode: 10)
    #expect(later.entries.map(\.id) == [reply.id])
    let code = await refusal {
      try await romeo.recentItems(TimelineQuery(since: since, page: PageRequest(after: "x")), maxPerNode: 1)
    }
    #expect(code == .badRequest)
    let error = await #expect(throws: ChannelError.self) { try await romeo.recentItems(query, maxPerNode: 0) }
    #expect(error?.application == .invalidMaxValue)
  }

  @Test func `user items are of every followed node, whatever the size of the pages`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    let since = test.clock.now
    var expected: [Entry] = []
    for number in 0..<12 {
      let name = number.isMultiple(of: 2) ? "juliet" : "romeo"
      let place = number.isMultiple(of: 3) ? try node(name, "status") : try posts(name)
      // Several at the same moment.
      if number.isMultiple(of: 4) { test.clock.advance(by: .seconds(1)) }
      expected.append(try await test.session(name).publish(post("\(number)"), to: place))
    }
    expected.sort { ($0.updated, $0.id) > ($1.updated, $1.id) }
    for size in 1...13 {
      var found: [Entry] = []
      while true {
        let page = PageRequest(max: size, after: found.last?.timelineID)
        let part = try await romeo.userItems(TimelineQuery(since: since, page: page))
        #expect(part.count == 12)
        if part.entries.isEmpty { break }
        found += part.entries
      }
      #expect(found == expected, "pages of \(size)")
    }
    #expect(
      await refusal { try await test.anonymous.userItems(TimelineQuery(since: since)) } == .notAuthorized)
    try await test.session("juliet").setAffiliation(.outcast, of: jid("romeo"), in: posts("juliet"))
    let own = try await romeo.userItems(TimelineQuery(since: since)).entries
    #expect(own.count == 6 && own.allSatisfy { $0.author.local == "romeo" })
  }

  @Test func `the firehose has public posts only, oldest first in a page, and goes back page by page`() async throws {
    try await test.session("paris").configure(posts("paris"), NodeConfiguration(accessModel: .local))
    let first = try await publish("romeo", "1")
    let local = try await publish("paris", "2")
    let second = try await publish("juliet", "3")
    _ = try await publish("juliet", "no post", to: node("juliet", "status"))
    try await test.session("juliet").createNode(node("juliet", "notes"))
    _ = try await publish("juliet", "a note", to: node("juliet", "notes"))
    let page = try await test.anonymous.firehose(page: PageRequest(max: 1))
    #expect(page.entries.map(\.id) == [second.id])
    #expect(page.count == 2)
    let older = try await test.anonymous.firehose(page: PageRequest(after: page.entries.first?.timelineID))
    #expect(older.entries.map(\.id) == [first.id])
    let newer = try await test.anonymous.firehose(page: PageRequest(before: first.timelineID))
    #expect(newer.entries.map(\.id) == [second.id])
    let users = try await test.session("romeo").firehose(page: PageRequest())
    #expect(users.entries.map(\.id) == [first.id, local.id, second.id])
    let items = try await test.anonymous.items(of: .firehose, ItemQuery())
    #expect(items.items.map(\.id) == [first.id, second.id])
    #expect(await refusal { try await test.anonymous.firehose(page: PageRequest(after: "1")) } == .badRequest)
  }

  @Test func `who follows the firehose hears every public post`() async throws {
    let romeo = try test.session("romeo")
    #expect(try await romeo.subscribe(to: NodeID("/firehose")) == .subscribed)
    let entry = try await publish("juliet", "public")
    try await test.session("paris").configure(posts("paris"), NodeConfiguration(accessModel: .authorize))
    _ = try await publish("paris", "private")
    #expect(try await test.events(.user(jid("romeo"))).compactMap(\.published) == [entry])
    #expect(await refusal { try await romeo.publish(post("x"), to: .firehose) } == .notAllowed)
    try await romeo.unsubscribe(from: .firehose)
    _ = try await publish("juliet", "more")
    #expect(try await test.events(.user(jid("romeo"))).count == 1)
  }

  @Test func `the search form finds parts of words in what one follows`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    let first = try await publish("juliet", "Coffeehouse in BERLIN")
    let second = try await publish("juliet", "100% coffee_")
    _ = try await publish("paris", "coffee in Berlin")
    func ids(_ content: [String], by author: String? = nil, page: Int = 1, perPage: Int = 25) async throws -> [String] {
      let author = try author.map { try jid($0) }
      return try await romeo.search(ItemSearch(content: content, author: author, page: page, perPage: perPage))
        .entries.map(\.id)
    }
    #expect(try await ids(["coffee"]) == [second.id, first.id])
    #expect(try await ids(["coffee", "berlin"]) == [first.id])
    #expect(try await ids(["0%"]) == [second.id])
    #expect(try await ids(["f%e"]) == [])
    #expect(try await ids(["e_"]) == [second.id])
    #expect(try await ids([], by: "juliet") == [second.id, first.id])
    #expect(try await ids(["coffee"], by: "romeo") == [])
    #expect(try await ids(["coffee"], page: 2, perPage: 1) == [first.id])
    #expect(await refusal { try await ids([]) } == .badRequest)
    #expect(await refusal { try await ids(["x"], page: 0) } == .badRequest)
    #expect(await refusal { try await ids(["x"], perPage: 0) } == .badRequest)
    let remote = test.server.trustedSession(user: try jid("x@other.example"))
    #expect(await refusal { try await remote.search(ItemSearch(content: ["x"])) } == .notAllowed)
  }

  @Test func `the archive is what somebody was told, by time`() async throws {
    let romeo = try test.session("romeo")
    _ = try await romeo.subscribe(to: posts("juliet"))
    let start = test.clock.now
    let entry = try await publish("juliet", "1")
    _ = try await publish("paris", "not followed")
    let middle = test.clock.now
    test.clock.advance(by: .seconds(1))
    try await test.session("juliet").configure(posts("juliet"), NodeConfiguration(title: "News"))
    _ = try await publish("juliet", "2")
    let all = try await romeo.archive(ArchiveQuery(start: start))
    let later = try await romeo.archive(ArchiveQuery(start: Timestamp(milliseconds: middle.milliseconds + 1)))
    #expect(all.compactMap(\.published?.content) == ["1", "2"])
    #expect(all.count == later.count + 1 + all.filter { $0.time == start }.count)
    #expect(later.first.map { if case .configured = $0.change { true } else { false } } == true)
    let until = try await romeo.archive(ArchiveQuery(start: entry.published, end: middle))
    #expect(until.map(\.published) == [entry])
    #expect(await refusal { try await romeo.archive(ArchiveQuery(max: 1)) } == .policyViolation)
    let remote = test.server.trustedSession(user: try jid("x@other.example"))
    #expect(await refusal { try await remote.archive(ArchiveQuery()) } == .serviceUnavailable)
    try await test.session("juliet").retract(entry.id, from: posts("juliet"))
    #expect(try await romeo.archive(ArchiveQuery()).compactMap(\.published?.content) == ["2"])
  }
}
