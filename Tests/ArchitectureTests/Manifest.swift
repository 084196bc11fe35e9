import Foundation
import TestKit

/// `Package.swift` as the package manager reads it.
struct Manifest: Decodable {
  /// One target.
  struct Target: Decodable {
    var name: String
    var type: String
    var dependencies: [Dependency]
  }

  /// What a target depends on: the name of a target of ours or of another package's product.
  struct Dependency: Decodable {
    /// The name of the target or product.
    var name: String

    private enum CodingKeys: String, CodingKey { case byName, product, target }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      for key in [CodingKeys.byName, .product, .target] where container.contains(key) {
        var parts = try container.nestedUnkeyedContainer(forKey: key)
        name = try parts.decode(String.self)
        return
      }
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "unknown dependency"))
    }
  }

  var targets: [Target]

  /// Asks the package manager, with a scratch folder of its own: with the usual one it would wait for the tests to end.
  static func current() throws -> Manifest {
    let scratch = try TemporaryFolder()
    // Without the targets that are there for the tests and the fuzzer only.
    let dump = try Command.run(
      "env", ["-u", "EXAMPLES", "-u", "FUZZ", "swift", "package", "--scratch-path", scratch.path, "dump-package"],
      directory: SourceTree.root.path, deadline: .seconds(120))
    return try JSONDecoder().decode(Manifest.self, from: Data(dump.output.utf8))
  }
}
