import FanoutBus
import GRIP
import Logging
import NIOCore
import ServerKit

// How items reach holds: channel by channel, in slices (GRIP proxy §9.2, §12.3).
extension HoldTable {
  /// Adds work to a channel; it is done in the order in which it was added.
  func enqueue(_ work: ChannelWork, channel index: Int32) {
    channels.entries[Int(index)].work.append(work)
    guard !channels.entries[Int(index)].isActive else { return }
    channels.entries[Int(index)].isActive = true
    active.append(index)
  }

  /// Works now, unless a turn is under way or waits for others to have theirs.
  func runSoon() {
    guard !isTurnScheduled, !isInTurn else { return }
    if active.isEmpty { return }
    scheduleTurn()
  }

  /// One turn: as many connections as a slice has, channel after channel; then the loop's other business goes first.
  func runTurn() {
    guard !isInTurn else { return }
    isInTurn = true
    defer { isInTurn = false }
    tick = currentTick
    var budget = configuration.sliceSize
    while budget > 0, let index = active.popFirst() {
      advance(index, budget: &budget)
      if channels.entries[Int(index)].hasWork {
        active.append(index)
      } else {
        channels.entries[Int(index)].isActive = false
        releaseIfUnused(index)
      }
    }
    if !active.isEmpty, !isTurnScheduled { scheduleTurn() }
  }

  private func scheduleTurn() {
    isTurnScheduled = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.execute {
      bound.value.isTurnScheduled = false
      bound.value.runTurn()
    }
  }

  private func advance(_ index: Int32, budget: inout Int) {
    let channel = Int(index)
    while budget > 0 {
      if let fanout = channels.entries[channel].fanout {
        guard walk(fanout, channel: channel, budget: &budget) else { return }
        channels.entries[channel].fanout = nil
        for item in fanout.items {
          item.forgetResponses()
          if let trace = item.published.trace { logDelivered(item.item, trace: trace) }
        }
        mailbox.finished(fanout.items.map(\.published))
        continue
      }
      guard let work = channels.entries[channel].takeWork() else { return }
      switch work {
      case .item(let first): startFanout(first, channel: channel)
      case .check(let slot, let lastID): check(slot, channel: index, lastID: lastID)
      case .update:
        budget -= channels.entries[channel].streams.count + channels.entries[channel].polls.count
        updateReliable(channel: channel)
      }
    }
  }

  /// Takes an item, and those that wait right behind it, as far as they make one write of moderate size.
  private func startFanout(_ first: PublishedItem, channel: Int) {
    guard channels.entries[channel].hasMembers else { return mailbox.finished([first]) }
    var items = [EncodedItem(first)]
    var bytes = first.weight
    while items.count < 64, let next = channels.entries[channel].nextItem {
      bytes += next.weight
      if bytes > configuration.coalescedBytes { break }
      _ = channels.entries[channel].takeWork()
      items.append(EncodedItem(next))
    }
    counters.items += items.count
    channels.entries[channel].fanout = Fanout(items)
  }

  /// Hands items round; false when the budget ended before the listeners did.
  private func walk(_ fanout: Fanout, channel: Int, budget: inout Int) -> Bool {
    if fanout.phase == .new {
      fanout.phase = .streams
      if fanout.hasStream { channels.entries[channel].streams.startWalk() }
    }
    if fanout.phase == .streams {
      while budget > 0, let position = channels.entries[channel].streams.next() {
        budget -= 1
        deliverToStream(fanout, channel: channel, at: position)
      }
      if channels.entries[channel].streams.cursor > 0 { return false }
      fanout.phase = .polls
      if fanout.hasPoll { channels.entries[channel].polls.startWalk() }
    }
    while budget > 0, let position = channels.entries[channel].polls.next() {
      budget -= 1
      deliverToPoll(fanout, channel: channel, at: position)
    }
    return channels.entries[channel].polls.cursor == 0
  }

  private func logDelivered(_ item: GRIPItem, trace: String) {
    logger.notice("item handed round", metadata: .keys([.traceID: trace, .itemID: item.id ?? "-"]))
  }

  // MARK: Streams

  /// All items to one stream: in one write where nothing stands against it, otherwise one by one.
  private func deliverToStream(_ fanout: Fanout, channel: Int, at position: Int) {
    let index = channels.entries[channel].streams.members[position].slot
    let flags = slab.hot[Int(index)].flags
    let entry = channels.entries[channel].streams.members[position].entry
    if fanout.isPlain, flags.contains(.isFast), channels.entries[channel].streams.members[position].isPlain {
      let isReliable = channels.entries[channel].streams.members[position].previousID != nil
      let follows =
        fanout.isChain
        && channels.entries[channel].streams.members[position].previousID == fanout.previousID
      if !isReliable || follows {
        if isReliable { channels.entries[channel].streams.setPreviousID(fanout.lastID, at: position) }
        slab.hot[Int(index)].activity |= 1 << UInt32(entry)
        slab.hot[Int(index)].lastWrite = tick
        counters.deliveries += fanout.items.count
        send(fanout.streamBytes(flags.contains(.isChunked) ? .chunked : .untilClose), to: index)
        return
      }
    }
    let slot = slab.slot(index)
    for item in fanout.items {
      guard let hold = slab.hold(slot) else { return }
      deliver(item, to: hold, slot: slot, entry: Int(entry))
    }
  }

  /// One item to one stream, with all that may stand against it.
  func deliver(_ item: EncodedItem, to hold: Hold, slot: HoldSlot, entry: Int) {
    guard let format = item.item.httpStream, entry < hold.channels.count else { return }
    switch hold.state {
    case .holding: break
    case .fetching: return wait(item, hold: hold)
    case .overrun:
      counters.dropped += 1
      return
    }
    let channel = hold.channels[entry]
    // A hint asks the origin, whether it follows or not.
    guard format == .hint || follows(item, hold: hold, slot: slot, entry: entry) else { return }
    guard passes(item.item, filters: contentFilters(of: format), hold: hold, channel: channel) else {
      return advance(to: item, hold: hold, entry: entry)
    }
    switch format {
    case .send:
      guard let bytes = item.streamBytes(framing(of: slot.index)),
        makeRoom(for: bytes.readableBytes, index: slot.index, hold: hold)
      else { return }
      advance(to: item, hold: hold, entry: entry)
      slab.hot[Int(slot.index)].activity |= 1 << UInt32(entry)
      counters.deliveries += 1
      write(bytes, to: slot.index, hold: hold)
    case .hint: beginUpdate(slot.index, hold: hold)
    case .close:
      counters.deliveries += 1
      end(slot.index, hold: hold, isComplete: true)
    }
  }

  /// Keeps an item until the next link has been read; beyond the bound it is dropped, and missed when the next one comes.
  private func wait(_ item: EncodedItem, hold: Hold) {
    let backlog = hold.makeBacklog()
    guard backlog.waiting.count < configuration.queuedItemsPerHold,
      backlog.waiting.isEmpty || backlog.waitingBytes + item.published.weight <= configuration.queuedBytesPerHold
    else {
      counters.dropped += 1
      return
    }
    backlog.waiting.append(item)
    backlog.waitingBytes += item.published.weight
  }

  private func contentFilters(of format: GRIPHTTPStreamFormat) -> [String]? {
    if case .send(_, let filters) = format { filters } else { nil }
  }

  // MARK: Long-polls

  /// The first of the items that completes a long-poll.
  private func deliverToPoll(_ fanout: Fanout, channel: Int, at position: Int) {
    let index = channels.entries[channel].polls.members[position].slot
    let entry = Int(channels.entries[channel].polls.members[position].entry)
    let slot = slab.slot(index)
    for item in fanout.items {
      guard let hold = slab.hold(slot) else { return }
      deliver(item, toPoll: hold, slot: slot, entry: entry)
    }
  }

  private func deliver(_ item: EncodedItem, toPoll hold: Hold, slot: HoldSlot, entry: Int) {
    guard let format = item.item.httpResponse else { return }
    guard format == .hint || follows(item, hold: hold, slot: slot, entry: entry) else { return }
    let filters: [String]? = if case .send(let message) = format { message.contentFilters } else { nil }
    guard passes(item.item, filters: filters, hold: hold, channel: hold.channels[entry]) else {
      return advance(to: item, hold: hold, entry: entry)
    }
    if format != .hint { advance(to: item, hold: hold, entry: entry) }
    switch format {
    case .send(let message):
      guard var response = hold.response else { return }
      response.closes = response.closes || isStopped
      counters.deliveries += 1
      counters.pollDeliveries += 1
      complete(
        slot.index, hold: hold,
        with: item.response(
          message, fields: templates[hold.template], template: hold.template, hold: response))
    case .hint: beginUpdate(slot.index, hold: hold)
    case .close, .refresh: break
    }
  }

  /// Answers a long-poll: its slot is free before its connection goes on.
  func complete(_ index: Int32, hold: Hold, with bytes: ByteBuffer) {
    let descriptor = slab.hot[Int(index)].descriptor
    free(index)
    writeAll(bytes, descriptor: descriptor, sink: hold.sink)
    hold.sink.responseCompleted()
  }

  // MARK: Both

  /// Whether filters let an item through (§13).
  private func passes(_ item: GRIPItem, filters: [String]?, hold: Hold, channel: HeldChannel) -> Bool {
    if let filters, filters != channel.filter.contentFilters { return false }
    return channel.filter.isEmpty
      || channel.filter.passes(item: item.meta, subscriber: hold.meta, channels: hold.channels)
  }

  /// A reliable listener stands at this item now; one without id ends reliability for the channel.
  private func advance(to item: EncodedItem, hold: Hold, entry: Int) {
    let channel = hold.channels[entry]
    if member(channel, kind: hold.kind).previousID != nil {
      setPreviousID(item.item.id, channel: channel, kind: hold.kind)
    }
  }
}
