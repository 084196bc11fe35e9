import NIOCore
import ServerKit

// For whoever runs an edge: metrics, logs, stopping. In `pushpin.conf` those of [runner], `pass_request_id` and
// `trace_sampling` are ours.
extension EdgeOption {
  static let operation: [EdgeOption] = [
    EdgeOption(
      "metrics.listen", "[ADDRESS:]PORT|ipc://PATH", .list,
      pushpin: ["proxy/prometheus_port", "handler/prometheus_port"],
      "Where Prometheus metrics are served beside /metrics of the control address, one address or more. Without an "
        + "address it is every address of the machine; ipc://PATH is a Unix socket, whose mode, user and group may follow "
        + "as for local listeners (?mode=660). Whoever reaches it may read.",
      read: { settings in
        let addresses = settings.server.metrics.listen
        let texts = addresses.map { ($0.local == nil ? "" : metricsScheme) + $0.text }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
      },
      write: { settings, input throws(Fault) in
        let addresses = try metricsAddresses(input)
        // Pushpin names one port for each of its processes; both have all metrics here.
        if !input.isPushpin { settings.server.metrics.listen = [] }
        for address in addresses where !settings.server.metrics.listen.contains(address) {
          settings.server.metrics.listen.append(address)
        }
        return nil
      }),
    EdgeOption(
      "metrics.prefix", "TEXT", .text, pushpin: ["proxy/prometheus_prefix", "handler/prometheus_prefix"],
      "Stands before the name of every metric.",
      read: { $0.server.metrics.prefix },
      write: { settings, input throws(Fault) in
        // One that is empty does not undo the other section's.
        if !input.isPushpin || !input.text.isEmpty { settings.server.metrics.prefix = input.text }
        return nil
      }),
    EdgeOption(
      "log-format", "FORMAT", .choice(LogFormat.allCases.map(\.rawValue)), pushpin: ["runner/log_format"],
      "How log lines look: for people, or one JSON object each.",
      read: { $0.logFormat.rawValue },
      write: { settings, input throws(Fault) in
        settings.logFormat = LogFormat(rawValue: input.text) ?? settings.logFormat
        return nil
      }),
    .flag(
      "access-log", \.logsAccess, pushpin: "runner/access_log",
      help: "Whether every request is logged; from log-level 3 on it is anyway."),
    .flag(
      "records.peer", \.server.edge.records.logsPeer, pushpin: "proxy/log_from",
      help: "Whether lines of requests have the client's address."),
    .flag(
      "records.user-agent", \.server.edge.records.logsUserAgent, pushpin: "proxy/log_user_agent",
      help: "Whether lines of requests have User-Agent."),
    .flag(
      "records.request-id", \.server.edge.records.passesRequestID, pushpin: "proxy/pass_request_id",
      help: "Whether origins get X-Request-Id: a trusted proxy's, otherwise a new one. If not, it passes as any field."),
    EdgeOption(
      "records.trace-sampling", "RATIO", .text, pushpin: ["proxy/trace_sampling"],
      "Where it is set, traceparent goes on with a new span and is made where there is none; so many of the new traces, "
        + "0 to 1, are sampled. If not, it passes as any field.",
      read: { $0.server.edge.records.traceSampling.map { String($0) } },
      write: { settings, input throws(Fault) in
        if input.text.isEmpty {
          settings.server.edge.records.traceSampling = nil
          return nil
        }
        guard let ratio = Double(input.text), (0...1).contains(ratio) else {
          throw Fault(text: "a number from 0 to 1: the part of new traces that is sampled")
        }
        settings.server.edge.records.traceSampling = ratio
        return nil
      }),
    .time(
      "shutdown.delay", \.server.drain.delay, .zero ... .seconds(86_400), pushpin: "runner/shutdown_delay",
      help:
        "How long clients are accepted after /readyz has begun to say 503, for load balancers that look now and then."),
    .time(
      "shutdown.limit", \.server.drain.limit, .seconds(1) ... .seconds(86_400), pushpin: "runner/shutdown_limit",
      help: "The longest that a graceful stop takes; its parts are cut where they would take longer."),
  ]

  private static func metricsAddresses(_ input: Input) throws(Fault) -> [ListenAddress] {
    var addresses: [ListenAddress] = []
    for text in input.list {
      if text.hasPrefix(metricsScheme) {
        do throws(ListenAddressText.Fault) {
          let address = try ListenAddressText.local(String(text.dropFirst(metricsScheme.count)))
          guard !address.expectsProxyHeader, !address.allowsHTTP2 else {
            throw ListenAddressText.Fault(text: "of the parameters only mode, user and group make sense here")
          }
          addresses.append(address)
        } catch {
          throw Fault(text: error.text)
        }
        continue
      }
      guard let address = PushpinConfiguration.address(text) else {
        throw Fault(text: "'\(text)' is neither [address:]port nor ipc://path")
      }
      addresses.append(address)
    }
    return addresses
  }

  private static let metricsScheme = "ipc://"
}
