import ArgumentParser
import Foundation
import Logging
import ServerKit

/// `buddycloud serve`.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run everything in this process.",
    discussion: "`buddycloud serve --help` lists the options.")

  @Argument(parsing: .captureForPassthrough, help: "Options; see `buddycloud serve --help`.")
  var flags: [String] = []

  func run() async throws {
    if Help.isAsked(flags) { return Help.print("serve") }
    let values = ConfigurationValues(arguments: flags)
    let problems = values.allProblems
    guard problems.isEmpty else {
      for problem in problems { Standard.error(problem.description) }
      throw ExitCode(1)
    }
    values.startLogging()
    do {
      try await StandaloneServer(values).run()
    } catch let problem as ConfigurationProblem {
      Standard.error(problem.description)
      throw ExitCode(1)
    } catch let error as ServeFailure {
      Standard.error(error.description)
      throw ExitCode(1)
    }
  }
}

extension ConfigurationValues {
  /// Sets the log up, once in a process.
  func startLogging() {
    let level = Logger.Level(rawValue: text("log-level")) ?? .info
    let format = LogFormat(rawValue: text("log-format")) ?? .text
    LoggingSystem.bootstrap { label in
      var handler = format.handler(label: label)
      handler.logLevel = level
      return handler
    }
  }
}
