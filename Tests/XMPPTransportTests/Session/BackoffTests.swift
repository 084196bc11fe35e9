import NIOCore
import NIOEmbedded
import Testing

@testable import XMPPTransport

@Suite("Waiting between attempts")
struct BackoffTests {
  @Test func `a wait is anything below a bound that doubles up to a limit`() {
    var random = SeededGenerator(seed: 3)
    let backoff = Backoff()
    for (attempt, bound) in [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (1000, 60)] as [(Int, Int64)] {
      let waits = (0..<2000).map { _ in backoff.wait(after: attempt, using: &random).nanoseconds }
      let limit = bound * 1_000_000_000
      #expect(waits.allSatisfy { (0...limit).contains($0) })
      // Full jitter: short waits are as likely as long ones.
      #expect(waits.filter { $0 < limit / 4 }.count > 350)
      #expect(waits.filter { $0 > limit / 4 * 3 }.count > 350)
    }
  }
}

@Suite("Alarms of an event loop")
struct AlarmsTests {
  private final class Sleeper: AlarmOwner {
    var rung: [NIODeadline] = []
    func alarmRang(now: NIODeadline) { rung.append(now) }
  }

  @Test func `alarms ring once, not early, a tick late at most`() {
    let loop = EmbeddedEventLoop()
    let alarms = Alarms(loop: loop)
    var random = SeededGenerator(seed: 11)
    let sleepers = (0..<200).map { _ in
      (Sleeper(), NIODeadline.uptimeNanoseconds(.random(in: 1...9_000_000_000, using: &random)))
    }
    for (sleeper, time) in sleepers { alarms.set(alarms.add(sleeper), to: time) }
    for _ in 0..<1000 { loop.advanceTime(by: .milliseconds(10)) }
    for (sleeper, time) in sleepers {
      #expect(sleeper.rung.count == 1)
      let late = (sleeper.rung.first ?? time) - time
      #expect(late >= .zero && late <= Alarms.tick + .milliseconds(10), "\(late)")
    }
  }

  @Test func `an alarm that is moved rings at its last time only, and one that is unset not at all`() {
    let loop = EmbeddedEventLoop()
    let alarms = Alarms(loop: loop)
    let (moved, earlier, unset, gone) = (Sleeper(), Sleeper(), Sleeper(), Sleeper())
    let slots = [moved, earlier, unset, gone].map { alarms.add($0) }
    func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }
    for slot in slots { alarms.set(slot, to: at(5)) }
    for second in 6...20 { alarms.set(slots[0], to: at(UInt64(second))) }
    alarms.set(slots[1], to: at(2))
    alarms.set(slots[2], to: nil)
    alarms.remove(slots[3])
    let next = Sleeper()
    // The place is another's now, with a time of its own.
    alarms.set(alarms.add(next), to: at(30))
    loop.advanceTime(by: .seconds(3))
    #expect(earlier.rung.count == 1)
    loop.advanceTime(by: .seconds(10))
    #expect(moved.rung.isEmpty && next.rung.isEmpty)
    for _ in 0..<40 { loop.advanceTime(by: .seconds(1)) }
    #expect([moved, earlier, unset, gone, next].map(\.rung.count) == [1, 1, 0, 0, 1])
  }
}

@Suite("What waits to be sent")
struct OutboxTests {
  @Test func `bounds are kept, all or none, and one stanza always has room`() throws {
    let outbox = Outbox(maxItems: 3, maxBytes: 10)
    #expect(throws: TransportError.offline) { try outbox.append([[1]]) }
    outbox.open()
    #expect(try outbox.append([[UInt8](repeating: 0, count: 100)]))
    #expect(throws: TransportError.overflow(items: 1, bytes: 100)) { try outbox.append([[1]]) }
    #expect(outbox.take(maxItems: 5, maxBytes: 1).items.count == 1)
    // Whoever takes is to be woken for what comes next, once.
    #expect(try outbox.append([[1], [2]]))
    #expect(try !outbox.append([[3]]))
    #expect(throws: TransportError.overflow(items: 3, bytes: 3)) { try outbox.append([[4]]) }
    let first = outbox.take(maxItems: 1, maxBytes: 100)
    #expect(Array(first.items) == [[1]] && !first.isDrained)
    let second = outbox.take(maxItems: 1, maxBytes: 100)
    #expect(Array(second.items) == [[2]] && second.isDrained)
    #expect(outbox.close(.closed) == [[3]])
    #expect(throws: TransportError.closed) { try outbox.append([[5]]) }
  }
}
