import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// The web client in Chromium: the scripts of `Tests/BrowserTests`, each against a server of its own.
  @Suite("The web client in a browser") struct BrowserTests {
    static let folder = DocumentsTests.root.appending(path: "Tests/BrowserTests")

    /// The scripts that can be run, not what they share.
    static let scripts: [String] =
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { name in
        let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return name.hasSuffix(".py") && text?.contains("\nmain(test)") == true
      }
      .sorted()

    @Test func `there are browser tests`() { #expect(!Self.scripts.isEmpty) }

    @Test(arguments: scripts)
    func `a script's checks hold`(script: String) throws {
      try #require(Python.has("playwright"), "make test installs it into .venv")
      try #require(Command.exists("chromium"), "make test installs it")
      var server = try Standalone()
      let pictures = DocumentsTests.root.appending(path: "Tests/artifacts/\(script.dropLast(3))")
      try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
      let process = try ChildProcess(
        Python.path, ["-u", script, "http://\(server.web)", pictures.path], directory: Self.folder.path, input: nil)
      // A script may ask for the server to be stopped and started; each is answered with a line.
      var answered = 0
      while let request = Self.request(of: process, after: answered) {
        if request == "stop" { try server.process.stop() }
        if request == "start" { server = try Standalone(data: server.data, listen: server.web, apiListen: server.api) }
        try process.write(line: "done")
        answered += 1
      }
      let ending = try process.waitForEnd(within: .seconds(5))
      print(process.log.text)
      #expect(
        ending == .exited(0), "pictures of the open pages are in \(pictures.path)\n\(server.process.log.tail())")
      #expect(process.log.text.contains("ok 1 - "), "it checked nothing")
    }

    /// What a script asks for after so many requests; `nil` when it has ended.
    private static func request(of process: ChildProcess, after answered: Int) -> String? {
      process.log.firstValue(within: .seconds(400), after: answered) { line in
        line.hasPrefix("please: ") ? String(line.dropFirst(8)) : nil
      }
    }
  }
}
