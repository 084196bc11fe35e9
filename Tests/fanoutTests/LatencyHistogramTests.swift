import Testing

@testable import fanout

@Suite("Latencies in bounded memory")
struct LatencyHistogramTests {
  @Test func `a value comes back with less than one percent of error, from nanoseconds to hours`() {
    var value: Int64 = 1
    while value < 1 << 43 {
      for near in [value - 1, value, value + value / 3] {
        var histogram = LatencyHistogram()
        histogram.record(near)
        // Something longer, so that the exact maximum does not hide the bucket's error.
        histogram.record(.max)
        let error = (histogram.percentile(0.5) - near).magnitude
        #expect(Double(error) <= Double(near) * 0.01, "\(near) came back as \(histogram.percentile(0.5))")
      }
      value *= 2
    }
  }

  @Test func `percentiles are those of the sorted values`() {
    var histogram = LatencyHistogram()
    for value in (1...1_000).reversed() { histogram.record(Int64(value) * 1_000) }
    for (share, exact) in [(0.5, 500_000.0), (0.9, 900_000), (0.99, 990_000), (0.999, 999_000)] {
      #expect(abs(Double(histogram.percentile(share)) - exact) < exact * 0.01)
    }
    #expect(histogram.maximum == 1_000_000)
    #expect(histogram.percentile(1) <= histogram.maximum)
    #expect(histogram.count == 1_000)
  }

  @Test func `two merged are as one that saw all`() {
    var left = LatencyHistogram()
    var right = LatencyHistogram()
    var whole = LatencyHistogram()
    for value in stride(from: Int64(0), to: 10_000_000, by: 7_777) {
      if value % 2 == 0 { left.record(value) } else { right.record(value) }
      whole.record(value)
    }
    left.merge(right)
    #expect(left == whole)
  }

  @Test func `what no clock should give is counted and harms nothing`() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.99) == 0)
    for value in [Int64.min, -1, .max] { histogram.record(value) }
    #expect(histogram.count == 3)
    #expect(histogram.percentile(0.5) == 0)
    #expect(histogram.maximum == .max)
  }
}
