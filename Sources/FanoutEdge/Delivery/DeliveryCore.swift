package import FanoutBus
package import Logging
package import NIOCore

/// Holding and delivering for a group of event loops: a table for each, and the way of every published item to them.
///
/// **Isolation**: any thread, but for `table(on:)`.
package final class DeliveryCore: BusReceiver {
  private let mailboxes: [LoopMailbox]
  private let bus: any Bus
  private let configuration: DeliveryConfiguration

  /// A core for loops; their tables are made when they get to it. Items are refused until all have.
  ///
  /// - Parameters:
  ///   - loops: at least one, at most 64.
  ///   - makeGenerator: gives each loop its source of chance.
  package static func start(
    loops: [any EventLoop], bus: any Bus, configuration: DeliveryConfiguration, logger: Logger,
    makeGenerator: @escaping @Sendable () -> any RandomNumberGenerator = { SystemRandomNumberGenerator() }
  ) -> EventLoopFuture<DeliveryCore> {
    precondition((1...64).contains(loops.count), "a core has 1 to 64 event loops")
    let core = DeliveryCore(loops: loops, bus: bus, configuration: configuration)
    let mailboxes = core.mailboxes
    let tables = mailboxes.indices.map { number in
      mailboxes[number].loop.submit {
        mailboxes[number].attach(
          HoldTable(
            number: number, mailboxes: mailboxes, bus: bus, configuration: configuration, logger: logger,
            generator: makeGenerator()))
      }
    }
    return EventLoopFuture.andAllSucceed(tables, on: loops[0]).map {
      bus.attach(core)
      return core
    }
  }

  private init(loops: [any EventLoop], bus: any Bus, configuration: DeliveryConfiguration) {
    mailboxes = loops.map(LoopMailbox.init)
    self.bus = bus
    self.configuration = configuration
  }

  /// The table of a loop; `nil` after `stop`, or where the loop is not one of the core's. Only on that loop.
  package func table(on loop: any EventLoop) -> HoldTable? {
    mailboxes.first { $0.loop === loop }?.table
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
    for mailbox in mailboxes
    where !mailbox.hasRoom(items: items.count, bytes: bytes, configuration: configuration) {
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

  /// The listeners of channels now, summed over the loops; in the order of `channels`.
  package func receivers(of channels: [String], on loop: any EventLoop) -> EventLoopFuture<[ChannelReceivers]> {
    let parts = mailboxes.map { mailbox in
      mailbox.loop.submit { channels.map { mailbox.table?.receivers(of: $0) ?? ChannelReceivers() } }
    }
    let none = channels.map { _ in ChannelReceivers() }
    return EventLoopFuture.reduce(into: none, parts, on: loop) { sums, part in
      for index in sums.indices { sums[index] += part[index] }
    }
  }

  /// What has been done, summed over the loops.
  package func counters(on loop: any EventLoop) -> EventLoopFuture<DeliveryCounters> {
    let parts = mailboxes.map { mailbox in
      mailbox.loop.submit { mailbox.table?.currentCounters ?? DeliveryCounters() }
    }
    return EventLoopFuture.reduce(into: DeliveryCounters(), parts, on: loop) { $0 += $1 }
  }

  // MARK: Ending

  /// Takes no more items and ends every hold.
  package func stop(on loop: any EventLoop) -> EventLoopFuture<Void> {
    bus.attach(nil)
    let ends = mailboxes.map { mailbox in mailbox.loop.submit { mailbox.table?.shutdown() ?? () } }
    return EventLoopFuture.andAllSucceed(ends, on: loop)
  }
}
