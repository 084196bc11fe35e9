import ArgumentParser
import Logging
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
    let problems = values.allChannelsProblems
    guard problems.isEmpty else {
      for problem in problems { Standard.error(problem.description) }
      throw ExitCode(1)
    }
    values.startLogging()
    do {
      try await ComponentProcess(values).run()
    } catch let problem as ConfigurationProblem {
      Standard.error(problem.description)
      throw ExitCode(1)
    } catch let error as ServeFailure {
      Standard.error(error.description)
      throw ExitCode(1)
    }
  }
}
