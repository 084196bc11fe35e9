import FanoutBus

/// A bus that also tells which channels have listeners.
///
/// What comes by a SUB socket comes only for channels that were asked for, so first listeners of reliable channels are told
/// to look again (GRIP proxy §8.5).
final class ZeroMQInterest: Bus {
  private let bus: any Bus
  private let inbox: ZeroMQInbox

  init(bus: any Bus, inbox: ZeroMQInbox) {
    self.bus = bus
    self.inbox = inbox
  }

  var isInterestBased: Bool { true }

  func publish(_ items: [PublishedItem]) throws(BusError) {
    try bus.publish(items)
  }

  func subscribe(channel: String) {
    bus.subscribe(channel: channel)
    inbox.interestChanged(channel: channel, isWanted: true)
  }

  func unsubscribe(channel: String) {
    bus.unsubscribe(channel: channel)
    inbox.interestChanged(channel: channel, isWanted: false)
  }

  func attach(_ receiver: (any BusReceiver)?) {
    bus.attach(receiver)
  }
}
