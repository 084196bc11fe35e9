import BuddycloudAPI
import FanoutEdge
import GRIP
import Logging
import NIOCore
import NIOPosix
import PubControl
import ServerKit
import ServiceLifecycle

/// What stands in front: the edge, which starts when the API and the web client listen. Then it says that the server is ready, and the
/// events go to the edge and to every other proxy.
struct Front: Service, CustomStringConvertible {
  let values: ConfigurationValues
  let api: APIServer
  let proxies: [GRIPEndpoint]
  let edgeKey: Secret<[UInt8]>
  let ports: Ports
  let logger: Logger

  /// For logs, which print services whole otherwise: with all settings.
  var description: String { "front" }

  /// Runs until the server stops.
  func run() async throws {
    guard let apiPort = await ports.api.value, let webPort = await ports.web.value else { return }
    let origin = OriginTarget(host: Self.reachable(values.address("api-listen")?.host), port: apiPort)
    let edge = EdgeServer(
      configuration: try values.edgeServer(key: GRIPKey(secret: edgeKey.exposed)),
      routes: Self.routes(api: origin, webPort: webPort), logger: logger)
    let addresses: EdgeServer.Addresses
    do {
      try await Self.requireFree(values.address("listen"))
      addresses = try await edge.start()
    } catch {
      throw ServeFailure(description: "the edge does not start: \(error)")
    }
    let control = Self.uri(values.address("control-listen"), port: addresses.control.first?.port)
    let url = Self.uri(values.address("listen"), port: addresses.edge.first?.port)
    Standard.output(
      "buddycloud is ready: \(url)/ (API \(Self.uri(values.address("api-listen"), port: apiPort)), control \(control))")
    await publish(to: control)
    await edge.stop()
  }

  /// Throws where somebody listens on an address.
  ///
  /// **Why**: the edge's loops share its port by `SO_REUSEPORT`, so the system would let a second server of the same user share it,
  /// too, and each would get some of the clients.
  private static func requireFree(_ address: ServerKit.ListenAddress?) async throws {
    guard let address, address.port != 0 else { return }
    do {
      let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: address.host, port: address.port).get()
      try await listener.close()
    } catch {
      throw ServeFailure(description: "cannot listen on \(address): \(SystemErrorText.of(error))")
    }
  }

  /// Publishes until the server stops.
  private func publish(to control: String) async {
    var options = PubControl.Options()
    // The relays try again themselves, in order.
    options.attempts = 1
    let embedded = GRIPEndpoint(
      controlURI: control,
      authentication: .jwt(issuer: StandaloneServer.issuer, key: GRIPKey(secret: edgeKey.exposed)))
    let publisher = PubControl(endpoints: [embedded] + proxies, options: options)
    await withDiscardingTaskGroup { group in
      for relay in api.relays(to: publisher) {
        group.addTask {
          do {
            try await relay.run()
          } catch {
            logger.error("a relay stopped", metadata: .keys([.errorDetail: "\(error)"]))
          }
        }
      }
    }
  }

  /// `/api/…` goes to the API with the prefix removed, everything else to the web client.
  private static func routes(api: OriginTarget, webPort: Int) -> RouteTable {
    RouteTable([
      Route(host: nil, pathBeginning: "/api/", id: "api", removedPathCount: 4, targets: [api]),
      Route(host: nil, id: "web", isGRIP: false, targets: [OriginTarget(host: "127.0.0.1", port: webPort)]),
    ])
  }

  /// An address of this machine for one that a server listens on.
  private static func reachable(_ host: String?) -> String {
    switch host {
    case nil, "0.0.0.0", "": "127.0.0.1"
    case "::": "::1"
    case let host?: host
    }
  }

  private static func uri(_ address: ServerKit.ListenAddress?, port: Int?) -> String {
    "http://\(ServerKit.ListenAddress(host: reachable(address?.host), port: port ?? address?.port ?? 0))"
  }
}
