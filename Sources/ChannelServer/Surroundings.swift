package import Channels
import Foundation

/// What a channel server takes from the world: time and chance. Tests bring their own.
package struct Surroundings: Sendable {
  /// The wall clock, for what people see.
  package var now: @Sendable () -> Timestamp
  /// A clock that only goes forward, for what expires.
  package var uptime: @Sendable () -> Duration
  /// Unpredictable bytes.
  package var randomBytes: @Sendable (_ count: Int) -> [UInt8]
  /// Waits.
  package var sleep: @Sendable (Duration) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration,
    randomBytes: @escaping @Sendable (Int) -> [UInt8], sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.uptime = uptime
    self.randomBytes = randomBytes
    self.sleep = sleep
  }

  /// The machine's clocks and random numbers.
  package static let system: Surroundings = {
    let start = ContinuousClock.now
    return Surroundings(
      now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
      uptime: { ContinuousClock.now - start },
      randomBytes: { count in
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      },
      sleep: { try await Task.sleep(for: $0) })
  }()
}
