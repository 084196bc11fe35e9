import Foundation
import ServerKit

/// The directory that holds everything, with the keys that the first start makes.
struct DataDirectory {
  /// Its path.
  let path: String

  /// The database.
  var database: String { "\(path)/buddycloud.sqlite" }

  /// Makes the directory where it is missing, readable for its owner only. What this process writes from now on is so, too,
  /// also in a directory that was there and lets others in.
  func make() throws {
    umask(0o077)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// A key of 32 bytes from a file of this name, which is written (for its owner only) where it is missing.
  ///
  /// **Errors**: a file that is no key is not replaced: what it signed would be lost.
  func key(_ name: String) throws -> [UInt8] {
    let file = "\(path)/\(name)"
    if let text = try? String(contentsOfFile: file, encoding: .utf8) {
      let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
      guard let key = Data(base64Encoded: line), key.count >= 32 else {
        throw ConfigurationProblem(
          file: file, text: "holds no key; remove it and a new one is made at the next start")
      }
      return Array(key)
    }
    var generator = SystemRandomNumberGenerator()
    let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    // Written under another name first, so that a start that is interrupted leaves no half a key.
    let temporary = "\(file).\(ProcessInfo.processInfo.processIdentifier).new"
    let isWritten = FileManager.default.createFile(
      atPath: temporary, contents: Data((key.base64EncodedString() + "\n").utf8),
      attributes: [.posixPermissions: 0o600])
    guard isWritten else { throw ConfigurationProblem(file: file, text: "cannot be written") }
    try FileManager.default.moveItem(atPath: temporary, toPath: file)
    return Array(key)
  }
}
