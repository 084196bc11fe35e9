import FanoutBus
import GRIP
import Logging
import NIOCore

// What happens when a listener has missed something (GRIP proxy §8.3, §8.4, §9.2, §9.6).
extension HoldTable {
  /// Whether an item follows what the listener has. If not, nothing is delivered and the gap is noted.
  ///
  /// An item that the listener's origin has already answered with (its id is where the listener stands) is no gap: the
  /// origin was ahead of its own publisher, and with this item the two are even.
  func follows(_ item: EncodedItem, hold: Hold, slot: HoldSlot, entry: Int) -> Bool {
    guard let position = member(hold.channels[entry], kind: hold.kind).previousID else { return true }
    let bit: UInt32 = 1 << UInt32(entry)
    if item.item.previousID == position || item.item.id == position {
      if hold.gaps & bit != 0 {
        hold.gaps &= ~bit
        counters.closedGaps += 1
        if hold.gaps == 0 { cancel(&hold.updateTimer) }
      }
      return item.item.previousID == position
    }
    counters.gaps += 1
    hold.gaps |= bit
    updateLater(slot, hold: hold)
    return false
  }

  /// A channel had moved on when the hold reached its home. The origin is asked at once; if that has just been done, a
  /// moment later.
  func conflict(_ slot: HoldSlot, hold: Hold) {
    counters.gaps += 1
    if hold.kind == .socket, hold.state == .fetching {
      // Looked at again when the origin has told where all channels go on.
      hold.gaps |= 1
    } else if hold.isRetry {
      updateLater(slot, hold: hold)
    } else {
      requestUpdate(slot)
    }
  }

  /// The home has told where a channel stood when a subscription arrived, and everything that passed it before has been
  /// delivered here.
  func check(_ slot: HoldSlot, channel: Int32, lastID: String) {
    guard let hold = slab.hold(slot), let held = hold.channels.first(where: { $0.index == channel }),
      let position = member(held, kind: hold.kind).previousID, position != lastID
    else { return }
    if hold.isRetry {
      let name = channels.entries[Int(channel)].name
      tellHome(of: name, .forget(channel: name, lastID: lastID))
    }
    conflict(slot, hold: hold)
  }

  /// Asks the origin after the gap delay, unless the gap closes.
  func updateLater(_ slot: HoldSlot, hold: Hold) {
    guard hold.updateTimer == .none, !hold.isUpdateQueued, hold.state == .holding else { return }
    let most = configuration.gapDelay.nanoseconds
    let delay = most <= 1 ? most : Int64.random(in: most / 2...most, using: &generator)
    hold.updateTimer = schedule(.update, for: slot.index, after: .nanoseconds(delay))
  }

  /// Asks the origin as soon as the rate of updates allows.
  func requestUpdate(_ slot: HoldSlot) {
    guard let hold = slab.hold(slot), !hold.isUpdateQueued, mayUpdate(hold) else { return }
    if updateQueue.isEmpty, limiter.take(now: now, link: hold.updateKey) {
      beginUpdate(slot.index, hold: hold)
      return
    }
    hold.isUpdateQueued = true
    updateQueue.append(slot)
    waitForLimiter()
  }

  /// Whether the origin may be asked now; if not because an item is in a filter, it is asked after that.
  private func mayUpdate(_ hold: Hold) -> Bool {
    if hold.state == .filtering { hold.backlog?.filtering?.wantsUpdate = true }
    return hold.state == .holding
  }

  /// Starts the updates whose turn has come.
  func continueUpdates() {
    isLimiterWaiting = false
    while let slot = updateQueue.first {
      guard let hold = slab.hold(slot) else {
        updateQueue.removeFirst()
        continue
      }
      guard limiter.take(now: now, link: hold.updateKey) else { break }
      updateQueue.removeFirst()
      hold.isUpdateQueued = false
      if mayUpdate(hold) { beginUpdate(slot.index, hold: hold) }
    }
    if !updateQueue.isEmpty { waitForLimiter() }
  }

  private func waitForLimiter() {
    guard !isLimiterWaiting else { return }
    isLimiterWaiting = true
    _ = schedule(.limiter, for: -1, after: .milliseconds(100))
  }

  /// Asks the origin now: a long-poll's request again, a stream's next link.
  func beginUpdate(_ index: Int32, hold: Hold) {
    hold.gaps = 0
    cancel(&hold.updateTimer)
    switch hold.kind {
    case .poll:
      let lastIDs = lastIDs(of: hold)
      counters.retries += 1
      free(index)
      hold.sink.retry(lastIDs: lastIDs)
    case .socket: beginResume(index, hold: hold)
    case .stream:
      guard let link = hold.nextLink, hold.state == .holding else { return }
      beginFetch(LinkExchange.resolve(link.uri, base: hold.uri), attempt: 0, index: index, hold: hold)
    }
  }

  /// Every reliable hold of a channel looks again (first subscriber, §8.5).
  func updateReliable(channel: Int) {
    let members =
      channels.entries[channel].streams.members + channels.entries[channel].polls.members
      + channels.entries[channel].sockets.members
    for member in members where member.previousID != nil { requestUpdate(slab.slot(member.slot)) }
  }

  /// Every hold looks again (recover, §9.8).
  func updateAll() {
    for index in slab.used { requestUpdate(slab.slot(index)) }
  }
}
