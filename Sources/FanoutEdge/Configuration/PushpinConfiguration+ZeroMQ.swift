import FanoutBus
import NIOCore

// The options of ZeroMQ sockets and statistics (GRIP proxy §22.1, [global] and [handler]).
extension PushpinConfiguration {
  /// What addresses of local sockets are made of.
  struct LocalNames: Sendable, Hashable {
    /// Absolute, or relative to the working directory.
    var rundir = "run"
    var prefix = "pushpin-"

    /// A value with its variables replaced.
    func expanded(_ text: String) -> String {
      var rest = text[...]
      var result = ""
      while let open = rest.firstIndex(of: "{") {
        result += rest[..<open]
        rest = rest[open...]
        if rest.hasPrefix("{rundir}") {
          result += rundir
          rest = rest.dropFirst("{rundir}".count)
        } else if rest.hasPrefix("{ipc_prefix}") {
          result += prefix
          rest = rest.dropFirst("{ipc_prefix}".count)
        } else {
          result += "{"
          rest = rest.dropFirst()
        }
      }
      return result + rest
    }
  }

  /// Takes one setting over, where it is one of these; false otherwise.
  mutating func applyZeroMQ(_ entry: INIFile.Entry) -> Bool {
    switch entry.path {
    case "global/rundir", "runner/rundir":
      if !entry.value.isEmpty { localNames.rundir = SystemFile.path(entry.value, besides: entry.source) }
    case "global/ipc_prefix": localNames.prefix = entry.value
    case "global/stats_connection_ttl": setSeconds(entry, \.connectionTTL)
    case "global/stats_connection_send":
      if let isOn = boolean(entry) { server.statistics.sendsConnections = isOn }
    case "handler/push_in_spec": server.zeroMQ.pull = endpoint(entry)
    case "handler/push_in_sub_spec", "handler/push_in_sub_specs":
      server.zeroMQ.subscribe += entry.list.map { ZeroMQConfiguration.Endpoint(key: entry.key, address: $0) }
    case "handler/push_in_sub_connect":
      if let isOn = boolean(entry) { server.zeroMQ.subscribesByConnecting = isOn }
    case "handler/command_spec": server.zeroMQ.command = endpoint(entry)
    case "handler/ipc_file_mode": setFileMode(entry)
    case "handler/stats_spec": server.statistics.publish = endpoint(entry)
    case "handler/stats_subscription_ttl": setSeconds(entry, \.subscriptionTTL)
    case "handler/stats_report_interval":
      if let time = integer(entry, in: 0...86_400) { server.statistics.reportInterval = .seconds(time) }
    case "handler/stats_format":
      if let format = StatisticsConfiguration.Format(rawValue: entry.value) {
        server.statistics.format = format
      } else {
        note(.error, entry, "tnetstring or json")
      }
    case "handler/message_block_size":
      if let bytes = integer(entry, in: 0...1_000_000_000) { server.statistics.blockBytes = bytes > 0 ? bytes : nil }
    default: return false
    }
    return true
  }

  /// Makes addresses of what was written, when all of the file has been read.
  ///
  /// - Parameter instance: the number of this instance: another prefix, and ports moved by ten times it.
  mutating func finishZeroMQ(_ path: String, instance: Int) {
    // COMPAT: Debian's Pushpin has `p1-` here, later ones `1-`; what reads statistics is told by its own configuration.
    if instance > 0 { localNames.prefix = "\(instance)-" }
    func finished(_ endpoint: ZeroMQConfiguration.Endpoint) -> ZeroMQConfiguration.Endpoint {
      var endpoint = endpoint
      endpoint.address = ZeroMQConfiguration.moved(
        localNames.expanded(endpoint.address), by: portOffset + instance * 10)
      return endpoint
    }
    server.zeroMQ.pull = server.zeroMQ.pull.map(finished)
    server.zeroMQ.command = server.zeroMQ.command.map(finished)
    server.zeroMQ.subscribe = server.zeroMQ.subscribe.map(finished)
    server.statistics.publish = server.statistics.publish.map(finished)
    server.statistics.pollLinger = server.delivery.sequencer.linger
    var open = [server.zeroMQ.pull, server.zeroMQ.command].compactMap(\.self)
    if !server.zeroMQ.subscribesByConnecting { open += server.zeroMQ.subscribe }
    for endpoint in open where ZeroMQConfiguration.isOpenToOthers(endpoint.address) {
      notes.append(
        ConfigurationNote(
          .warning, source: path,
          text: "\(endpoint.key): EVERYBODY who reaches \(endpoint.address) may publish: ZeroMQ has no credentials here"
        ))
    }
  }

  private func endpoint(_ entry: INIFile.Entry) -> ZeroMQConfiguration.Endpoint? {
    entry.value.isEmpty ? nil : ZeroMQConfiguration.Endpoint(key: entry.key, address: entry.value)
  }

  private mutating func setSeconds(
    _ entry: INIFile.Entry, _ path: WritableKeyPath<StatisticsConfiguration, Duration>
  ) {
    if let time = integer(entry, in: 1...86_400) { server.statistics[keyPath: path] = .seconds(time) }
  }

  private mutating func setFileMode(_ entry: INIFile.Entry) {
    guard !entry.value.isEmpty else { return }
    guard let mode = UInt32(entry.value, radix: 8), mode <= 0o777 else {
      return note(.error, entry, "an octal number from 0 to 777")
    }
    server.zeroMQ.fileMode = mode
  }
}
