import FanoutBus
import GRIP
import HTTPTypes
import Logging
import NIOCore
import ServerKit

// How a request becomes a hold (GRIP proxy §8.2, §9.1).
extension HoldTable {
  package func hold(_ request: HoldRequest) -> HoldSlot? {
    guard !isStopped else {
      request.sink.close(.shutdown)
      return nil
    }
    return switch request.instruction.hold {
    case .response(let timeout): startPoll(request, timeout: timeout)
    case .stream(let keepAlive): startStream(request, keepAlive: keepAlive, holds: true)
    case nil: startStream(request, keepAlive: nil, holds: false)
    }
  }

  // MARK: Long-poll

  private func startPoll(_ request: HoldRequest, timeout: Duration) -> HoldSlot? {
    let hold = Hold(manner: manners.share(HoldManner(kind: .poll, request: request)), request: request)
    let sink = request.sink
    hold.sharedResponse = pollResponses.share(
      PollResponse(
        minorVersion: sink.minorVersion, closes: sink.closesAfterResponse, isHead: sink.isHead,
        status: request.response.status, reason: request.response.reason, body: request.response.body,
        envelope: request.envelope))
    let index = slab.insert(hold)
    slab.hot[Int(index)].descriptor = sink.descriptor
    hold.template = templates.take(request.response.headers)
    let slot = slab.slot(index)
    subscribe(hold, slot: slot, to: request.instruction.channels)
    guard slab.hold(slot) != nil else { return nil }
    hold.timeoutTimer = schedule(.timeout, for: index, after: TimeAmount(timeout))
    return slot
  }

  // MARK: Stream

  private func startStream(_ request: HoldRequest, keepAlive: GRIPKeepAlive?, holds: Bool) -> HoldSlot? {
    let hold = Hold(manner: manners.share(HoldManner(kind: .stream, request: request)), request: request)
    let sink = request.sink
    let start = request.isStarted ? ByteBuffer() : streamStart(request)
    if sink.isHead || HeldResponseHead.isBodyless(request.response.status) {
      writeAll(start, descriptor: sink.descriptor, sink: sink)
      sink.responseCompleted()
      return nil
    }
    hold.sharedKeepAlive = keepAlive.map { keepAlives.share($0) }
    hold.nextLink = request.instruction.nextLink
    let index = slab.insert(hold)
    let slot = slab.slot(index)
    let descriptor = sink.descriptor
    slab.hot[Int(index)].descriptor = descriptor
    boundSendBuffer(of: descriptor)
    if sink.framing == .chunked { slab.hot[Int(index)].flags.insert(.isChunked) }
    if hold.nextLink == nil, let channel = request.instruction.channels.first(where: { $0.previousID != nil }) {
      write(start, to: index, hold: hold)
      guard slab.hold(slot) != nil else { return nil }
      fail(index, hold: hold, "channel '\(channel.name)' specifies prev-id, but no next link found", .protocolError)
      return nil
    }
    // It listens before its client can know: who publishes on seeing the start must reach it.
    subscribe(hold, slot: slot, to: request.instruction.channels)
    guard slab.hold(slot) != nil else { return nil }
    write(start, to: index, hold: hold)
    guard slab.hold(slot) != nil else { return nil }
    if holds {
      startStreamTimers(hold, index: index)
      refreshFast(index, hold: hold)
    } else {
      beginUpdate(index, hold: hold)
    }
    return slab.hold(slot) == nil ? nil : slot
  }

  /// The head of a stream and its first part.
  private func streamStart(_ request: HoldRequest) -> ByteBuffer {
    let sink = request.sink
    let response = request.response
    let isBodyless = HeldResponseHead.isBodyless(response.status)
    let head = HeldResponseHead(
      minorVersion: sink.minorVersion, status: response.status, reason: response.reason,
      closes: sink.closesAfterResponse, framing: isBodyless ? .none : .stream(sink.framing))
    var buffer = ByteBuffer()
    buffer.reserveCapacity(256 + response.headers.count * 48 + response.body.count)
    head.write(response.headers, to: &buffer)
    if !sink.isHead, !isBodyless { buffer.writePart(response.body, framing: sink.framing) }
    return buffer
  }

  // MARK: Channels

  /// Subscribes a new hold to its channels. The home is told, and tells where a channel has moved on; here that is known
  /// at once, otherwise with its answer. Items that arrive meanwhile find the hold in its place.
  private func subscribe(_ hold: Hold, slot: HoldSlot, to named: [GRIPChannel]) {
    let wanted = wantedChannels(named, of: hold)
    for channel in wanted { add(channel, to: hold, slot: slot) }
    var hasConflict = false
    for (entry, channel) in wanted.enumerated() {
      let isKnown = announce(
        channel.fullName, previousID: channel.previousID, slot: slot, isNew: hold.channels[entry].isNew,
        isRetry: hold.isRetry)
      hasConflict = isKnown || hasConflict
    }
    logger.debug(
      "subscribe",
      metadata: .keys([
        .uri: hold.uri, .channels: wanted.map(\.fullName).joined(separator: " "), .isRetry: hold.isRetry,
      ]))
    if hasConflict { conflict(slot, hold: hold) }
  }

  /// The channels of an instruction by full name: prefixed, each once (the last one counts), not too many.
  func wantedChannels(_ named: [GRIPChannel], of hold: Hold) -> [WantedChannel] {
    var wanted: [WantedChannel] = []
    var limited = named[...]
    if named.count > configuration.channelsPerHold {
      logger.debug("too many channels in a hold, the rest is ignored", metadata: .keys([.uri: hold.uri]))
      limited = named.prefix(configuration.channelsPerHold)
    }
    for channel in limited {
      let new = WantedChannel(
        name: channel.name, fullName: hold.channelPrefix + channel.name, previousID: channel.previousID,
        filter: DeliveryFilter(names: channel.filters))
      if let known = wanted.firstIndex(where: { $0.fullName == new.fullName }) {
        wanted[known] = new
      } else {
        wanted.append(new)
      }
    }
    // The gap and activity bits of a slot bound the number of channels.
    for name in hold.implicitChannels where wanted.count < 32 && !wanted.contains(where: { $0.fullName == name }) {
      wanted.append(
        WantedChannel(name: name, fullName: name, previousID: nil, filter: DeliveryFilter(names: [])))
    }
    return Array(wanted.prefix(32))
  }

  /// Adds a channel to a hold, after those that it has.
  func add(_ channel: WantedChannel, to hold: Hold, slot: HoldSlot) {
    let place = join(
      channel.fullName, slot: slot.index, entry: hold.channels.count, kind: hold.kind,
      previousID: channel.previousID, filter: channel.filter)
    // Without a prefix the table's own copy of the name is kept, not one for each hold.
    let name = channel.name == channel.fullName ? channels.entries[Int(place.index)].name : channel.name
    hold.channels.append(
      HeldChannel(
        name: name, index: place.index, member: place.member, filter: channel.filter, isNew: place.isNew))
  }

  /// Tells a channel's home of a new listener. Returns whether it is known here that the channel has moved on.
  ///
  /// Where the channel stands is forgotten only when the origin, asked again, insists on another position (it has begun
  /// anew, say). At the first difference it is kept: others who come as late as this one must be told as well.
  func announce(_ name: String, previousID: String?, slot: HoldSlot, isNew: Bool, isRetry: Bool) -> Bool {
    guard isNew || previousID != nil else { return false }
    let home = home(of: name)
    guard home == number else {
      mailboxes[home].push(.subscribe(channel: name, member: number, slot: slot, previousID: previousID))
      return false
    }
    listenerArrived(channel: name, member: number)
    guard let previousID, let last = sequencer.lastID(of: name), last != previousID else { return false }
    // Items that have passed here but wait their turn will still reach the hold.
    if channels.index(of: name).map({ channels.entries[Int($0)].hasWork }) == true {
      if let index = channels.index(of: name) { enqueue(.check(slot: slot, lastID: last), channel: index) }
      runSoon()
      return false
    }
    if isRetry { sequencer.forget(channel: name, lastID: last) }
    return true
  }
}

/// A channel that a hold is to listen to.
struct WantedChannel {
  var name: String
  var fullName: String
  var previousID: String?
  var filter: DeliveryFilter
}

extension TimeAmount {
  /// Rounded towards zero to nanoseconds, clamped to what 64 bits hold.
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    guard abs(seconds) < 9_000_000_000 else {
      self = .nanoseconds(seconds < 0 ? .min : .max)
      return
    }
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
