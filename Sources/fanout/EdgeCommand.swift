import ArgumentParser
import FanoutEdge
import Glibc

/// `fanout edge`: becomes `fanout-edge`, the small executable beside this one.
struct EdgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edge", abstract: "Run a proxy; takes what pushpin takes (fanout edge --help).",
    helpNames: [])

  @Argument(parsing: .captureForPassthrough, help: "The options of fanout-edge.")
  var arguments: [String] = []

  func run() throws {
    let path = try Self.sibling()
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    execv(path, &words)
    // Only where it did not work.
    let reason = String(cString: strerror(errno))
    throw ValidationError("\(path) cannot be run: \(reason)")
  }

  /// `fanout-edge` in the directory of this executable, links resolved.
  private static func sibling() throws -> String {
    guard let own = realpath("/proc/self/exe", nil) else {
      throw ValidationError("the directory of fanout-edge is not known: /proc is not mounted")
    }
    defer { free(own) }
    let path = String(cString: own)
    guard let slash = path.lastIndex(of: "/") else {
      throw ValidationError("the directory of fanout-edge is not known")
    }
    return path[...slash] + "fanout-edge"
  }
}
