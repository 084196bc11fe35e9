import NIOCore

/// Spreads origin requests that repair what was missed: so many per second, in tenths of a second.
///
/// **Spec**: GRIP proxy §9.6, with Q-17 corrected (a configurable, much higher rate).
struct UpdateLimiter {
  private static let window = TimeAmount.milliseconds(100)

  private let perWindow: Int
  private var windowEnd = TimeAmount.nanoseconds(.min)
  private var taken = 0

  /// - Parameter rate: per second; zero is without limit.
  init(rate: Int) {
    perWindow = rate <= 0 ? .max : max(1, rate / 10)
  }

  /// Whether one more may start now.
  mutating func take(now: TimeAmount) -> Bool {
    if now >= windowEnd {
      windowEnd = now + Self.window
      taken = 0
    }
    guard taken < perWindow else { return false }
    taken += 1
    return true
  }
}
