import Channels
import HTTPTypes
import Logging
import ServerKit
import ServiceLifecycle
import Synchronization
import XMPP

/// Wakes the requests that this process holds itself, from the same outbox that the proxies are fed from.
///
/// An event is read and encoded once, however many wait for it, and only where somebody does.
final class EventHub: Service {
  private struct State {
    var tickets: [EventQueue: [UInt64: HoldTicket]] = [:]
    var count = 0
    var proxiedCount = 0
    var nextID: UInt64 = 0
    var isEnded = false
  }

  private let events: any EventSource
  private let writer: AtomWriter
  private let maxHolds: Int
  private let maxProxiedHolds: Int
  private let time: TimeSource
  private let logger: Logger
  private let forget: @Sendable (JID) async -> Void
  private let state = Mutex(State())

  private static let sweepInterval = Duration.milliseconds(250)
  private static let pageSize = 100

  /// A hub.
  ///
  /// - Parameter forget: forgets the logins of a user who is gone.
  init(
    events: any EventSource, writer: AtomWriter, maxHolds: Int, maxProxiedHolds: Int, time: TimeSource, logger: Logger,
    forget: @escaping @Sendable (JID) async -> Void = { _ in }
  ) {
    self.forget = forget
    self.events = events
    self.writer = writer
    self.maxHolds = maxHolds
    self.maxProxiedHolds = maxProxiedHolds
    self.time = time
    self.logger = logger
  }

  /// How many requests are held.
  var count: Int { state.withLock(\.count) }

  /// Whether one more can be held.
  var hasRoom: Bool { count < maxHolds }

  /// Runs `body` with a ticket for a queue. Take the ticket before reading the queue: then nothing falls between.
  ///
  /// - Parameters:
  ///   - viewer: who listens; `nil` for nobody known.
  ///   - isProxied: whether a proxy's connection to us is kept meanwhile; proxies have few, for all their clients.
  ///
  /// **Errors**: 503 when `maxHolds` are held, or `maxProxiedHolds` for proxies.
  func withTicket<Value>(
    for queue: EventQueue, viewer: JID? = nil, isProxied: Bool = false, _ body: (HoldTicket) async throws -> Value
  ) async throws -> Value {
    let ticket = HoldTicket(viewer: viewer)
    let id = try state.withLock { state throws(APIError) -> UInt64 in
      guard state.count < maxHolds else {
        throw APIError(.serviceUnavailable, "\(maxHolds) requests wait already; try again later")
      }
      guard !isProxied || state.proxiedCount < maxProxiedHolds else {
        throw APIError(
          .serviceUnavailable, "\(maxProxiedHolds) requests of this form wait already; ask with since=cursor:N")
      }
      state.nextID += 1
      state.count += 1
      if isProxied { state.proxiedCount += 1 }
      state.tickets[queue, default: [:]][state.nextID] = ticket
      if state.isEnded { ticket.end() }
      return state.nextID
    }
    defer {
      state.withLock { state in
        state.count -= 1
        if isProxied { state.proxiedCount -= 1 }
        state.tickets[queue]?[id] = nil
        if state.tickets[queue]?.isEmpty == true { state.tickets[queue] = nil }
      }
    }
    return try await body(ticket)
  }

  /// Follows the outbox until the server stops.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.follow() }
        group.addTask { await self.sweep() }
      }
    }
    end()
  }

  /// Ends all holds and every later one.
  func end() {
    let tickets = state.withLock { state in
      state.isEnded = true
      return state.tickets.values.flatMap(\.values)
    }
    for ticket in tickets { ticket.end() }
  }

  private func sweep() async {
    while (try? await time.sleep(Self.sweepInterval)) != nil {
      let now = time.monotonic()
      for ticket in state.withLock({ $0.tickets.values.flatMap(\.values) }) {
        ticket.expire(at: now)
      }
    }
  }

  private func follow() async {
    let commits = events.commits()
    var position = await start()
    for await _ in commits {
      do {
        position = try await drain(after: position)
      } catch {
        logger.error("the outbox cannot be read", metadata: .keys([.errorDetail: error.description]))
        signalAll()
        position = await start()
      }
      if Task.isCancelled { return }
    }
  }

  /// The position to begin at. Who came before it reads for themselves.
  private func start() async -> Int64 {
    while !Task.isCancelled {
      if let head = try? await events.outboxHead() {
        signalAll()
        return head
      }
      try? await time.sleep(.seconds(1))
    }
    return 0
  }

  private func drain(after start: Int64) async throws(ChannelError) -> Int64 {
    var position = start
    while true {
      let page = try await events.outbox(after: position, maxEvents: Self.pageSize)
      guard let last = page.last else { return position }
      // Queues can differ in what they may see of one event, so it is shared only where it is the same.
      var encoded: (event: ChannelEvent, representation: EventRepresentation)?
      for queued in page {
        if case .accessReduced(let user) = queued.event.change {
          await reduceAccess(of: user, in: queued.event.node)
          continue
        }
        let tickets = state.withLock { $0.tickets[queued.queue].map { Array($0.values) } ?? [] }
        guard !tickets.isEmpty else { continue }
        let sequence = queued.event.sequence
        let representation =
          encoded.flatMap { $0.event == queued.event ? $0.representation : nil }
          ?? EventRepresentation(queued.event, writer: writer)
        encoded = (queued.event, representation)
        let event = DirectEvent(sequence: sequence, previous: queued.previous, representation: representation)
        for ticket in tickets { ticket.deliver(event) }
      }
      position = last.event.sequence
    }
  }

  /// Lets the holds that may be concerned ask again.
  private func reduceAccess(of user: JID?, in node: NodeID) async {
    // Who lost even their own channel has no account any more.
    if let user, node.channel == user { await forget(user) }
    let tickets = state.withLock { state in
      guard let user else {
        return state.tickets.filter { $0.key.node == node }.values.flatMap(\.values)
      }
      return state.tickets.values.flatMap(\.values).filter { $0.viewer == user }
    }
    for ticket in tickets { ticket.doubt() }
  }

  private func signalAll() {
    for ticket in state.withLock({ $0.tickets.values.flatMap(\.values) }) { ticket.signalGap() }
  }
}

extension EventQueue {
  /// The one node that is heard; `nil` where it is more.
  fileprivate var node: NodeID? {
    switch self {
    case .node(let node), .member(_, let node): node
    case .anonymous, .user, .notices, .remote, .control: nil
    }
  }
}
