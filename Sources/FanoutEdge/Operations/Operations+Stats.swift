import GRIP
import NIOCore

// The figures of the metrics in JSON, for people and scripts.
extension Operations {
  /// A snapshot as JSON.
  func stats(_ snapshot: EdgeSnapshot) -> ControlAPI.Response {
    let edge = snapshot.edge
    let delivery = snapshot.delivery
    return .json { writer in
      writer.member("version", EdgeVersion.current)
      writer.member("phase", snapshot.readiness.rawValue)
      for (name, value) in [
        ("uptime-s", snapshot.uptimeSeconds), ("routes", snapshot.routeCount), ("connections", edge.connections),
        ("accepted", edge.accepted), ("requests", edge.requests), ("connection-minutes", edge.minutes),
        ("websockets-opened", edge.socketsOpened), ("origin-websockets", edge.originSockets),
        ("channels", delivery.channels), ("published", delivery.published), ("gaps", delivery.gaps),
        ("timeouts", delivery.timeouts), ("keep-alives", delivery.keepAlives), ("slow-waits", delivery.slow),
      ] {
        writer.name(name)
        writer.integer(value)
      }
      for (name, counts) in [
        ("held", snapshot.held), ("deliveries", snapshot.deliveries), ("dropped", snapshot.drops),
        (
          "websocket-messages",
          [
            ("from-client", edge.socketMessagesReceived), ("to-client", edge.socketMessagesSent),
          ]
        ),
        ("retries", snapshot.retries), ("closes", CloseReason.allCases.map { ($0.name, edge.closes[$0] ?? 0) }),
        ("origin-failures", OriginFailure.Kind.allCases.map { ($0.name, edge.originFailures[$0] ?? 0) }),
      ] {
        writer.name(name)
        writer.counts(counts)
      }
      writer.name("by-route")
      writer.beginObject()
      for (route, counters) in edge.routes.byRoute.sorted(by: { $0.key < $1.key }) {
        writer.name(route)
        writer.routeCounters(counters)
      }
      writer.endObject()
    }
  }
}

extension JSONWriter {
  fileprivate mutating func routeCounters(_ counters: RouteCounters) {
    beginObject()
    name("responses")
    counts(
      counters.statuses.enumerated().filter { $0.element > 0 }.map {
        ($0.offset == 0 ? "none" : "\($0.offset)xx", $0.element)
      })
    name("websockets")
    integer(counters.sockets)
    name("origin-answers")
    integer(counters.latency.count)
    name("origin-mean-ms")
    integer(
      counters.latency.count == 0 ? 0 : Int(counters.latency.sum.nanoseconds) / counters.latency.count / 1_000_000)
    endObject()
  }
}
