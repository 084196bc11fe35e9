import FanoutEdge
import Logging
import NIOCore

/// A whole edge server with its ports for publishing, commands and statistics.
enum WholeServer {
  /// Runs it for a test, with these lines of a routes file.
  static func run(
    routes lines: [String], configure: (inout EdgeServerConfiguration) -> Void,
    _ test: (EdgeServer, EdgeServer.Addresses) async throws -> Void
  ) async throws {
    var edge = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    edge.loopCount = 2
    edge.shutdownGrace = .milliseconds(200)
    var configuration = EdgeServerConfiguration(edge: edge)
    configuration.zeroMQ.command = endpoint("command_spec")
    configuration.statistics.publish = endpoint("stats_spec")
    configuration.statistics.format = .json
    configure(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let routes = RouteParser { _ in [] }.read(lines: lines, source: "test").table
    let server = EdgeServer(configuration: configuration, routes: routes, logger: logger)
    let result: Result<Void, any Error>
    do {
      result = .success(try await test(server, try await server.start()))
    } catch {
      result = .failure(error)
    }
    await server.stop(graceful: false)
    try result.get()
  }

  /// A ZeroMQ socket on a port that the system picks.
  static func endpoint(_ key: String) -> ZeroMQConfiguration.Endpoint {
    ZeroMQConfiguration.Endpoint(key: key, address: "tcp://127.0.0.1:*")
  }
}
