import BuddycloudAPI
import ChannelServer
import Channels
import FanoutEdge
import GRIP
import Hummingbird
import Logging
import ServerKit
import ServiceLifecycle
import UnixSignals
import WebClient

/// Why the server does not start, in words.
struct ServeFailure: Error, CustomStringConvertible {
  let description: String
}

/// Everything in one process: channel server, API, web client, and the edge in front of them.
///
/// The API reaches the edge as it reaches any proxy: by instructions in answers, and over HTTP at the control port.
struct StandaloneServer {
  /// The issuer of the tokens between the API and the embedded edge.
  static let issuer = "buddycloud"

  private let values: ConfigurationValues
  private let logger = Logger(label: "buddycloud")

  /// A server with these settings, which have been checked.
  init(_ values: ConfigurationValues) {
    self.values = values
  }

  /// Runs until SIGINT or SIGTERM.
  func run() async throws {
    let directory = DataDirectory(path: values.text("data-dir"))
    try directory.make()
    let edgeKey = try directory.key("edge.key")
    let nextLinkKey = try directory.key("next-link.key")
    let channels = try Services.channelServer(values.channelServer, store: StorePlace(values), logger: logger)
    let proxies = try values.gripProxies()
    let embedded = GRIPEndpoint(controlURI: "", verifyKey: GRIPKey(secret: edgeKey), verifyIssuer: Self.issuer)
    let api = APIServer(
      configuration: APIConfiguration(values), channels: channels, events: channels, trusted: [embedded] + proxies,
      nextLinkKey: nextLinkKey, logger: logger)
    let ports = Ports()
    let front = Front(
      values: values, api: api, proxies: proxies, edgeKey: Secret(edgeKey), ports: ports, logger: logger)
    try await Services.run(
      [
        Maintenance(channels: channels, logger: logger),
        Listening(
          name: "api-listen", address: values.text("api-listen"), server: try application(of: api, ports: ports)),
        Listening(
          name: "the web client", address: "127.0.0.1",
          server: web.application(
            host: "127.0.0.1", port: 0, logger: logger.quiet, onServerRunning: { ports.web.set($0) })),
        front,
      ], logger: logger)
  }

  private func application(of api: APIServer, ports: Ports) throws -> Application<APIResponder> {
    guard let address = values.address("api-listen") else {
      throw ServeFailure(description: "api-listen is no address")
    }
    return api.application(host: address.host, port: address.port) { ports.api.set($0) }
  }

  private var web: WebResponder {
    WebResponder(contentSecurityPolicy: WebClient.contentSecurityPolicy) { path in
      WebClient.file(at: path).map { WebFile(contentType: $0.contentType, bytes: $0.bytes, etag: $0.etag) }
    }
  }
}

/// Ports that are known once their servers run.
struct Ports: Sendable {
  let api = Promise<Int>()
  let web = Promise<Int>()
}

/// A server whose failure to listen is told in words.
struct Listening<Server: Service>: Service, CustomStringConvertible {
  let name: String
  let address: String
  let server: Server

  var description: String { "\(name) on \(address)" }

  func run() async throws {
    do {
      try await server.run()
    } catch let error as CancellationError {
      throw error
    } catch {
      throw ServeFailure(description: "cannot listen on \(address) (\(name)): \(SystemErrorText.of(error))")
    }
  }
}
