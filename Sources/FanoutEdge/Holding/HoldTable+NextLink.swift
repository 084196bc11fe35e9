import FanoutBus
import GRIP
import Logging
import NIOCore
import ServerKit

// How a stream gets from the origin what it missed (GRIP proxy §9.5).
extension HoldTable {
  /// Fetches a link. Items wait until it has been read.
  func beginFetch(_ link: String, attempt: Int, index: Int32, hold: Hold) {
    hold.state = .fetching
    cancel(&hold.nextLinkTimer)
    refreshFast(index, hold: hold)
    counters.nextLinks += 1
    let exchange = LinkExchange(table: self, slot: slab.slot(index), link: link, attempt: attempt)
    hold.fetch = exchange
    let fetch = hold.sink.fetch(link: link, lastIDs: lastIDs(of: hold), receiver: exchange)
    // It may be over already.
    if hold.fetch === exchange { exchange.fetch = fetch }
  }

  /// Passes a part of a next link's body to the client; the next part is asked for when this one has been taken.
  func linkBodyReceived(_ bytes: ByteBuffer, exchange: LinkExchange, resume: @escaping () -> Void) {
    let index = exchange.slot.index
    guard let hold = slab.hold(exchange.slot), hold.fetch === exchange else { return }
    var part = ByteBuffer()
    part.writePart(bytes.readableBytesView, framing: framing(of: index))
    write(part, to: index, hold: hold)
    guard slab.hold(exchange.slot) != nil, hold.fetch === exchange else { return }
    if slab.hot[Int(index)].flags.contains(.isPending) {
      exchange.resume = resume
    } else {
      resume()
    }
  }

  /// Goes on after a next link: with its instruction, with another attempt, or with the end.
  func linkCompleted(_ result: Result<GRIPInstruction, LinkFailure>, exchange: LinkExchange) {
    guard let hold = slab.hold(exchange.slot), hold.fetch === exchange else { return }
    hold.fetch = nil
    switch result {
    case .success(let instruction): linkRead(instruction, exchange: exchange, hold: hold)
    case .failure(let failure): linkFailed(failure, exchange: exchange, hold: hold)
    }
  }

  private func linkFailed(_ failure: LinkFailure, exchange: LinkExchange, hold: Hold) {
    let index = exchange.slot.index
    if failure.isRetryable, !exchange.hasBody, exchange.attempt < configuration.nextLinkRetries {
      let seconds = Int64(1) << Int64(min(exchange.attempt, 20))
      let delay = TimeAmount.seconds(seconds) + .milliseconds(Int64.random(in: 0..<1000, using: &generator))
      hold.fetch = exchange
      hold.updateTimer = schedule(.linkRetry, for: index, after: delay)
      return
    }
    counters.failedNextLinks += 1
    logger.warning(
      "next link failed",
      metadata: .keys([.link: exchange.link, .errorDetail: failure.text, .route: hold.routeID]))
    fail(index, hold: hold, "Failed to retrieve next link.", .recoveryFailed)
  }

  /// Asks once more.
  func retryLink(_ index: Int32, hold: Hold) {
    guard let exchange = hold.fetch, hold.state == .fetching else { return }
    beginFetch(exchange.link, attempt: exchange.attempt + 1, index: index, hold: hold)
  }

  private func linkRead(_ instruction: GRIPInstruction, exchange: LinkExchange, hold: Hold) {
    let slot = exchange.slot
    let index = slot.index
    if case .response? = instruction.hold {
      return fail(index, hold: hold, "Next link returned non-stream hold.", .recoveryFailed)
    }
    hold.uri = exchange.link
    hold.meta = instruction.meta
    hold.nextLink = instruction.nextLink
    if hold.nextLink == nil, let channel = instruction.channels.first(where: { $0.previousID != nil }) {
      let text = "channel '\(channel.name)' specifies prev-id, but no next link found"
      return fail(index, hold: hold, text, .protocolError)
    }
    hold.state = .holding
    if case .stream(let keepAlive)? = instruction.hold {
      hold.sharedKeepAlive = keepAlive.map { keepAlives.share($0) }
    } else {
      guard let link = hold.nextLink else { return end(index, hold: hold, isComplete: true) }
      replaceChannels(instruction.channels, hold: hold, slot: slot)
      // The rest of a page is written before the next one is asked for.
      guard slab.hold(slot) != nil else { return }
      return beginFetch(LinkExchange.resolve(link.uri, base: hold.uri), attempt: 0, index: index, hold: hold)
    }
    replaceChannels(instruction.channels, hold: hold, slot: slot)
    guard slab.hold(slot) != nil else { return }
    startStreamTimers(hold, index: index)
    deliverWaiting(hold, slot: slot)
    guard slab.hold(slot) != nil else { return }
    refreshFast(index, hold: hold)
  }

  /// Puts the channels of a new instruction in the place of the old ones. Those that stay keep their membership, so that
  /// nothing is missed between.
  private func replaceChannels(_ named: [GRIPChannel], hold: Hold, slot: HoldSlot) {
    let wanted = wantedChannels(named, of: hold)
    var names = hold.channels.map { channels.entries[Int($0.index)].name }
    let staying = wanted.filter { names.contains($0.fullName) }
    for (entry, name) in names.enumerated().reversed() where !wanted.contains(where: { $0.fullName == name }) {
      leave(hold.channels[entry], kind: .stream)
      hold.channels.remove(at: entry)
      names.remove(at: entry)
      renumber(hold, from: entry)
    }
    for channel in staying {
      guard let entry = names.firstIndex(of: channel.fullName) else { continue }
      hold.channels[entry].filter = channel.filter
      channels.entries[Int(hold.channels[entry].index)].streams.update(at: hold.channels[entry].member) {
        $0.previousID = channel.previousID
        $0.isPlain = channel.filter.isEmpty
      }
    }
    var hasConflict = false
    for channel in wanted where !names.contains(channel.fullName) {
      add(channel, to: hold, slot: slot)
      let isNew = hold.channels.last?.isNew ?? false
      let isKnown = announce(
        channel.fullName, previousID: channel.previousID, slot: slot, isNew: isNew, isRetry: false)
      hasConflict = isKnown || hasConflict
    }
    logger.debug(
      "subscribe",
      metadata: ["uri": "\(hold.uri)", "grip.channels": "\(wanted.map(\.fullName).joined(separator: " "))"])
    hold.gaps = 0
    slab.hot[Int(slot.index)].activity = 0
    if hasConflict { updateAfterConflict(slot, hold: hold) }
  }

  private func updateAfterConflict(_ slot: HoldSlot, hold: Hold) {
    counters.gaps += 1
    hold.updateTimer = schedule(.update, for: slot.index, after: configuration.gapDelay)
  }

  /// Tells the members of a hold their new numbers after one has gone.
  func renumber(_ hold: Hold, from first: Int) {
    for entry in first..<hold.channels.count {
      let channel = hold.channels[entry]
      channels.entries[Int(channel.index)][hold.kind].update(at: channel.member) { $0.entry = UInt8(entry) }
    }
  }

  /// Delivers what waited for the link. Of each channel the items that the link has brought already are left out: all up
  /// to the first that follows where the channel stands now. Where none does, the link's answer was older than the items,
  /// or newer: an item on its way shows that, or the origin is asked once more.
  private func deliverWaiting(_ hold: Hold, slot: HoldSlot) {
    guard let backlog = hold.backlog else { return }
    let waiting = backlog.waiting
    backlog.waiting = []
    backlog.waitingBytes = 0
    hold.dropBacklog()
    var reached: UInt32 = 0
    var missed: UInt32 = 0
    for item in waiting {
      guard slab.hold(slot) != nil else { return }
      guard let index = channels.index(of: item.published.channel),
        let entry = hold.channels.firstIndex(where: { $0.index == index })
      else { continue }
      let bit: UInt32 = 1 << UInt32(entry)
      if reached & bit == 0, let position = member(hold.channels[entry], kind: .stream).previousID {
        guard item.item.previousID == position else {
          if item.item.id == position { missed &= ~bit } else { missed |= bit }
          continue
        }
        reached |= bit
      }
      deliver(item, to: hold, slot: slot, entry: entry)
    }
    guard missed & ~reached != 0, let hold = slab.hold(slot), hold.state == .holding else { return }
    hold.gaps |= missed & ~reached
    counters.gaps += 1
    updateLater(slot, hold: hold)
  }
}
