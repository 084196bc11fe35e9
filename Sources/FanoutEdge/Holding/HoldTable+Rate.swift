import FanoutBus
import GRIP
import NIOCore

// How fast items are handed to connections, and what waits because of it (GRIP proxy §12.3).
extension HoldTable {
  /// An item waits for its listeners on this loop.
  func started(_ item: PublishedItem, channel: Int) {
    guard configuration.deliveriesWaiting > 0 else { return }
    let entry = channels.entries[channel]
    let receivers =
      (item.item.httpStream == nil ? 0 : entry.streams.count)
      + (item.item.httpResponse == nil ? 0 : entry.polls.count)
      + (item.item.webSocket == nil ? 0 : entry.sockets.count)
    let weight = receivers * rate.blocks(of: item)
    rate.waiting[ObjectIdentifier(item)] = weight
    mailbox.deliveriesWait(weight)
  }

  /// Items have been handed to all who listen.
  func finished(_ items: [PublishedItem]) {
    if configuration.deliveriesWaiting > 0 {
      for item in items {
        if let weight = rate.waiting.removeValue(forKey: ObjectIdentifier(item)) { mailbox.deliveriesWait(-weight) }
      }
    }
    mailbox.finished(items)
  }

  /// Goes on when the rate allows it.
  func waitForRate() {
    guard !rate.isWaiting else { return }
    rate.isWaiting = true
    _ = schedule(.rate, for: -1, after: .milliseconds(25))
  }

  /// The rate allows more.
  func continueDelivering() {
    rate.isWaiting = false
    if !isTurnScheduled { runTurn() }
  }
}

/// How many deliveries a loop may still make, as its share of `message_rate`.
///
/// **Units**: blocks; an item without `blockBytes` is one.
struct DeliveryRate {
  /// What may still be delivered now, with what has been saved up in a tenth of a second; below zero after a large item.
  private var tokens: Double
  private var last = TimeAmount.zero
  /// Per second; zero is without limit.
  private let perSecond: Double
  private let blockBytes: Int
  /// The weight of each item that waits for its listeners.
  var waiting: [ObjectIdentifier: Int] = [:]
  /// Whether a timer is set for when more may be delivered.
  var isWaiting = false

  init(_ configuration: DeliveryConfiguration, loopCount: Int) {
    perSecond = Double(max(0, configuration.deliveriesPerSecond)) / Double(max(1, loopCount))
    blockBytes = configuration.blockBytes
    tokens = perSecond / 10
  }

  /// The deliveries that may be made now.
  mutating func available(now: @autoclosure () -> TimeAmount) -> Int {
    guard perSecond > 0 else { return .max }
    let now = now()
    let elapsed = Double((now - last).nanoseconds) / 1_000_000_000
    last = now
    tokens = min(tokens + elapsed * perSecond, max(1, perSecond / 10))
    return tokens >= 1 ? Int(tokens) : 0
  }

  /// Counts what has been delivered.
  mutating func spend(_ blocks: Int) {
    if perSecond > 0 { tokens -= Double(blocks) }
  }

  /// What an item counts for, for each receiver.
  func blocks(of item: PublishedItem) -> Int {
    guard blockBytes > 0 else { return 1 }
    let size = item.item.size ?? max(0, item.weight - 256 - item.channel.utf8.count)
    return max(1, (size + blockBytes - 1) / blockBytes)
  }

  /// What items that are handed round together count for.
  func blocks(of items: [EncodedItem]) -> Int {
    items.reduce(0) { $0 + blocks(of: $1.published) }
  }
}
