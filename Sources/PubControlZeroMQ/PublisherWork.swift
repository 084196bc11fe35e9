import CZeroMQ
import PubControl

/// What the thread of a publishing client does, round after round: takes publishes, sends what there is room for, hears who
/// listens, and answers.
///
/// **Isolation**: its thread.
final class PublisherWork {
  private struct Waiting {
    let job: PublisherInbox.Job
    let deadline: ContinuousClock.Instant
    var sentCount = 0
  }

  /// An endpoint with what is to be sent there.
  private struct Line {
    let socket: PublisherSocket
    var waiting: [Waiting] = []
    /// Whether a connection is known to be there; only of the kind `publish`.
    var isConnected = false
    /// When the connection has told who listens: a moment after its last word, or when it has had its time.
    var settled: ContinuousClock.Instant?
    /// When it is tried again: an XPUB socket does not tell when it has room.
    var retry: ContinuousClock.Instant?
    /// Whether `zmq_poll` tells when it has room.
    var isFull = false
  }

  /// How long an XPUB socket without room is given.
  private static let retryTime = Duration.milliseconds(5)
  /// After so long without another word a connection has told who listens.
  private static let quiet = Duration.milliseconds(50)

  private let options: PubControlZeroMQ.Options
  private let inbox: PublisherInbox
  private let interest: InterestTable
  private let clock = ContinuousClock()
  private var lines: [Line] = []
  private var end: ContinuousClock.Instant?

  init(
    endpoints: [ZeroMQEndpoint], options: PubControlZeroMQ.Options, inbox: PublisherInbox, interest: InterestTable
  ) throws(SocketFailure) {
    self.options = options
    self.inbox = inbox
    self.interest = interest
    let context = try SocketContext()
    for (index, endpoint) in endpoints.enumerated() {
      lines.append(
        Line(
          socket: try PublisherSocket(endpoint, index: index, sendQueue: options.sendQueue, context: context)))
    }
  }

  /// Works until the inbox is over and what waits is sent or given up.
  func run() {
    while true {
      wait()
      let now = clock.now
      let (jobs, cancelled, isOver) = inbox.take()
      for job in jobs {
        lines[job.endpoint].waiting.append(Waiting(job: job, deadline: now + options.timeout))
      }
      if isOver, end == nil { end = now + options.linger }
      for index in lines.indices {
        listen(to: index, now: now)
        send(on: index, now: now)
        giveUp(on: index, cancelled: cancelled, now: now)
      }
      if isOver, lines.allSatisfy(\.waiting.isEmpty) { break }
    }
    let rest = max(.zero, (end ?? clock.now) - clock.now)
    for line in lines { line.socket.setLinger(milliseconds: Int32(clamping: rest.wholeMilliseconds)) }
    // The last socket takes the context with it, which waits for what they still have to send.
    lines = []
  }

  // MARK: Waiting

  private func wait() {
    var items = [zmq_pollitem_t(socket: nil, fd: inbox.descriptor, events: Int16(ZMQ_POLLIN), revents: 0)]
    for line in lines {
      if let monitor = line.socket.monitor {
        items.append(zmq_pollitem_t(socket: monitor, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        items.append(zmq_pollitem_t(socket: line.socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
      } else if line.isFull {
        items.append(zmq_pollitem_t(socket: line.socket.pointer, fd: 0, events: Int16(ZMQ_POLLOUT), revents: 0))
      }
    }
    // Interrupted or not: the round that follows looks at everything.
    _ = zmq_poll(&items, Int32(items.count), timeout)
  }

  /// Milliseconds, rounded up; -1 for ever.
  private var timeout: Int {
    var next: ContinuousClock.Instant?
    func take(_ instant: ContinuousClock.Instant?) {
      guard let instant else { return }
      next = next.map { min($0, instant) } ?? instant
    }
    for line in lines where !line.waiting.isEmpty {
      take(line.waiting.lazy.map(\.deadline).min())
      take(line.retry ?? (line.isConnected ? line.settled : nil))
      take(end)
    }
    guard let next else { return -1 }
    return Int((next - clock.now).wholeMilliseconds + 1)
  }

  // MARK: Doing

  /// Hears of the connection, and who listens.
  private func listen(to index: Int, now: ContinuousClock.Instant) {
    let socket = lines[index].socket
    if let isConnected = socket.readConnection() {
      lines[index].isConnected = isConnected
      lines[index].settled = isConnected ? now + options.settling : nil
    }
    socket.readInterest { channel, isWanted in
      interest.changed(ChannelInterest(endpoint: index, channel: channel, isWanted: isWanted))
      if let settled = lines[index].settled, settled > now { lines[index].settled = min(settled, now + Self.quiet) }
    }
  }

  private func send(on index: Int, now: ContinuousClock.Instant) {
    lines[index].retry = nil
    lines[index].isFull = false
    let socket = lines[index].socket
    if socket.endpoint.kind == .publish {
      guard lines[index].isConnected, let settled = lines[index].settled, settled <= now else { return }
    }
    while let first = lines[index].waiting.first {
      do throws(SocketFailure) {
        guard first.sentCount < first.job.items.count else {
          lines[index].waiting.removeFirst()
          inbox.done(first.job, nil)
          continue
        }
        switch try socket.send(first.job.items[first.sentCount]) {
        case .sent: lines[index].waiting[0].sentCount += 1
        case .full:
          if socket.endpoint.kind == .publish { lines[index].retry = now + Self.retryTime }
          lines[index].isFull = true
          return
        }
      } catch {
        lines[index].waiting.removeFirst()
        inbox.done(first.job, .transport(error.description))
      }
    }
  }

  private func giveUp(on index: Int, cancelled: Set<Int>, now: ContinuousClock.Instant) {
    guard !lines[index].waiting.isEmpty else { return }
    let isClosing = end.map { $0 <= now } ?? false
    var kept: [Waiting] = []
    for waiting in lines[index].waiting {
      if cancelled.contains(waiting.job.number) {
        inbox.done(waiting.job, .cancelled)
      } else if waiting.deadline <= now || isClosing {
        inbox.done(waiting.job, failure(on: index))
      } else {
        kept.append(waiting)
      }
    }
    lines[index].waiting = kept
  }

  /// Why something could not be sent in time.
  private func failure(on index: Int) -> PublishFailure {
    let line = lines[index]
    // A PUSH socket has no room where there is no connection, and tells no more.
    if line.socket.endpoint.kind == .push { return .transport("nobody takes messages there") }
    return line.isConnected ? .timeout : .transport("nobody takes messages there")
  }
}

@available(*, unavailable)
extension PublisherWork: Sendable {}

extension Duration {
  /// Rounded down; never negative.
  fileprivate var wholeMilliseconds: Int64 {
    max(0, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}
