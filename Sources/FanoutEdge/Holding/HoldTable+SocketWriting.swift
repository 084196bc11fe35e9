import NIOCore

// How frames reach a WebSocket's client: at once where it takes them, otherwise by its queue.
extension HoldTable {
  /// Sends whole frames of an item, a keep-alive or a delayed message, behind what waits.
  func write(_ bytes: ByteBuffer, toSocket index: Int32, hold: Hold, socket: SocketHold) {
    slab.hot[Int(index)].lastWrite = currentTick
    if slab.hot[Int(index)].flags.contains(.isPending) || !socket.queue.isIdle {
      socket.queue.add(item: bytes)
    } else {
      transmit(bytes, to: index, hold: hold)
    }
  }

  /// Sends a frame of the origin's, behind what waits.
  func send(_ frame: SocketFrame, to slot: HoldSlot) {
    guard let hold = slab.hold(slot), let socket = hold.socket else { return }
    slab.hot[Int(slot.index)].lastWrite = currentTick
    if slab.hot[Int(slot.index)].flags.contains(.isPending) || socket.queue.hasReady || socket.queue.isClosing {
      socket.queue.add(frame)
    } else {
      transmit(frame, to: slot.index, hold: hold, socket: socket)
      socket.queue.passed(frame)
      flush(slot)
    }
    if let hold = slab.hold(slot) { refreshSocket(slot.index, hold: hold) }
  }

  /// Ends the client's side behind what waits. The session is told to send the close frame, and the slot is free then.
  func close(_ slot: HoldSlot, _ close: SocketClose) {
    guard let hold = slab.hold(slot), let socket = hold.socket else { return }
    flushDelayed(slot.index, hold: hold)
    guard slab.hold(slot) != nil else { return }
    socket.queue.add(close)
    flush(slot)
  }

  /// How many bytes wait for a client.
  func queuedBytes(_ slot: HoldSlot) -> Int { slab.hold(slot)?.socket?.queue.byteCount ?? 0 }

  /// The client takes bytes again.
  func socketDrained(_ slot: HoldSlot, hold: Hold, socket: SocketHold) {
    guard socket.session.isClientWritable else { return block(slot.index, hold: hold) }
    flush(slot)
    guard slab.hold(slot) != nil else { return }
    if hold.state == .overrun, socket.queue.isEmpty {
      hold.state = .holding
      requestUpdate(slot)
      guard slab.hold(slot) != nil else { return }
    }
    refreshSocket(slot.index, hold: hold)
    socket.session.queueShrank()
  }

  /// Sends what waits, as long as the client takes it.
  private func flush(_ slot: HoldSlot) {
    while let hold = slab.hold(slot), let socket = hold.socket,
      !slab.hot[Int(slot.index)].flags.contains(.isPending),
      let entry = socket.queue.next(limit: configuration.coalescedBytes)
    {
      switch entry {
      case .bytes(let bytes): transmit(bytes, to: slot.index, hold: hold)
      case .frame(let frame): transmit(frame, to: slot.index, hold: hold, socket: socket)
      case .close(let close):
        free(slot.index)
        socket.session.sendClose(close)
      }
    }
  }

  private func transmit(_ bytes: ByteBuffer, to index: Int32, hold: Hold) {
    let slot = slab.slot(index)
    // It may have changed with every frame that the pipeline has sent since.
    let descriptor = hold.sink.descriptor
    slab.hot[Int(index)].descriptor = descriptor
    if descriptor >= 0 { send(bytes, to: index) } else { passOn(bytes, index: index, hold: hold) }
    if slab.hold(slot) != nil { refreshSocket(index, hold: hold) }
  }

  private func transmit(_ frame: SocketFrame, to index: Int32, hold: Hold, socket: SocketHold) {
    let slot = slab.slot(index)
    socket.session.transmit(frame)
    // It may have been too much for the client.
    if slab.hold(slot) != nil, !socket.session.isClientWritable { block(index, hold: hold) }
  }

  /// Waits for the client, for so long at most.
  private func block(_ index: Int32, hold: Hold) {
    slab.hot[Int(index)].flags.subtract(.isFast)
    slab.hot[Int(index)].flags.insert(.isPending)
    counters.slow += 1
    if configuration.stallTimeout > .zero, hold.stallTimer == .none {
      hold.stallTimer = schedule(.stall, for: index, after: configuration.stallTimeout)
    }
  }

  /// Says whether plain deliveries may go the fast path.
  func refreshSocket(_ index: Int32, hold: Hold) {
    let canBeFast =
      hold.state == .holding && hold.socket?.queue.isIdle == true
      && !slab.hot[Int(index)].flags.contains(.isPending)
    if canBeFast { slab.hot[Int(index)].descriptor = hold.sink.descriptor }
    if canBeFast, slab.hot[Int(index)].descriptor >= 0 {
      slab.hot[Int(index)].flags.insert(.isFast)
    } else {
      slab.hot[Int(index)].flags.subtract(.isFast)
    }
  }
}
