import CZeroMQ
import FanoutBus
import GRIP
import Glibc
import Logging
import NIOCore

/// The ZeroMQ sockets of a process and their thread: publishers, commands, and those who watch.
///
/// All sockets belong to one thread. It waits for them and for what the event loops tell it (`ZeroMQInbox`).
/// **Isolation**: any thread.
final class ZeroMQService: Sendable {
  /// Why a socket could not be opened.
  struct StartError: Error, CustomStringConvertible {
    /// The setting, its value, and what the system says.
    let description: String
  }

  let inbox: ZeroMQInbox
  let addresses: ZeroMQAddresses
  private let ended: AsyncStream<Void>

  /// Opens the sockets and starts their thread.
  ///
  /// **Errors**: the first socket that could not be opened, by its setting; then none is.
  ///
  /// - Parameters:
  ///   - bus: takes the items.
  ///   - actions: what commands lead to beside items.
  init(
    configuration: ZeroMQConfiguration, statistics: StatisticsConfiguration, inbox: ZeroMQInbox, bus: any Bus,
    logger: Logger, actions: ZeroMQActions
  ) throws(StartError) {
    self.inbox = inbox
    guard inbox.descriptor >= 0 else {
      throw StartError(description: "zeroMQ: no event descriptor: \(String(cString: strerror(-inbox.descriptor)))")
    }
    let sockets = try ZeroMQSockets(configuration, statistics: statistics)
    addresses = sockets.addresses
    let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
    self.ended = ended
    let work = ZeroMQWork(
      sockets: sockets, configuration: configuration, statistics: statistics, inbox: inbox, bus: bus, logger: logger,
      actions: actions)
    guard
      ZeroMQThread.start({
        work.run(); continuation.finish()
      })
    else {
      throw StartError(description: "zeroMQ: the system gives no thread for it")
    }
  }

  /// Hears no publisher and no command any more.
  func endIntake() {
    inbox.endIntake()
  }

  /// Closes all, and waits until that is done.
  func stop() async {
    inbox.end()
    for await _ in ended {}
  }

  /// All that has been counted since the start.
  func totals() async -> StatisticsReport? {
    let inbox = inbox
    return await withCheckedContinuation { continuation in
      let isAsked = inbox.ask { continuation.resume(returning: $0.totals) }
      if !isAsked { continuation.resume(returning: nil) }
    }
  }
}

/// What commands lead to beside items (GRIP proxy §20). Neither waits.
struct ZeroMQActions: Sendable {
  /// Lets every held request look again.
  var recover: @Sendable () -> Void
  /// Lets the origin of a WebSocket be asked, by its `Connection-Id`: an empty WebSocket-over-HTTP request, nothing where
  /// the origin is a native one.
  var refresh: @Sendable (_ id: String) -> Void
}

/// Where ZeroMQ sockets listen, or connect to, with the ports that were picked.
package struct ZeroMQAddresses: Sendable, Hashable {
  /// Takes items that are pushed.
  package var pull: String?
  /// Takes items that are published by channel.
  package var subscribe: [String] = []
  /// Takes commands.
  package var command: String?
  /// Tells statistics.
  package var statistics: String?

  /// Nowhere.
  package init() {}
}

extension EdgeServerConfiguration {
  /// Whether anybody is told what connections and items there are.
  private var counts: Bool {
    statistics.publish != nil || zeroMQ.command != nil || statistics.countsAlways
  }

  /// Whether the thread of the ZeroMQ sockets has anything to do.
  var usesZeroMQ: Bool { counts || !zeroMQ.isEmpty }

  /// Statistics with what they share with delivery: the size of a block, and how long a channel lingers.
  var statisticsInEffect: StatisticsConfiguration {
    var statistics = statistics
    statistics.blockBytes = delivery.blockBytes > 0 ? delivery.blockBytes : nil
    statistics.pollLinger = delivery.sequencer.linger
    return statistics
  }

  /// Gives each loop what it tells of itself by; `nil` where nobody wants to know.
  func makeStatistics(_ inbox: ZeroMQInbox?) -> @Sendable (any EventLoop, Int) -> LoopStatistics? {
    let (counts, loopCount, blockBytes) = (counts, edge.loopCount, statisticsInEffect.blockBytes)
    return { loop, index in
      guard counts, let inbox else { return nil }
      return LoopStatistics(loop: loop, number: index, count: loopCount, inbox: inbox, blockBytes: blockBytes)
    }
  }
}

/// A thread of the system's.
enum ZeroMQThread {
  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Starts a thread, which ends with its work; false where the system gives none.
  static func start(_ work: sending @escaping () -> Void) -> Bool {
    let body = Unmanaged.passRetained(Body(work))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { raw in
        if let raw {
          Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run()
        }
        return nil
      }, body.toOpaque())
    guard result == 0 else {
      body.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}
