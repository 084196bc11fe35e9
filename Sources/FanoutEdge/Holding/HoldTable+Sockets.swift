import FanoutBus
import GRIP
import Logging
import NIOCore
import ServerKit

// How WebSockets are held, and how items reach them (GRIP proxy §16.4). The bytes of a frame are made once for all; nothing
// goes to a client but through here, so that the origin's messages and what is published keep their order.
extension HoldTable {
  // MARK: Start and channels

  /// Holds a WebSocket that its origin has accepted, at first with the channels of its target.
  func hold(_ session: SocketSession, request: HoldRequest) -> HoldSlot? {
    guard !isStopped else {
      session.close(.shutdown)
      return nil
    }
    let hold = Hold(manner: manners.share(HoldManner(kind: .socket, request: request)), request: request)
    hold.socket = SocketHold(session: session)
    let index = slab.insert(hold)
    socketCount += 1
    if session.isDeflating { slab.hot[Int(index)].flags.insert(.isDeflating) }
    slab.hot[Int(index)].lastWrite = currentTick
    boundSendBuffer(of: session.descriptor)
    let slot = slab.slot(index)
    for wanted in wantedChannels([], of: hold) {
      add(wanted, to: hold, slot: slot)
      _ = announce(
        wanted.fullName, previousID: nil, slot: slot, isNew: hold.channels.last?.isNew ?? false, isRetry: false)
      logger.debug("subscribe", metadata: .keys([.uri: hold.uri, .channels: wanted.fullName, .isRetry: false]))
    }
    refreshSocket(index, hold: hold)
    return slot
  }

  /// Lets a WebSocket listen to a channel; once more replaces what was said before.
  ///
  /// - Parameter positionPrefix: what the client is told its position with.
  func subscribe(_ slot: HoldSlot, to channel: GRIPChannel, positionPrefix: String?) {
    guard let hold = slab.hold(slot), let socket = hold.socket else { return }
    // What cannot be asked for cannot be reliable.
    let isAskable = channel.previousID.map { (try? GRIPLast.fields([channel.name: $0])) != nil } ?? true
    let wanted = WantedChannel(
      name: channel.name, fullName: hold.channelPrefix + channel.name,
      previousID: isAskable ? channel.previousID : nil, filter: DeliveryFilter(names: channel.filters))
    let known = hold.channels.firstIndex { channels.entries[Int($0.index)].name == wanted.fullName }
    if known == nil {
      guard hold.channels.count < min(configuration.channelsPerHold + hold.implicitChannels.count, 32) else {
        logger.debug("too many channels of a WebSocket, one is ignored", metadata: ["uri": "\(hold.uri)"])
        return
      }
      add(wanted, to: hold, slot: slot)
    }
    let entry = known ?? hold.channels.count - 1
    hold.channels[entry].filter = wanted.filter
    hold.channels[entry].positionPrefix = positionPrefix
    let held = hold.channels[entry]
    channels.entries[Int(held.index)].sockets.update(at: held.member) {
      $0.previousID = wanted.previousID
      $0.isPlain = wanted.filter.isEmpty && positionPrefix == nil
    }
    let bit: UInt32 = 1 << UInt32(entry)
    hold.gaps &= ~bit
    hold.isRetry = socket.resuming.contains(channel.name)
    let hasConflict = announce(
      wanted.fullName, previousID: wanted.previousID, slot: slot, isNew: known == nil && held.isNew,
      isRetry: hold.isRetry)
    logger.debug(
      "subscribe", metadata: .keys([.uri: hold.uri, .channels: wanted.fullName, .isRetry: hold.isRetry]))
    let wasFetching = hold.state == .fetching
    // While other channels are waited for it is only noted: what waits may close it.
    if hasConflict, wasFetching { hold.gaps |= bit }
    positionTold(channel.name, slot: slot, hold: hold, socket: socket)
    if hasConflict, !wasFetching, slab.hold(slot) != nil { conflict(slot, hold: hold) }
  }

  /// Ends a WebSocket's listening to a channel. Those of its target stay.
  func unsubscribe(_ slot: HoldSlot, from name: String) {
    guard let hold = slab.hold(slot), let socket = hold.socket else { return }
    let fullName = hold.channelPrefix + name
    guard !hold.implicitChannels.contains(fullName),
      let entry = hold.channels.firstIndex(where: { channels.entries[Int($0.index)].name == fullName })
    else { return }
    let channel = hold.channels.remove(at: entry)
    // The bits of the channels behind it move down.
    let below = hold.gaps & ((1 << UInt32(entry)) - 1)
    hold.gaps = below | (entry >= 31 ? 0 : (hold.gaps >> UInt32(entry + 1)) << UInt32(entry))
    renumber(hold, from: entry)
    leave(channel, kind: .socket)
    positionTold(name, slot: slot, hold: hold, socket: socket)
  }

  // MARK: Items

  /// All items to one WebSocket: in one write where nothing stands against it, otherwise one by one.
  func deliverToSocket(_ fanout: Fanout, channel: Int, at position: Int) {
    let member = channels.entries[channel].sockets.members[position]
    let flags = slab.hot[Int(member.slot)].flags
    if fanout.isSocketPlain, flags.contains(.isFast), member.isPlain {
      let isReliable = member.previousID != nil
      if !isReliable || (fanout.isChain && member.previousID == fanout.previousID) {
        if isReliable { channels.entries[channel].sockets.setPreviousID(fanout.lastID, at: position) }
        slab.hot[Int(member.slot)].lastWrite = tick
        counters.deliveries += fanout.items.count
        counters.socketDeliveries += fanout.items.count
        if let statistics { count(fanout.items, .webSocket, slab[member.slot], statistics) }
        send(fanout.socketBytes(deflater: flags.contains(.isDeflating) ? deflater : nil), to: member.slot)
        return
      }
    }
    let slot = slab.slot(member.slot)
    for item in fanout.items {
      guard let hold = slab.hold(slot) else { return }
      deliver(item, toSocket: hold, slot: slot, entry: Int(member.entry))
    }
  }

  /// One item to one WebSocket, with all that may stand against it.
  func deliver(_ item: EncodedItem, toSocket hold: Hold, slot: HoldSlot, entry: Int) {
    guard let format = item.item.webSocket, let socket = hold.socket, entry < hold.channels.count,
      !socket.queue.isClosing
    else { return }
    let acts = Self.actsAtOnce(item.item)
    // One question at a time: it is asked when the origin has told where the channels go on.
    let asksService = hold.channels[entry].filter.asksService
    let isOrdered = !acts && member(hold.channels[entry], kind: .socket).previousID != nil
    switch hold.state {
    case .holding: break
    // Whatever comes behind an item that a filter's service is asked about stays behind it.
    case .filtering: return wait(item, hold: hold)
    case .fetching: if isOrdered || asksService { return wait(item, hold: hold) }
    case .overrun:
      if isOrdered {
        counters.dropped += 1
        return
      }
      if asksService { return wait(item, hold: hold) }
    }
    guard acts || follows(item, hold: hold, slot: slot, entry: entry) else { return }
    var filters: [String]?
    var content = GRIPContent.binary([])
    if case .send(let sent, _, let named) = format {
      content = sent
      filters = named
    }
    filter(item, content: content, contentFilters: filters, hold: hold, slot: slot, entry: entry)
  }

  /// Does what an item says, for a WebSocket whose filters have let it through.
  func act(onSocket hold: Hold, item: EncodedItem, changed: GRIPContent?, slot: HoldSlot, entry: Int) {
    guard let format = item.item.webSocket, let socket = hold.socket, !socket.queue.isClosing else { return }
    switch format {
    case .send, .ping, .pong:
      return write(item, changed: changed, index: slot.index, hold: hold, socket: socket, entry: entry)
    case .close(let code, let reason):
      let close = SocketClose(lenient: code, reason: reason)
      socket.session.end(close.code == nil ? SocketClose(code: 1000) : close)
    case .refresh: socket.session.refreshOrigin()
    case .hint: break
    }
    counters.deliveries += 1
    counters.socketDeliveries += 1
    if let statistics { count([item], .webSocket, hold, statistics) }
    if !Self.actsAtOnce(item.item), slab.hold(slot) != nil { advance(to: item, hold: hold, entry: entry) }
  }

  /// Whether an item is no message and has no place in its channel's order: it acts on a reliable listener, too, wherever
  /// that stands.
  static func actsAtOnce(_ item: GRIPItem) -> Bool {
    guard item.id == nil, item.previousID == nil else { return false }
    return switch item.webSocket {
    case .close?, .refresh?, .hint?: true
    case .send?, .ping?, .pong?, nil: false
    }
  }

  private func write(
    _ item: EncodedItem, changed: GRIPContent?, index: Int32, hold: Hold, socket: SocketHold, entry: Int
  ) {
    let deflater = slab.hot[Int(index)].flags.contains(.isDeflating) ? deflater : nil
    let channel = hold.channels[entry]
    // Bytes that a filter has made are this client's only.
    let item = changed.map(item.replacingMessage) ?? item
    let positioned = channel.positionPrefix.flatMap {
      item.positionedBytes(prefix: $0, channel: channel.name, deflater: deflater)
    }
    guard let bytes = positioned ?? item.socketBytes(deflater: deflater),
      makeRoom(for: bytes.readableBytes, index: index, hold: hold, socket: socket)
    else { return }
    advance(to: item, hold: hold, entry: entry)
    counters.deliveries += 1
    counters.socketDeliveries += 1
    if let statistics { count([item], .webSocket, hold, statistics) }
    write(bytes, toSocket: index, hold: hold, socket: socket)
  }

  /// Whether an item may be written or queued; if not, the policy has been applied.
  private func makeRoom(for bytes: Int, index: Int32, hold: Hold, socket: SocketHold) -> Bool {
    if socket.queue.itemCount == 0 { return true }
    if socket.queue.itemCount < configuration.queuedItemsPerHold,
      socket.queue.itemBytes + bytes <= configuration.queuedBytesPerHold
    {
      return true
    }
    if configuration.slowPolicy == .conflate {
      counters.dropped += socket.queue.dropItems()
      return true
    }
    counters.dropped += 1
    if !lastIDs(of: hold).isEmpty, socket.session.hasOrigin {
      // What is queued will be read; what comes now is asked of the origin when it has been.
      hold.state = .overrun
    } else if configuration.slowPolicy == .disconnect {
      counters.disconnected += 1
      free(index)
      hold.sink.close(.slow)
    }
    return false
  }

  // MARK: Keep-alives and delayed messages

  /// From now on this keep-alive; `nil` switches it off.
  func setKeepAlive(_ slot: HoldSlot, _ keepAlive: SocketHold.KeepAlive?) {
    guard let hold = slab.hold(slot), let socket = hold.socket else { return }
    cancel(&hold.keepAliveTimer)
    socket.keepAlive = keepAlive
    if let keepAlive { scheduleKeepAlive(hold, index: slot.index, after: keepAlive.timeout) }
  }

  /// The time has come to write to a quiet client. Skipped where it takes nothing, or is in the middle of a message.
  func socketKeepAliveFired(_ index: Int32, hold: Hold) {
    hold.keepAliveTimer = .none
    guard let socket = hold.socket, let keepAlive = socket.keepAlive else { return }
    if keepAlive.isIdle {
      let ticks = currentTick &- slab.hot[Int(index)].lastWrite
      let quiet = TimeAmount.nanoseconds(Int64(ticks) << 26)
      if quiet + .seconds(1) < keepAlive.timeout {
        return scheduleKeepAlive(hold, index: index, after: keepAlive.timeout - quiet)
      }
    }
    let slot = slab.slot(index)
    if !slab.hot[Int(index)].flags.contains(.isPending), socket.queue.isIdle {
      counters.keepAlives += 1
      statistics?.figures(of: hold.statisticsRoute).add {
        $0.activity += 1
        $0.client.contentSent += keepAlive.bytes.readableBytes
      }
      write(keepAlive.bytes, toSocket: index, hold: hold, socket: socket)
    }
    guard slab.hold(slot) != nil else { return }
    scheduleKeepAlive(hold, index: index, after: keepAlive.timeout)
  }

  /// Sends a frame after a time; one that still waits is sent first.
  func sendDelayed(_ slot: HoldSlot, _ bytes: ByteBuffer, after time: TimeAmount) {
    guard let hold = slab.hold(slot) else { return }
    flushDelayed(slot.index, hold: hold)
    guard let hold = slab.hold(slot), let socket = hold.socket else { return }
    socket.delayed = bytes
    socket.delayedTimer = schedule(.delayed, for: slot.index, after: time)
  }

  /// Sends now what waits for its time. Once: Pushpin may repeat it.
  func flushDelayed(_ index: Int32, hold: Hold) {
    guard let socket = hold.socket, let bytes = socket.delayed else { return }
    cancel(&socket.delayedTimer)
    socket.delayed = nil
    write(bytes, toSocket: index, hold: hold, socket: socket)
  }

  /// Sends now what waits for its time.
  func flushDelayed(_ slot: HoldSlot) {
    if let hold = slab.hold(slot) { flushDelayed(slot.index, hold: hold) }
  }

  /// Sets a value that filters see.
  func setMeta(_ slot: HoldSlot, name: String, value: String?) {
    slab.hold(slot)?.meta[name] = value
  }
}
