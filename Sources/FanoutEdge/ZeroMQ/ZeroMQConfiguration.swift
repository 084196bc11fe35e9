import Glibc

/// Where publishers, commands and those who watch are met over ZeroMQ. Nothing is open by default.
///
/// **Spec**: GRIP proxy §10.2, §10.3, §20, §22. None of these sockets has a password: who reaches one may use it.
package struct ZeroMQConfiguration: Sendable {
  /// A socket's address, and the setting that it comes from.
  package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// The name of the setting, for what is said when it cannot be used.
    package var key: String
    /// `tcp://host:port`, where both may be `*`, or `ipc://path`.
    package var address: String

    package init(key: String, address: String) {
      self.key = key
      self.address = address
    }

    package var description: String { "\(key): \(address)" }
  }

  /// Where publishers push items (`push_in_spec`); `nil` for none.
  package var pull: Endpoint?
  /// Where publishers publish by channel (`push_in_sub_specs`).
  package var subscribe: [Endpoint] = []
  /// Whether these addresses are connected to, instead of listened on (`push_in_sub_connect`). Default false.
  package var subscribesByConnecting = false
  /// Where commands come in (`command_spec`); `nil` for none.
  package var command: Endpoint?
  /// The mode of the files of `ipc://` addresses (`ipc_file_mode`); `nil` leaves them to the system.
  package var fileMode: UInt32?
  /// LIMIT: bytes of a message; beyond it is refused, and beyond twice as much the peer is disconnected. Default 1,000,000.
  package var maxMessageBytes = 1_000_000
  /// LIMIT: messages of one peer that wait here while more is on its way than can be delivered; then its own queue fills.
  /// Default 1000.
  package var receiveQueue = 1000
  /// LIMIT: items of one `publish` command. Default 10,000.
  package var maxItemsPerCommand = 10_000

  /// Nothing is open.
  package init() {}

  /// Whether anything is to be opened.
  package var isEmpty: Bool { pull == nil && subscribe.isEmpty && command == nil }

  /// All that is wrong.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    for endpoint in [pull, command].compactMap(\.self) + subscribe {
      if let text = Self.problem(of: endpoint.address) {
        problems.append(EdgeConfigurationProblem(key: endpoint.key, text: text))
      }
    }
    if maxMessageBytes < 1024 || maxMessageBytes > 1_000_000_000 {
      problems.append(EdgeConfigurationProblem(key: "zeroMQ.maxMessageBytes", text: "1024 to 1,000,000,000 bytes"))
    }
    if !(1...1_000_000).contains(receiveQueue) {
      problems.append(EdgeConfigurationProblem(key: "zeroMQ.receiveQueue", text: "1 to 1,000,000 messages"))
    }
    if maxItemsPerCommand < 1 {
      problems.append(EdgeConfigurationProblem(key: "zeroMQ.maxItemsPerCommand", text: "at least 1"))
    }
    return problems
  }

  /// What is wrong with an address; `nil` where it can be tried.
  static func problem(of address: String) -> String? {
    let accepted = "tcp://host:port and ipc://path are accepted, not '\(address)'"
    if address.hasPrefix("ipc://") {
      let path = address.dropFirst("ipc://".count)
      // The bound of a local socket's name on Linux, with its final zero.
      if path.utf8.count > 107 { return "the path of a local socket has at most 107 bytes: \(path)" }
      return path.isEmpty ? accepted : nil
    }
    guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return accepted }
    let host = address[..<colon].dropFirst("tcp://".count)
    let port = address[address.index(after: colon)...]
    guard !host.isEmpty, port == "*" || UInt16(port) != nil else { return accepted }
    return nil
  }

  /// An address with its port moved, where it is a TCP one with a port of its own (`port_offset`, `--id`).
  static func moved(_ address: String, by offset: Int) -> String {
    guard offset != 0, address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":"),
      let port = UInt16(address[address.index(after: colon)...]), port != 0
    else { return address }
    return address[...colon] + String(Int(port) + offset)
  }

  /// Whether other machines reach an address that is listened on.
  static func isOpenToOthers(_ address: String) -> Bool {
    guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return false }
    return !ControlConfiguration.isLoopback(String(address[..<colon].dropFirst("tcp://".count)))
  }
}
