import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("Wrong configuration is refused with words that help") struct BadConfigurationTests {
    /// A command line that must fail, and what its output must speak of.
    struct Row: CustomTestStringConvertible {
      var name: String
      var program: String
      var arguments: [String]
      /// Files of the folder that it is run in.
      var files: [String: String] = [:]
      var text: String

      var testDescription: String { name }
    }

    static let rows: [Row] = [
      .init(name: "a command that there is not", program: "buddycloud", arguments: ["dance"], text: "dance"),
      .init(
        name: "an option that there is not", program: "buddycloud", arguments: ["serve", "--dance"], text: "--dance"),
      .init(
        name: "an address of no form", program: "buddycloud", arguments: ["serve", "--listen", "nowhere"],
        text: "listen"),
      .init(
        name: "a port beyond all", program: "buddycloud", arguments: ["serve", "--listen", "127.0.0.1:70000"],
        text: "70000|port"),
      .init(
        name: "a registration of no kind", program: "buddycloud", arguments: ["serve", "--registration", "ajar"],
        text: "open.*closed"),
      .init(
        name: "a file that there is not", program: "buddycloud", arguments: ["serve", "--config", "missing.yaml"],
        text: "missing.yaml"),
      .init(
        name: "a file that is no YAML", program: "buddycloud", arguments: ["check-config", "--config", "c.yaml"],
        files: ["c.yaml": "a: [1\n"], text: "c.yaml"),
      .init(
        name: "a key that there is not", program: "buddycloud", arguments: ["check-config", "--config", "c.yaml"],
        files: ["c.yaml": "dance: wild\n"], text: "dance"),
      .init(
        name: "a hold that is too short", program: "buddycloud", arguments: ["check-config", "--config", "c.yaml"],
        files: ["c.yaml": "realtime:\n  hold-timeout: 1s\n"], text: "hold-timeout"),
      .init(
        name: "proxies that are no JSON", program: "buddycloud", arguments: ["serve", "--grip-proxies", "[{"],
        text: "grip-?proxies"),
      .init(
        name: "a proxy without an address", program: "buddycloud",
        arguments: ["serve", "--grip-proxies", #"[{"key":"k"}]"#], text: "controlUri"),
      .init(
        name: "an edge without a file", program: "fanout", arguments: ["edge", "--config", "missing.conf"],
        text: "missing.conf"),
      .init(
        name: "a route without a target", program: "fanout", arguments: ["edge", "--port", "0", "--route", "*"],
        text: "target"),
      .init(
        name: "a target without a port", program: "fanout",
        arguments: ["edge", "--port", "0", "--route", "* localhost"],
        text: "port"),
      .init(
        name: "a condition that cannot be", program: "fanout",
        arguments: ["edge", "--port", "0", "--route", "*,proto=dance localhost:9"], text: "proto is http or ws"),
      .init(
        name: "a setting of the edge that there is not", program: "fanout",
        arguments: ["check-config", "--config", "f.yaml"], files: ["f.yaml": "listn: 7999\nroutes: [\"* a:1\"]\n"],
        text: "did you mean listen?"),
      .init(
        name: "a routes file with a bad line", program: "fanout", arguments: ["check-config", "--config", "p.conf"],
        files: [
          "p.conf": "[runner]\nhttp_port=7999\n[proxy]\nroutesfile=routes\n", "routes": "* localhost:9\n\n* nowhere\n",
        ], text: "routes:3"),
      .init(
        name: "a publish to nobody", program: "fanout",
        arguments: ["publish", "--spec", "http://127.0.0.1:1", "news", "hello"], text: "127.0.0.1:1"),
    ]

    @Test(arguments: rows)
    func `the status is not 0, and the text says what was wrong`(row: Row) throws {
      let folder = try TemporaryFolder()
      for (name, content) in row.files { try folder.write(name, content) }
      let result = try Command.result(
        try Products.path(row.program), row.arguments, directory: folder.path, deadline: .seconds(30))
      guard case .exited(let status) = result.ending else {
        Issue.record("\(row.name): \(result.ending)\n\(result.output)")
        return
      }
      #expect(status != 0, "\(row.name)")
      let speaks = try result.output.firstMatch(of: Regex(row.text).ignoresCase()) != nil
      #expect(speaks, "\(row.name): \(result.output)")
      #expect(!result.output.contains("Fatal error"), "\(row.name)")
    }

    @Test func `a port that is taken is named`() throws {
      let server = try Standalone()
      let second = try TemporaryFolder()
      let result = try Command.result(
        try Products.path("buddycloud"),
        ["serve", "--data-dir", second.file("data"), "--listen", "\(server.web)"], directory: second.path,
        deadline: .seconds(30))
      #expect(result.ending != .exited(0))
      #expect(result.output.contains("\(server.web.port)"), "\(result.output)")
    }

    @Test func `what print-config prints explains every option and hides every secret`() throws {
      let server = try Standalone()
      let result = try Command.run(
        try Products.path("buddycloud"), ["print-config", "--data-dir", server.data.file("data")],
        directory: server.data.path)
      for key in ["listen", "domain", "registration", "hold-timeout"] {
        #expect(result.output.contains(key), "\(key)")
      }
      // The keys that the first start made stand in files of the data folder.
      let files = try FileManager.default.subpathsOfDirectory(atPath: server.data.path)
      for file in files where file.contains("key") || file.contains("secret") {
        let content = try String(contentsOfFile: server.data.file(file), encoding: .utf8)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(content.isEmpty || !result.output.contains(content), "\(file)")
        #expect(content.isEmpty || !server.process.log.text.contains(content), "\(file)")
      }
    }
  }
}
