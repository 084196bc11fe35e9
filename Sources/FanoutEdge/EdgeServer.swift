import CLinux
package import FanoutBus
import GRIP
import Glibc
package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// Everything that can be set on a whole edge.
package struct EdgeServerConfiguration: Sendable {
  /// Connections, forwarding, origins.
  package var edge: EdgeConfiguration
  /// Holding and delivering.
  package var delivery = DeliveryConfiguration()
  /// Publishing.
  package var control = ControlConfiguration()
  /// Metrics on a listener of their own.
  package var metrics = MetricsConfiguration()
  /// A graceful stop.
  package var drain = DrainConfiguration()
  /// Publishing, commands and statistics over ZeroMQ.
  package var zeroMQ = ZeroMQConfiguration()
  /// What is counted and told.
  package var statistics = StatisticsConfiguration()

  /// A configuration with its defaults.
  package init(edge: EdgeConfiguration) {
    self.edge = edge
  }

  /// All that is wrong, not the first thing only.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems = edge.validate() + control.validate() + zeroMQ.validate() + statistics.validate()
    func require(_ isRight: Bool, _ key: String, _ text: String) {
      if !isRight { problems.append(EdgeConfigurationProblem(key: key, text: text)) }
    }
    require(edge.loopCount <= 64, "loopCount", "at most 64 event loops in a process")
    require((1...32).contains(delivery.channelsPerHold), "delivery.channelsPerHold", "1 to 32 channels")
    require((1...65_536).contains(delivery.sliceSize), "delivery.sliceSize", "1 to 65,536 connections")
    require(delivery.queuedItemsPerHold >= 1, "delivery.queuedItemsPerHold", "at least 1 item")
    require(delivery.queuedBytesPerHold >= 1024, "delivery.queuedBytesPerHold", "at least 1024 bytes")
    require(delivery.itemsInFlight >= 1, "delivery.itemsInFlight", "at least 1 item")
    require(delivery.bytesInFlight >= 1024, "delivery.bytesInFlight", "at least 1024 bytes")
    require(delivery.deliveriesPerSecond >= 0, "delivery.deliveriesPerSecond", "0 or more")
    require(delivery.deliveriesWaiting >= 0, "delivery.deliveriesWaiting", "0 or more")
    require(delivery.blockBytes >= 0, "delivery.blockBytes", "0 or more bytes")
    require((0...30).contains(delivery.nextLinkRetries), "delivery.nextLinkRetries", "0 to 30 times")
    require(delivery.gapDelay >= .zero, "delivery.gapDelay", "0 or more")
    require(delivery.resumeTimeout > .zero, "delivery.resumeTimeout", "more than 0")
    require(delivery.shutdownSpread >= .zero, "delivery.shutdownSpread", "0 or more")
    require(drain.delay >= .zero, "drain.delay", "0 or more")
    require(drain.limit > .zero, "drain.limit", "more than 0")
    return problems + metrics.validate()
  }
}

/// A whole edge: the proxy, the delivery core behind it and the control API beside it.
///
/// What `fanout-edge` runs as a process, and the standalone server inside its own.
package final class EdgeServer: Sendable {
  /// Where it listens, with the ports that were picked.
  package struct Addresses: Sendable {
    /// For clients, in the order of `edge.listen`.
    package var edge: [SocketAddress]
    /// For publishers, in the order of `control.listen`.
    package var control: [SocketAddress]
    /// For metrics, in the order of `metrics.listen`.
    package var metrics: [SocketAddress]
    /// The same for clients as URLs, `https` where they speak TLS, or `unix:` and a path.
    package var edgeURLs: [String] = []
    /// Over ZeroMQ.
    package var zeroMQ = ZeroMQAddresses()
  }

  private struct Running {
    var group: MultiThreadedEventLoopGroup
    var listeners: [ControlListener]
    var operations: Operations
    var zeroMQ: ZeroMQService?
    var upkeep: RepeatedTask
  }

  private let configuration: EdgeServerConfiguration
  private let bus: any Bus
  private let logger: Logger
  private let now: @Sendable () -> Int64
  private let edge: Edge
  private let core: DeliveryCore
  /// The way to the thread of the ZeroMQ sockets; `nil` where there is none.
  private let inbox: ZeroMQInbox?
  private let running = Mutex<Running?>(nil)
  private let mostHolds = SharedCount()

  /// A server that is not started.
  ///
  /// - Parameters:
  ///   - bus: how items come from elsewhere; its own process only by default.
  ///   - accessLogger: one line for each request; `nil` for none.
  ///   - now: seconds since 1970.
  package init(
    configuration: EdgeServerConfiguration, routes: RouteTable, bus: any Bus = InProcessBus(), logger: Logger,
    accessLogger: Logger? = nil, now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
  ) {
    self.configuration = configuration
    let inbox = configuration.usesZeroMQ ? ZeroMQInbox(eventLimit: configuration.statistics.maxWaitingEvents) : nil
    self.inbox = inbox
    var bus = bus
    if let inbox, !configuration.zeroMQ.subscribe.isEmpty { bus = ZeroMQInterest(bus: bus, inbox: inbox) }
    self.bus = bus
    self.logger = logger
    self.now = now
    let core = DeliveryCore(
      loopCount: configuration.edge.loopCount, bus: bus, configuration: configuration.delivery, logger: logger,
      makeStatistics: configuration.makeStatistics(inbox))
    self.core = core
    edge = Edge(
      configuration: configuration.edge, routes: routes, logger: logger, accessLogger: accessLogger, now: now,
      makeHolds: { loop, index in core.makeTable(on: loop, index: index) })
  }

  /// Starts. Publishers are let in when clients can be held.
  ///
  /// **Errors**: `Edge.StartError`, with all that is wrong in the configuration; what the system says of an address.
  package func start() async throws -> Addresses {
    let problems = configuration.validate()
    guard problems.isEmpty else { throw Edge.StartError.invalid(problems) }
    let clients = try await edge.start()
    core.open()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let operations = Operations(
      edge: edge, core: core, bus: bus, configuration: configuration, loop: group.next(), logger: logger, now: now)
    var listeners: [ControlListener] = []
    do {
      for control in [configuration.control, configuration.metrics.control(fileMode: configuration.zeroMQ.fileMode)] {
        let service = ControlService(
          configuration: control, bus: bus, core: core, operations: operations, logger: logger, now: now)
        listeners.append(try await ControlListener.start(service, on: group.next()))
      }
      let zeroMQ = try startZeroMQ()
      let upkeep = startUpkeep(on: group.next())
      operations.readiness.reached(.serving)
      let started = Running(
        group: group, listeners: listeners, operations: operations, zeroMQ: zeroMQ, upkeep: upkeep)
      running.withLock { $0 = started }
      return Addresses(
        edge: clients, control: listeners[0].addresses, metrics: listeners[1].addresses,
        edgeURLs: zip(configuration.edge.listen, clients).map { $0.url(bound: $1) },
        zeroMQ: zeroMQ?.addresses ?? ZeroMQAddresses())
    } catch {
      for listener in listeners { await listener.stop() }
      try? await group.shutdownGracefully()
      await edge.shutdown(graceful: false)
      throw error
    }
  }

  private func startZeroMQ() throws(ZeroMQService.StartError) -> ZeroMQService? {
    guard let inbox else { return nil }
    let (core, edge) = (core, edge)
    return try ZeroMQService(
      configuration: configuration.zeroMQ, statistics: configuration.statisticsInEffect, inbox: inbox, bus: bus,
      logger: logger,
      actions: ZeroMQActions(recover: { core.recover() }, refresh: { edge.refreshSocket($0) }))
  }

  /// Gives memory back to the system some time after a thousand or more holds have ended; it takes milliseconds, so not on
  /// a loop that delivers.
  private func startUpkeep(on loop: any EventLoop) -> RepeatedTask {
    loop.scheduleRepeatedTask(initialDelay: .seconds(30), delay: .seconds(30)) { [core, mostHolds] _ in
      core.counters(on: loop).whenSuccess { counters in
        let hasShrunk = mostHolds.withLock { most in
          let hasShrunk = most - counters.holds >= 1000
          most = hasShrunk ? counters.holds : max(most, counters.holds)
          return hasShrunk
        }
        if hasShrunk { _ = clinux_malloc_trim() }
      }
    }
  }

  /// Swaps the routes. What is under way or held keeps its route.
  package func reload(routes: RouteTable) {
    edge.reload(routes: routes)
  }

  /// Lets a watch look at its file, on the loop of the publishers. Does nothing before `start`.
  package func run(_ watch: RouteWatch) {
    guard let loop = running.withLock({ $0?.group.next() }) else { return }
    watch.start(on: loop)
  }

  /// An address as a URL, or `unix:` and a path.
  package static func url(of address: SocketAddress) -> String {
    if let path = address.pathname { return "unix:\(path)" }
    let host = address.ipAddress ?? "localhost"
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
  }

  /// What the connection side has done.
  package func edgeCounters() async -> EdgeCounters {
    await edge.counters()
  }

  /// What holding and delivering has done.
  package func deliveryCounters() async -> DeliveryCounters {
    guard let loop = running.withLock({ $0?.group.next() }) else { return DeliveryCounters() }
    return (try? await core.counters(on: loop).get()) ?? DeliveryCounters()
  }

  /// All that statistics have counted since the start, `connections` being those of now; `nil` where nothing is counted.
  package func statistics() async -> StatisticsReport? {
    await running.withLock({ $0?.zeroMQ })?.totals()
  }

  /// What metrics and `fanout stats` are made of.
  package func snapshot() async -> EdgeSnapshot {
    guard let operations = running.withLock({ $0?.operations }) else { return EdgeSnapshot() }
    return await operations.snapshot()
  }

  /// Stops. Where it is graceful, as `DrainConfiguration` says; otherwise everything is closed at once.
  ///
  /// Until what is held has ended items are taken and delivered, and `/readyz` and `/metrics` are answered.
  package func stop(graceful: Bool = true) async {
    guard
      let running = running.withLock({ running in
        defer { running = nil }
        return running
      })
    else { return }
    running.upkeep.cancel()
    running.operations.readiness.reached(.draining)
    let end = NIODeadline.now() + configuration.drain.limit
    var rest: TimeAmount { max(.zero, end - NIODeadline.now()) }
    var progress: RepeatedTask?
    if graceful {
      progress = await running.operations.startProgress(end: end)
      let delay = min(configuration.drain.delay, rest)
      if delay > .zero { try? await Task.sleep(for: .nanoseconds(delay.nanoseconds)) }
      await edge.drain()
    }
    async let sockets: Void = edge.endSockets(over: graceful ? min(rest, configuration.delivery.shutdownSpread) : .zero)
    try? await core.stop(on: running.group.next(), graceful: graceful, limit: rest).get()
    running.zeroMQ?.endIntake()
    await sockets
    await edge.shutdown(graceful: graceful, limit: rest)
    progress?.cancel()
    running.operations.readiness.reached(.stopped)
    for listener in running.listeners { await listener.stop() }
    await running.zeroMQ?.stop()
    try? await running.group.shutdownGracefully()
    logger.notice("stopped")
  }
}

/// A number that several threads change.
private final class SharedCount: Sendable {
  private let count = Mutex(0)

  func withLock<Result>(_ body: (inout Int) -> Result) -> Result {
    count.withLock { count in body(&count) }
  }
}
