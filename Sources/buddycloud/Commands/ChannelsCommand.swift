import ArgumentParser
import ServerKit

/// `buddycloud channels`.
struct ChannelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channels", abstract: "Run the channel server as a component of an XMPP server.",
    discussion: "`buddycloud channels --help` lists the options.")

  @Argument(parsing: .captureForPassthrough, help: "Options; see `buddycloud channels --help`.")
  var flags: [String] = []

  func run() async throws {
    if Help.isAsked(flags) { return Help.print("channels", ChannelsOptions.all) }
    let values = ConfigurationValues(arguments: flags, options: ChannelsOptions.all)
    try await values.serve(problems: values.allChannelsProblems) { try await ComponentProcess(values).run() }
  }
}
