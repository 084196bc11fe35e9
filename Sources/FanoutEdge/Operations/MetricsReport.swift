/// The metrics of an edge as text.
///
/// Labels come from closed sets: transports, reasons, status classes, and the ids of routes, of which there are as many as
/// `RoutesCounters` allows. Never a channel's name, never a user.
/// **Spec**: GRIP proxy §21.2 for the five series of Pushpin; ours begin with `fanout_`.
struct MetricsReport {
  private var writer: MetricsText

  /// The text for a snapshot.
  ///
  /// - Parameter prefix: before every name (`prometheus_prefix`).
  static func text(_ snapshot: EdgeSnapshot, prefix: String = "") -> String {
    var report = MetricsReport(writer: MetricsText(prefix: prefix))
    report.addPushpin(snapshot)
    report.addConnections(snapshot)
    report.addOrigins(snapshot)
    report.addDelivery(snapshot)
    report.addProcess(snapshot)
    return report.writer.text
  }

  /// Names, types and help texts as dashboards know them.
  private mutating func addPushpin(_ snapshot: EdgeSnapshot) {
    writer.add("request_received", .counter, "Number of requests received", snapshot.edge.requests)
    writer.add("connection_connected", .gauge, "Number of concurrent connections", snapshot.edge.connections)
    writer.add("connection_minute", .counter, "Number of minutes clients have been connected", snapshot.edge.minutes)
    writer.add(
      "message_received", .counter, "Number of messages received by the publish API", snapshot.delivery.published)
    writer.add("message_sent", .counter, "Number of messages sent to clients", snapshot.delivery.deliveries)
  }

  private mutating func addConnections(_ snapshot: EdgeSnapshot) {
    let edge = snapshot.edge
    writer.add("fanout_connections", .gauge, "Client connections open now.", edge.connections)
    writer.add("fanout_connections_accepted_total", .counter, "Client connections accepted.", edge.accepted)
    writer.add("fanout_http2_connections_total", .counter, "HTTP/2 connections begun.", edge.http2Connections)
    writer.add("fanout_http2_streams_total", .counter, "Streams of HTTP/2 begun.", edge.streams)
    writer.add(
      "fanout_closes_total", .counter, "Client connections closed by the edge, and held ones that their client closed.",
      label: "reason", CloseReason.allCases.map { ($0.name, edge.closes[$0] ?? 0) })
    writer.begin("fanout_responses_total", .counter, "Responses that have ended, by route and class of their status.")
    for (route, counters) in edge.routes.byRoute.sorted(by: { $0.key < $1.key }) {
      for (digit, count) in counters.statuses.enumerated() where count > 0 {
        writer.sample(
          "fanout_responses_total", [("route", route), ("status", digit == 0 ? "none" : "\(digit)xx")], "\(count)")
      }
    }
    writer.add(
      "fanout_refused_requests_total", .counter, "Requests refused before routing, by status.", label: "status",
      edge.refusals.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) })
    writer.add(
      "fanout_held", .gauge, "Requests held and WebSockets open now.", label: "transport", snapshot.held)
    writer.add(
      "fanout_websockets_opened_total", .counter, "WebSockets of clients accepted.", edge.socketsOpened)
    // No WebSocket is without a route.
    let routes = edge.routes.byRoute.filter { $0.key != "-" }
    writer.add(
      "fanout_websockets", .gauge, "WebSockets of clients open now, by route.", label: "route",
      routes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sockets) })
    writer.add(
      "fanout_websocket_messages_total", .counter,
      "Messages of WebSockets between clients and origins; what was published counts as delivered.",
      label: "direction", [("from-client", edge.socketMessagesReceived), ("to-client", edge.socketMessagesSent)])
    writer.add(
      "fanout_origin_websockets", .gauge, "Native WebSockets to origins open now.", edge.originSockets)
    writer.add(
      "fanout_unresponsive_origin_websockets_total", .counter,
      "Native WebSockets to origins given up because the origin did not answer a ping, or took nothing.",
      edge.unresponsiveOrigins)
    writer.add(
      "fanout_holds_total", .counter, "Requests ever held, those held again after a retry included.", edge.holds)
  }

  private mutating func addOrigins(_ snapshot: EdgeSnapshot) {
    let edge = snapshot.edge
    writer.begin(
      "fanout_origin_response_seconds", .histogram,
      "From a request's sending to the head of its origin's response, by route.")
    for (route, counters) in edge.routes.byRoute.sorted(by: { $0.key < $1.key }) where counters.latency.count > 0 {
      writer.histogram("fanout_origin_response_seconds", [("route", route)], counters.latency)
    }
    writer.add(
      "fanout_origin_failures_total", .counter, "Requests to an origin that failed, by kind.", label: "reason",
      OriginFailure.Kind.allCases.map { ($0.name, edge.originFailures[$0] ?? 0) })
    writer.add(
      "fanout_retries_total", .counter, "What was asked again, by reason.", label: "reason", snapshot.retries)
    writer.add(
      "fanout_failed_next_links_total", .counter, "Next links that failed for good.", snapshot.delivery.failedNextLinks)
  }

  private mutating func addDelivery(_ snapshot: EdgeSnapshot) {
    let delivery = snapshot.delivery
    writer.add("fanout_published_items_total", .counter, "Items taken from publishers.", delivery.published)
    writer.add(
      "fanout_deliveries_total", .counter, "Items handed to connections.", label: "transport", snapshot.deliveries)
    writer.add(
      "fanout_dropped_items_total", .counter, "Items dropped, by reason.", label: "reason", snapshot.drops)
    writer.add(
      "fanout_channels", .gauge, "Channels with listeners now, each counted on every event loop that has one.",
      delivery.channels)
    writer.add("fanout_gaps_total", .counter, "Items that did not follow what a listener had.", delivery.gaps)
    writer.add("fanout_slow_waits_total", .counter, "Times a client had to be waited for.", delivery.slow)
    writer.add("fanout_keep_alives_total", .counter, "Keep-alives written.", delivery.keepAlives)
    writer.add(
      "fanout_timeouts_total", .counter, "Long-polls answered with their time-out response.", delivery.timeouts)
    writer.add("fanout_writes_total", .counter, "Writes to held connections.", delivery.writes)
  }

  private mutating func addProcess(_ snapshot: EdgeSnapshot) {
    writer.add("fanout_routes", .gauge, "Routes loaded.", snapshot.routeCount)
    writer.add(
      "fanout_ready", .gauge, "1 where requests are taken, otherwise 0.", snapshot.readiness == .serving ? 1 : 0)
    writer.add("fanout_uptime_seconds", .gauge, "Time since the start.", snapshot.uptimeSeconds)
    writer.begin("fanout_build_info", .gauge, "1, with the version as a label.")
    writer.sample("fanout_build_info", [("version", EdgeVersion.current)], "1")
    let process = snapshot.process
    if let bytes = process.residentBytes {
      writer.add("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", bytes)
    }
    if let count = process.openDescriptors {
      writer.add("process_open_fds", .gauge, "Number of open file descriptors.", count)
    }
    if let count = process.descriptorLimit {
      writer.add("process_max_fds", .gauge, "Maximum number of open file descriptors.", count)
    }
    if let milliseconds = process.processorMilliseconds {
      writer.begin("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
      writer.sample(
        "process_cpu_seconds_total", [], MetricsText.seconds(nanoseconds: Int64(milliseconds) * 1_000_000))
    }
  }
}
