import GRIP

/// Puts the items of each channel into the order of their ids, and knows the last one.
///
/// One per home loop; every item of a channel passes the same sequencer, so order per channel holds from here on.
///
/// **Units**: `now` is the time since any fixed moment.
/// **Spec**: GRIP proxy §12.1, §12.2. Deviates: the last id of a channel without listeners is kept too, for the linger, so
/// that a request held just after an item was published is told of it (Pushpin forgets, and loses the item). An item that
/// names an unknown predecessor and is itself the last one is dropped as a duplicate however late it comes.
/// **Isolation**: a value; its owner's.
package struct Sequencer {
  private struct Waiting {
    var item: PublishedItem
    var serial: UInt64
  }

  private struct ChannelState {
    var lastID: String?
    /// One bit per loop that has listeners.
    var members: UInt64 = 0
    /// Whether the bus has been asked for the channel.
    var isInterested = false
    var expires: Duration = .zero
    /// Whether an entry in `expiring` stands for this channel.
    var isExpiring = false
    /// By the id that they wait for.
    var waiting: [String: Waiting] = [:]
  }

  private struct SeenID: Hashable {
    var channel: String
    var id: String
  }

  private let configuration: SequencerConfiguration
  private var channels: [String: ChannelState] = [:]
  private var expiring = FIFO<(channel: String, deadline: Duration)>()
  private var seen: Set<SeenID> = []
  private var seenOrder = FIFO<(id: SeenID, deadline: Duration)>()
  private var waitingOrder = FIFO<(channel: String, previousID: String, serial: UInt64, deadline: Duration)>()
  private var waitingCount = 0
  private var serial: UInt64 = 0

  /// What it has done.
  package private(set) var counters = SequencerCounters()

  /// A sequencer that knows nothing yet.
  package init(_ configuration: SequencerConfiguration = SequencerConfiguration()) {
    self.configuration = configuration
  }

  // MARK: Items

  /// An item has arrived. What may be delivered now is appended to `passed`, in order: this item, and those that waited
  /// for it; or nothing.
  package mutating func itemArrived(_ item: PublishedItem, now: Duration, passed: inout [PublishedItem]) {
    let value = item.item
    if let id = value.id, isDuplicate(channel: value.channel, id: id, now: now) {
      counters.duplicates += 1
      return
    }
    if value.isUnsequenced {
      passed.append(item)
      return
    }
    guard let state = channels[value.channel], state.isInterested else {
      remember(value.id, of: value.channel, now: now)
      passed.append(item)
      return
    }
    if let last = state.lastID, let previous = value.previousID, previous != last {
      if value.id == last {
        counters.duplicates += 1
      } else {
        wait(item, for: previous, now: now, passed: &passed)
      }
      return
    }
    pass(item, passed: &passed)
  }

  /// Passes what has waited long enough, and forgets what has lingered long enough.
  ///
  /// - Parameter ended: receives the channels that the bus need not bring any more.
  package mutating func expire(now: Duration, passed: inout [PublishedItem], ended: inout [String]) {
    while let next = waitingOrder.first, next.deadline <= now {
      passOldest(passed: &passed)
    }
    while let next = expiring.first, next.deadline <= now {
      expiring.popFirst()
      guard let state = channels[next.channel] else { continue }
      if state.members != 0 {
        channels[next.channel]?.isExpiring = false
      } else if state.expires > now {
        expiring.append((next.channel, state.expires))
      } else {
        drop(next.channel, ended: &ended)
      }
    }
    forgetSeen(now: now)
  }

  /// Whether `expire` has anything to look at.
  package var needsExpiry: Bool {
    !waitingOrder.isEmpty || !expiring.isEmpty || !seenOrder.isEmpty
  }

  // MARK: Listeners

  /// A loop has got its first listener of a channel. Returns whether the channel had none, lingering ones included.
  package mutating func subscribe(channel: String, member: Int) -> Bool {
    let isNew = channels[channel]?.isInterested != true
    channels[channel, default: ChannelState()].members |= 1 << UInt64(member)
    channels[channel]?.isInterested = true
    return isNew
  }

  /// A loop has lost its last listener of a channel.
  package mutating func unsubscribe(channel: String, member: Int, now: Duration) {
    guard var state = channels[channel] else { return }
    state.members &= ~(1 << UInt64(member))
    if state.members == 0 { state.expires = now + configuration.linger }
    let isDue = state.members == 0 && !state.isExpiring
    if isDue { state.isExpiring = true }
    channels[channel] = state
    if isDue { expiring.append((channel, state.expires)) }
  }

  /// The loops that have listeners of a channel, a bit each.
  package func members(of channel: String) -> UInt64 {
    channels[channel]?.members ?? 0
  }

  // MARK: Last ids

  /// The id of the last item that passed, where it is known.
  package func lastID(of channel: String) -> String? {
    channels[channel]?.lastID
  }

  /// Forgets the last id of a channel, if it still is the one named.
  package mutating func forget(channel: String, lastID: String) {
    if channels[channel]?.lastID == lastID { channels[channel]?.lastID = nil }
  }

  /// Forgets all last ids.
  package mutating func forgetAll() {
    for channel in channels.keys { channels[channel]?.lastID = nil }
  }

  /// The channels that have listeners now.
  package var listenedChannels: [String] {
    channels.compactMap { $0.value.members != 0 ? $0.key : nil }
  }

  // MARK: -

  private mutating func isDuplicate(channel: String, id: String, now: Duration) -> Bool {
    guard configuration.duplicateWindow > .zero else { return false }
    forgetSeen(now: now)
    let key = SeenID(channel: channel, id: id)
    guard seen.insert(key).inserted else { return true }
    seenOrder.append((key, now + configuration.duplicateWindow))
    if seen.count > configuration.duplicateLimit, let oldest = seenOrder.popFirst() {
      seen.remove(oldest.id)
    }
    return false
  }

  private mutating func forgetSeen(now: Duration) {
    while let oldest = seenOrder.first, oldest.deadline <= now {
      seen.remove(oldest.id)
      seenOrder.popFirst()
    }
  }

  private mutating func remember(_ id: String?, of channel: String, now: Duration) {
    guard let id else {
      channels[channel]?.lastID = nil
      return
    }
    if channels[channel] == nil {
      guard makeRoom() else { return }
      channels[channel] = ChannelState(isExpiring: true)
      expiring.append((channel, now + configuration.linger))
    }
    channels[channel]?.lastID = id
    channels[channel]?.expires = now + configuration.linger
  }

  /// Makes room for a channel without listeners; false when every channel has some.
  private mutating func makeRoom() -> Bool {
    var looked = expiring.count
    while channels.count >= configuration.channelLimit {
      guard looked > 0, let oldest = expiring.popFirst() else { return false }
      looked -= 1
      guard let state = channels[oldest.channel] else { continue }
      if state.members != 0 {
        channels[oldest.channel]?.isExpiring = false
      } else if state.isInterested {
        expiring.append(oldest)
      } else {
        channels[oldest.channel] = nil
        counters.evicted += 1
      }
    }
    return true
  }

  private mutating func wait(
    _ item: PublishedItem, for previousID: String, now: Duration, passed: inout [PublishedItem]
  ) {
    guard let state = channels[item.channel] else { return }
    guard state.waiting[previousID] == nil, state.waiting.count < configuration.waitingPerChannel else {
      counters.dropped += 1
      return
    }
    if waitingCount >= configuration.waitingLimit { passOldest(passed: &passed) }
    serial += 1
    channels[item.channel]?.waiting[previousID] = Waiting(item: item, serial: serial)
    waitingOrder.append((item.channel, previousID, serial, now + configuration.messageWait))
    waitingCount += 1
    counters.waited += 1
  }

  private mutating func passOldest(passed: inout [PublishedItem]) {
    while let oldest = waitingOrder.popFirst() {
      guard let waiting = channels[oldest.channel]?.waiting[oldest.previousID], waiting.serial == oldest.serial else {
        continue
      }
      channels[oldest.channel]?.waiting[oldest.previousID] = nil
      waitingCount -= 1
      counters.passedLate += 1
      pass(waiting.item, passed: &passed)
      return
    }
  }

  private mutating func pass(_ item: PublishedItem, passed: inout [PublishedItem]) {
    var next = item
    while true {
      passed.append(next)
      let id = next.item.id
      channels[item.channel]?.lastID = id
      guard let id, let follower = channels[item.channel]?.waiting.removeValue(forKey: id) else { return }
      waitingCount -= 1
      next = follower.item
    }
  }

  private mutating func drop(_ channel: String, ended: inout [String]) {
    guard let state = channels.removeValue(forKey: channel) else { return }
    waitingCount -= state.waiting.count
    if state.isInterested { ended.append(channel) }
  }
}
