import Foundation

/// A folder of its own for a test, removed with the last reference to it (kept with `KEEP_TEST_FILES=1`).
package final class TemporaryFolder: Sendable {
  /// The absolute path.
  package let path: String

  /// Makes the folder below the system's temporary one.
  package init() throws {
    var template = Array((NSTemporaryDirectory() + "buddycloud-test.XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw TestFailure("no temporary folder could be made: \(String(cString: strerror(errno)))")
    }
    path = String(cString: made)
  }

  /// Writes a file, with the folders above it, and returns its path.
  @discardableResult package func write(_ name: String, _ content: String) throws -> String {
    let file = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content.utf8).write(to: file)
    return file.path
  }

  /// The path of something in the folder.
  package func file(_ name: String) -> String { path + "/" + name }

  deinit {
    if ProcessInfo.processInfo.environment["KEEP_TEST_FILES"] != nil {
      print("kept: \(path)")
    } else {
      try? FileManager.default.removeItem(atPath: path)
    }
  }
}
