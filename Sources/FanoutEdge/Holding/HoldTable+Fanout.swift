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
    var budget = min(configuration.sliceSize, rate.available(now: now))
    while budget > 0, let index = active.popFirst() {
      advance(index, budget: &budget)
      budget = min(budget, rate.available(now: now))
      if channels.entries[Int(index)].hasWork {
        active.append(index)
      } else {
        channels.entries[Int(index)].isActive = false
        releaseIfUnused(index)
      }
    }
    guard !active.isEmpty, !isTurnScheduled else { return }
    if rate.available(now: now) > 0 { scheduleTurn() } else { waitForRate() }
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
        let before = budget
        let isDone = walk(fanout, channel: channel, budget: &budget)
        rate.spend((before - budget) * fanout.blocks)
        guard isDone else { return }
        channels.entries[channel].fanout = nil
        for item in fanout.items {
          item.forgetResponses()
          if let trace = item.published.trace { logDelivered(item.item, trace: trace) }
        }
        finished(fanout.items.map(\.published))
        continue
      }
      guard let work = channels.entries[channel].takeWork() else { return }
      switch work {
      case .item(let first): startFanout(first, channel: channel)
      case .check(let slot, let lastID): check(slot, channel: index, lastID: lastID)
      case .update:
        budget -= channels.entries[channel].streams.count + channels.entries[channel].polls.count
        budget -= channels.entries[channel].sockets.count
        updateReliable(channel: channel)
      }
    }
  }

  /// Takes an item, and those that wait right behind it, as far as they make one write of moderate size.
  private func startFanout(_ first: PublishedItem, channel: Int) {
    guard channels.entries[channel].hasMembers else { return finished([first]) }
    var items = [EncodedItem(first)]
    var bytes = first.weight
    while items.count < 64, let next = channels.entries[channel].nextItem {
      bytes += next.weight
      if bytes > configuration.coalescedBytes { break }
      _ = channels.entries[channel].takeWork()
      items.append(EncodedItem(next))
    }
    counters.items += items.count
    channels.entries[channel].fanout = Fanout(items, blocks: rate.blocks(of: items))
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
    if fanout.phase == .polls {
      while budget > 0, let position = channels.entries[channel].polls.next() {
        budget -= 1
        deliverToPoll(fanout, channel: channel, at: position)
      }
      if channels.entries[channel].polls.cursor > 0 { return false }
      fanout.phase = .sockets
      if fanout.hasSocket { channels.entries[channel].sockets.startWalk() }
    }
    while budget > 0, let position = channels.entries[channel].sockets.next() {
      budget -= 1
      deliverToSocket(fanout, channel: channel, at: position)
    }
    return channels.entries[channel].sockets.cursor == 0
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
        if let statistics { count(fanout.items, .stream, slab[index], statistics) }
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
    case .fetching, .filtering: return wait(item, hold: hold)
    case .overrun:
      counters.dropped += 1
      return
    }
    // A hint asks the origin, whether it follows or not.
    guard format == .hint || follows(item, hold: hold, slot: slot, entry: entry) else { return }
    var filters: [String]?
    var content = GRIPContent.binary([])
    if case .send(let sent, let named) = format {
      content = sent
      filters = named
    }
    filter(item, content: content, contentFilters: filters, hold: hold, slot: slot, entry: entry)
  }

  /// Does what an item says, for a stream whose filters have let it through.
  func act(on item: EncodedItem, changed: GRIPContent?, hold: Hold, slot: HoldSlot, entry: Int) {
    switch item.item.httpStream {
    case nil: return
    case .send:
      guard let bytes = streamBytes(item, changed: changed, slot: slot),
        makeRoom(for: bytes.readableBytes, index: slot.index, hold: hold)
      else { return }
      advance(to: item, hold: hold, entry: entry)
      slab.hot[Int(slot.index)].activity |= 1 << UInt32(entry)
      counters.deliveries += 1
      if let statistics { count([item], .stream, hold, statistics) }
      write(bytes, to: slot.index, hold: hold)
    case .hint: beginUpdate(slot.index, hold: hold)
    case .close:
      counters.deliveries += 1
      end(slot.index, hold: hold, isComplete: true)
    }
  }

  private func streamBytes(_ item: EncodedItem, changed: GRIPContent?, slot: HoldSlot) -> ByteBuffer? {
    let framing = framing(of: slot.index)
    guard let changed else { return item.streamBytes(framing) }
    var bytes = ByteBuffer()
    bytes.writePart(changed.bytes, framing: framing)
    return bytes
  }

  /// Keeps an item until the next link has been read or a filter has decided; beyond the bound it is dropped, and missed
  /// when the next one comes.
  func wait(_ item: EncodedItem, hold: Hold) {
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

  /// One item to one long-poll, with all that may stand against it.
  func deliver(_ item: EncodedItem, toPoll hold: Hold, slot: HoldSlot, entry: Int) {
    guard let format = item.item.httpResponse, let response = hold.response else { return }
    if hold.state == .filtering { return wait(item, hold: hold) }
    guard format == .hint || follows(item, hold: hold, slot: slot, entry: entry) else { return }
    var filters: [String]?
    var content = GRIPContent.binary([])
    if case .send(let message) = format, !hold.channels[entry].filter.isEmpty || message.contentFilters != nil {
      filters = message.contentFilters
      switch message.body {
      case .full(let body): content = body
      case .patch:
        guard let body = response.patched(message) else {
          return patchFailed(item, hold: hold, slot: slot, entry: entry)
        }
        content = .binary(body)
      }
    }
    filter(item, content: content, contentFilters: filters, hold: hold, slot: slot, entry: entry)
  }

  /// Does what an item says, for a long-poll whose filters have let it through.
  func act(onPoll hold: Hold, item: EncodedItem, changed: GRIPContent?, slot: HoldSlot, entry: Int) {
    switch item.item.httpResponse {
    case .send(let message):
      guard var response = hold.response else { return }
      response.closes = response.closes || isStopped
      let fields = templates[hold.template]
      guard
        let bytes = changed.map({ EncodedItem.encode(message, body: $0.bytes, fields: fields, hold: response) })
          ?? item.response(message, fields: fields, template: hold.template, hold: response)
      else { return patchFailed(item, hold: hold, slot: slot, entry: entry) }
      advance(to: item, hold: hold, entry: entry)
      counters.deliveries += 1
      counters.responseDeliveries += 1
      if let statistics {
        count([item], .response, hold, statistics)
        countHead(
          message.status, message.reason, EncodedItem.merged(message.headers, into: templates[hold.template]), hold,
          statistics)
      }
      complete(slot.index, hold: hold, with: bytes)
    case .hint: beginUpdate(slot.index, hold: hold)
    case .close, .refresh: advance(to: item, hold: hold, entry: entry)
    case nil: return
    }
  }

  /// A `body-patch` does not fit the response that the hold has (§11.4, as Pushpin is seen to do it).
  private func patchFailed(_ item: EncodedItem, hold: Hold, slot: HoldSlot, entry: Int) {
    guard let response = hold.response else { return }
    counters.failedPatches += 1
    let text = hold.isDebug ? "filter error: the body-patch does not fit the response\n" : nil
    complete(slot.index, hold: hold, with: text.map { response.failure($0) } ?? response.failure())
  }

  /// Answers a long-poll: its slot is free before its connection goes on.
  func complete(_ index: Int32, hold: Hold, with bytes: ByteBuffer) {
    let descriptor = slab.hot[Int(index)].descriptor
    free(index)
    writeAll(bytes, descriptor: descriptor, sink: hold.sink)
    hold.sink.responseCompleted()
  }

  // MARK: Both

  /// A reliable listener stands at this item now; one without id ends reliability for the channel.
  func advance(to item: EncodedItem, hold: Hold, entry: Int) {
    let channel = hold.channels[entry]
    if member(channel, kind: hold.kind).previousID != nil {
      setPreviousID(item.item.id, channel: channel, kind: hold.kind)
    }
  }
}
