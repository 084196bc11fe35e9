import CLinux
import Glibc
import FanoutBus
import GRIP
import Logging
import NIOCore
import ServerKit

// How bytes reach clients: at once where they take them, otherwise by a bounded queue (toolchain rules 5, 6, 13).
extension HoldTable {
  /// The framing of a slot's stream.
  func framing(of index: Int32) -> StreamFraming {
    slab.hot[Int(index)].flags.contains(.isChunked) ? .chunked : .untilClose
  }

  /// The fast path: the whole of it in one system call. Only with `isFast`.
  func send(_ bytes: ByteBuffer, to index: Int32) {
    let descriptor = slab.hot[Int(index)].descriptor
    counters.writes += 1
    let sent = bytes.withUnsafeReadableBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
    if sent == bytes.readableBytes { return }
    sentPartly(sent, of: bytes, index: index)
  }

  /// Writes a part of a stream: at once, through the pipeline, or into the queue. The bytes are framed.
  func write(_ bytes: ByteBuffer, to index: Int32, hold: Hold) {
    guard bytes.readableBytes > 0 else { return }
    slab.hot[Int(index)].lastWrite = currentTick
    if slab.hot[Int(index)].flags.contains(.isPending) {
      let backlog = hold.makeBacklog()
      backlog.queue.append(bytes)
      backlog.queuedBytes += bytes.readableBytes
    } else if slab.hot[Int(index)].descriptor >= 0 {
      send(bytes, to: index)
    } else {
      passOn(bytes, index: index, hold: hold)
    }
  }

  private func sentPartly(_ sent: Int, of bytes: ByteBuffer, index: Int32) {
    guard let hold = slab[index] else { return }
    if sent < 0, !isTemporary(-sent) {
      // The connection is broken. Its owner will hear of it too; here nothing more is written.
      free(index)
      hold.sink.close(.clientGone)
      return
    }
    var rest = bytes
    rest.moveReaderIndex(forwardBy: max(sent, 0))
    counters.slow += 1
    passOn(rest, index: index, hold: hold)
  }

  /// Hands bytes to the connection's own queue; until it says `drained`, what follows waits here.
  func passOn(_ bytes: ByteBuffer, index: Int32, hold: Hold) {
    slab.hot[Int(index)].flags.subtract(.isFast)
    slab.hot[Int(index)].flags.insert(.isPending)
    if hold.slowSince == nil { hold.slowSince = now }
    if configuration.stallTimeout > .zero, hold.stallTimer == .none {
      hold.stallTimer = schedule(.stall, for: index, after: configuration.stallTimeout)
    }
    if slab.hot[Int(index)].descriptor < 0 { counters.writes += 1 }
    hold.sink.writeThroughPipeline(bytes)
  }

  package func drained(_ slot: HoldSlot) {
    guard let hold = slab.hold(slot), slab.hot[Int(slot.index)].flags.contains(.isPending) else { return }
    slab.hot[Int(slot.index)].flags.subtract(.isPending)
    hold.slowSince = nil
    slab.hot[Int(slot.index)].descriptor = hold.sink.descriptor
    cancel(&hold.stallTimer)
    if let socket = hold.socket { return socketDrained(slot, hold: hold, socket: socket) }
    if let backlog = hold.backlog, !backlog.queue.isEmpty {
      let bytes = takeQueue(of: hold)
      write(bytes, to: slot.index, hold: hold)
      // Through the pipeline it has been, or will be, heard of again.
      guard slab.hold(slot) != nil, slab.hot[Int(slot.index)].descriptor >= 0,
        !slab.hot[Int(slot.index)].flags.contains(.isPending)
      else { return }
    }
    if let exchange = hold.fetch, let resume = exchange.resume {
      exchange.resume = nil
      resume()
    } else if hold.state == .overrun {
      hold.state = .holding
      requestUpdate(slot)
    }
    guard slab.hold(slot) != nil else { return }
    refreshFast(slot.index, hold: hold)
  }

  /// Everything that waits, as one.
  private func takeQueue(of hold: Hold) -> ByteBuffer {
    guard let backlog = hold.backlog else { return ByteBuffer() }
    defer {
      backlog.queue = []
      backlog.queuedBytes = 0
      hold.dropBacklog()
    }
    if backlog.queue.count == 1 { return backlog.queue[0] }
    var bytes = ByteBuffer()
    bytes.reserveCapacity(backlog.queuedBytes)
    for part in backlog.queue { bytes.writeImmutableBuffer(part) }
    return bytes
  }

  /// Whether an item may be written or queued; if not, the policy has been applied.
  func makeRoom(for bytes: Int, index: Int32, hold: Hold) -> Bool {
    guard slab.hot[Int(index)].flags.contains(.isPending), let backlog = hold.backlog,
      !backlog.queue.isEmpty
    else { return true }
    if backlog.queue.count < configuration.queuedItemsPerHold,
      backlog.queuedBytes + bytes <= configuration.queuedBytesPerHold
    {
      return true
    }
    if configuration.slowPolicy == .conflate {
      counters.dropped += backlog.queue.count
      backlog.queue = []
      backlog.queuedBytes = 0
      return true
    }
    counters.dropped += 1
    if hold.nextLink != nil, !lastIDs(of: hold).isEmpty {
      // What is queued will be read; what comes now is fetched from the origin when it has been.
      hold.state = .overrun
    } else if configuration.slowPolicy == .disconnect {
      counters.disconnected += 1
      free(index)
      hold.sink.close(.slow)
    }
    return false
  }

  /// Says whether plain deliveries may go the fast path.
  func refreshFast(_ index: Int32, hold: Hold) {
    let isFast =
      hold.state == .holding && slab.hot[Int(index)].descriptor >= 0
      && !slab.hot[Int(index)].flags.contains(.isPending)
    if isFast {
      slab.hot[Int(index)].flags.insert(.isFast)
    } else {
      slab.hot[Int(index)].flags.subtract(.isFast)
    }
  }

  /// Bounds what the kernel keeps for a stream.
  func boundSendBuffer(of descriptor: Int32) {
    guard descriptor >= 0, configuration.streamSendBuffer > 0 else { return }
    var size = Int32(clamping: configuration.streamSendBuffer)
    // Where it fails the system's own bound stays.
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  // MARK: Ends

  /// Writes a whole response, or the start of one, where no slot is kept for it.
  func writeAll(_ bytes: ByteBuffer, descriptor: Int32, sink: any HoldSink) {
    var rest = bytes
    if descriptor >= 0 {
      let sent = bytes.withUnsafeReadableBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
      counters.writes += 1
      if sent > 0 { rest.moveReaderIndex(forwardBy: sent) }
    }
    // A broken connection is noticed by its owner when this is written.
    if rest.readableBytes > 0 { sink.writeThroughPipeline(rest) }
  }

  /// Ends a stream after everything that waits.
  func end(_ index: Int32, hold: Hold, isComplete: Bool) {
    let rest = takeQueue(of: hold)
    free(index)
    if rest.readableBytes > 0 { hold.sink.writeThroughPipeline(rest) }
    hold.sink.streamEnded(isComplete: isComplete)
  }

  /// Ends a stream because of an error. With debug on its client is told in the body.
  func fail(_ index: Int32, hold: Hold, _ text: String, _ reason: CloseReason) {
    logger.debug("stream ended by an error", metadata: .keys([.uri: hold.uri, .errorDetail: text]))
    guard hold.isDebug else {
      free(index)
      hold.sink.close(reason)
      return
    }
    var bytes = ByteBuffer()
    bytes.writePart(Array((text + "\n").utf8), framing: framing(of: index))
    let slot = slab.slot(index)
    write(bytes, to: index, hold: hold)
    guard slab.hold(slot) != nil else { return }
    end(index, hold: hold, isComplete: true)
  }

  private func isTemporary(_ code: Int) -> Bool {
    code == Int(EAGAIN) || code == Int(EWOULDBLOCK) || code == Int(EINTR) || code == Int(ENOBUFS)
  }
}
