import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  private static let changes: [ChannelEvent.Change] = [
    .subscriptionChanged(user: bob, .invited, invitedBy: alice), .subscriptionChanged(user: bob, .none, invitedBy: nil),
    .affiliationChanged(user: carol, .outcast), .configured(metadata(.whitelist, title: "T <&>")), .nodeDeleted,
    .accessReduced(user: bob), .accessReduced(user: nil), .retracted(id: "x"),
  ]

  @Test(arguments: StoreDriver.allCases)
  func `every kind of change reads back, in every kind of queue`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let queues: [EventQueue] = [
      .anonymous, .node(postsNode), .user(bob), .member(bob, postsNode), .notices(bob),
      .remote(domain: "other.example"),
      .control,
    ]
    try await store.write { store in
      for (number, change) in Self.changes.enumerated() {
        _ = try store.append(change, of: postsNode, time: Timestamp(milliseconds: Int64(number)), to: queues)
      }
    }
    try await store.read { store throws in
      for queue in queues {
        #expect(try store.events(in: queue, after: 0, max: 100).events.map(\.change) == Self.changes)
      }
      let rows = try store.outbox(after: 0, maxEvents: 100)
      #expect(rows.count == queues.count * Self.changes.count)
      #expect(Set(rows.map(\.queue)) == Set(queues))
    }
    try await store.write { try $0.clearQueues(of: bob) }
    try await store.read { store throws in
      for queue in queues {
        let isCleared = [.user(bob), .member(bob, postsNode), .notices(bob)].contains(queue)
        #expect(try store.events(in: queue, after: 0, max: 100).isReset == isCleared)
      }
    }
  }

  @Test(arguments: StoreDriver.allCases)
  func `another server hears of a closed node for as long as one of its users follows`(driver: StoreDriver) async throws
  {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let (own, hub) = (EventQueue.remote(domain: "other.example"), EventQueue.remote(domain: "hub.example"))
    let dave = membership(JID(prepared: "dave@other.example"), .member)
    let behind = StoredMembership(
      membership(JID(prepared: "erin@third.example"), .member).membership, listener: JID(prepared: "hub.example"))
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1), rated: nil)
      _ = try store.append(
        .published(entry("1", at: 1)), of: postsNode, time: Timestamp(milliseconds: 1), to: [own, hub, .control])
    }
    func shown() async throws -> Set<EventQueue> {
      try await store.read { store throws in
        let rows = try store.outbox(after: 0, maxEvents: 10)
        return Set(rows.filter { if case .published = $0.event.change { true } else { false } }.map(\.queue))
      }
    }
    #expect(try await shown() == [own, hub, .control])
    try await store.write { try $0.update(metadata(.local), of: postsNode) }
    #expect(try await shown() == [.control])
    try await store.write { try $0.set(dave) }
    #expect(try await shown() == [own, .control])
    try await store.write { try $0.set(behind) }
    #expect(try await shown() == [own, hub, .control])
    try await store.write { try $0.update(metadata(.authorize), of: postsNode) }
    #expect(try await shown() == [own, hub])
    try await store.write { try $0.set(membership(dave.membership.user, .outcast, .none)) }
    #expect(try await shown() == [hub])
  }

  @Test(arguments: StoreDriver.allCases)
  func `the archive has each event of a span once, oldest first`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata(.authorize))
      try store.set(membership(bob, .member))
      for number in 1...6 {
        let entry = entry("\(number)", at: Int64(number))
        try store.insert(entry, rated: nil)
        let queues: [EventQueue] =
          number.isMultiple(of: 2) ? [.user(bob), .node(postsNode)] : [.notices(bob), .anonymous]
        _ = try store.append(.published(entry), of: postsNode, time: entry.updated, to: queues)
      }
    }
    try await store.read { store throws in
      func times(_ queues: [EventQueue], _ start: Int64?, _ end: Int64?, max: Int = 100) throws -> [Int64] {
        try store.archive(
          queues, from: start.map(Timestamp.init(milliseconds:)), to: end.map(Timestamp.init(milliseconds:)), max: max
        ).map(\.time.milliseconds)
      }
      #expect(try times([.user(bob)], nil, nil) == [2, 4, 6])
      #expect(try times([.user(bob), .notices(bob), .node(postsNode)], nil, nil) == [1, 2, 3, 4, 5, 6])
      #expect(try times([.user(bob), .anonymous], 2, 5) == [2, 3, 4, 5])
      #expect(try times([.user(bob), .anonymous], 2, 5, max: 2) == [2, 3])
      #expect(try times([.user(bob)], 7, nil) == [])
      #expect(try times([], nil, nil) == [])
      // What one of the queues may see is seen.
      let events = try store.archive([.node(postsNode), .user(bob)], from: nil, to: nil, max: 10)
      #expect(events.allSatisfy { if case .published = $0.change { true } else { false } })
      let hidden = try store.archive([.node(postsNode)], from: nil, to: nil, max: 10)
      #expect(hidden.map(\.change) == ["2", "4", "6"].map { .retracted(id: $0) })
    }
  }
}
