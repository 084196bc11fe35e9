import Synchronization

/// How much each of many may do in a time: one token bucket per key.
///
/// A bucket holds `count` tokens and refills evenly over `period`. At most `maxKeys` buckets are kept; those that are full again are
/// forgotten first, and when every one is in use, new keys share one bucket.
final class RateLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var updated: Duration
  }

  private let count: Double
  private let period: Duration
  private let maxKeys: Int
  private let now: @Sendable () -> Duration
  private let state = Mutex(State())

  private struct State {
    var buckets: [String: Bucket] = [:]
    var lastSweep: Duration?
  }

  /// A limiter; a `count` of 0 limits nothing.
  init(count: Int, per period: Duration, maxKeys: Int = 50_000, now: @escaping @Sendable () -> Duration) {
    self.count = Double(count)
    self.period = period
    self.maxKeys = maxKeys
    self.now = now
  }

  /// Takes a token. The time until there is one again where there is none, `nil` where it was taken.
  func take(_ key: String) -> Duration? {
    guard count > 0 else { return nil }
    return state.withLock { state in
      let key = makeRoom(for: key, in: &state)
      var bucket = refilled(state.buckets[key])
      defer { state.buckets[key] = bucket }
      guard bucket.tokens >= 1 else { return wait(for: bucket) }
      bucket.tokens -= 1
      return nil
    }
  }

  /// Gives a token back that was taken for nothing.
  func giveBack(_ key: String) {
    guard count > 0 else { return }
    state.withLock { state in
      guard var bucket = state.buckets[key].map({ refilled($0) }) else { return }
      bucket.tokens = min(count, bucket.tokens + 1)
      state.buckets[key] = bucket
    }
  }

  private func refilled(_ bucket: Bucket?) -> Bucket {
    let time = now()
    guard let bucket else { return Bucket(tokens: count, updated: time) }
    let gained = (time - bucket.updated) / period * count
    return Bucket(tokens: min(count, bucket.tokens + max(0, gained)), updated: time)
  }

  private func wait(for bucket: Bucket) -> Duration {
    period * ((1 - bucket.tokens) / count)
  }

  private func makeRoom(for key: String, in state: inout State) -> String {
    guard state.buckets[key] == nil, state.buckets.count >= maxKeys else { return key }
    // Once a second at most: a flood of new keys must not cost a search of all for each.
    let time = now()
    if state.lastSweep.map({ time - $0 >= .seconds(1) }) ?? true {
      state.lastSweep = time
      state.buckets = state.buckets.filter { refilled($0.value).tokens < count }
    }
    return state.buckets.count < maxKeys ? key : "\u{0}others"
  }
}
