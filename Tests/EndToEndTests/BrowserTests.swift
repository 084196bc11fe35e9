import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// The web client in Chromium: the scripts of `Tests/BrowserTests`, each against a server of its own.
  @Suite("The web client in a browser") struct BrowserTests {
    static let folder = DocumentsTests.root.appending(path: "Tests/BrowserTests")

    /// Every script but the one that the others share.
    static let scripts: [String] =
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0.hasSuffix(".py") && $0 != "support.py" }.sorted()

    @Test func `there are browser tests`() { #expect(!Self.scripts.isEmpty) }

    @Test(arguments: scripts)
    func `a script's checks hold`(script: String) throws {
      try #require(Python.has("playwright"), "make test installs it into .venv")
      try #require(Command.exists("chromium"), "make test installs it")
      let server = try Standalone()
      let pictures = DocumentsTests.root.appending(path: "Tests/artifacts/\(script.dropLast(3))")
      try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
      let result = try Command.result(
        Python.path, [script, "http://\(server.web)", pictures.path], directory: Self.folder.path,
        deadline: .seconds(400))
      print(result.output)
      #expect(
        result.ending == .exited(0), "pictures of the open pages are in \(pictures.path)\n\(server.process.log.tail())")
      #expect(result.output.contains("ok 1 - "), "it checked nothing")
    }
  }
}
