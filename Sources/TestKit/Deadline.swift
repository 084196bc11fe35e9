package import Foundation

/// A moment after which waiting is a failure.
package struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  /// So much time from now.
  package init(in duration: Duration) { end = ContinuousClock.now + duration }

  /// What is left, never negative.
  package var remaining: Duration { max(.zero, end - .now) }

  /// Whether there is nothing left.
  package var hasPassed: Bool { remaining == .zero }

  /// What is left in milliseconds, rounded up, as `poll(2)` takes it.
  package var pollMilliseconds: Int32 {
    let parts = remaining.components
    let milliseconds = parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: milliseconds)
  }

  /// The moment as a date, for Foundation's conditions.
  package var date: Date {
    let parts = remaining.components
    return Date(timeIntervalSinceNow: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
  }
}
