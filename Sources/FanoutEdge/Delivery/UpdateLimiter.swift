import NIOCore

/// Spreads origin requests that repair what was missed: so many per second, in tenths of a second.
///
/// **Spec**: GRIP proxy §9.6, with Q-17 corrected (a configurable, much higher rate).
struct UpdateLimiter {
  private static let window = TimeAmount.milliseconds(100)

  private let perWindow: Int
  private var windowEnd = TimeAmount.nanoseconds(.min)
  private var taken = 0
  private var lastLink: String?
  private var sharing = 0

  /// - Parameter rate: per second; zero is without limit.
  init(rate: Int) {
    perWindow = rate <= 0 ? .max : max(1, rate / 10)
  }

  /// Whether one more may start now.
  ///
  /// - Parameter link: what it asks. Up to a hundred for one link in a row count as one: they share a response.
  mutating func take(now: TimeAmount, link: String? = nil) -> Bool {
    if now >= windowEnd {
      windowEnd = now + Self.window
      taken = 0
      lastLink = nil
    }
    if let link, link == lastLink, sharing < 100 {
      sharing += 1
      return true
    }
    guard taken < perWindow else { return false }
    taken += 1
    lastLink = link
    sharing = 1
    return true
  }
}
