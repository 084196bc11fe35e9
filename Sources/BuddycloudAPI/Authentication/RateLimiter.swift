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
  private let buckets = Mutex<[String: Bucket]>([:])

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
    return buckets.withLock { buckets in
      let key = makeRoom(for: key, in: &buckets)
      var bucket = refilled(buckets[key])
      defer { buckets[key] = bucket }
      guard bucket.tokens >= 1 else { return wait(for: bucket) }
      bucket.tokens -= 1
      return nil
    }
  }

  /// The time until there is a token; `nil` where there is one now. Takes none.
  func wait(_ key: String) -> Duration? {
    guard count > 0 else { return nil }
    return buckets.withLock { buckets in
      guard let bucket = buckets[key].map({ refilled($0) }), bucket.tokens < 1 else { return nil }
      return wait(for: bucket)
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

  private func makeRoom(for key: String, in buckets: inout [String: Bucket]) -> String {
    guard buckets[key] == nil, buckets.count >= maxKeys else { return key }
    buckets = buckets.filter { refilled($0.value).tokens < count }
    return buckets.count < maxKeys ? key : "\u{0}others"
  }
}
