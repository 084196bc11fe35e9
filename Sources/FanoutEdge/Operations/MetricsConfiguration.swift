/// Metrics on a listener of their own, beside `/metrics` of the control port.
package struct MetricsConfiguration: Sendable {
  /// Where it listens (`prometheus_port`), TCP or Unix sockets; none turns it off. Default none. Whoever reaches it may
  /// read.
  package var listen: [ListenAddress] = []
  /// Before every name (`prometheus_prefix`). Default empty.
  package var prefix = ""

  /// The defaults.
  package init() {}

  /// All that is wrong.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    for address in listen where !(0...65_535).contains(address.port) {
      problems.append(EdgeConfigurationProblem(key: "metrics.listen", text: "a port is a number from 0 to 65535"))
    }
    // What a metric's name may begin with.
    let isName = prefix.utf8.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: ":"):
        true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
      default: false
      }
    }
    if !isName {
      problems.append(
        EdgeConfigurationProblem(
          key: "metrics.prefix", text: "letters, digits, _ and : only, and no digit first: it begins metrics' names"))
    }
    return problems
  }

  /// The listener's own control configuration.
  ///
  /// - Parameter fileMode: of Unix sockets that name none (`ipc_file_mode`).
  func control(fileMode: UInt32?) -> ControlConfiguration {
    var control = ControlConfiguration()
    control.listen = listen.map { address in
      guard var socket = address.local, socket.mode == nil else { return address }
      socket.mode = fileMode
      return ListenAddress(local: socket)
    }
    control.servesMetricsOnly = true
    control.maxBodyBytes = 1024
    control.maxConnections = 64
    return control
  }
}
