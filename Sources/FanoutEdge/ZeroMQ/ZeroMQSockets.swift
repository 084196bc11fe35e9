import CZeroMQ
import Glibc

/// The sockets that a configuration names, open.
///
/// **Isolation**: one thread at a time, as `ZeroMQSocket`.
final class ZeroMQSockets {
  private(set) var pull: ZeroMQSocket?
  private(set) var subscribe: ZeroMQSocket?
  private(set) var command: ZeroMQSocket?
  private(set) var statistics: ZeroMQSocket?
  private(set) var addresses = ZeroMQAddresses()
  private let configuration: ZeroMQConfiguration

  /// Opens them, all or none.
  init(_ configuration: ZeroMQConfiguration, statistics: StatisticsConfiguration) throws(ZeroMQService.StartError) {
    self.configuration = configuration
    do throws(ZeroMQError) {
      let context = try ZeroMQContext()
      if configuration.pull != nil { pull = try intake(.pull, context) }
      if !configuration.subscribe.isEmpty { subscribe = try intake(.subscribe, context) }
      if configuration.command != nil {
        command = try intake(.router, context)
        try command?.set(ZMQ_SNDHWM, 1000)
      }
      if statistics.publish != nil {
        self.statistics = try ZeroMQSocket(.extendedPublish, context: context)
        // Who does not read loses messages beyond this, and nobody else does.
        try self.statistics?.set(ZMQ_SNDHWM, 10_000)
        try self.statistics?.setMaxMessageBytes(4096)
      }
    } catch {
      throw ZeroMQService.StartError(description: "zeroMQ: \(error)")
    }
    if let endpoint = configuration.pull, let pull { addresses.pull = try listen(pull, endpoint) }
    if let endpoint = configuration.command, let command { addresses.command = try listen(command, endpoint) }
    if let endpoint = statistics.publish, let socket = self.statistics {
      addresses.statistics = try listen(socket, endpoint)
    }
    guard let subscribe else { return }
    for endpoint in configuration.subscribe {
      addresses.subscribe.append(
        configuration.subscribesByConnecting
          ? try connect(subscribe, endpoint) : try listen(subscribe, endpoint))
    }
  }

  /// Hears no publisher and no command any more.
  func closeIntake() {
    pull = nil
    subscribe = nil
    command = nil
  }

  private func intake(_ kind: ZeroMQSocket.Kind, _ context: ZeroMQContext) throws(ZeroMQError) -> ZeroMQSocket {
    let socket = try ZeroMQSocket(kind, context: context)
    try socket.set(ZMQ_RCVHWM, Int32(clamping: configuration.receiveQueue))
    try socket.setMaxMessageBytes(configuration.maxMessageBytes * 2)
    return socket
  }

  private func listen(
    _ socket: ZeroMQSocket, _ endpoint: ZeroMQConfiguration.Endpoint
  ) throws(ZeroMQService.StartError) -> String {
    if let path = Self.path(of: endpoint.address) { LocalSocketFile.makeDirectory(of: path) }
    do throws(ZeroMQError) {
      try socket.bind(endpoint.address)
    } catch {
      throw ZeroMQService.StartError(description: "\(endpoint): cannot listen there: \(error)")
    }
    if let path = Self.path(of: endpoint.address), let mode = configuration.fileMode, chmod(path, mode) != 0 {
      throw ZeroMQService.StartError(
        description: "\(endpoint): ipc_file_mode cannot be set: \(String(cString: strerror(errno)))")
    }
    return Self.told(endpoint.address, bound: socket.lastEndpoint)
  }

  private func connect(
    _ socket: ZeroMQSocket, _ endpoint: ZeroMQConfiguration.Endpoint
  ) throws(ZeroMQService.StartError) -> String {
    do throws(ZeroMQError) {
      try socket.set(ZMQ_TCP_KEEPALIVE, 1)
      try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, 30)
      try socket.set(ZMQ_TCP_KEEPALIVE_CNT, 6)
      try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, 5)
      try socket.connect(endpoint.address)
    } catch {
      throw ZeroMQService.StartError(description: "\(endpoint): cannot connect there: \(error)")
    }
    return endpoint.address
  }

  private static func path(of address: String) -> String? {
    address.hasPrefix("ipc://") ? String(address.dropFirst("ipc://".count)) : nil
  }

  /// The address as clients are told it: as it was configured, but with the port that was picked. Clients replace a host
  /// of `*` by the one that they know (GRIP proxy §20).
  static func told(_ configured: String, bound: String) -> String {
    guard configured.hasPrefix("tcp://"), let colon = configured.lastIndex(of: ":"),
      let port = bound.lastIndex(of: ":")
    else { return configured }
    return String(configured[...colon]) + bound[bound.index(after: port)...]
  }
}

@available(*, unavailable)
extension ZeroMQSockets: Sendable {}
