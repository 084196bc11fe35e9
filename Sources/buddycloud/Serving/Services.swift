import ChannelServer
import Channels
import Logging
import ServerKit
import ServiceLifecycle
import UnixSignals

/// What all servers of this program have.
enum Services {
  /// Runs services until SIGINT or SIGTERM.
  static func run(_ services: [any Service], logger: Logger) async throws {
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quiet)
    group.maximumGracefulShutdownDuration = .seconds(15)
    try await ServiceGroup(configuration: group).run()
  }

  /// A channel server over its store.
  static func channelServer(
    _ configuration: ChannelServerConfiguration, store: StorePlace, logger: Logger
  ) throws -> ChannelServer {
    do {
      return try ChannelServer(store: store.open(logger), configuration: configuration)
    } catch {
      throw ServeFailure(description: error.description)
    }
  }
}

extension Logger {
  /// What Hummingbird and the service group say of starts and failures, one line of ours says better.
  var quiet: Logger {
    var logger = self
    if logger.logLevel >= .info { logger.logLevel = .critical }
    return logger
  }
}

/// Removes old events now and then, and notices what the command line changes.
struct Maintenance: Service, CustomStringConvertible {
  let channels: ChannelServer
  let logger: Logger

  var description: String { "maintenance" }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask { await channels.watchForeignCommits() }
        group.addTask {
          await channels.maintain { error in
            logger.error("old events could not be removed", metadata: .keys([.errorDetail: error.description]))
          }
        }
      }
    }
  }
}
