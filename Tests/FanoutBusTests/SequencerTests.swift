import GRIP
import Testing

@testable import FanoutBus

@Suite("GRIP §12 sequencing")
struct SequencerTests {
  private var passed: [PublishedItem] = []
  private var ended: [String] = []

  private func item(
    _ id: String?, after previous: String? = nil, in channel: String = "news", noSequence: Bool = false
  ) -> PublishedItem {
    PublishedItem(
      GRIPItem(channel: channel, id: id, previousID: previous, httpStream: .hint, isUnsequenced: noSequence))
  }

  private func listening(_ configuration: SequencerConfiguration = SequencerConfiguration()) -> Sequencer {
    var sequencer = Sequencer(configuration)
    _ = sequencer.subscribe(channel: "news", member: 0)
    return sequencer
  }

  private mutating func expectPassed(_ ids: [String?], location: SourceLocation = #_sourceLocation) {
    #expect(passed.map(\.item.id) == ids, sourceLocation: location)
    passed = []
  }

  @Test mutating func `items in order pass as they come`() {
    var sequencer = listening()
    for (id, previous) in [("1", nil), ("2", "1"), ("3", "2")] as [(String, String?)] {
      sequencer.itemArrived(item(id, after: previous), now: .zero, passed: &passed)
    }
    expectPassed(["1", "2", "3"])
    #expect(sequencer.lastID(of: "news") == "3")
  }

  @Test mutating func `every order of five items comes out in the order of their ids`() {
    var orders: [[Int]] = [[]]
    for _ in 0..<5 { orders = orders.flatMap { order in (1...5).filter { !order.contains($0) }.map { order + [$0] } } }
    #expect(orders.count == 120)
    for order in orders {
      var sequencer = listening()
      sequencer.itemArrived(item("0"), now: .zero, passed: &passed)
      for number in order {
        sequencer.itemArrived(item("\(number)", after: "\(number - 1)"), now: .zero, passed: &passed)
      }
      expectPassed(["0", "1", "2", "3", "4", "5"])
      #expect(sequencer.needsExpiry)
    }
  }

  @Test mutating func `the same id of the same channel is dropped for 60 seconds`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("1"), now: .seconds(59), passed: &passed)
    sequencer.itemArrived(item("1", in: "sport"), now: .seconds(59), passed: &passed)
    expectPassed(["1", "1"])
    sequencer.itemArrived(item("1"), now: .seconds(60), passed: &passed)
    expectPassed(["1"])
    #expect(sequencer.counters.duplicates == 1)
  }

  @Test mutating func `an unsequenced item is deduplicated, but neither waits nor counts as last`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("9", after: "8", noSequence: true), now: .zero, passed: &passed)
    sequencer.itemArrived(item("9", after: "8", noSequence: true), now: .zero, passed: &passed)
    expectPassed(["1", "9"])
    #expect(sequencer.lastID(of: "news") == "1")
  }

  @Test mutating func `with a window of zero the same id passes twice`() {
    var configuration = SequencerConfiguration()
    configuration.duplicateWindow = .zero
    var sequencer = listening(configuration)
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    expectPassed(["1", "1"])
  }

  @Test mutating func `an item whose predecessor does not come passes after five seconds`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("3", after: "2"), now: .seconds(1), passed: &passed)
    sequencer.itemArrived(item("4", after: "3"), now: .seconds(2), passed: &passed)
    expectPassed(["1"])
    sequencer.expire(now: .milliseconds(5999), passed: &passed, ended: &ended)
    expectPassed([])
    sequencer.expire(now: .seconds(6), passed: &passed, ended: &ended)
    expectPassed(["3", "4"])
    #expect(sequencer.lastID(of: "news") == "4")
    #expect(sequencer.counters.passedLate == 1)
  }

  @Test mutating func `two items that wait for the same one: the second is dropped and counted`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("3", after: "2"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("3b", after: "2"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("2", after: "1"), now: .zero, passed: &passed)
    expectPassed(["1", "2", "3"])
    #expect(sequencer.counters.dropped == 1)
  }

  @Test mutating func `a hundred items wait per channel, not more`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    for number in 0..<120 {
      sequencer.itemArrived(item("x\(number)", after: "y\(number)"), now: .zero, passed: &passed)
    }
    #expect(sequencer.counters.waited == 100)
    #expect(sequencer.counters.dropped == 20)
  }

  @Test mutating func `where too many wait in all channels the oldest passes early`() {
    var configuration = SequencerConfiguration()
    configuration.waitingLimit = 2
    var sequencer = Sequencer(configuration)
    for channel in ["a", "b", "c"] {
      _ = sequencer.subscribe(channel: channel, member: 0)
      sequencer.itemArrived(item("1", in: channel), now: .zero, passed: &passed)
    }
    passed = []
    for channel in ["a", "b", "c"] {
      sequencer.itemArrived(item("3", after: "2", in: channel), now: .zero, passed: &passed)
    }
    #expect(passed.map(\.channel) == ["a"])
  }

  @Test mutating func `an item without id passes and makes the last id unknown`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item(nil, after: "1"), now: .zero, passed: &passed)
    #expect(sequencer.lastID(of: "news") == nil)
    sequencer.itemArrived(item("7", after: "6"), now: .zero, passed: &passed)
    expectPassed(["1", nil, "7"])
  }

  @Test mutating func `a channel without listeners is not sequenced, but its last id is remembered for the linger`() {
    var sequencer = Sequencer()
    sequencer.itemArrived(item("5", after: "3"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("4", after: "2"), now: .zero, passed: &passed)
    expectPassed(["5", "4"])
    #expect(sequencer.lastID(of: "news") == "4")
    sequencer.expire(now: .seconds(60), passed: &passed, ended: &ended)
    #expect(sequencer.lastID(of: "news") == nil)
    #expect(ended == [])
  }

  @Test mutating func `a channel lingers 60 seconds after its last listener, and is sequenced meanwhile`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.unsubscribe(channel: "news", member: 0, now: .seconds(10))
    sequencer.itemArrived(item("3", after: "2"), now: .seconds(11), passed: &passed)
    expectPassed(["1"])
    sequencer.expire(now: .seconds(69), passed: &passed, ended: &ended)
    expectPassed(["3"])
    #expect(ended == [])
    sequencer.expire(now: .seconds(70), passed: &passed, ended: &ended)
    #expect(ended == ["news"])
    #expect(sequencer.lastID(of: "news") == nil)
  }

  @Test mutating func `a listener who comes back within the linger ends it`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.unsubscribe(channel: "news", member: 0, now: .zero)
    let isNew = sequencer.subscribe(channel: "news", member: 3)
    #expect(!isNew)
    sequencer.expire(now: .seconds(100), passed: &passed, ended: &ended)
    #expect(ended == [])
    #expect(sequencer.lastID(of: "news") == "1")
    #expect(sequencer.members(of: "news") == 0b1000)
    sequencer.unsubscribe(channel: "news", member: 3, now: .seconds(100))
    sequencer.expire(now: .seconds(160), passed: &passed, ended: &ended)
    #expect(ended == ["news"])
  }

  @Test mutating func `the last id is forgotten only while it is the one named`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.forget(channel: "news", lastID: "0")
    #expect(sequencer.lastID(of: "news") == "1")
    sequencer.forget(channel: "news", lastID: "1")
    #expect(sequencer.lastID(of: "news") == nil)
  }

  @Test mutating func `the last item sent again long after is dropped and waits for nothing`() {
    var sequencer = listening()
    sequencer.itemArrived(item("1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("2", after: "1"), now: .zero, passed: &passed)
    sequencer.itemArrived(item("2", after: "1"), now: .seconds(120), passed: &passed)
    expectPassed(["1", "2"])
    #expect(sequencer.counters.duplicates == 1)
    #expect(sequencer.counters.waited == 0)
  }

  @Test mutating func `channels without listeners are bounded, the oldest is forgotten`() {
    var configuration = SequencerConfiguration()
    configuration.channelLimit = 3
    var sequencer = Sequencer(configuration)
    for channel in ["a", "b", "c", "d"] {
      sequencer.itemArrived(item("1", in: channel), now: .zero, passed: &passed)
    }
    #expect(sequencer.lastID(of: "a") == nil)
    #expect(sequencer.lastID(of: "d") == "1")
    #expect(sequencer.counters.evicted == 1)
  }

  @Test mutating func `remembered ids are bounded`() {
    var configuration = SequencerConfiguration()
    configuration.duplicateLimit = 2
    var sequencer = listening(configuration)
    for id in ["1", "2", "3", "1"] { sequencer.itemArrived(item(id), now: .zero, passed: &passed) }
    expectPassed(["1", "2", "3", "1"])
  }
}
