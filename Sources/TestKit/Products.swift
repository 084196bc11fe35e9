import Foundation

/// The executables under test.
package enum Products {
  /// The folder that holds them: `BUDDYCLOUD_PRODUCTS`, or where the test executable itself stands, which is where
  /// `swift build` puts both.
  package static let folder: String = {
    if let chosen = ProcessInfo.processInfo.environment["BUDDYCLOUD_PRODUCTS"] {
      return URL(filePath: chosen).standardizedFileURL.path
    }
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: own).deletingLastPathComponent().path
  }()

  /// The path of an executable.
  package static func path(_ name: String) throws -> String {
    let path = folder + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw TestFailure("\(path) is not there; `swift build` makes it")
    }
    return path
  }
}
