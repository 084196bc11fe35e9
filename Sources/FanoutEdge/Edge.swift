package import Logging
package import NIOCore
import NIOPosix
import ServerKit
import Synchronization

/// The edge: an HTTP/1.1 reverse proxy that executes the GRIP instructions of its origins.
///
/// One event loop for each core, nothing shared between them on the path of a request: each has its listening sockets, its
/// connections, its hold table, its pool of origin connections and its timers.
package final class Edge: Sendable {
  /// Makes the hold table of an event loop, on that loop.
  package typealias MakeHolds = @Sendable (_ loop: any EventLoop, _ index: Int) -> any HoldTableProtocol

  /// Why an edge did not start.
  package enum StartError: Error, CustomStringConvertible {
    /// The configuration has problems.
    case invalid([EdgeConfigurationProblem])
    /// It was started before.
    case alreadyStarted
    /// An address could not be listened on.
    case cannotListen(ListenAddress, String)

    package var description: String {
      switch self {
      case .invalid(let problems): problems.map(\.description).joined(separator: "; ")
      case .alreadyStarted: "the edge was started before"
      case .cannotListen(let address, let text): "cannot listen on \(address): \(text)"
      }
    }
  }

  private struct State {
    var routes: RouteTable
    var group: MultiThreadedEventLoopGroup?
    var loops: [(eventLoop: any EventLoop, context: NIOLoopBound<LoopContext>)] = []
    var listeners: [any Channel] = []
    var files: [LocalSocketFile] = []
    var isStopped = false
  }

  private let configuration: EdgeConfiguration
  private let logger: Logger
  private let accessLogger: Logger?
  private let now: @Sendable () -> Int64
  private let makeHolds: MakeHolds
  private let certificates: CertificateStore?
  private let state: Mutex<State>

  /// An edge that is not started.
  ///
  /// - Parameters:
  ///   - accessLogger: one line for each request; `nil` for none.
  ///   - now: seconds since 1970, for tokens.
  package init(
    configuration: EdgeConfiguration, routes: RouteTable, logger: Logger, accessLogger: Logger? = nil,
    now: @escaping @Sendable () -> Int64, makeHolds: @escaping MakeHolds
  ) {
    self.configuration = configuration
    self.logger = logger
    self.accessLogger = accessLogger
    self.now = now
    self.makeHolds = makeHolds
    certificates =
      configuration.listen.contains(where: \.isSecure)
      ? CertificateStore(directory: configuration.tls.certificateDirectory, logger: logger) : nil
    state = Mutex(State(routes: routes))
  }

  /// Listens. Returns the addresses, one for each `listen`, with the ports that were picked.
  package func start() async throws -> [SocketAddress] {
    let problems = configuration.validate()
    guard problems.isEmpty else { throw StartError.invalid(problems) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loopCount)
    let isFirst = state.withLock { state in
      guard state.group == nil else { return false }
      state.group = group
      return true
    }
    guard isFirst else {
      try? await group.shutdownGracefully()
      throw StartError.alreadyStarted
    }
    do {
      try await makeContexts(group)
      return try await listen()
    } catch {
      await shutdown(graceful: false)
      throw error
    }
  }

  /// Swaps the routes. What is under way or held keeps its route.
  package func reload(routes: RouteTable) {
    let loops = state.withLock { state in
      state.routes = routes
      return state.loops
    }
    for loop in loops {
      loop.eventLoop.execute {
        loop.context.value.routes = routes
        loop.context.value.pool.reloadCertificates()
      }
    }
    certificates?.refresh()
    logger.notice("routes loaded", metadata: .keys([.count: routes.routes.count]))
  }

  /// What all loops have counted.
  package func counters() async -> EdgeCounters {
    var sum = EdgeCounters()
    for loop in state.withLock({ $0.loops }) {
      guard let counters = try? await loop.eventLoop.submit({ loop.context.value.currentCounters }).get() else {
        continue
      }
      sum.add(counters)
    }
    return sum
  }

  /// The event loops with what belongs to each.
  var loops: [(eventLoop: any EventLoop, context: NIOLoopBound<LoopContext>)] { state.withLock { $0.loops } }

  /// Bounds of a request.
  var requestLimits: MessageLimits { configuration.requestLimits }

  /// The present routes.
  package var routes: RouteTable { state.withLock { $0.routes } }

  /// The event loops, in the order of the indices that `makeHolds` was given; none before `start` and after `shutdown`.
  package var eventLoops: [any EventLoop] { state.withLock { $0.loops.map(\.eventLoop) } }

  /// Accepts nobody any more, and takes no further requests: idle connections close, the others after their response.
  /// What is held stays held.
  package func drain() async {
    let (loops, listeners, files) = state.withLock { state in
      defer {
        state.listeners = []
        state.files = []
      }
      return (state.loops, state.listeners, state.files)
    }
    // Before the sockets are closed: nobody shall find a file that nobody listens on.
    for file in files { file.remove() }
    for listener in listeners { try? await listener.close().get() }
    for loop in loops { try? await loop.eventLoop.submit { loop.context.value.drain(closesHeld: false) }.get() }
  }

  /// Stops: nobody is accepted, idle and held connections close, and where it is graceful, requests under way have
  /// `shutdownGrace` to finish, but not longer than `limit`.
  package func shutdown(graceful: Bool, limit: TimeAmount = .hours(24)) async {
    let (group, loops) = state.withLock { state in
      defer { state.isStopped = true }
      return (state.isStopped ? nil : state.group, state.loops)
    }
    guard let group else { return }
    await drain()
    for loop in loops { try? await loop.eventLoop.submit { loop.context.value.drain(closesHeld: true) }.get() }
    if graceful { await waitForRequests(of: loops, atMost: min(limit, configuration.shutdownGrace)) }
    for loop in loops { try? await loop.eventLoop.submit { loop.context.value.stop() }.get() }
    state.withLock { $0.loops = [] }
    try? await group.shutdownGracefully()
  }

  /// Waits for requests under way; then clients have a moment to take their last response and close.
  private func waitForRequests(
    of loops: [(eventLoop: any EventLoop, context: NIOLoopBound<LoopContext>)], atMost time: TimeAmount
  ) async {
    var end = NIODeadline.now() + time
    var isServing = true
    while NIODeadline.now() < end, await counters().connections > 0 {
      if isServing, await busyCount(of: loops) == 0 {
        isServing = false
        end = min(end, .now() + .milliseconds(500))
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Requests that are under way and not held.
  package func busyCount() async -> Int { await busyCount(of: loops) }

  private func busyCount(of loops: [(eventLoop: any EventLoop, context: NIOLoopBound<LoopContext>)]) async -> Int {
    var sum = 0
    for loop in loops { sum += (try? await loop.eventLoop.submit { loop.context.value.busyCount }.get()) ?? 0 }
    return sum
  }

  private func makeContexts(_ group: MultiThreadedEventLoopGroup) async throws {
    let (configuration, logger, accessLogger, now, makeHolds, certificates) = (
      configuration, logger, accessLogger, now, makeHolds, certificates
    )
    let routes = state.withLock { $0.routes }
    var index = 0
    for eventLoop in group.makeIterator() {
      let position = index
      let context = try await eventLoop.submit {
        NIOLoopBound(
          LoopContext(
            eventLoop: eventLoop, index: position, count: configuration.loopCount, configuration: configuration,
            routes: routes, holds: makeHolds(eventLoop, position), logger: logger, accessLogger: accessLogger,
            certificates: certificates, now: now),
          eventLoop: eventLoop)
      }.get()
      state.withLock { $0.loops.append((eventLoop, context)) }
      index += 1
    }
    let all = loops
    for loop in all { try await loop.eventLoop.submit { loop.context.value.siblings = all }.get() }
  }

  private func listen() async throws -> [SocketAddress] {
    let loops = state.withLock { $0.loops }
    let limit = max(1, configuration.maxConnections / loops.count)
    var addresses: [SocketAddress] = []
    for wanted in configuration.listen {
      if let socket = wanted.local {
        addresses.append(try await listen(on: socket, wanted, limit: limit))
        continue
      }
      var address = wanted
      for (index, loop) in loops.enumerated() {
        let listener: any Channel
        do {
          if index == 0 { try await Listener.claim(address, eventLoop: loop.eventLoop) }
          listener = try await Listener.bind(address, loop: loop.context, eventLoop: loop.eventLoop, limit: limit).get()
        } catch {
          throw StartError.cannotListen(wanted, SystemErrorText.of(error))
        }
        state.withLock { $0.listeners.append(listener) }
        guard index == 0, let bound = listener.localAddress else { continue }
        addresses.append(bound)
        // The other loops share the port that was picked.
        address.port = bound.port ?? wanted.port
      }
    }
    return addresses
  }

  /// Listens on a Unix socket. One loop accepts from it, another for each further socket: the kernel spreads connections
  /// over several sockets only where they share a port.
  private func listen(on socket: LocalSocket, _ wanted: ListenAddress, limit: Int) async throws -> SocketAddress {
    do {
      let (file, descriptor) = try LocalSocketFile.make(socket, backlog: Listener.backlog)
      let loop = state.withLock { state in
        state.files.append(file)
        return state.loops[(state.files.count - 1) % state.loops.count]
      }
      let listener = try await Listener.adopt(
        descriptor, wanted, loop: loop.context, eventLoop: loop.eventLoop, limit: limit
      ).get()
      state.withLock { $0.listeners.append(listener) }
      return try SocketAddress(unixDomainSocketPath: socket.path)
    } catch {
      throw StartError.cannotListen(wanted, "\(error)")
    }
  }
}
