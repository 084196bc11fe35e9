import Synchronization

/// A clock whose short sleeps end at once and whose long ones do not end; it keeps what was asked of it.
final class ScriptedClock: Clock {
  /// A moment, by its distance from the start.
  struct Instant: InstantProtocol {
    var offset: Duration = .zero
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private let patience: Duration
  private let onSleep: @Sendable () async -> Void
  private let waits = Mutex<[Duration]>([])

  /// - Parameters:
  ///   - patience: sleeps that are shorter end at once.
  ///   - onSleep: happens during each of these.
  init(patience: Duration, onSleep: @escaping @Sendable () async -> Void = {}) {
    self.patience = patience
    self.onSleep = onSleep
  }

  /// The short sleeps so far.
  var shortSleeps: [Duration] { waits.withLock { $0 } }

  var now: Instant { Instant() }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    if deadline.offset < patience {
      waits.withLock { $0.append(deadline.offset) }
      await onSleep()
      return
    }
    let never = AsyncStream<Void> { _ in }
    for await _ in never {}
    throw CancellationError()
  }
}
