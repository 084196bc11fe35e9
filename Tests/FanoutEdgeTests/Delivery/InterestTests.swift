import FanoutBus
import GRIP
import NIOCore
import Synchronization
import Testing

@testable import FanoutEdge

@Suite("Interest in channels")
struct InterestTests {
  /// A bus that brings only what has been subscribed to, and remembers what that is.
  private final class InterestBus: Bus {
    private let inner = InProcessBus()
    let log = Mutex<[String]>([])

    var isInterestBased: Bool { true }
    var events: [String] { log.withLock { $0 } }

    func publish(_ items: [PublishedItem]) throws(BusError) { try inner.publish(items) }
    func subscribe(channel: String) { log.withLock { $0.append("+\(channel)") } }
    func unsubscribe(channel: String) { log.withLock { $0.append("-\(channel)") } }
    func attach(_ receiver: (any BusReceiver)?) { inner.attach(receiver) }
  }

  @Test func `a bus hears of the first listener on any loop, and of the end after the linger`() throws {
    let bus = InterestBus()
    let rig = try DeliveryRig(loops: 2, bus: bus)
    let sinks = try (0..<6).map { try rig.stream([GRIPChannel("news")], on: $0 % 2) }
    #expect(bus.events == ["+news"])
    for (number, sink) in sinks.enumerated() {
      try rig.table(number % 2).clientGone(try #require(sink.slot))
    }
    rig.run()
    for _ in 0..<59 { rig.advance(.seconds(1)) }
    #expect(bus.events == ["+news"])
    for _ in 0..<3 { rig.advance(.seconds(1)) }
    #expect(bus.events == ["+news", "-news"])
    try rig.stream([GRIPChannel("news")], on: 1)
    #expect(bus.events == ["+news", "-news", "+news"])
  }

  @Test func `polls that follow each other keep the interest alive`() throws {
    let bus = InterestBus()
    let rig = try DeliveryRig(bus: bus)
    for _ in 0..<5 {
      try rig.poll([GRIPChannel("news")], timeout: .seconds(20))
      for _ in 0..<50 { rig.advance(.seconds(1)) }
    }
    #expect(bus.events == ["+news"])
  }

  @Test func `a second after the first listener the reliable ones look again, others don't`() throws {
    let bus = InterestBus()
    let rig = try DeliveryRig(loops: 2, bus: bus)
    let stream = try rig.stream([GRIPChannel("news", previousID: "1")], next: "/more")
    let poll = try rig.poll([GRIPChannel("news", previousID: "1")], on: 1)
    let plain = try rig.poll([GRIPChannel("news")], on: 1)
    rig.advance(.milliseconds(900))
    #expect(stream.exchanges.isEmpty)
    rig.advance(.milliseconds(300))
    #expect(stream.exchanges.map(\.link) == ["/more"])
    #expect(poll.events == ["retry"])
    #expect(plain.events == [])
  }

  @Test func `it can be turned off`() throws {
    let rig = try DeliveryRig(bus: InterestBus()) { $0.updatesOnFirstSubscription = false }
    let poll = try rig.poll([GRIPChannel("news", previousID: "1")])
    rig.advance(.seconds(3))
    #expect(poll.events == [])
  }
}
