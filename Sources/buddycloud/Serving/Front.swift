import BuddycloudAPI
import GRIP
import Logging
import PubControl
import ServerKit
import ServiceLifecycle

/// What stands in front: starts when the API and the web client listen, says that the server is ready, and publishes.
struct Front: Service {
  let values: ConfigurationValues
  let api: APIServer
  let proxies: [GRIPEndpoint]
  let edgeKey: [UInt8]
  let ports: Ports
  let logger: Logger

  func run() async throws {
    let apiPort = await ports.api.value
    let webPort = await ports.web.value
    let publisher = PubControl(endpoints: proxies)
    Standard.output("buddycloud is ready: http://127.0.0.1:\(webPort)/ (API http://127.0.0.1:\(apiPort))")
    try await cancelWhenGracefulShutdown {
      try await withThrowingDiscardingTaskGroup { group in
        for relay in api.relays(to: publisher) {
          group.addTask { try await relay.run() }
        }
        try await gracefulShutdown()
      }
    }
  }
}
