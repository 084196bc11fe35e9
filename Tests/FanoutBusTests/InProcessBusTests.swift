import GRIP
import Synchronization
import Testing

@testable import FanoutBus

@Suite("In-process bus")
struct InProcessBusTests {
  private final class Inbox: BusReceiver {
    let items = Mutex<[String]>([])
    let isFull: Bool

    init(isFull: Bool = false) { self.isFull = isFull }

    func itemsArrived(_ arrived: [PublishedItem]) throws(BusError) {
      if isFull { throw .overloaded }
      items.withLock { $0 += arrived.map(\.channel) }
    }
  }

  @Test func `what is published reaches the receiver in order`() throws {
    let bus = InProcessBus()
    let inbox = Inbox()
    bus.attach(inbox)
    try bus.publish([GRIPItem(channel: "a"), GRIPItem(channel: "b")])
    #expect(inbox.items.withLock { $0 } == ["a", "b"])
  }

  @Test func `without a receiver, or with a full one, the publisher is told`() {
    let bus = InProcessBus()
    #expect(throws: BusError.detached) { try bus.publish([GRIPItem(channel: "a")]) }
    bus.attach(Inbox(isFull: true))
    #expect(throws: BusError.overloaded) { try bus.publish([GRIPItem(channel: "a")]) }
  }
}
