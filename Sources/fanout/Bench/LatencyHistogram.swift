/// Latencies in bounded memory: 37 KiB, however many there are.
///
/// **Shape**: below 128 ns a bucket for each value; above, 128 buckets of equal width for each power of two. A value is
/// given back as the middle of its bucket, so the error is at most 1/256 (0.4 %). The maximum is exact.
/// **Units and range**: nanoseconds, 0 to 2^43 (two hours and twenty minutes); what is longer counts as that.
struct LatencyHistogram: Sendable, Equatable {
  /// How many values it has seen.
  private(set) var count = 0
  /// The largest value, as it came; 0 where there is none.
  private(set) var maximum: Int64 = 0

  private static let longest: Int64 = (1 << 43) - 1
  private static let stepBits = 7
  private var buckets = [Int](repeating: 0, count: bucket(of: longest) + 1)

  /// Adds a value; a negative one, which no monotonic clock gives, counts as 0.
  mutating func record(_ nanoseconds: Int64) {
    let value = max(0, nanoseconds)
    count += 1
    maximum = max(maximum, value)
    buckets[Self.bucket(of: min(value, Self.longest))] += 1
  }

  /// Adds what another one has seen.
  mutating func merge(_ other: LatencyHistogram) {
    count += other.count
    maximum = max(maximum, other.maximum)
    for index in buckets.indices { buckets[index] += other.buckets[index] }
  }

  /// The smallest value that `share` of all values do not exceed; 0 where there is none.
  ///
  /// - Parameter share: from 0 to 1: 0.99 for the 99th percentile.
  func percentile(_ share: Double) -> Int64 {
    guard count > 0 else { return 0 }
    let rank = min(count, max(1, Int((share * Double(count)).rounded(.up))))
    var seen = 0
    for (index, number) in buckets.enumerated() where number > 0 {
      seen += number
      if seen >= rank { return min(Self.middle(of: index), maximum) }
    }
    return maximum
  }

  private static func bucket(of value: Int64) -> Int {
    guard value >= 1 << stepBits else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount - stepBits
    return (exponent << stepBits) + Int(value >> Int64(exponent))
  }

  private static func middle(of bucket: Int) -> Int64 {
    guard bucket >= 2 << stepBits else { return Int64(bucket) }
    let exponent = (bucket >> stepBits) - 1
    let start = Int64(bucket - (exponent << stepBits)) << Int64(exponent)
    return start + (1 << Int64(exponent)) / 2
  }
}
