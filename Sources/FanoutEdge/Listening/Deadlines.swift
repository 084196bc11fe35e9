import NIOCore

/// Something with one absolute deadline.
///
/// **Isolation**: its event loop.
protocol DeadlineOwner: AnyObject {
  /// The deadline that was set has passed. It is unset now.
  func deadlinePassed(now: NIODeadline)
  /// What an operator is told; `nil` where this is no client's connection.
  func report(now: NIODeadline) -> ConnectionReport?
  /// The number of a client's connection.
  var connectionID: Int? { get }
  /// An operator closes it.
  func closeForOperator()
}

extension DeadlineOwner {
  func report(now: NIODeadline) -> ConnectionReport? { nil }
  var connectionID: Int? { nil }
  func closeForOperator() {}
}

/// One deadline for each connection of an event loop, on one timer wheel.
///
/// Moving a deadline further away costs nothing: the timer fires at its old time, sees that it is not due, and is set anew.
/// **Isolation**: its event loop.
final class Deadlines {
  private struct Entry {
    var owner: (any DeadlineOwner)?
    var deadline: NIODeadline?
    var armed: NIODeadline?
    var timer = TimerWheel.ID.none
  }

  private let loop: any EventLoop
  private var entries: ContiguousArray<Entry> = []
  private var free: [Int32] = []
  private var timers: LoopTimers?

  init(loop: any EventLoop) {
    self.loop = loop
    timers = LoopTimers(loop: loop) { [unowned self] key, _ in fired(key) }
  }

  /// Those who have a place, in no order.
  var owners: [any DeadlineOwner] { entries.compactMap(\.owner) }

  /// Places, taken or free.
  var placeCount: Int { entries.count }

  /// Who has a place.
  func owner(at place: Int) -> (any DeadlineOwner)? { place < entries.count ? entries[place].owner : nil }

  /// A place for an owner, kept until `remove`.
  func add(_ owner: any DeadlineOwner) -> Int32 {
    let entry = Entry(owner: owner)
    if let key = free.popLast() {
      entries[Int(key)] = entry
      return key
    }
    entries.append(entry)
    return Int32(entries.count - 1)
  }

  /// Gives the place back and unsets the key. The owner is told nothing more.
  func remove(_ key: inout Int32) {
    guard key >= 0, entries[Int(key)].owner != nil else { return }
    timers?.cancel(&entries[Int(key)].timer)
    entries[Int(key)] = Entry()
    free.append(key)
    key = -1
  }

  /// Sets the deadline; `nil` unsets it.
  func set(_ key: Int32, to deadline: NIODeadline?) {
    guard key >= 0, entries[Int(key)].owner != nil else { return }
    entries[Int(key)].deadline = deadline
    guard let deadline else {
      if entries[Int(key)].armed != nil {
        timers?.cancel(&entries[Int(key)].timer)
        entries[Int(key)].armed = nil
      }
      return
    }
    if let armed = entries[Int(key)].armed, armed <= deadline { return }
    timers?.cancel(&entries[Int(key)].timer)
    arm(key, deadline)
  }

  /// Lets nothing fire any more, and lets go of the owners.
  func stop() {
    timers?.stop()
    timers = nil
    for index in entries.indices { entries[index] = Entry() }
  }

  private func arm(_ key: Int32, _ deadline: NIODeadline) {
    guard let timers else { return }
    entries[Int(key)].armed = deadline
    entries[Int(key)].timer = timers.schedule(key: key, kind: 0, after: max(.zero, deadline - loop.now))
  }

  private func fired(_ key: Int32) {
    guard Int(key) < entries.count, let owner = entries[Int(key)].owner else { return }
    entries[Int(key)].armed = nil
    entries[Int(key)].timer = .none
    guard let deadline = entries[Int(key)].deadline else { return }
    let now = loop.now
    guard now >= deadline else { return arm(key, deadline) }
    entries[Int(key)].deadline = nil
    owner.deadlinePassed(now: now)
  }
}

@available(*, unavailable)
extension Deadlines: Sendable {}
