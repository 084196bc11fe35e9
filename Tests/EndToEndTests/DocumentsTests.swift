import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("What the documents say is true") struct DocumentsTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
      try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The blocks of a document that are marked as shell commands.
    static func commands(in document: String) throws -> [String] {
      try text(document).matches(of: #/```sh\n(.*?)```/#.dotMatchesNewlines()).map { String($0.output.1) }
    }

    @Test func `the commands of the README work, word for word`() throws {
      // These are run by scripts/check-run.sh, where no test holds the build folder.
      let elsewhere: Set = ["make run\n"]
      let server = try Standalone(
        configuration: Settings.shortHold, options: [])
      let products = Products.folder
      var count = 0
      for block in try Self.commands(in: "README.md") where !elsewhere.contains(block) {
        let script = block.replacing("127.0.0.1:8080", with: "\(server.web)")
          .replacing(".build/debug/", with: products + "/")
        let result = try Command.run("bash", ["-ec", script], directory: Self.root.path)
        if block.contains("notifications/posts") {
          #expect(result.output.contains(#""content":"O Romeo, Romeo!""#), "\(result.output)")
          #expect(result.output.contains(#""last_cursor":"#), "\(result.output)")
        }
        count += 1
      }
      #expect(count == 3)
      let check = try Self.text("scripts/check-run.sh")
      #expect(check.contains("make --no-print-directory run"))
    }

    @Test func `every option that a document names is in a help text`() throws {
      var help = ""
      for (program, commands) in [
        (
          "buddycloud",
          [
            [], ["serve"], ["channels"], ["user"], ["user", "add"], ["check-config"], ["print-config"], ["version"],
          ]
        ),
        (
          "fanout",
          [
            [], ["edge"], ["publish"], ["bench"], ["check-config"], ["print-config"], ["version"], ["routes"],
            ["channels"], ["connections"], ["stats"], ["close"],
          ]
        ),
      ] {
        for command in commands {
          let result = try Command.run(try Products.path(program), command + ["--help"])
          help += result.output
        }
      }
      for script in ["compare.py", "neighbours.py"] {
        help += try Command.run("python3", ["Benchmarks/\(script)", "--help"], directory: Self.root.path).output
      }
      // Options of other programs' command lines.
      let foreign: Set = ["--build-tests", "--skip-build", "--filter", "--no-parallel", "--strict", "--unix-socket"]
      let documents =
        ["README.md", "CONTRIBUTING.md"].map { $0 }
        + (try FileManager.default.contentsOfDirectory(
          atPath: Self.root.appending(path: "docs").path
        ).filter { $0.hasSuffix(".md") }.map { "docs/" + $0 })
      for document in documents {
        for match in try Self.text(document).matches(of: #/(?:^|[\s`(])(--[a-z][a-z-]+)/#) {
          let option = String(match.output.1)
          #expect(foreign.contains(option) || help.contains(option), "\(document): \(option)")
        }
      }
    }

    @Test func `make says what one can do, and each of it exists`() throws {
      let list = try Command.run("make", ["help"], directory: Self.root.path).output
      for target in ["run", "test", "build", "format", "lint", "bench", "help"] {
        #expect(list.contains("make \(target)"))
        try Command.run("make", ["--dry-run", target], directory: Self.root.path)
      }
      for match in try Self.text("Makefile").matches(of: #/@((?:scripts|Benchmarks)/[a-z-]+\.sh)/#) {
        let script = Self.root.appending(path: String(match.output.1)).path
        #expect(FileManager.default.isExecutableFile(atPath: script), "\(script)")
        try Command.run("bash", ["-n", script])
      }
    }
  }
}
