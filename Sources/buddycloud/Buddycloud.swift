import ArgumentParser

/// The `buddycloud` command.
@main
struct Buddycloud: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "buddycloud",
    abstract: "A social network in one process: web client, HTTP API, realtime edge and channel server.",
    subcommands: [
      ServeCommand.self, ChannelsCommand.self, UserCommand.self, CheckConfig.self, PrintConfig.self,
      BenchStoreCommand.self, VersionCommand.self,
    ])
}

/// What this is.
enum Release {
  /// The version of the package, as in CHANGELOG.md.
  static let version = "0.1.0"
}

/// `buddycloud version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

  func run() {
    print("buddycloud \(Release.version)")
  }
}
