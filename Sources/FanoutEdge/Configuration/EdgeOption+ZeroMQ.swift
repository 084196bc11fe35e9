import ServerKit

// The sockets of ZeroMQ, and what is told of connections and items (GRIP proxy §22.1, [global] and [handler]).
extension EdgeOption {
  static let zeroMQ: [EdgeOption] = [
    endpoint(
      "zeromq.pull", \.server.zeroMQ.pull, pushpin: "handler/push_in_spec",
      help: "Where publishers push items (PUSH to PULL), tcp://HOST:PORT or ipc://PATH. Who reaches it may publish."),
    subscribe,
    .flag(
      "zeromq.subscribe-connect", \.server.zeroMQ.subscribesByConnecting, pushpin: "handler/push_in_sub_connect",
      help: "Whether the addresses of zeromq.subscribe are connected to, instead of listened on."),
    endpoint(
      "zeromq.command", \.server.zeroMQ.command, pushpin: "handler/command_spec",
      help: "Where commands come in (REQ to REP). Who reaches it may publish."),
    fileMode,
    .bytes(
      "zeromq.max-message", \.server.zeroMQ.maxMessageBytes, 1024...1_000_000_000,
      help: "The largest message; a peer that sends twice as much is disconnected."),
    .count(
      "zeromq.receive-queue", \.server.zeroMQ.receiveQueue, 1...1_000_000,
      help: "Messages of one peer that wait while more comes than can be delivered; then its own queue fills."),
    .count(
      "zeromq.items-per-command", \.server.zeroMQ.maxItemsPerCommand, 1...1_000_000,
      help: "Items of one publish command."),
  ]

  static let statistics: [EdgeOption] = [
    endpoint(
      "statistics.publish", \.server.statistics.publish, pushpin: "handler/stats_spec",
      help: "Where those who watch connections, subscriptions and items subscribe (SUB to PUB)."),
    format,
    .flag(
      "statistics.connections", \.server.statistics.sendsConnections, pushpin: "global/stats_connection_send",
      help: "Whether every connection is told of."),
    .duration(
      "statistics.connection-ttl", \.server.statistics.connectionTTL, .seconds(1) ... .seconds(86_400),
      pushpin: "global/stats_connection_ttl",
      help: "How long a connection counts as there without being told of again."),
    .duration(
      "statistics.subscription-ttl", \.server.statistics.subscriptionTTL, .seconds(1) ... .seconds(86_400),
      pushpin: "handler/stats_subscription_ttl",
      help: "How long a subscription counts as there without being told of again."),
    .duration(
      "statistics.report-interval", \.server.statistics.reportInterval, .zero ... .seconds(86_400),
      pushpin: "handler/stats_report_interval", help: "How often reports are sent; 0 for never."),
    .count(
      "statistics.max-events", \.server.statistics.maxWaitingEvents, 1...100_000_000,
      help: "Events that wait to be counted and told; beyond it they are dropped and the loss is logged."),
  ]

  private static let subscribe = EdgeOption(
    "zeromq.subscribe", "ADDRESS, …", .list, pushpin: ["handler/push_in_sub_specs", "handler/push_in_sub_spec"],
    "Where publishers publish by channel (PUB to SUB). The two names of pushpin.conf add up. Who reaches it may publish.",
    read: { $0.server.zeroMQ.subscribe.map(\.address).joined(separator: ", ") },
    write: { settings, input throws(Fault) in
      let endpoints = input.list.map {
        ZeroMQConfiguration.Endpoint(key: input.pushpinKey ?? "zeromq.subscribe", address: $0)
      }
      if input.pushpinKey == nil { settings.server.zeroMQ.subscribe = [] }
      settings.server.zeroMQ.subscribe += endpoints
      return nil
    })

  private static let fileMode = EdgeOption(
    "zeromq.file-mode", "MODE", .text, pushpin: ["handler/ipc_file_mode"],
    "The mode of the files of ipc:// addresses, an octal number such as 770; without it the system decides.",
    read: { $0.server.zeroMQ.fileMode.map { String($0, radix: 8) } },
    write: { settings, input throws(Fault) in
      if input.text.isEmpty {
        settings.server.zeroMQ.fileMode = nil
        return nil
      }
      guard let mode = UInt32(input.text, radix: 8), mode <= 0o777 else {
        throw Fault(text: "'\(input.text)' is no mode; it is an octal number from 0 to 777")
      }
      settings.server.zeroMQ.fileMode = mode
      return nil
    })

  private static let format = EdgeOption(
    "statistics.format", "FORMAT", .choice(StatisticsConfiguration.Format.allCases.map(\.rawValue)),
    pushpin: ["handler/stats_format"], "How messages are written: tnetstring or json.",
    read: { $0.server.statistics.format.rawValue },
    write: { settings, input throws(Fault) in
      guard let format = StatisticsConfiguration.Format(rawValue: input.text) else { return nil }
      settings.server.statistics.format = format
      return nil
    })

  /// An address of a socket; empty for none.
  private static func endpoint(
    _ key: String, _ path: any Path<ZeroMQConfiguration.Endpoint?>, pushpin: String, help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "ADDRESS", .text, pushpin: [pushpin], help, read: { $0[keyPath: path]?.address },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] =
          input.text.isEmpty
          ? nil : ZeroMQConfiguration.Endpoint(key: input.pushpinKey ?? key, address: input.text)
        return nil
      })
  }
}

extension EdgeSettings {
  /// Moves the ports of the ZeroMQ sockets, as those of clients and publishers are (`port_offset`, `--id`).
  mutating func shiftZeroMQPorts(by offset: Int) {
    func moved(_ endpoint: ZeroMQConfiguration.Endpoint) -> ZeroMQConfiguration.Endpoint {
      ZeroMQConfiguration.Endpoint(
        key: endpoint.key, address: ZeroMQConfiguration.moved(endpoint.address, by: offset))
    }
    server.zeroMQ.pull = server.zeroMQ.pull.map(moved)
    server.zeroMQ.command = server.zeroMQ.command.map(moved)
    server.zeroMQ.subscribe = server.zeroMQ.subscribe.map(moved)
    server.statistics.publish = server.statistics.publish.map(moved)
  }

  /// Names the sockets by which other machines may publish.
  func openZeroMQNotes(source: String) -> [ConfigurationNote] {
    var open = [server.zeroMQ.pull, server.zeroMQ.command].compactMap(\.self)
    if !server.zeroMQ.subscribesByConnecting { open += server.zeroMQ.subscribe }
    return open.filter { ZeroMQConfiguration.isOpenToOthers($0.address) }.map {
      ConfigurationNote(
        .warning, source: source,
        text: "\($0.key): EVERYBODY who reaches \($0.address) may publish: ZeroMQ has no credentials here")
    }
  }
}
