import ChannelServer
import Channels
import Logging
import NIOPosix
import ServerKit
import ServiceLifecycle
import UnixSignals
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
    let channels: ChannelServer
    let server: ComponentServer
    do {
      channels = try ChannelServer(
        store: StorePlace(values).open(logger), configuration: values.channelServerOnXMPP())
      server = try ComponentServer(
        server: channels, place: place,
        transport: try await StreamTransport(
          group: MultiThreadedEventLoopGroup.singleton, tls: StreamTLS(), logger: logger),
        configuration: values.channelComponent, logger: logger)
    } catch let error as ChannelError {
      throw ServeFailure(description: error.description)
    }
    let words =
      "buddycloud channels is ready: \(channels.configuration.channelsDomain) and "
      + "\(channels.configuration.topicsDomain) at \(place.host):\(place.port)"
    var group = ServiceGroupConfiguration(
      services: [
        Maintenance(channels: channels, logger: logger), Component(server: server, words: words),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    group.maximumGracefulShutdownDuration = .seconds(15)
    try await ServiceGroup(configuration: group).run()
  }

  private var quiet: Logger {
    var logger = logger
    if logger.logLevel >= .info { logger.logLevel = .critical }
    return logger
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
