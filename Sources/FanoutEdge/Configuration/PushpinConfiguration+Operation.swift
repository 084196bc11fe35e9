import NIOCore
import ServerKit

// The options of `pushpin.conf` for whoever runs it: metrics, logs, stopping. Those of [runner] and those with `request_id` and `trace`
// are ours.
extension PushpinConfiguration {
  /// `prometheus_port`, `prometheus_prefix`, in [proxy] or [handler] (GRIP proxy §21.2). Both have all metrics here.
  mutating func applyMetrics(_ entry: INIFile.Entry) {
    guard !entry.value.isEmpty else { return }
    if entry.key == "prometheus_prefix" {
      server.metrics.prefix = entry.value
      return
    }
    guard let address = Self.address(entry.value) else {
      return note(
        .error, entry,
        entry.value.hasPrefix("ipc:")
          ? "metrics are not served on Unix sockets; [addr:]port is accepted" : "'\(entry.value)' is no [address:]port")
    }
    if !server.metrics.listen.contains(address) { server.metrics.listen.append(address) }
  }

  /// The options of [runner] that are ours.
  mutating func applyOperation(_ entry: INIFile.Entry) {
    switch entry.key {
    case "log_format":
      guard let format = LogFormat(rawValue: entry.value) else { return note(.error, entry, "text or json") }
      logFormat = format
    case "access_log": logsAccess = boolean(entry) ?? false
    default:
      guard let seconds = integer(entry, in: 0...86_400) else { return }
      let time = TimeAmount.seconds(Int64(seconds))
      switch entry.key {
      case "shutdown_delay": server.drain.delay = time
      case "shutdown_spread": server.delivery.shutdownSpread = time
      case "shutdown_grace": server.edge.shutdownGrace = time
      default: server.drain.limit = max(time, .seconds(1))
      }
    }
  }

  /// What is logged of requests, and what they are marked with.
  mutating func applyLogging(_ entry: INIFile.Entry) {
    switch entry.key {
    case "log_from": server.edge.records.logsPeer = boolean(entry) ?? false
    case "log_user_agent": server.edge.records.logsUserAgent = boolean(entry) ?? false
    case "pass_request_id": server.edge.records.passesRequestID = boolean(entry) ?? false
    default:
      guard !entry.value.isEmpty else { return }
      guard let ratio = Double(entry.value), (0...1).contains(ratio) else {
        return note(.error, entry, "a number from 0 to 1: the part of new traces that is sampled")
      }
      server.edge.records.traceSampling = ratio
    }
  }
}
