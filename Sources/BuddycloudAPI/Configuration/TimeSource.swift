package import Channels
import Foundation

/// The clock that everything here reads, so that tests can turn it.
package struct TimeSource: Sendable {
  /// What the wall clock says.
  package var wall: @Sendable () -> Timestamp
  /// Time since some fixed moment, never going back.
  package var monotonic: @Sendable () -> Duration
  /// Waits; throws `CancellationError` when the task is cancelled.
  package var sleep: @Sendable (Duration) async throws -> Void

  /// A clock.
  package init(
    wall: @escaping @Sendable () -> Timestamp, monotonic: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.wall = wall
    self.monotonic = monotonic
    self.sleep = sleep
  }

  /// The machine's clocks.
  package static let system: TimeSource = {
    let start = ContinuousClock.now
    return TimeSource(
      wall: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
      monotonic: { ContinuousClock.now - start },
      sleep: { try await Task.sleep(for: $0) })
  }()
}
