import NIOCore

/// A channel with listeners, as its operator sees it.
package struct ChannelReport: Sendable, Hashable {
  /// With the route's prefix.
  package var name: String
  /// Listeners by the raw value of `HoldKind`.
  package var members: [Int]
}

// What an operator is told of holds, and what an operator ends (admin API).
extension HoldTable {
  package func report(_ slot: HoldSlot) -> HoldReport? {
    guard let hold = slab.hold(slot) else { return nil }
    return HoldReport(
      transport: hold.kind.name, queuedBytes: hold.backlog.map { $0.queuedBytes + $0.waitingBytes } ?? 0,
      slowMilliseconds: hold.slowSince.map { (now - $0).nanoseconds / 1_000_000 },
      channels: hold.channels.map { channels.entries[Int($0.index)].name }, user: hold.meta["user"])
  }

  /// Sees channels from a place on; `nil` at the end.
  func surveyChannels(from start: Int, _ see: (ChannelReport) -> Void) -> Int? {
    LoopSurvey.visit(from: start, count: channels.entries.count) { place in
      let entry = channels.entries[place]
      guard entry.hasMembers else { return }
      see(ChannelReport(name: entry.name, members: [entry.polls.count, entry.streams.count, entry.sockets.count]))
    }
  }

  /// Those who listen to a channel.
  func listeners(of channel: String) -> [HoldSlot] {
    guard let index = channels.index(of: channel) else { return [] }
    let entry = channels.entries[Int(index)]
    return (entry.streams.members + entry.polls.members + entry.sockets.members).map { slab.slot($0.slot) }
  }

  /// Sees the holds of a user from a place on; `nil` at the end.
  func surveyHolds(ofUser user: String, from start: Int, _ see: (HoldSlot) -> Void) -> Int? {
    LoopSurvey.visit(from: start, count: slab.hot.count) { place in
      guard let hold = slab[Int32(place)], hold.meta["user"] == user else { return }
      see(slab.slot(Int32(place)))
    }
  }

  /// Closes what an operator has chosen; what has ended meanwhile is left out.
  ///
  /// - Returns: how many were closed.
  func closeForOperator(_ slots: ArraySlice<HoldSlot>) -> Int {
    slots.count { slot in
      guard let hold = slab.hold(slot) else { return false }
      free(slot.index)
      hold.sink.close(.closedByOperator)
      return true
    }
  }
}

extension DeliveryCore {
  /// The channels with listeners whose names begin with a prefix and come after another name, by name; as many as fit.
  ///
  /// - Returns: the first `limit` of them, and whether there are more.
  func channels(prefix: String, after: String?, limit: Int, on loop: any EventLoop) async -> ([ChannelReport], Bool) {
    var sums: [String: [Int]] = [:]
    for mailbox in mailboxes {
      var part = FirstFew<ChannelReport>(limit: limit + 1) { $0.name < $1.name }
      var next: Int? = 0
      while let start = next {
        let before = part
        let result = try? await mailbox.ask(on: loop) { table in
          var part = before
          let end = table.surveyChannels(from: start) { channel in
            guard channel.name.hasPrefix(prefix), after.map({ $0 < channel.name }) ?? true else { return }
            part.add(channel)
          }
          return (part, end)
        }.get()
        guard let result else { break }
        (part, next) = result
      }
      for channel in part.sorted {
        sums[channel.name] = zip(sums[channel.name] ?? HoldKind.noCounts, channel.members).map(+)
      }
    }
    let sorted = sums.sorted { $0.key < $1.key }
    return (sorted.prefix(limit).map { ChannelReport(name: $0.key, members: $0.value) }, sorted.count > limit)
  }

  /// Closes everyone who listens to a channel. Returns how many.
  func closeListeners(of channel: String, on loop: any EventLoop) async -> Int {
    var count = 0
    for mailbox in mailboxes {
      let slots = try? await mailbox.ask(on: loop) { $0.listeners(of: channel) }.get()
      count += await close(slots ?? [], at: mailbox, on: loop)
    }
    return count
  }

  /// Closes every hold whose meta names a user. Returns how many.
  func closeHolds(ofUser user: String, on loop: any EventLoop) async -> Int {
    var count = 0
    for mailbox in mailboxes {
      var slots: [HoldSlot] = []
      var next: Int? = 0
      while let start = next {
        let result = try? await mailbox.ask(on: loop) { table in
          var found: [HoldSlot] = []
          let end = table.surveyHolds(ofUser: user, from: start) { found.append($0) }
          return (found, end)
        }.get()
        guard let result else { break }
        slots += result.0
        next = result.1
      }
      count += await close(slots, at: mailbox, on: loop)
    }
    return count
  }

  /// Fifty in a turn: closing one costs some ten microseconds.
  private func close(_ slots: [HoldSlot], at mailbox: LoopMailbox, on loop: any EventLoop) async -> Int {
    var count = 0
    var rest = slots[...]
    while !rest.isEmpty {
      let part = rest.prefix(50)
      rest = rest.dropFirst(50)
      let closed = try? await mailbox.ask(on: loop) { $0.closeForOperator(part) }.get()
      count += closed ?? 0
    }
    return count
  }
}
