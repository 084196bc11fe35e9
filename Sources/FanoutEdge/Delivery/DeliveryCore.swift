package import FanoutBus
package import Logging
package import NIOCore
import Synchronization

/// Holding and delivering for a group of event loops: a table for each, and the way of every published item to them.
///
/// Made before the loops are: each loop gets its table by `makeTable`, then `open` lets items in.
/// **Isolation**: any thread, but for `makeTable` and `table(on:)`.
package final class DeliveryCore: BusReceiver {
  let mailboxes: [LoopMailbox]
  private let bus: any Bus
  private let configuration: DeliveryConfiguration
  private let logger: Logger
  private let makeStatistics: @Sendable (_ loop: any EventLoop, _ index: Int) -> LoopStatistics?
  private let refused = Atomic<Int>(0)
  private let makeGenerator: @Sendable () -> any RandomNumberGenerator

  /// A core without tables.
  ///
  /// - Parameters:
  ///   - loopCount: at least one; more than 64 count as 64, and `makeTable` then has none for the others.
  ///   - makeStatistics: gives each loop what it tells of itself by.
  ///   - makeGenerator: gives each loop its source of chance.
  package init(
    loopCount: Int, bus: any Bus, configuration: DeliveryConfiguration, logger: Logger,
    makeStatistics: @escaping @Sendable (_ loop: any EventLoop, _ index: Int) -> LoopStatistics? = { _, _ in nil },
    makeGenerator: @escaping @Sendable () -> any RandomNumberGenerator = { SystemRandomNumberGenerator() }
  ) {
    // A channel's listening loops are bits of one word.
    mailboxes = (0..<min(max(loopCount, 1), 64)).map { _ in LoopMailbox() }
    self.bus = bus
    self.configuration = configuration
    self.logger = logger
    self.makeStatistics = makeStatistics
    self.makeGenerator = makeGenerator
  }

  /// Makes the table of a loop. Only on that loop, once, with `index` below the number of loops.
  package func makeTable(on loop: any EventLoop, index: Int) -> HoldTable {
    let table = HoldTable(
      loop: loop, number: index, mailboxes: mailboxes, bus: bus, configuration: configuration, logger: logger,
      generator: makeGenerator())
    table.statistics = makeStatistics(loop, index)
    mailboxes[index].attach(table, loop: loop)
    return table
  }

  /// Takes items from now on. Every loop has its table.
  package func open() {
    bus.attach(self)
  }

  /// The table of a loop; `nil` after `stop`, or where the loop is not one of the core's. Only on that loop.
  package func table(on loop: any EventLoop) -> HoldTable? {
    for mailbox in mailboxes {
      if let table = mailbox.table(on: loop) { return table }
    }
    return nil
  }

  // MARK: Items

  package func itemsArrived(_ items: [PublishedItem]) throws(BusError) {
    var batches: [[PublishedItem]] = Array(repeating: [], count: mailboxes.count)
    var bytes = 0
    for item in items {
      batches[ChannelHome.loop(of: item.channel, count: mailboxes.count)].append(item)
      bytes += item.weight
    }
    // Refused whole, or taken whole.
    let hasRoom = mailboxes.allSatisfy {
      $0.hasRoom(items: items.count, bytes: bytes, configuration: configuration)
    }
    let bound = configuration.deliveriesWaiting
    guard hasRoom, bound <= 0 || waitingDeliveries < bound else {
      refused.add(items.count, ordering: .relaxed)
      throw .overloaded
    }
    for (number, batch) in batches.enumerated() where !batch.isEmpty {
      mailboxes[number].push(.publish(batch))
    }
  }

  /// Forgets all last ids and lets every hold look again (GRIP proxy §9.8).
  package func recover() {
    for mailbox in mailboxes { mailbox.push(.recover) }
  }

  // MARK: Counting

  /// The deliveries that wait, where they are bounded (`deliveriesWaiting`).
  package var waitingDeliveries: Int { mailboxes.reduce(0) { $0 + $1.waitingDeliveries } }

  /// The listeners of channels now, summed over the loops; in the order of `channels`.
  package func receivers(of channels: [String], on loop: any EventLoop) -> EventLoopFuture<[ChannelReceivers]> {
    let parts = mailboxes.map { mailbox in
      mailbox.ask(on: loop) { table in channels.map { table.receivers(of: $0) } }
    }
    let none = channels.map { _ in ChannelReceivers() }
    return EventLoopFuture.reduce(into: none, parts, on: loop) { sums, part in
      for (index, receivers) in (part ?? []).enumerated() { sums[index] += receivers }
    }
  }

  /// What has been done, summed over the loops.
  package func counters(on loop: any EventLoop) -> EventLoopFuture<DeliveryCounters> {
    let parts = mailboxes.map { $0.ask(on: loop) { $0.currentCounters } }
    var own = DeliveryCounters()
    own.refused = refused.load(ordering: .relaxed)
    return EventLoopFuture.reduce(into: own, parts, on: loop) { $0 += $1 ?? DeliveryCounters() }
  }

  // MARK: Ending

  /// Ends every hold, and takes no more items then.
  ///
  /// - Parameters:
  ///   - graceful: whether long-polls are answered with their time-out response, and all ends are spread over
  ///     `shutdownSpread`, while the others go on getting items; otherwise every connection is closed at once.
  ///   - limit: the longest that the ends are spread over.
  package func stop(
    on loop: any EventLoop, graceful: Bool = false, limit: TimeAmount = .hours(24)
  ) -> EventLoopFuture<Void> {
    if !graceful { bus.attach(nil) }
    let spread = graceful ? min(limit, configuration.shutdownSpread) : nil
    let ends = mailboxes.map { mailbox in
      mailbox.ask(on: loop) { $0.beginShutdown(spread: spread) }.flatMap { steps in
        EventLoopFuture.andAllSucceed(
          (steps ?? []).map { delay in
            loop.scheduleTask(in: delay) {}.futureResult.flatMap {
              mailbox.ask(on: loop) { $0.endSome() }.map { _ in }
            }
          }, on: loop
        ).flatMap { mailbox.ask(on: loop) { $0.endAll() }.map { _ in } }
      }
    }
    return EventLoopFuture.andAllSucceed(ends, on: loop).map { [bus] in bus.attach(nil) }
  }
}
