/// A program that runs to its end.
package enum Command {
  /// What it did.
  package struct Result: Sendable {
    /// How it ended.
    package var ending: ChildProcess.Ending
    /// Standard output and standard error, as they came.
    package var output: String
  }

  /// Runs a program and waits for it; any exit status is a result.
  package static func result(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
    input: String = "", deadline: Duration = .seconds(60)
  ) throws -> Result {
    let process = try ChildProcess(
      program, arguments, environment: environment, directory: directory, input: input)
    let ending = try process.waitForEnd(within: deadline)
    process.log.waitForEnd(within: .seconds(5))
    return Result(ending: ending, output: process.log.text)
  }

  /// Runs a program that must succeed.
  @discardableResult package static func run(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
    input: String = "", deadline: Duration = .seconds(60)
  ) throws -> Result {
    let result = try result(
      program, arguments, environment: environment, directory: directory, input: input, deadline: deadline)
    guard result.ending == .exited(0) else {
      throw TestFailure("\(program) \(arguments.joined(separator: " ")): \(result.ending)\n\(result.output)")
    }
    return result
  }

  /// Whether PATH has a program of this name.
  package static func exists(_ program: String) -> Bool {
    (try? result("which", [program]).ending) == .exited(0)
  }
}
