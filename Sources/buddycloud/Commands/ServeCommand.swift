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
    try await values.serve(problems: values.allProblems) { try await StandaloneServer(values).run() }
  }
}

extension ConfigurationValues {
  /// Runs a server with these settings, or says in words why not.
  func serve(problems: [ConfigurationProblem], _ run: () async throws -> Void) async throws {
    guard problems.isEmpty else {
      for problem in problems { Standard.error(problem.description) }
      throw ExitCode(1)
    }
    startLogging()
    do {
      try await run()
    } catch let problem as ConfigurationProblem {
      Standard.error(problem.description)
      throw ExitCode(1)
    } catch let error as ServeFailure {
      Standard.error(error.description)
      throw ExitCode(1)
    }
  }

  /// Sets the log up, once in a process.
  private func startLogging() {
    let level = Logger.Level(rawValue: text("log-level")) ?? .info
    let format = LogFormat(rawValue: text("log-format")) ?? .text
    LoggingSystem.bootstrap { label in
      var handler = format.handler(label: label)
      handler.logLevel = level
      return handler
    }
  }
}
