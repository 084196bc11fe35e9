import Synchronization

/// A bus that ends in the process where it starts.
///
/// Every item that is published here is seen, listeners or not, so subscriptions are of no interest to it.
package final class InProcessBus: Bus {
  private let receiver = Mutex<(any BusReceiver)?>(nil)

  /// A bus without a receiver.
  package init() {}

  package var isInterestBased: Bool { false }

  package func publish(_ items: [PublishedItem]) throws(BusError) {
    guard let receiver = receiver.withLock({ $0 }) else { throw .detached }
    try receiver.itemsArrived(items)
  }

  package func subscribe(channel: String) {}

  package func unsubscribe(channel: String) {}

  package func attach(_ receiver: (any BusReceiver)?) {
    self.receiver.withLock { $0 = receiver }
  }
}
