import Testing

@testable import FanoutEdge

@Suite("Timer wheel")
struct TimerWheelTests {
  private func expired(_ wheel: inout TimerWheel, at now: Int64) -> [Int32] {
    var keys: [Int32] = []
    while let next = wheel.nextExpired(now: now) { keys.append(next.key) }
    return keys.sorted()
  }

  @Test func `a timer fires at its tick and not before`() {
    var wheel = TimerWheel(now: 0)
    _ = wheel.schedule(key: 7, kind: 2, at: 5)
    #expect(expired(&wheel, at: 4) == [])
    #expect(wheel.nextExpired(now: 5) == TimerWheel.Expired(key: 7, kind: 2))
    #expect(wheel.nextExpired(now: 5) == nil)
    #expect(wheel.count == 0)
  }

  @Test func `a timer further away than one turn waits for its own turn`() {
    var wheel = TimerWheel(now: 0)
    _ = wheel.schedule(key: 1, kind: 0, at: 3)
    _ = wheel.schedule(key: 2, kind: 0, at: 3 + 512)
    _ = wheel.schedule(key: 3, kind: 0, at: 3 + 1024)
    #expect(expired(&wheel, at: 3) == [1])
    #expect(expired(&wheel, at: 514) == [])
    #expect(expired(&wheel, at: 515) == [2])
    #expect(expired(&wheel, at: 3000) == [3])
  }

  @Test func `a long pause fires everything that came due, once`() {
    var wheel = TimerWheel(now: 0)
    for key in 0..<2000 { _ = wheel.schedule(key: Int32(key), kind: 0, at: Int64(key) + 1) }
    #expect(expired(&wheel, at: 1_000_000).count == 2000)
    #expect(wheel.count == 0)
  }

  @Test func `a cancelled timer does not fire, and a stale id cancels nothing`() {
    var wheel = TimerWheel(now: 0)
    let first = wheel.schedule(key: 1, kind: 0, at: 2)
    wheel.cancel(first)
    let second = wheel.schedule(key: 2, kind: 0, at: 2)
    wheel.cancel(first)
    #expect(!wheel.isScheduled(first))
    #expect(wheel.isScheduled(second))
    #expect(expired(&wheel, at: 2) == [2])
  }

  @Test func `timers may be cancelled and scheduled between two that fire together`() {
    var wheel = TimerWheel(now: 0)
    var ids: [TimerWheel.ID] = []
    for key in 0..<6 { ids.append(wheel.schedule(key: Int32(key), kind: 0, at: 10)) }
    var fired: Set<Int32> = []
    while let next = wheel.nextExpired(now: 10) {
      fired.insert(next.key)
      if fired.count == 1 {
        // Two that have not fired yet, among them the one that the sweep would look at next.
        for key in 0..<6 where !fired.contains(Int32(key)) && key % 2 == 0 { wheel.cancel(ids[key]) }
        _ = wheel.schedule(key: 100, kind: 0, at: 10)
      }
    }
    #expect(fired.isSuperset(of: [1, 3, 5]))
    #expect(!fired.contains(100))
    #expect(fired.intersection([0, 2, 4]).count <= 1)
    #expect(expired(&wheel, at: 11) == [100])
  }

  @Test func `every timer of a random load fires at its tick`() {
    var generator = SystemRandomNumberGenerator()
    var wheel = TimerWheel(now: 0)
    var due: [Int32: Int64] = [:]
    var ids: [Int32: TimerWheel.ID] = [:]
    var key: Int32 = 0
    for now in Int64(1)...3000 {
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        key += 1
        due[key] = now + Int64.random(in: 1...1500, using: &generator)
        ids[key] = wheel.schedule(key: key, kind: 0, at: due[key] ?? 0)
      }
      if let victim = due.keys.first, Bool.random(using: &generator), let id = ids[victim] {
        wheel.cancel(id)
        due[victim] = nil
      }
      while let next = wheel.nextExpired(now: now) {
        #expect(due[next.key] == now)
        due[next.key] = nil
      }
    }
    #expect(wheel.count == due.count)
  }
}
