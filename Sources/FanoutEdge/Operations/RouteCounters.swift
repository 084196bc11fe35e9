/// What has been done for the requests of one route on one event loop; several add up.
package struct RouteCounters: Sendable, Hashable {
  /// Ended responses by the first digit of their status; at 0 requests that ended without a response.
  package private(set) var statuses = [Int](repeating: 0, count: 10)
  /// From the moment when a request was sent to its origin to the head of the response.
  package var latency = LatencyHistogram()
  /// WebSockets of clients open now.
  package var sockets = 0

  /// Nothing done.
  package init() {}

  /// Counts a response.
  package mutating func ended(status: Int) {
    statuses[max(0, min(9, status / 100))] += 1
  }

  /// Adds another loop's.
  package static func += (left: inout RouteCounters, right: RouteCounters) {
    for index in left.statuses.indices { left.statuses[index] += right.statuses[index] }
    left.latency += right.latency
    left.sockets += right.sockets
  }
}

/// Counters of all routes.
///
/// **LIMIT**: 500 routes by name, each once for ever, since a counter must not vanish at a reload; what comes beyond is
/// counted together as `(other)`.
package struct RoutesCounters: Sendable, Hashable {
  /// Where routes beyond the bound are counted.
  package static let other = "(other)"
  private static let bound = 500

  /// By the route's id; `-` is no route.
  package private(set) var byRoute: [String: RouteCounters] = [:]

  /// Nothing done.
  package init() {}

  /// Changes the counters of a route.
  package mutating func count(_ route: String, _ change: (inout RouteCounters) -> Void) {
    let named = byRoute.count - (byRoute[Self.other] == nil ? 0 : 1)
    if byRoute[route] == nil, named >= Self.bound {
      change(&byRoute[Self.other, default: RouteCounters()])
    } else {
      change(&byRoute[route, default: RouteCounters()])
    }
  }

  /// Adds another loop's.
  package static func += (left: inout RoutesCounters, right: RoutesCounters) {
    for (route, counters) in right.byRoute { left.count(route) { $0 += counters } }
  }
}
