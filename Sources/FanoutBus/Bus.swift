package import GRIP

/// How an item gets from any publisher to every edge that has a listener.
///
/// **Order**: what one publisher hands over for one channel arrives in that order.
/// **Isolation**: any thread.
package protocol Bus: Sendable {
  /// Whether items come only for subscribed channels. Then what is published while a subscription is on its way is not
  /// seen here, and first subscribers of reliable channels are told to look again.
  var isInterestBased: Bool { get }

  /// Hands a batch over: all of it, or nothing.
  func publish(_ items: [PublishedItem]) throws(BusError)
  /// The first listener of a channel has come.
  func subscribe(channel: String)
  /// The last listener of a channel has gone, and its linger has passed.
  func unsubscribe(channel: String)
  /// Names who takes what arrives. One receiver; a second call replaces it, `nil` detaches.
  func attach(_ receiver: (any BusReceiver)?)
}

extension Bus {
  /// Hands a batch over: all of it, or nothing.
  package func publish(_ items: [GRIPItem]) throws(BusError) {
    try publish(items.map(PublishedItem.init))
  }
}

/// Takes what a bus brings.
///
/// **Isolation**: any thread; items of one channel one after the other.
package protocol BusReceiver: AnyObject, Sendable {
  /// A batch has arrived: all of it is taken, or nothing.
  func itemsArrived(_ items: [PublishedItem]) throws(BusError)
}

/// Why a bus did not take a batch.
package enum BusError: Error, Sendable, Hashable {
  /// Too much is on its way already. Worth another try in about a second.
  case overloaded
  /// Nobody takes items: the edge starts or stops.
  case detached
}
