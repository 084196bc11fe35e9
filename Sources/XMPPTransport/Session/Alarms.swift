import NIOCore

/// Something that wants to be woken at a time.
///
/// **Isolation**: its event loop.
protocol AlarmOwner: AnyObject {
  /// The time has come. The alarm is unset now.
  func alarmRang(now: NIODeadline)
}

/// One alarm for each session of an event loop, with one timer of the loop for all of them.
///
/// Moving an alarm further away costs nothing: it rings inside at its old time and is set anew. Alarms ring up to a tick
/// late, never early.
/// **Why**: a timer of the loop for each session is memory, and cancelling one costs the more the more there are.
/// **Isolation**: its event loop.
final class Alarms {
  private struct Slot {
    weak var owner: (any AlarmOwner)?
    var time: NIODeadline?
    var armed: NIODeadline?
  }

  private struct Entry {
    var time: NIODeadline
    var slot: Int32
  }

  /// Alarms of one tick ring together.
  static let tick = TimeAmount.milliseconds(50)

  private let loop: any EventLoop
  private var slots: ContiguousArray<Slot> = []
  private var free: [Int32] = []
  /// A heap: the earliest first.
  private var heap: ContiguousArray<Entry> = []
  private var scheduled: (time: NIODeadline, task: Scheduled<Void>)?

  init(loop: any EventLoop) { self.loop = loop }

  /// A place for an owner, until `remove`.
  func add(_ owner: any AlarmOwner) -> Int32 {
    if let slot = free.popLast() {
      slots[Int(slot)] = Slot(owner: owner)
      return slot
    }
    slots.append(Slot(owner: owner))
    return Int32(slots.count - 1)
  }

  /// Gives the place back.
  func remove(_ slot: Int32) {
    // What is still in the heap for it comes to nothing, or to its next owner, who looks at the time.
    slots[Int(slot)] = Slot()
    free.append(slot)
  }

  /// Sets the alarm; `nil` unsets it.
  func set(_ slot: Int32, to time: NIODeadline?) {
    slots[Int(slot)].time = time
    guard let time else { return }
    if let armed = slots[Int(slot)].armed, armed <= time { return }
    arm(slot, time)
    schedule()
  }

  private func arm(_ slot: Int32, _ time: NIODeadline) {
    slots[Int(slot)].armed = time
    heap.append(Entry(time: time, slot: slot))
    var child = heap.count - 1
    while child > 0, heap[child].time < heap[(child - 1) / 2].time {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func schedule() {
    guard let first = heap.first else { return }
    if let scheduled, scheduled.time <= first.time + Self.tick { return }
    scheduled?.task.cancel()
    let time = max(first.time, loop.now) + Self.tick
    scheduled = (time, loop.assumeIsolated().scheduleTask(deadline: time) { self.ring() })
  }

  private func ring() {
    scheduled = nil
    let now = loop.now
    while let first = heap.first, first.time <= now {
      removeFirst()
      let slot = Int(first.slot)
      guard slots[slot].armed == first.time else { continue }
      slots[slot].armed = nil
      guard let time = slots[slot].time else { continue }
      if time > now {
        arm(first.slot, time)
      } else {
        slots[slot].time = nil
        slots[slot].owner?.alarmRang(now: now)
      }
    }
    schedule()
  }

  private func removeFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].time < heap[least].time {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

@available(*, unavailable)
extension Alarms: Sendable {}
