import FanoutBus
import NIOCore
import Synchronization

/// What event loops tell each other.
enum LoopMessage: Sendable {
  /// To the home of the items' channels: put in order and pass on.
  case publish([PublishedItem])
  /// To a loop with listeners: items in order.
  case deliver([PublishedItem])
  /// To the home: a loop has listeners of a channel now. With a `prev-id` the home answers `check` where it knows better.
  case subscribe(channel: String, member: Int, slot: HoldSlot?, previousID: String?)
  /// To the home: a loop has no listeners of a channel any more.
  case unsubscribe(channel: String, member: Int)
  /// To a listener's loop: the last id of the channel at the moment when the subscription arrived.
  case check(channel: String, slot: HoldSlot, lastID: String)
  /// To the home: forget a last id, if it still is this one.
  case forget(channel: String, lastID: String)
  /// To a loop with listeners: the holds with a `prev-id` look again.
  case update(channel: String)
  /// To every loop: forget all last ids, every hold looks again.
  case recover
}

/// The way into an event loop: many writers, one reader, and one wake-up however many messages wait.
///
/// **Bounds**: items count until they are delivered; `hasRoom` tells publishers. The other messages are bounded by the
/// number of holds.
/// **Isolation**: any thread, but for `drain`, which runs on the loop.
final class LoopMailbox: Sendable {
  private struct State {
    var messages: [LoopMessage] = []
    var table: NIOLoopBound<HoldTable>?
    var loop: (any EventLoop)?
  }

  private let state = Mutex(State())
  private let items = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)
  private let deliveries = Atomic<Int>(0)

  /// Names who reads. What has waited is read now. Only on the loop.
  func attach(_ table: HoldTable, loop: any EventLoop) {
    let bound = NIOLoopBound(table, eventLoop: loop)
    let hasMessages = state.withLock { state in
      state.table = bound
      state.loop = loop
      return !state.messages.isEmpty
    }
    if hasMessages { loop.execute { self.drain() } }
  }

  /// Nobody reads any more; what comes is thrown away.
  func detach() {
    state.withLock { $0.table = nil }
  }

  /// The table of a loop, if this is its mailbox. Only on that loop.
  func table(on loop: any EventLoop) -> HoldTable? {
    state.withLock { $0.loop === loop ? $0.table : nil }?.value
  }

  /// Asks the table something, on its loop; `nil` where there is none.
  func ask<Answer: Sendable>(
    on loop: any EventLoop, _ question: @escaping @Sendable (HoldTable) -> Answer
  ) -> EventLoopFuture<Answer?> {
    let (own, table) = state.withLock { ($0.loop, $0.table) }
    guard let own, let table else { return loop.makeSucceededFuture(nil) }
    return own.submit { question(table.value) }.hop(to: loop)
  }

  /// Adds a message, and wakes the loop where none waited.
  func push(_ message: LoopMessage) {
    switch message {
    case .publish(let added), .deliver(let added): count(added, sign: 1)
    default: break
    }
    let loop = state.withLock { state in
      state.messages.append(message)
      return state.messages.count == 1 ? state.loop : nil
    }
    loop?.execute { self.drain() }
  }

  /// Whether so many more items may be handed over.
  func hasRoom(items added: Int, bytes addedBytes: Int, configuration: DeliveryConfiguration) -> Bool {
    // One batch is always taken by an idle loop, however large: the bound is on what waits.
    let current = items.load(ordering: .relaxed)
    if current == 0 { return true }
    return current + added <= configuration.itemsInFlight
      && bytes.load(ordering: .relaxed) + addedBytes <= configuration.bytesInFlight
  }

  /// Deliveries wait, or with a negative count do so no longer.
  func deliveriesWait(_ count: Int) {
    deliveries.add(count, ordering: .relaxed)
  }

  /// The deliveries that wait on this loop.
  var waitingDeliveries: Int { deliveries.load(ordering: .relaxed) }

  /// An item of this loop's own is to be delivered here.
  func started(_ item: PublishedItem) {
    count([item], sign: 1)
  }

  /// Items have been passed on, delivered or discarded.
  func finished(_ finished: [PublishedItem]) {
    count(finished, sign: -1)
  }

  private func count(_ counted: [PublishedItem], sign: Int) {
    var weight = 0
    for item in counted { weight += item.weight }
    items.add(sign * counted.count, ordering: .relaxed)
    bytes.add(sign * weight, ordering: .relaxed)
  }

  private func drain() {
    let (messages, table) = state.withLock { state in
      defer { state.messages.removeAll(keepingCapacity: state.messages.count <= 256) }
      return (state.messages, state.table)
    }
    guard let table else {
      for case .publish(let items) in messages { finished(items) }
      for case .deliver(let items) in messages { finished(items) }
      return
    }
    table.value.process(messages)
  }
}
