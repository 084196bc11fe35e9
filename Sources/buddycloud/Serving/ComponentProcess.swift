import ChannelServer
import Channels
import Logging
import NIOPosix
import ServerKit
import ServiceLifecycle
import XMPPTransport

/// The channel server as a process beside an XMPP server.
struct ComponentProcess {
  private let values: ConfigurationValues
  private let logger = Logger(label: "buddycloud")

  /// A process with these settings, which have been checked.
  init(_ values: ConfigurationValues) {
    self.values = values
  }

  /// Runs until SIGINT or SIGTERM.
  func run() async throws {
    try DataDirectory(path: values.text("data-dir")).make()
    let place = try values.componentPlace()
    let channels = try Services.channelServer(
      values.channelServerOnXMPP(), store: StorePlace(values), logger: logger)
    let transport = try await StreamTransport(
      group: MultiThreadedEventLoopGroup.singleton, tls: StreamTLS(), logger: logger)
    let server: ComponentServer
    do {
      server = try ComponentServer(
        server: channels, place: place, transport: transport, configuration: values.channelComponent, logger: logger)
    } catch {
      throw ServeFailure(description: error.description)
    }
    let words =
      "buddycloud channels is ready: \(channels.configuration.channelsDomain) and "
      + "\(channels.configuration.topicsDomain) at \(place.host):\(place.port)"
    try await Services.run(
      [Maintenance(channels: channels, logger: logger), Component(server: server, words: words)], logger: logger)
  }
}

/// The connections to the XMPP server.
private struct Component: Service, CustomStringConvertible {
  let server: ComponentServer
  let words: String

  var description: String { "component" }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await server.run { Standard.output(words) }
    }
  }
}
