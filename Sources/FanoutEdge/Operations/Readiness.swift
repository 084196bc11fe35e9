import Synchronization

/// Whether the edge takes requests, for load balancers (`/readyz`).
package final class Readiness: Sendable {
  /// Where the edge is in its life.
  package enum Phase: String, Sendable, Hashable {
    case starting
    case serving
    /// It goes; whoever asks should send nobody any more.
    case draining
    case stopped
  }

  private let phase = Mutex(Phase.starting)

  /// Of an edge that is not started.
  package init() {}

  /// Where the edge is.
  package var current: Phase { phase.withLock { $0 } }

  /// The edge has come to a phase. There is no way back.
  package func reached(_ new: Phase) {
    phase.withLock { phase in
      if Self.order(new) > Self.order(phase) { phase = new }
    }
  }

  private static func order(_ phase: Phase) -> Int {
    switch phase {
    case .starting: 0
    case .serving: 1
    case .draining: 2
    case .stopped: 3
    }
  }

  /// Why no request should be sent here; `nil` where one should.
  package func problem(routeCount: Int) -> String? {
    switch current {
    case .starting: "starting: not listening yet"
    case .draining: "draining: the edge is being stopped"
    case .stopped: "stopped"
    case .serving: routeCount == 0 ? "no routes are loaded" : nil
    }
  }
}
