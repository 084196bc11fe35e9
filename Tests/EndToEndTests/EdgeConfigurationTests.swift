import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("A configured edge") struct EdgeConfigurationTests {
    /// A running edge that needs no origin, and its files.
    private struct Edge {
      let folder: TemporaryFolder
      let process: ChildProcess
      let address: Address
      /// Where publishers post, where that is on.
      let control: Address?

      init(_ name: String, _ files: [String: String], _ options: [String] = []) throws {
        folder = try TemporaryFolder()
        for (name, content) in files { try folder.write(name, content) }
        process = try ChildProcess(try Products.path("fanout"), ["edge", "--config", folder.file(name)] + options)
        let found = process.log.firstValue(within: .seconds(30)) { line -> [Address]? in
          guard line.contains("ready") else { return nil }
          return line.matches(of: #/http://[0-9.]+:[0-9]+/#).compactMap { Address(url: $0.output) }
        }
        guard let found, let first = found.first else {
          throw TestFailure("the edge did not say that it is ready\n\(process.log.tail(40))")
        }
        address = first
        control = found.dropFirst().first
      }

      /// What a host gets.
      func text(of host: String) throws -> String {
        try HTTPConnection.exchange(address, HTTPRequest("GET", "/", HeaderFields([("Host", host)]))).text
      }

      /// Asks until the answer contains a text; false after half a minute.
      func becomes(_ host: String, _ part: String) throws -> Bool {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
          if try text(of: host).contains(part) { return true }
          Thread.sleep(forTimeInterval: 0.05)
        }
        return false
      }
    }

    private static let hello = "Hello from the Fanout test handler!"

    @Test func `changed routes are found, with SIGHUP and without, and what is held stays`() throws {
      let edge = try Edge(
        "pushpin.conf",
        [
          "pushpin.conf": "[runner]\nhttp_port=127.0.0.1:0\n[proxy]\nroutesfile=routes\nsig_key=k\n[handler]\n"
            + "push_in_http_addr=127.0.0.1\npush_in_http_port=0\n",
          "routes": "a.test test\n",
        ])
      let held = try HTTPConnection(to: edge.address)
      try held.send(HTTPRequest("GET", "/stream", HeaderFields([("Host", "a.test")])))
      _ = try held.readHead()
      #expect(try held.readChunk() == Array("[stream opened]\n".utf8))
      #expect(try edge.text(of: "b.test").contains("Route not found"))

      try edge.folder.write("routes", "nonsense\na.test test\nb.test test\n")
      #expect(try edge.becomes("b.test", Self.hello))
      let warning = edge.process.log.firstValue(within: .seconds(20)) { line in
        line.contains("routes:1") ? line : nil
      }
      #expect(warning?.contains("must specify condition") == true)

      try edge.folder.write("routes", "c.test test\n")
      edge.process.signal(SIGHUP)
      #expect(try edge.becomes("c.test", Self.hello))
      #expect(try edge.text(of: "a.test").contains("Route not found"))
      let control = try #require(edge.control)
      _ = try HTTPConnection.exchange(control, Publish.request(Publish.stream("test", "news")))
      #expect(try held.readChunk() == Array("news".utf8))
      #expect(try edge.process.stop() == .exited(0))
    }

    @Test func `a fanout.yaml makes an edge, and its routes are found again too`() throws {
      func text(_ host: String) -> String {
        "listen: 127.0.0.1:0\ncontrol.listen: off\nsignature:\n  key: k\nroutes:\n- host: \(host)\n  target: test\n"
      }
      let edge = try Edge("fanout.yaml", ["fanout.yaml": text("a.test")])
      #expect(try edge.text(of: "a.test").contains(Self.hello))
      try edge.folder.write("fanout.yaml", text("b.test"))
      #expect(try edge.becomes("b.test", Self.hello))
      // A file that cannot be read as a whole changes nothing.
      try edge.folder.write("fanout.yaml", "routes: [\n")
      edge.process.signal(SIGHUP)
      let error = edge.process.log.firstValue(within: .seconds(20)) { line in
        line.contains("stay as they were") ? line : nil
      }
      #expect(error != nil)
      #expect(try edge.text(of: "b.test").contains(Self.hello))
      #expect(try edge.process.stop() == .exited(0))
    }

    @Test func `print-config explains, says where values come from, and hides secrets`() throws {
      let folder = try TemporaryFolder()
      let file = try folder.write(
        "p.conf", "[runner]\nhttp_port=127.0.0.1:0\n[proxy]\nsig_key=very-secret\n[fanout]\nshutdown.spread=4s\n")
      let program = try Products.path("fanout")
      let result = try Command.run(program, ["print-config", "--config", file, "--route", "* test"])
      #expect(result.output.contains("shutdown.spread: 4s  # \(file):6\n"))
      #expect(result.output.contains("#   * to test\n"))
      #expect(!result.output.contains("very-secret"))
      let check = try Command.run(program, ["check-config", "--config", file, "--route", "* test"])
      #expect(check.output.contains("the configuration is good"))
    }

    @Test(.enabled(if: FileManager.default.isReadableFile(atPath: "/etc/pushpin/pushpin.conf")))
    func `the files that Debian ships are taken as they are`() throws {
      let result = try Command.run(
        try Products.path("fanout"), ["check-config", "--config", "/etc/pushpin/pushpin.conf"])
      #expect(!result.output.contains("error:"))
      #expect(result.output.contains("the configuration is good"))
    }
  }
}
