import NIOCore

/// A client's connection as its operator sees it.
package struct ConnectionReport: Sendable, Hashable {
  /// The number in logs (`conn.id`).
  package var id: Int
  /// The client's address.
  package var peer: String?
  /// `http` for a request that is not held; otherwise how it is held.
  package var transport = "http"
  /// `idle`, `request`, `held` or `closing`.
  package var state: String
  /// The route of the present request.
  package var route: String?
  /// Its path, without the query.
  package var path: String?
  /// Since when it is open, in milliseconds.
  package var ageMilliseconds: Int64
  /// Bytes that the client has not taken yet.
  package var queuedBytes = 0
  /// Since when it takes nothing, in milliseconds; `nil` where it does.
  package var slowMilliseconds: Int64?
  /// The channels that it listens to, with the route's prefix.
  package var channels: [String] = []
  /// `user` of the hold's meta.
  package var user: String?
  /// Of a WebSocket: what its origin, statistics and commands know it as.
  package var socketID: String?
}

/// What a hold adds to the report of its connection.
package struct HoldReport: Sendable, Hashable {
  /// How it is held.
  package var transport: String
  /// Bytes that wait in the hold table.
  package var queuedBytes: Int
  /// Since when the client takes nothing.
  package var slowMilliseconds: Int64?
  /// The channels that it listens to, with the route's prefix.
  package var channels: [String]
  /// `user` of its meta.
  package var user: String?
}

/// Which connections are asked for.
package struct ConnectionQuery: Sendable, Hashable {
  /// How they are sorted.
  package enum Order: String, Sendable, Hashable, CaseIterable {
    /// Those with the most bytes first.
    case queued
    /// Those first that have taken nothing for the longest.
    case slow
    /// The oldest first.
    case age
  }

  /// Default: by queued bytes.
  package var order = Order.queued
  /// Only those that take nothing now.
  package var isSlow = false
  /// Only those held so.
  package var transport: String?
  /// Only those of this route.
  package var route: String?
  /// Only those that listen to this channel.
  package var channel: String?
  /// Only those of this user.
  package var user: String?
  /// Those before this one are left out. 0 to 10,000.
  package var offset = 0
  /// 1 to 1,000. Default 100.
  package var limit = 100

  /// All, sorted by queued bytes.
  package init() {}

  /// Whether a connection is asked for.
  package func matches(_ report: ConnectionReport) -> Bool {
    (!isSlow || report.slowMilliseconds != nil) && transport.map { $0 == report.transport } ?? true
      && route.map { $0 == report.route } ?? true && channel.map { report.channels.contains($0) } ?? true
      && user.map { $0 == report.user } ?? true
  }

  /// Whether one comes before another; the number decides where nothing else does.
  package func isBefore(_ left: ConnectionReport, _ right: ConnectionReport) -> Bool {
    let pair: (Int64, Int64) =
      switch order {
      case .queued: (Int64(left.queuedBytes), Int64(right.queuedBytes))
      case .slow: (left.slowMilliseconds ?? -1, right.slowMilliseconds ?? -1)
      case .age: (left.ageMilliseconds, right.ageMilliseconds)
      }
    return pair.0 == pair.1 ? left.id < right.id : pair.0 > pair.1
  }
}

/// The first so many of what is met, in an order: what is kept is bounded however much is met.
package struct FirstFew<Element: Sendable>: Sendable {
  /// How many were met.
  package private(set) var count = 0
  private var kept: [Element] = []
  private let limit: Int
  private let isBefore: @Sendable (Element, Element) -> Bool

  /// - Parameter limit: at least 1.
  package init(limit: Int, isBefore: @escaping @Sendable (Element, Element) -> Bool) {
    self.limit = max(1, limit)
    self.isBefore = isBefore
  }

  /// Meets one.
  package mutating func add(_ element: Element) {
    count += 1
    kept.append(element)
    if kept.count >= 2 * limit + 64 { trim() }
  }

  /// Adds what another one has met.
  package mutating func add(_ other: FirstFew) {
    count += other.count
    kept += other.kept
    if kept.count >= 2 * limit + 64 { trim() }
  }

  /// The first ones, in their order.
  package var sorted: [Element] {
    Array(kept.sorted(by: isBefore).prefix(limit))
  }

  private mutating func trim() {
    kept = sorted
  }
}
