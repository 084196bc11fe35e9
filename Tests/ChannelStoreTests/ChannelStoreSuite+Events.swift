import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  private static let aliceQueue = EventQueue.user(alice)
  private static let bobQueue = EventQueue.user(bob)

  private func append(
    _ id: String, at time: Int64 = 1, to queues: [EventQueue], in store: any ChannelStore
  ) async throws -> Int64 {
    try await store.write { store in
      if try store.metadata(of: postsNode) == nil { try store.insert(postsNode, metadata()) }
      try store.insert(entry(id, at: time), rated: nil)
      return try store.append(
        .published(entry(id, at: time)), of: postsNode, time: Timestamp(milliseconds: time), to: queues)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `each queue chains its events over the global sequence`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    #expect(try await store.read { try $0.outboxHead() } == 0)
    let first = try await append("1", to: [.anonymous, Self.aliceQueue], in: store)
    let second = try await append("2", to: [Self.bobQueue], in: store)
    let third = try await append("3", to: [.anonymous, Self.aliceQueue, Self.bobQueue], in: store)
    #expect(first < second && second < third)
    try await store.read { store throws in
      #expect(try store.outboxHead() == third)
      let rows = try store.outbox(after: 0, maxEvents: 10)
      #expect(rows.map(\.event.sequence) == [first, first, second, third, third, third])
      #expect(
        Dictionary(uniqueKeysWithValues: rows.suffix(3).map { ($0.queue, $0.previous) })
          == [.anonymous: first, Self.aliceQueue: first, Self.bobQueue: second])
      #expect(rows.first?.event.change == .published(entry("1", at: 1)))
      #expect(try store.outbox(after: first, maxEvents: 1).map(\.event.sequence) == [second])
      #expect(try store.outbox(after: second, maxEvents: 1).count == 3)
      #expect(try store.outbox(after: third, maxEvents: 10).isEmpty)
      let page = try store.events(in: Self.aliceQueue, after: first, max: 10)
      #expect(page.events.map(\.sequence) == [third])
      #expect(page.head == third)
      #expect(!page.isReset)
      let part = try store.events(in: Self.aliceQueue, after: 0, max: 1)
      #expect(part.events.map(\.sequence) == [first])
      #expect(part.head == third)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `an event that nobody hears does not stop the outbox`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    for number in 0..<5 { _ = try await append("\(number)", to: [], in: store) }
    let heard = try await append("5", to: [.anonymous], in: store)
    #expect(try await store.read { try $0.outbox(after: 0, maxEvents: 1).map(\.event.sequence) } == [heard])
  }

  @Test(arguments: StoreDriver.allCases)
  func `a retraction is an event`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let sequence = try await store.write {
      try $0.append(.retracted(id: "x"), of: postsNode, time: Timestamp(milliseconds: 9), to: [.node(postsNode)])
    }
    let events = try await store.read { try $0.events(in: .node(postsNode), after: 0, max: 10).events }
    #expect(
      events == [
        ChannelEvent(
          sequence: sequence, node: postsNode, time: Timestamp(milliseconds: 9), change: .retracted(id: "x"))
      ])
  }

  @Test(arguments: StoreDriver.allCases)
  func `a cursor beyond the newest event of all is reset, one beyond its queue's is not`(
    driver: StoreDriver
  ) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let first = try await append("1", to: [Self.aliceQueue], in: store)
    let second = try await append("2", to: [Self.bobQueue], in: store)
    try await store.read { store throws in
      #expect(
        try store.events(in: Self.aliceQueue, after: second, max: 10)
          == EventPage(events: [], head: first, isReset: false))
      #expect(
        try store.events(in: Self.aliceQueue, after: second + 1, max: 10)
          == EventPage(events: [], head: first, isReset: true))
      #expect(
        try store.events(in: .anonymous, after: second, max: 10) == EventPage(events: [], head: 0, isReset: false))
      #expect(
        try store.events(in: .anonymous, after: second + 1, max: 10) == EventPage(events: [], head: 0, isReset: true))
      #expect(try store.events(in: Self.aliceQueue, after: -5, max: 10).events.count == 1)
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `retention by count and by age removes the oldest, and older cursors are told so`(
    driver: StoreDriver
  ) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    var written: [Int64] = []
    for number in 1...10 {
      let queues = number.isMultiple(of: 2) ? [Self.aliceQueue] : [Self.bobQueue]
      written.append(try await append("\(number)", at: Int64(number), to: queues, in: store))
    }
    let sequences = written
    // By count: the newest six stay, removed in two steps.
    let byCount = EventRetention(before: Timestamp(milliseconds: 0), maxEvents: 6, batch: 3)
    #expect(try await store.write { try $0.prune(byCount) } == 3)
    #expect(try await store.write { try $0.prune(byCount) } == 1)
    #expect(try await store.write { try $0.prune(byCount) } == 0)
    try await store.read { store throws in
      let page = try store.events(in: Self.aliceQueue, after: sequences[0], max: 10)
      #expect(page.isReset)
      #expect(page.events.map(\.sequence) == [sequences[5], sequences[7], sequences[9]])
      #expect(try !store.events(in: Self.aliceQueue, after: sequences[3], max: 10).isReset)
      #expect(try !store.events(in: Self.bobQueue, after: sequences[2], max: 10).isReset)
      #expect(try store.events(in: Self.bobQueue, after: sequences[1], max: 10).isReset)
    }
    // By age: all before the eleventh millisecond.
    let byAge = EventRetention(before: Timestamp(milliseconds: 11), maxEvents: 1000)
    #expect(try await store.write { try $0.prune(byAge) } == 6)
    try await store.read { store throws in
      #expect(try store.outboxHead() == sequences[9])
      #expect(
        try store.events(in: Self.aliceQueue, after: sequences[9], max: 10)
          == EventPage(events: [], head: sequences[9], isReset: false))
      #expect(try store.events(in: Self.aliceQueue, after: 0, max: 10).isReset)
    }
    // The chain goes on over what was removed.
    let next = try await append("11", at: 11, to: [Self.aliceQueue], in: store)
    #expect(next > sequences[9])
    #expect(try await store.read { try $0.outbox(after: 0, maxEvents: 10).map(\.previous) } == [sequences[9]])
  }

  @Test(arguments: StoreDriver.allCases)
  func `the queues that only one user reads are cleared with the user`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    // A neighbour in the order of names keeps theirs.
    let neighbour = EventQueue.member(JID(prepared: "bob@example.com.au"), postsNode)
    let cleared: [EventQueue] = [Self.bobQueue, .member(bob, postsNode)]
    let kept: [EventQueue] = [Self.aliceQueue, .member(alice, postsNode), neighbour, .anonymous]
    let sequence = try await append("1", to: cleared + kept, in: store)
    try await store.write { try $0.clearQueues(of: bob) }
    try await store.read { store throws in
      for queue in cleared {
        #expect(
          try store.events(in: queue, after: 0, max: 10) == EventPage(events: [], head: sequence, isReset: true))
      }
      for queue in kept { #expect(try store.events(in: queue, after: 0, max: 10).events.count == 1) }
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `a relay's position is kept by its name`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    #expect(try await store.read { try $0.relayPosition("edge") } == nil)
    try await store.write { try $0.setRelayPosition("edge", to: 5) }
    try await store.write { try $0.setRelayPosition("edge", to: 7) }
    #expect(try await store.read { try $0.relayPosition("edge") } == 7)
    #expect(try await store.read { try $0.relayPosition("other") } == nil)
  }

  @Test(arguments: StoreDriver.allCases)
  func `what may not be read any more comes as a retraction, in its place`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let queues: [EventQueue] = [
      .anonymous, .node(postsNode), Self.aliceQueue, Self.bobQueue, .member(alice, postsNode), .member(bob, postsNode),
    ]
    let sequence = try await append("1", to: queues, in: store)
    try await store.write { store in
      try store.set(membership(alice, .member))
      try store.set(membership(bob, .member, .pending))
    }
    @Sendable func shown() async throws -> Set<EventQueue> {
      try await store.read { store throws in
        let rows = try store.outbox(after: 0, maxEvents: 10)
        #expect(Set(rows.map(\.queue)) == Set(queues))
        var shown: Set<EventQueue> = []
        for row in rows {
          let page = try store.events(in: row.queue, after: 0, max: 10)
          #expect(page.events == [row.event])
          #expect(page.head == sequence)
          if case .published = row.event.change { shown.insert(row.queue) }
          if case .retracted(let id) = row.event.change { #expect(id == "1") }
        }
        return shown
      }
    }
    #expect(try await shown() == Set(queues))
    try await store.write { try $0.update(metadata(.local), of: postsNode) }
    #expect(try await shown() == Set(queues).subtracting([.anonymous, .node(postsNode)]))
    for model in [AccessModel.authorize, .whitelist] {
      try await store.write { try $0.update(metadata(model), of: postsNode) }
      #expect(try await shown() == [Self.aliceQueue, .member(alice, postsNode)])
    }
    try await store.write { try $0.set(membership(alice, .outcast, .none)) }
    #expect(try await shown() == [])
    try await store.write { try $0.update(metadata(.open), of: postsNode) }
    #expect(try await shown() == Set(queues))
    try await store.write { try $0.deleteEntry("1", of: postsNode) }
    #expect(try await shown() == [])
    try await store.write { try $0.delete(postsNode) }
    #expect(try await shown() == [])
  }
}
