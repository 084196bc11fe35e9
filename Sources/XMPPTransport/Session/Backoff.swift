package import NIOCore

/// How long to wait before the next attempt: a random time below a bound that doubles.
///
/// **Why**: of a thousand sessions that lost their server at one moment no two come back at one moment ("full jitter").
package struct Backoff: Sendable {
  /// The bound of the first wait; default 1 s.
  package var first: TimeAmount = .seconds(1)
  /// The bound that is not exceeded; default 60 s.
  package var longest: TimeAmount = .seconds(60)
  /// After how long a connection counts as a good one, so that the next wait is short again; default 30 s.
  package var stable: TimeAmount = .seconds(30)

  /// The defaults.
  package init() {}

  /// The wait after so many attempts that failed, 0 for the first.
  package func wait(after attempt: Int, using random: inout some RandomNumberGenerator) -> TimeAmount {
    let factor = Int64(1) << Int64(min(max(attempt, 0), 30))
    let product = first.nanoseconds.multipliedReportingOverflow(by: factor)
    let bound = product.overflow ? longest.nanoseconds : min(product.partialValue, longest.nanoseconds)
    return .nanoseconds(Int64.random(in: 0...max(bound, 0), using: &random))
  }
}
