import FanoutBus
import GRIP
import Logging
import NIOCore

/// The held requests of one event loop, the channels that they listen to, and the home of its share of all channels.
///
/// **Shape**: three tables (slots, channels, response fields), a sequencer for the channels whose home this loop is, one
/// wheel of timers, and a list of channels with work. `HoldTable+….swift` has one concern each: `Start`, `Fanout`,
/// `Writing`, `Sockets`, `Resuming`, `Gaps`, `NextLink`, `Timers`, `Home`.
/// **Isolation**: its event loop, every member. Nothing here is shared; loops talk through `LoopMailbox`.
package final class HoldTable: HoldTableProtocol {
  let loop: any EventLoop
  /// The loop's number, its bit in the members of a channel.
  let number: Int
  /// All loops' mailboxes, this one's too.
  let mailboxes: [LoopMailbox]
  let bus: any Bus
  let configuration: DeliveryConfiguration
  let logger: Logger
  /// Set before the table is used, if at all.
  package var statistics: LoopStatistics?
  var generator: any RandomNumberGenerator

  var slab = HoldSlab()
  var channels = ChannelTable()
  var templates = ResponseTemplates()
  var counters = DeliveryCounters()
  var scratch = ByteBuffer()

  /// The compressor of this loop, used for what is published to WebSockets; made when the first is compressed, or given.
  lazy var deflater = SocketDeflater()
  /// The holds that are WebSockets.
  var socketCount = 0

  // Work.
  var active = CircularBuffer<Int32>()
  var isTurnScheduled = false
  var isInTurn = false
  /// The time of this turn, in ticks of 2^26 ns; what is written is stamped with it.
  var tick: UInt32 = 0

  // Timers and updates.
  var wheel: LoopTimers?
  var limiter: UpdateLimiter
  var updateQueue = CircularBuffer<HoldSlot>()
  var isLimiterWaiting = false

  /// Whether nothing is held any more.
  var isStopped = false
  /// The holds that a stop found, as far as it has not come to them.
  var ending: [HoldSlot] = []
  /// How many of them end in one turn.
  var endedAtOnce = 100

  // What many holds have in common.
  var manners = LastShared<HoldManner>()
  var pollResponses = LastShared<PollResponse>()
  var keepAlives = LastShared<GRIPKeepAlive>()

  // Rate (§12.3).
  var rate: DeliveryRate

  // Home.
  var sequencer: Sequencer
  var outgoing: [[PublishedItem]]
  var isExpiryScheduled = false
  var firstSubscriptions = CircularBuffer<(channel: String, due: TimeAmount)>()

  /// A table. Only on its loop.
  init(
    loop: any EventLoop, number: Int, mailboxes: [LoopMailbox], bus: any Bus, configuration: DeliveryConfiguration,
    logger: Logger, generator: any RandomNumberGenerator
  ) {
    self.loop = loop
    self.number = number
    self.mailboxes = mailboxes
    self.bus = bus
    self.configuration = configuration
    self.logger = logger
    self.generator = generator
    limiter = UpdateLimiter(rate: configuration.updatesPerSecond)
    rate = DeliveryRate(configuration, loopCount: mailboxes.count)
    sequencer = Sequencer(configuration.sequencer)
    outgoing = Array(repeating: [], count: mailboxes.count)
    wheel = LoopTimers(loop: loop) { [weak self] key, kind in self?.timerFired(key: key, kind: kind) }
  }

  var mailbox: LoopMailbox { mailboxes[number] }

  /// The time since the table was made.
  var now: TimeAmount { wheel?.now ?? .zero }

  // MARK: HoldTableProtocol

  package func clientGone(_ slot: HoldSlot) {
    guard slab.hold(slot) != nil else { return }
    free(slot.index)
  }

  // MARK: Counting

  /// What has been done, and how many holds there are.
  package var currentCounters: DeliveryCounters {
    var counters = counters
    counters.holds = slab.count
    counters.holdsByKind = slab.countsByKind
    counters.sockets = socketCount
    counters.channels = channels.count
    counters.sequencer = sequencer.counters
    return counters
  }

  /// The listeners of a channel on this loop.
  package func receivers(of channel: String) -> ChannelReceivers {
    guard let index = channels.index(of: channel) else { return ChannelReceivers() }
    let entry = channels.entries[Int(index)]
    return ChannelReceivers(
      streams: entry.streams.count, responses: entry.polls.count, sockets: entry.sockets.count)
  }

  // MARK: Ending

  /// Takes a hold out of every table. What is said to its sink afterwards is the caller's business.
  func free(_ index: Int32) {
    guard let hold = slab[index] else { return }
    hold.fetch?.cancel()
    hold.fetch = nil
    hold.backlog?.filtering?.call?.cancel()
    hold.backlog?.filtering = nil
    for channel in hold.channels { leave(channel, kind: hold.kind) }
    hold.channels = []
    if hold.template >= 0 { templates.release(hold.template) }
    hold.template = -1
    cancelTimers(of: hold)
    if hold.kind == .socket { socketCount -= 1 }
    slab.remove(index)
  }

  // MARK: Membership

  /// Lets a hold listen to a channel.
  ///
  /// - Returns: the channel's index, and whether nobody on this loop listened before.
  func join(
    _ name: String, slot: Int32, entry: Int, kind: HoldKind, previousID: String?, filter: DeliveryFilter
  ) -> (index: Int32, member: Int, isNew: Bool) {
    let isNew = channels.index(of: name) == nil
    let index = channels.intern(name)
    let member = Member(slot: slot, entry: UInt8(entry), isPlain: filter.isEmpty, previousID: previousID)
    let position = channels.entries[Int(index)][kind].append(member)
    if let statistics { tellListeners(Int(index), kind: kind, statistics) }
    return (index, position, isNew)
  }

  /// Ends a hold's listening to a channel.
  func leave(_ channel: HeldChannel, kind: HoldKind) {
    let index = Int(channel.index)
    channels.entries[index][kind].remove(at: channel.member) { position, member in
      slab[member.slot]?.channels[Int(member.entry)].member = position
    }
    if let statistics { tellListeners(index, kind: kind, statistics) }
    releaseIfUnused(channel.index)
  }

  /// Frees a channel that nobody listens to and that has nothing left to do.
  func releaseIfUnused(_ index: Int32) {
    let entry = Int(index)
    guard !channels.entries[entry].hasMembers, !channels.entries[entry].isActive else { return }
    let name = channels.entries[entry].name
    channels.release(index)
    tellHome(of: name, .unsubscribe(channel: name, member: number))
  }

  /// The member of one of a hold's channels.
  func member(_ channel: HeldChannel, kind: HoldKind) -> Member {
    channels.entries[Int(channel.index)][kind].members[channel.member]
  }

  /// Sets the id of the last item that a hold has of a channel.
  func setPreviousID(_ id: String?, channel: HeldChannel, kind: HoldKind) {
    channels.entries[Int(channel.index)][kind].setPreviousID(id, at: channel.member)
  }

  /// What the origin is told as `Grip-Last`: the reliable channels and where the hold stands in them.
  func lastIDs(of hold: Hold) -> [(channel: String, id: String)] {
    hold.channels.compactMap { channel in
      member(channel, kind: hold.kind).previousID.map { (channel.name, $0) }
    }
  }
}

@available(*, unavailable)
extension HoldTable: Sendable {}

/// The listeners of a channel, by the format that reaches them.
package struct ChannelReceivers: Sendable, Hashable {
  /// Held streams (`http-stream`).
  package var streams = 0
  /// Held long-polls (`http-response`).
  package var responses = 0
  /// WebSockets (`ws-message`).
  package var sockets = 0

  /// Adds another loop's.
  package static func += (sum: inout ChannelReceivers, other: ChannelReceivers) {
    sum.streams += other.streams
    sum.responses += other.responses
    sum.sockets += other.sockets
  }
}
