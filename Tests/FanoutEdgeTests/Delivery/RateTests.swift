import FanoutBus
import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §12.3 the rate of deliveries")
struct RateTests {
  @Test func `without a rate everybody has an item at once`() throws {
    let rig = try DeliveryRig()
    let sinks = try (0..<300).map { _ in try rig.stream([GRIPChannel("news")]) }
    try rig.publish(.text("x", in: "news"))
    #expect(sinks.allSatisfy { $0.received().afterHead.chunks == ["x"] })
  }

  @Test func `a rate counts receivers, and keeps the order of items`() throws {
    let rig = try DeliveryRig { $0.deliveriesPerSecond = 100 }
    rig.advance(.seconds(1))
    let sinks = try (0..<50).map { _ in try rig.stream([GRIPChannel("news")]) }
    for number in 1...4 { try rig.publish(.text("\(number);", in: "news")) }
    #expect(try rig.counters.deliveries < 50)
    for _ in 0..<40 { rig.advance(.milliseconds(100)) }
    #expect(try rig.counters.deliveries == 200)
    for sink in sinks { #expect(sink.received().afterHead.chunks.joined() == "1;2;3;4;") }
  }

  @Test func `large items count for the blocks that they have`() throws {
    let rig = try DeliveryRig {
      $0.deliveriesPerSecond = 100
      $0.blockBytes = 10
    }
    rig.advance(.seconds(1))
    let sinks = try (0..<10).map { _ in try rig.stream([GRIPChannel("news")]) }
    // Ten blocks each: a tenth of a second's worth for one receiver.
    try rig.publish(GRIPItem(channel: "news", httpStream: .send(.text("big")), size: 100))
    try rig.publish(.text("x", in: "news"))
    rig.advance(.milliseconds(500))
    #expect(try rig.counters.deliveries < 20)
    for _ in 0..<20 { rig.advance(.milliseconds(100)) }
    for sink in sinks { #expect(sink.received().afterHead.chunks.joined() == "bigx") }
  }

  @Test func `beyond the bound of what waits a publisher is refused, and what was taken is delivered`() throws {
    let rig = try DeliveryRig {
      $0.deliveriesPerSecond = 100
      $0.deliveriesWaiting = 60
    }
    rig.advance(.seconds(1))
    let sinks = try (0..<50).map { _ in try rig.stream([GRIPChannel("news")]) }
    try rig.publish(.text("1;", in: "news"))
    try rig.publish(.text("2;", in: "news"))
    #expect(throws: BusError.overloaded) { try rig.publish(.text("3;", in: "news")) }
    #expect(try rig.counters.refused == 1)
    for _ in 0..<30 { rig.advance(.milliseconds(100)) }
    try rig.publish(.text("4;", in: "news"))
    for _ in 0..<30 { rig.advance(.milliseconds(100)) }
    for sink in sinks { #expect(sink.received().afterHead.chunks.joined() == "1;2;4;") }
    #expect(rig.core.waitingDeliveries == 0)
  }

  @Test func `updates of one link count once, a hundred at most`() {
    var limiter = UpdateLimiter(rate: 20)
    let taken = (0..<500).count { _ in limiter.take(now: .zero, link: "/more") }
    #expect(taken == 200)
    let others = (0..<500).count { limiter.take(now: .seconds(1), link: "/more?\($0)") }
    #expect(others == 2)
    let polls = (0..<500).count { _ in limiter.take(now: .seconds(2)) }
    #expect(polls == 2)
  }
}
