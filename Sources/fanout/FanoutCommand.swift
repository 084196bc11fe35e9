import ArgumentParser
import FanoutEdge

/// `fanout`: the GRIP proxy and what belongs to it.
@main
struct FanoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fanout", abstract: "A GRIP proxy: realtime for HTTP backends.",
    subcommands: [
      EdgeCommand.self, PublishCommand.self, BenchCommand.self, RoutesCommand.self, ChannelsCommand.self,
      ConnectionsCommand.self, StatsCommand.self, CloseCommand.self, CheckConfigCommand.self, PrintConfigCommand.self,
      VersionCommand.self,
    ])
}

/// `fanout version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

  func run() {
    print("fanout \(EdgeVersion.current)")
  }
}
