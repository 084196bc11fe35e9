import FanoutBus

/// What an edge has done and has now, summed over its event loops, for metrics and `fanout stats`.
package struct EdgeSnapshot: Sendable {
  /// The connection side.
  package var edge = EdgeCounters()
  /// Holding and delivering.
  package var delivery = DeliveryCounters()
  /// The process.
  package var process = ProcessFigures()
  /// Whether it takes requests.
  package var readiness = Readiness.Phase.starting
  /// Seconds since the edge was started.
  package var uptimeSeconds = 0
  /// Routes in the present table.
  package var routeCount = 0
}

extension CloseReason {
  /// The name in metrics and JSON.
  package var name: String {
    switch self {
    case .clientGone: "client-gone"
    case .unresponsive: "unresponsive"
    case .originLost: "origin-lost"
    case .closedByPublisher: "publisher"
    case .recoveryFailed: "recovery-failed"
    case .slow: "slow"
    case .shutdown: "shutdown"
    case .closedByOperator: "operator"
    case .protocolError: "protocol-error"
    case .timeout: "timeout"
    }
  }
}

extension OriginFailure.Kind: CaseIterable {
  package static let allCases: [Self] = [.unreachable, .blocked, .busy, .timeout, .closed, .malformed]

  /// The name in metrics.
  package var name: String {
    switch self {
    case .unreachable: "unreachable"
    case .blocked: "blocked"
    case .busy: "busy"
    case .timeout: "timeout"
    case .closed: "closed"
    case .malformed: "malformed"
    }
  }
}

extension EdgeSnapshot {
  /// Requests held and WebSockets open now, by transport.
  ///
  /// WebSockets are counted where their connections are: those that are only relayed have no hold.
  package var held: [(String, Int)] {
    var counts = delivery.holdsByKind
    counts[Int(HoldKind.socket.rawValue)] = edge.sockets
    return Self.byTransport(counts)
  }

  /// Items handed to connections, by transport.
  package var deliveries: [(String, Int)] { Self.byTransport(delivery.deliveriesByKind) }

  private static func byTransport(_ counts: [Int]) -> [(String, Int)] {
    HoldKind.allCases.map { ($0.name, counts[Int($0.rawValue)]) }
  }

  /// Items that did not reach somebody, by reason.
  package var drops: [(String, Int)] {
    [
      ("slow", delivery.dropped), ("duplicate", delivery.sequencer.duplicates),
      ("sequencer", delivery.sequencer.dropped),
    ]
  }

  /// What was tried again, by reason.
  package var retries: [(String, Int)] {
    [
      ("stale-connection", edge.resends), ("next-target", edge.failovers), ("missed-item", delivery.retries),
      ("next-link", delivery.nextLinks),
    ]
  }
}
