import FanoutBus
import GRIP
import NIOCore
import NIOEmbedded
import Testing

@testable import FanoutEdge

@Suite("Fan-out in slices")
struct FanoutTests {
  @Test func `a large fan-out lets others in between, and keeps the order for everyone`() throws {
    let rig = try DeliveryRig { $0.sliceSize = 16 }
    let crowd = try (0..<100).map { _ in try rig.stream([GRIPChannel("crowd")]) }
    let single = try rig.stream([GRIPChannel("single")])
    try rig.bus.publish([.text("1", in: "crowd"), .text("s", in: "single"), .text("2", in: "crowd")])
    // One turn: the crowd has not all been served, the single listener has its own after at most one more.
    rig.loops[0].run()
    rig.run()
    #expect(single.received().afterHead.chunks == ["s"])
    for sink in crowd { #expect(sink.received().afterHead.chunks.joined() == "12") }
  }

  @Test func `listeners that come and go during a fan-out change nothing for the others`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      var list = MemberList()
      var next: Int32 = 0
      var positions: [Int32: Int] = [:]
      func add() {
        positions[next] = list.append(Member(slot: next, entry: 0, isPlain: true, previousID: nil))
        next += 1
      }
      for _ in 0..<200 { add() }
      let original = Set(positions.keys)
      var served: [Int32: Int] = [:]
      var gone: Set<Int32> = []
      list.startWalk()
      while let index = list.next() {
        served[list.members[index].slot, default: 0] += 1
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
          guard let victim = positions.keys.randomElement(using: &generator) else { break }
          gone.insert(victim)
          guard let position = positions.removeValue(forKey: victim) else { continue }
          #expect(list.members[position].slot == victim)
          list.remove(at: position) { index, member in positions[member.slot] = index }
        }
        if Bool.random(using: &generator) { add() }
      }
      for slot in original where !gone.contains(slot) { #expect(served[slot] == 1) }
      #expect(served.allSatisfy { $0.value == 1 && original.contains($0.key) })
      for (slot, position) in positions { #expect(list.members[position].slot == slot) }
    }
  }

  @Test func `ten thousand items to one channel pass in bounded steps`() throws {
    let rig = try DeliveryRig(loops: 2)
    let sinks = try (0..<2).map { try rig.stream([GRIPChannel("news", previousID: "0")], next: "/n", on: $0) }
    var received = ["", ""]
    for start in stride(from: 1, through: 2000, by: 100) {
      try rig.bus.publish(
        (start..<start + 100).map { .text("\($0);", in: "news", id: "\($0)", after: "\($0 - 1)") })
      rig.run()
      for number in 0..<2 { received[number] += sinks[number].received() }
    }
    let expected = (1...2000).map { "\($0);" }.joined()
    for text in received { #expect(text.afterHead.chunks.joined() == expected) }
    #expect(try rig.counters.gaps == 0)
  }

  @Test func `items out of order are put in order before anyone sees them`() throws {
    let rig = try DeliveryRig(loops: 2)
    let sink = try rig.stream([GRIPChannel("news", previousID: "0")], next: "/n", on: 1)
    try rig.publish(.text("1", in: "news", id: "1", after: "0"))
    for number in [4, 2, 3, 5] {
      try rig.publish(.text("\(number)", in: "news", id: "\(number)", after: "\(number - 1)"))
    }
    try rig.publish(.text("3", in: "news", id: "3", after: "2"))
    #expect(sink.received().afterHead.chunks.joined() == "12345")
    #expect(sink.exchanges.isEmpty)
  }

  @Test func `where too much is on its way a publish is refused whole`() throws {
    let rig = try DeliveryRig { $0.itemsInFlight = 10 }
    let sink = try rig.stream([GRIPChannel("news")])
    try rig.bus.publish((0..<8).map { .text("\($0)", in: "news") })
    #expect(throws: BusError.overloaded) { try rig.bus.publish((8..<12).map { .text("\($0)", in: "news") }) }
    rig.run()
    #expect(sink.received().afterHead.chunks.joined() == "01234567")
    try rig.publish(.text("8", in: "news"))
    #expect(sink.received().chunks == ["8"])
  }

  @Test func `an item for nobody is discarded and counts no longer`() throws {
    let rig = try DeliveryRig { $0.itemsInFlight = 10 }
    for _ in 0..<30 { try rig.publish(.text("a", in: "nobody")) }
    #expect(try rig.counters.deliveries == 0)
  }

  @Test func `receivers are counted by format`() throws {
    let rig = try DeliveryRig(loops: 2)
    for number in 0..<5 { try rig.stream([GRIPChannel("news")], on: number % 2) }
    try rig.poll([GRIPChannel("news")], on: 1)
    let future = rig.core.receivers(of: ["news", "sport"], on: rig.loops[0])
    rig.run()
    #expect(try future.wait() == [ChannelReceivers(streams: 5, responses: 1), ChannelReceivers()])
  }

  @Test func `filters decide per listener, and reliability goes on past a dropped item`() throws {
    let rig = try DeliveryRig()
    let names = ["skip-self", "skip-users", "require-sub", "unknown"]
    func listen(_ user: String) throws -> TestSink {
      try rig.stream(
        [GRIPChannel("news", previousID: "0", filters: names), GRIPChannel("inner")], next: "/n", meta: ["user": user])
    }
    let romeo = try listen("romeo")
    let juliet = try listen("juliet")
    let nobody = try listen("")
    func item(_ id: Int, _ meta: [String: String]) -> GRIPItem {
      var item = GRIPItem.text("\(id)", in: "news", id: "\(id)", after: "\(id - 1)")
      item.meta = meta
      return item
    }
    try rig.publish(
      item(1, ["sender": "romeo"]), item(2, ["skip_users": "tybalt, juliet"]), item(3, ["require_sub": "outer"]),
      item(4, ["require_sub": "inner"]), item(5, [:]))
    #expect(romeo.received().afterHead.chunks == ["2", "4", "5"])
    #expect(juliet.received().afterHead.chunks == ["1", "4", "5"])
    #expect(nobody.received().afterHead.chunks == ["1", "2", "4", "5"])
    #expect(try rig.counters.gaps == 0)
  }

  @Test func `content filters must agree`() throws {
    let rig = try DeliveryRig()
    let with = try rig.stream([GRIPChannel("news", filters: ["var-subst"])])
    let without = try rig.stream([GRIPChannel("news")])
    try rig.publish(
      GRIPItem(channel: "news", httpStream: .send(.text("a"), contentFilters: [])),
      GRIPItem(channel: "news", httpStream: .send(.text("b"), contentFilters: ["build-id"])))
    #expect(without.received().afterHead.chunks == ["a"])
    #expect(with.received().afterHead.chunks == [])
  }
}
