package import NIOCore

/// The timers of one event loop: a wheel, turned by one task while it holds anything.
///
/// **Units**: a tick is 64 ms by default, so a timer fires up to one tick late, never early.
/// **Isolation**: its event loop, every member.
package final class LoopTimers {
  private let loop: any EventLoop
  private let tick: TimeAmount
  private let start: NIODeadline
  private var wheel: TimerWheel
  private var task: Scheduled<Void>?
  private var isStopped = false
  private let fire: (_ key: Int32, _ kind: UInt8) -> Void

  /// Timers of a loop.
  ///
  /// - Parameter fire: called for each timer that is due, with what was given when it was scheduled. It may schedule and
  ///   cancel.
  package init(
    loop: any EventLoop, tick: TimeAmount = .milliseconds(64),
    fire: @escaping (_ key: Int32, _ kind: UInt8) -> Void
  ) {
    self.loop = loop
    self.tick = tick
    self.start = loop.now
    self.wheel = TimerWheel(now: 0)
    self.fire = fire
  }

  /// The number of timers that are to fire.
  package var count: Int { wheel.count }

  /// The time since the timers were made.
  package var now: TimeAmount { loop.now - start }

  /// Schedules a timer.
  package func schedule(key: Int32, kind: UInt8, after delay: TimeAmount) -> TimerWheel.ID {
    let deadline = (now + delay).nanoseconds
    // Rounded up: a timer is never early.
    let id = wheel.schedule(key: key, kind: kind, at: deadline / tick.nanoseconds + 1)
    if task == nil { turnLater() }
    return id
  }

  /// Cancels a timer, and forgets its id.
  package func cancel(_ id: inout TimerWheel.ID) {
    wheel.cancel(id)
    id = .none
  }

  /// Lets no timer fire any more.
  package func stop() {
    isStopped = true
    task?.cancel()
    task = nil
  }

  private func turnLater() {
    guard !isStopped else { return }
    let bound = NIOLoopBound(self, eventLoop: loop)
    task = loop.scheduleTask(in: tick) { bound.value.turn() }
  }

  private func turn() {
    task = nil
    let current = now.nanoseconds / tick.nanoseconds
    while !isStopped, let expired = wheel.nextExpired(now: current) {
      fire(expired.key, expired.kind)
    }
    if wheel.count > 0, task == nil { turnLater() }
  }
}

@available(*, unavailable)
extension LoopTimers: Sendable {}
