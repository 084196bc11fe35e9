package import NIOCore

/// Times, counted in fixed classes; several add up.
package struct LatencyHistogram: Sendable, Hashable {
  /// The upper bounds of the classes, in microseconds: what an operator tells apart, from a cached answer to a time-out.
  package static let bounds: [Int64] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
  ]

  /// Times in each class, those above all bounds last.
  package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  /// The sum of all times.
  package private(set) var sum = TimeAmount.zero

  /// Nothing counted.
  package init() {}

  /// The number of times.
  package var count: Int { counts.reduce(0, +) }

  /// Counts a time; one that is less than zero counts as zero.
  package mutating func add(_ time: TimeAmount) {
    let nanoseconds = max(0, time.nanoseconds)
    let index = Self.bounds.firstIndex { nanoseconds <= $0 * 1000 } ?? Self.bounds.count
    counts[index] += 1
    sum = sum + .nanoseconds(nanoseconds)
  }

  /// Adds another one's.
  package static func += (left: inout LatencyHistogram, right: LatencyHistogram) {
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
    left.sum = left.sum + right.sum
  }
}
