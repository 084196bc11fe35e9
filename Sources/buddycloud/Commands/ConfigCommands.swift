import ArgumentParser
import Foundation
import ServerKit

/// `buddycloud check-config`.
struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Say everything that is wrong with the configuration, with file and line.",
    discussion: "Takes the flags of serve.")

  @Argument(parsing: .captureForPassthrough, help: "Flags of serve.")
  var flags: [String] = []

  func run() throws {
    if Help.isAsked(flags) { return Help.print("check-config") }
    let values = ConfigurationValues(arguments: flags)
    let problems = values.allProblems
    guard problems.isEmpty else {
      for problem in problems { Standard.error(problem.description) }
      throw ExitCode(1)
    }
    print("The configuration is right.")
  }
}

/// `buddycloud print-config`.
struct PrintConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "print-config",
    abstract: "Print the effective configuration, each option with its explanation, as a file that can be used.",
    discussion: "Takes the flags of serve. Secrets are masked.")

  @Argument(parsing: .captureForPassthrough, help: "Flags of serve.")
  var flags: [String] = []

  func run() throws {
    if Help.isAsked(flags) { return Help.print("print-config") }
    let values = ConfigurationValues(arguments: flags)
    print(values.explained(), terminator: "")
    guard values.problems.isEmpty else {
      for problem in values.problems { Standard.error(problem.description) }
      throw ExitCode(1)
    }
  }
}

/// Writing for people.
enum Standard {
  /// A line on standard error.
  static func error(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// A line on standard output, at once, also into a pipe.
  static func output(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}

/// The help of commands that take the server's options, made from their descriptions.
enum Help {
  /// Whether help is asked for.
  static func isAsked(_ flags: [String]) -> Bool {
    flags.contains("--help") || flags.contains("-h")
  }

  /// Prints all options.
  static func print(_ command: String, _ options: [ConfigurationOption] = ServerOptions.all) {
    Standard.output("USAGE: buddycloud \(command) [options]\n")
    for option in options {
      Standard.output("  \(option.flag) \(option.placeholder)")
      for line in option.help.split(separator: "\n") { Standard.output("      \(line)") }
      if let text = option.defaultText, !text.isEmpty { Standard.output("      Default: \(text)") }
    }
    Standard.output(
      "\nEach can also be set in the environment (\(ServerOptions.prefix)_DATA_DIR=…) and in the file (data-dir: …).")
  }
}
