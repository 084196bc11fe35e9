import CZeroMQ
import FanoutBus
import GRIP
import Glibc
import Logging

/// What the thread of the ZeroMQ sockets does, round after round.
///
/// **Bounds**: each round reads a limited number of messages from each socket; while the bus has no room publishers are not
/// read at all, and their queues fill.
/// **Isolation**: its thread.
final class ZeroMQWork {
  /// Messages read from a socket in one round.
  private static let messagesPerRound = 256
  /// How long the bus is given to make room, in milliseconds.
  private static let waitForRoom = 5

  private let sockets: ZeroMQSockets
  private let configuration: ZeroMQConfiguration
  private let format: StatisticsConfiguration.Format
  private let inbox: ZeroMQInbox
  private let bus: any Bus
  private let logger: Logger
  private let actions: ZeroMQActions
  private let ledger: StatisticsLedger
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var intake: ZeroMQIntake
  private var subscriptions: Set<String> = []
  private var dropped = 0
  private var losses = LogGate()

  init(
    sockets: ZeroMQSockets, configuration: ZeroMQConfiguration, statistics: StatisticsConfiguration,
    inbox: ZeroMQInbox, bus: any Bus, logger: Logger, actions: ZeroMQActions
  ) {
    self.sockets = sockets
    self.configuration = configuration
    self.inbox = inbox
    self.bus = bus
    self.logger = logger
    self.actions = actions
    format = statistics.format
    start = clock.now
    ledger = StatisticsLedger(configuration: statistics, now: .zero)
    intake = ZeroMQIntake(bus: bus, maxMessageBytes: configuration.maxMessageBytes, logger: logger)
  }

  private var now: Duration { clock.now - start }

  /// Works until the inbox says that it is over.
  func run() {
    var isOver = false
    while !isOver {
      wait()
      let contents = inbox.take()
      if contents.isIntakeOver || contents.isOver { sockets.closeIntake() }
      apply(contents.interest)
      do throws(ZeroMQError) {
        try readAudience()
        take(contents)
        try readPublishers()
        try readCommands()
      } catch {
        // None of these calls fails on a socket that is open; if one does, the next round tries again, and not at once.
        logger.error("a ZeroMQ socket failed", metadata: ["error": "\(error)"])
        Glibc.poll(nil, 0, 100)
      }
      isOver = contents.isOver
    }
  }

  // MARK: Waiting

  private func wait() {
    var items = [zmq_pollitem_t(socket: nil, fd: inbox.descriptor, events: Int16(ZMQ_POLLIN), revents: 0)]
    var readers = [sockets.command, sockets.statistics]
    if !intake.isWaiting { readers += [sockets.pull, sockets.subscribe] }
    for socket in readers.compactMap(\.self) {
      items.append(zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    }
    // Interrupted or not: the round that follows looks at everything.
    _ = zmq_poll(&items, Int32(items.count), timeout)
  }

  /// Milliseconds, rounded up; -1 for ever.
  private var timeout: Int {
    if intake.isWaiting { return Self.waitForRoom }
    guard let deadline = ledger.nextDeadline else { return -1 }
    let (seconds, attoseconds) = (deadline - now).components
    return max(0, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000) + 1)
  }

  // MARK: Publishers

  private func readPublishers() throws(ZeroMQError) {
    intake.flush(now: now)
    guard !intake.isWaiting else { return }
    var count = 0
    while count < Self.messagesPerRound, intake.hasRoom, let message = try sockets.pull?.receive() {
      intake.pulled(message, now: now)
      count += 1
    }
    count = 0
    while count < Self.messagesPerRound, intake.hasRoom, let message = try sockets.subscribe?.receive() {
      intake.subscribed(message, isWanted: { subscriptions.contains($0) }, now: now)
      count += 1
    }
    intake.flush(now: now)
  }

  private func apply(_ interest: [String: Bool]) {
    for (channel, isWanted) in interest where isWanted != subscriptions.contains(channel) {
      if isWanted { subscriptions.insert(channel) } else { subscriptions.remove(channel) }
      do throws(ZeroMQError) {
        try sockets.subscribe?.subscribe(channel, isWanted)
      } catch {
        logger.error("a ZeroMQ subscription failed", metadata: ["grip.channel": "\(channel)", "error": "\(error)"])
      }
    }
  }

  // MARK: Commands

  private func readCommands() throws(ZeroMQError) {
    var limits = GRIPLimits()
    limits.publishBytes = configuration.maxMessageBytes
    limits.itemsPerPublish = configuration.maxItemsPerCommand
    var count = 0
    while count < Self.messagesPerRound, let message = try sockets.command?.receive() {
      count += 1
      // A REQ client puts an empty part before the body; whatever a client puts there it gets back.
      guard message.parts.count >= 2, !message.isCut, let body = message.parts.last else { continue }
      let request = Command.Request(body, limits: limits)
      let answer = Command.answer(id: request.id, request.command.flatMap(perform))
      try sockets.command?.send(message.parts.dropLast() + [answer])
    }
  }

  private func perform(_ command: Command) -> Result<TNetValue, Command.Refusal> {
    switch command {
    case .connectionCheck(let ids):
      return .success(.list(ids.filter(ledger.isConnected).map { .bytes($0) }))
    case .addresses: return .success(addresses)
    case .recover:
      actions.recover()
      return .success(.null)
    case .refreshConnection(let id):
      guard let socket = ledger.socket(id) else { return .failure(Command.Refusal(condition: "item-not-found")) }
      actions.refresh(socket)
      return .success(.null)
    case .refreshChannel(let channel):
      return publish([GRIPItem(channel: channel, webSocket: .refresh, isUnsequenced: true)])
    case .publish(let items): return publish(items)
    }
  }

  private func publish(_ items: [GRIPItem]) -> Result<TNetValue, Command.Refusal> {
    do throws(BusError) {
      try bus.publish(items)
      return .success(.null)
    } catch {
      return .failure(
        Command.Refusal(
          condition: "service-unavailable", text: "too much is on its way; nothing was published, try again"))
    }
  }

  private var addresses: TNetValue {
    var members: [TNetValue.Member] = []
    func add(_ name: String, _ address: String?) {
      if let address { members.append(TNetValue.Member(name, .bytes(Array(address.utf8)))) }
    }
    add("command", sockets.addresses.command)
    add("publish-pull", sockets.addresses.pull)
    // What this side connects to, no client can.
    if !configuration.subscribesByConnecting { add("publish-sub", sockets.addresses.subscribe.first) }
    return .map(members)
  }

  // MARK: Statistics

  private func readAudience() throws(ZeroMQError) {
    while let message = try sockets.statistics?.receive() {
      if let part = message.parts.first { ledger.audience.changed(part) }
    }
  }

  private func take(_ contents: ZeroMQInbox.Contents) {
    for event in contents.events { ledger.take(event, now: now) }
    if contents.dropped > dropped, let more = losses.pass(now: now) {
      logger.warning(
        "statistics lose events: too many wait",
        metadata: ["count": "\(contents.dropped - dropped)", "more": "\(more)"])
      dropped = contents.dropped
    }
    ledger.tick(now: now)
    for question in contents.questions { question(ledger) }
    for message in ledger.takeMessages() {
      // A publisher's socket never waits; who does not read loses messages.
      _ = try? sockets.statistics?.send([message.encoded(format)])
    }
  }
}

@available(*, unavailable)
extension ZeroMQWork: Sendable {}
