/// A hashed timer wheel: schedules and cancels in constant time, without an allocation per timer.
///
/// **Shape**: 512 buckets, one per tick; a timer lies in the bucket `deadline mod 512` of a doubly linked list of `Int32`
/// indices. A timer further away than one turn of the wheel stays in its bucket and is looked at once per turn.
/// **Units**: ticks, which the owner defines (`LoopTimers`: 64 ms).
/// **Why**: NIO's `scheduleTask` costs 660 ns and its cancellation grows with the number of timers (17.8 µs at 50,000);
/// this costs 12 ns and 8 ns.
/// **Isolation**: none; its owner's.
package struct TimerWheel {
  /// A scheduled timer. A stale one (fired or cancelled) is recognised, so cancelling twice is harmless.
  package struct ID: Hashable, Sendable {
    var index: Int32
    var generation: UInt32

    /// No timer.
    package static let none = ID(index: -1, generation: 0)
  }

  /// A timer that has come due: what its owner gave when scheduling it.
  package struct Expired: Hashable, Sendable {
    /// Whose timer, usually an index into the owner's table.
    package var key: Int32
    /// Which of the owner's timers.
    package var kind: UInt8
  }

  private struct Node {
    var next: Int32
    var previous: Int32
    var deadline: Int64
    var key: Int32
    var generation: UInt32
    var kind: UInt8
    var isScheduled: Bool
  }

  private static let bucketCount = 512

  private var nodes: ContiguousArray<Node> = []
  private var heads = ContiguousArray<Int32>(repeating: -1, count: bucketCount)
  private var firstFree: Int32 = -1
  /// The tick that is swept now; all before it have been.
  private var current: Int64
  /// Where the sweep of the current bucket goes on; -1 before its start is known.
  private var scan: Int32 = -1
  private var isScanning = false

  /// The number of scheduled timers.
  package private(set) var count = 0

  /// A wheel that starts at a tick.
  package init(now: Int64) {
    current = now
  }

  /// Schedules a timer. A deadline that has passed fires at the next tick.
  package mutating func schedule(key: Int32, kind: UInt8, at deadline: Int64) -> ID {
    let deadline = max(deadline, current + 1)
    let index = takeNode()
    nodes[Int(index)].deadline = deadline
    nodes[Int(index)].key = key
    nodes[Int(index)].kind = kind
    nodes[Int(index)].isScheduled = true
    link(index)
    count += 1
    return ID(index: index, generation: nodes[Int(index)].generation)
  }

  /// Cancels a timer. Without effect on one that has fired.
  package mutating func cancel(_ id: ID) {
    guard isScheduled(id) else { return }
    remove(id.index)
  }

  /// Whether the timer is still to fire.
  package func isScheduled(_ id: ID) -> Bool {
    id.index >= 0 && Int(id.index) < nodes.count && nodes[Int(id.index)].isScheduled
      && nodes[Int(id.index)].generation == id.generation
  }

  /// Takes out one timer that is due at `now`; `nil` when there is none left. Between two calls timers may be scheduled
  /// and cancelled freely.
  package mutating func nextExpired(now: Int64) -> Expired? {
    if now - current >= Int64(Self.bucketCount), !isScanning {
      // Every bucket is visited once, that is enough: what is due is compared with `now`, not with the bucket's tick.
      current = now - Int64(Self.bucketCount) + 1
    }
    while current <= now {
      if !isScanning {
        scan = heads[bucket(of: current)]
        isScanning = true
      }
      while scan >= 0 {
        let index = scan
        if nodes[Int(index)].deadline <= now {
          let expired = Expired(key: nodes[Int(index)].key, kind: nodes[Int(index)].kind)
          remove(index)
          return expired
        }
        scan = nodes[Int(index)].next
      }
      isScanning = false
      current += 1
    }
    // The tick that has been swept last is current again: what is scheduled from now on lies after it.
    current = max(now, current - 1)
    return nil
  }

  private func bucket(of tick: Int64) -> Int {
    Int(tick & Int64(Self.bucketCount - 1))
  }

  private mutating func takeNode() -> Int32 {
    if firstFree >= 0 {
      let index = firstFree
      firstFree = nodes[Int(index)].next
      return index
    }
    nodes.append(Node(next: -1, previous: -1, deadline: 0, key: 0, generation: 1, kind: 0, isScheduled: false))
    return Int32(nodes.count - 1)
  }

  private mutating func link(_ index: Int32) {
    let bucket = bucket(of: nodes[Int(index)].deadline)
    let head = heads[bucket]
    nodes[Int(index)].next = head
    nodes[Int(index)].previous = -1
    if head >= 0 { nodes[Int(head)].previous = index }
    heads[bucket] = index
  }

  private mutating func remove(_ index: Int32) {
    let node = nodes[Int(index)]
    if scan == index { scan = node.next }
    if node.previous >= 0 {
      nodes[Int(node.previous)].next = node.next
    } else {
      heads[bucket(of: node.deadline)] = node.next
    }
    if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
    nodes[Int(index)].isScheduled = false
    nodes[Int(index)].generation &+= 1
    nodes[Int(index)].next = firstFree
    firstFree = index
    count -= 1
  }
}
