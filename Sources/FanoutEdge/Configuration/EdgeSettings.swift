package import NIOCore
package import ServerKit

/// Everything that files, the environment and the command line can say of an edge.
package struct EdgeSettings: Sendable {
  /// The configuration of the server.
  package var server: EdgeServerConfiguration
  /// The routes file, relative to the configuration file where it was not absolute; `nil` where none is named.
  package var routesFile: String?
  /// How often the routes file is looked at; zero: never. Default 1 s (GRIP §3.1).
  package var routesInterval = TimeAmount.seconds(1)
  /// 0 errors, 1 warnings, 2 notices, 3 debug, 4 trace. Default 2.
  package var logLevel = 2
  /// How log lines look. Default text.
  package var logFormat = LogFormat.text
  /// Whether every request is logged; from `logLevel` 3 on it is anyway. Default no.
  package var logsAccess = false
  /// What is added to every port that is not 0. Default 0.
  package var portOffset = 0
  /// Where publishers connect, as `push_in_http_port` says it.
  package var controlPort: Int?
  /// Where publishers connect, as `push_in_http_addr` says it.
  package var controlHost: String?

  /// The defaults: clients on `127.0.0.1:7999`, publishers on `127.0.0.1:5561`, unsigned.
  package init() {
    server = EdgeServerConfiguration(edge: EdgeConfiguration(listen: [ListenAddress(port: 7999)]))
    server.control.listen = [ListenAddress(port: 5561)]
  }

  /// Reads `[address:]port` for publishers: without an address it is this machine only.
  package static func controlAddress(_ text: String) -> ListenAddress? {
    text.contains(":") ? PushpinConfiguration.address(text) : UInt16(text).map { ListenAddress(port: Int($0)) }
  }
}
