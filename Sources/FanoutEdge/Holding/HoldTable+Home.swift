import FanoutBus
import GRIP
import NIOCore

// What a loop does for the channels whose home it is, and how loops talk (toolchain rule 2).
extension HoldTable {
  /// The loop where a channel's items are put in order.
  func home(of channel: String) -> Int {
    ChannelHome.loop(of: channel, count: mailboxes.count)
  }

  /// Tells the home of a channel something: at once where it is this loop.
  func tellHome(of channel: String, _ message: LoopMessage) {
    let home = home(of: channel)
    if home == number {
      handle(message)
    } else {
      mailboxes[home].push(message)
    }
  }

  /// Everything that waited in the mailbox: read in order, then worked on.
  func process(_ messages: [LoopMessage]) {
    for message in messages { handle(message) }
    flushOutgoing()
    if !isTurnScheduled { runTurn() }
  }

  private func handle(_ message: LoopMessage) {
    switch message {
    case .publish(let items): publish(items)
    case .deliver(let items): for item in items { enqueue(item) }
    case .subscribe(let channel, let member, let slot, let previousID):
      listenerArrived(channel: channel, member: member)
      guard let slot, let previousID, let last = sequencer.lastID(of: channel), last != previousID else { return }
      // Behind the items that have passed: what they bring may be what is missing.
      flushOutgoing()
      mailboxes[member].push(.check(channel: channel, slot: slot, lastID: last))
    case .unsubscribe(let channel, let member):
      sequencer.unsubscribe(channel: channel, member: member, now: sequencerNow)
      scheduleExpiry()
    case .check(let channel, let slot, let lastID):
      if let index = channels.index(of: channel) { enqueue(.check(slot: slot, lastID: lastID), channel: index) }
    case .forget(let channel, let lastID): sequencer.forget(channel: channel, lastID: lastID)
    case .update(let channel):
      if let index = channels.index(of: channel) { enqueue(.update, channel: index) }
    case .recover:
      sequencer.forgetAll()
      updateAll()
    }
  }

  // MARK: Items

  private var sequencerNow: Duration { .nanoseconds(now.nanoseconds) }

  private func publish(_ items: [PublishedItem]) {
    mailbox.finished(items)
    if let statistics { tellReceived(items, statistics) }
    var passed: [PublishedItem] = []
    let now = sequencerNow
    counters.published += items.count
    for item in items { sequencer.itemArrived(item, now: now, passed: &passed) }
    passOn(passed)
    scheduleExpiry()
  }

  /// Gives items to the loops that have listeners, in order.
  private func passOn(_ passed: [PublishedItem]) {
    for item in passed {
      var members = sequencer.members(of: item.channel)
      if let statistics, members != 0 { tellPassed(item.item, statistics) }
      while members != 0 {
        let loop = members.trailingZeroBitCount
        members &= members - 1
        if loop == number {
          mailbox.started(item)
          enqueue(item)
        } else {
          outgoing[loop].append(item)
        }
      }
    }
  }

  /// One message, and so at most one wake-up, per loop.
  private func flushOutgoing() {
    for loop in outgoing.indices where !outgoing[loop].isEmpty {
      mailboxes[loop].push(.deliver(outgoing[loop]))
      outgoing[loop] = []
    }
  }

  private func enqueue(_ item: PublishedItem) {
    guard let index = channels.index(of: item.channel) else { return mailbox.finished([item]) }
    started(item, channel: Int(index))
    enqueue(.item(item), channel: index)
  }

  // MARK: Listeners

  /// Notes at the home that a loop has a listener; the bus is asked for the channel where it is the first.
  func listenerArrived(channel: String, member: Int) {
    guard sequencer.subscribe(channel: channel, member: member) else { return }
    bus.subscribe(channel: channel)
    guard bus.isInterestBased, configuration.updatesOnFirstSubscription else { return }
    firstSubscriptions.append((channel, now + .seconds(1)))
    if firstSubscriptions.count == 1 { _ = schedule(.firstSubscription, for: -1, after: .seconds(1)) }
  }

  /// Lets the listeners of channels that got their first one a second ago look again (§8.5).
  func updateFirstSubscriptions() {
    while let first = firstSubscriptions.first, first.due <= now {
      firstSubscriptions.removeFirst()
      var members = sequencer.members(of: first.channel)
      while members != 0 {
        let loop = members.trailingZeroBitCount
        members &= members - 1
        mailboxes[loop].push(.update(channel: first.channel))
      }
    }
    if let first = firstSubscriptions.first { _ = schedule(.firstSubscription, for: -1, after: first.due - now) }
  }

  // MARK: Expiry

  private func scheduleExpiry() {
    guard !isExpiryScheduled, sequencer.needsExpiry else { return }
    isExpiryScheduled = true
    _ = schedule(.expiry, for: -1, after: .seconds(1))
  }

  /// Once a second while anything waits or lingers.
  func expire() {
    isExpiryScheduled = false
    var passed: [PublishedItem] = []
    var ended: [String] = []
    sequencer.expire(now: sequencerNow, passed: &passed, ended: &ended)
    for channel in ended { bus.unsubscribe(channel: channel) }
    passOn(passed)
    flushOutgoing()
    scheduleExpiry()
    if !isTurnScheduled { runTurn() }
  }
}

/// Which loop a channel is at home on.
enum ChannelHome {
  /// Stable for the life of the process.
  static func loop(of channel: String, count: Int) -> Int {
    count == 1 ? 0 : Int(UInt(bitPattern: channel.hashValue) % UInt(count))
  }
}
