import NIOCore
import ServerKit

/// The connections of one event loop, with their ledgers and latencies. Everything happens on that loop.
final class BenchLoop {
  /// What a loop can tell.
  struct Figures: Sendable {
    /// Connections that are held, or were: of these the deliveries count.
    var opened = 0
    /// Connections that were refused, or answered with something else than 200.
    var failed = 0
    /// Connections that the other side ended before their time.
    var closedEarly = 0
    /// Lines of another run.
    var foreign = 0
    /// What came of the messages.
    var counts = DeliveryLedger.Counts()
    /// From publishing to delivery.
    var latency = LatencyHistogram()
    /// Why the first connection failed.
    var firstFailure: String?

    /// Adds another loop's.
    mutating func add(_ other: Figures) {
      opened += other.opened
      failed += other.failed
      closedEarly += other.closedEarly
      foreign += other.foreign
      counts.add(other.counts)
      latency.merge(other.latency)
      firstFailure = firstFailure ?? other.firstFailure
    }
  }

  /// One connection's row; the socket may change under it, where polls reconnect.
  private struct Row {
    enum State { case waiting, open, failed }
    var number: Int
    var ledger: DeliveryLedger
    var state = State.waiting
  }

  let plan: BenchPlan
  let loop: any EventLoop
  private var rows: [Row]
  private var next = 0
  private var openings = 0
  private var figures = Figures()
  private(set) var isStopping = false
  private var channels: [ObjectIdentifier: any Channel] = [:]
  /// The connections of HTTP/2, by the number of the first row on each divided by how many there are.
  var carriers: [Int: BenchCarrier] = [:]

  /// How many connections a loop opens at a time: few enough for a listener's backlog.
  private static let openingsAtATime = 64
  /// Before a poll that broke is made again.
  private static let pause = TimeAmount.milliseconds(100)

  /// The connections with these numbers, none of them open.
  init(plan: BenchPlan, loop: any EventLoop, numbers: [Int]) {
    self.plan = plan
    self.loop = loop
    rows = numbers.map { Row(number: $0, ledger: DeliveryLedger(channel: $0 % plan.channels)) }
  }

  /// Opens the connections, some at a time.
  func open() {
    while !isStopping, openings < Self.openingsAtATime, next < rows.count {
      openings += 1
      connect(row: next)
      next += 1
    }
  }

  /// Closes everything; nothing counts from now on.
  func stop() {
    isStopping = true
    for channel in channels.values { channel.close(promise: nil) }
  }

  /// The figures, if `published` messages were sent in all.
  func figures(published: Int) -> Figures {
    var figures = figures
    for row in rows where row.state == .open {
      figures.counts.add(row.ledger.counts(published: plan.share(ofChannel: row.ledger.channel, of: published)))
    }
    return figures
  }

  /// The request target of a row's next request.
  func path(row: Int) -> String {
    plan.target.path(
      channel: plan.channelName(rows[row].ledger.channel), number: rows[row].number, last: rows[row].ledger.highest)
  }
}

/// What a connection reports.
extension BenchLoop {
  /// A socket is there.
  func connected(_ channel: any Channel) { channels[ObjectIdentifier(channel)] = channel }

  /// A socket is gone.
  func disconnected(_ channel: any Channel) { channels[ObjectIdentifier(channel)] = nil }

  /// A stream's head came, or a poll was sent.
  func opened(row: Int) {
    guard rows[row].state == .waiting else { return }
    rows[row].state = .open
    figures.opened += 1
    openings -= 1
    open()
  }

  /// There is no socket: the same as a connection that was closed, where messages came over one before.
  func connectFailed(row: Int, reason: String) {
    failed(row: row, reason: reason)
    if rows[row].state == .open { ended(row: row, isBroken: true) }
  }

  /// A socket has an error, and is closed next: the reason, where there was no response yet.
  func broke(row: Int, reason: String) {
    if rows[row].state == .waiting { failed(row: row, reason: reason) }
  }

  /// It will not be held, and takes no part: unless messages have come already. Then it keeps its row, so that what it
  /// misses is a loss, and a poll is made again when its socket is gone.
  func failed(row: Int, reason: String) {
    guard !isStopping, rows[row].state != .failed else { return }
    if rows[row].state == .open, rows[row].ledger.highest > 0 {
      figures.firstFailure = figures.firstFailure ?? reason
      return
    }
    if rows[row].state == .open { figures.opened -= 1 } else { openings -= 1 }
    rows[row].state = .failed
    figures.failed += 1
    figures.firstFailure = figures.firstFailure ?? reason
    open()
  }

  /// The other side ended it; a poll is made again on another socket.
  ///
  /// - Parameter isBroken: whether a response was cut off.
  func ended(row: Int, isBroken: Bool) {
    guard !isStopping else { return }
    guard rows[row].state == .open else {
      failed(row: row, reason: "the connection was closed before the response")
      return
    }
    if isBroken { figures.closedEarly += 1 }
    guard plan.transport == .longPoll else { return }
    let this = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: isBroken ? Self.pause : .zero) {
      if !this.value.isStopping { this.value.connect(row: row) }
    }
  }

  /// A line came.
  func received(_ line: [UInt8], row: Int, at now: Int64) {
    guard !isStopping else { return }
    guard let message = BenchMessage(line: line) else {
      if plan.transport == .webSocket, line.elementsEqual(BenchMessage.greeting.utf8) { opened(row: row) }
      return
    }
    guard message.run == plan.run else {
      figures.foreign += 1
      return
    }
    if rows[row].ledger.record(channel: message.channel, sequence: message.sequence) {
      figures.latency.record(now - message.sentNanoseconds)
    }
  }
}

@available(*, unavailable)
extension BenchLoop: Sendable {}
