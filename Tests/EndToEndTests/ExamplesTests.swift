import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("The examples run as their first lines say") struct ExamplesTests {
    /// An example, and how it is started.
    struct Example: CustomTestStringConvertible {
      var name: String
      /// A program of ours by its name, or one of the system's by its path.
      var program: String
      var arguments: [String] = []

      var testDescription: String { name }

      /// Starts it behind an edge.
      func start(route: String = "") throws -> (edge: EdgeProcess, process: ChildProcess) {
        let port = try Address.free()
        let edge = try EdgeProcess(origin: port, key: "changeme", routes: "* \(port)\(route)\n")
        let path = program.contains("/") ? program : try Products.path(program)
        let process = try ChildProcess(
          path, arguments,
          environment: ["PORT": "\(port.port)", "GRIP_URL": "http://\(edge.control)?key=changeme"])
        return (edge, process)
      }
    }

    private static let root = DocumentsTests.root

    /// The clocks of all languages that this machine has.
    static let clocks: [Example] = {
      var clocks = [Example(name: "Swift", program: "Clock")]
      clocks.append(
        Example(
          name: "Python", program: "/usr/bin/env",
          arguments: [Python.path, root.appending(path: "Examples/Python/clock.py").path]))
      if Command.exists("node") {
        clocks.append(
          Example(
            name: "JavaScript", program: "/usr/bin/env",
            arguments: ["node", root.appending(path: "Examples/JavaScript/clock.mjs").path]))
      }
      if Command.exists("java") {
        clocks.append(
          Example(
            name: "Java", program: "/usr/bin/env",
            arguments: ["java", root.appending(path: "Examples/Java/Clock.java").path]))
      }
      return clocks
    }()

    /// Asks until there is a server; until then the edge says 502.
    private func firstAnswer(_ address: Address, _ request: HTTPRequest) throws -> HTTPConnection {
      let deadline = Deadline(in: .seconds(60))
      while !deadline.hasPassed {
        let connection = try HTTPConnection(to: address)
        try connection.send(request)
        if try connection.readHead().status == 200 { return connection }
        usleep(50_000)
      }
      throw TestFailure("the example did not answer")
    }

    @Test(arguments: clocks) func `a clock ticks for whoever watches`(clock: Example) throws {
      let (edge, process) = try clock.start()
      defer { _ = try? process.stop() }
      let watcher = try firstAnswer(edge.address, HTTPRequest("GET", "/"))
      var text = ""
      while text.components(separatedBy: "data: ").count < 4 {
        guard let chunk = try watcher.readChunk() else { break }
        text += String(decoding: chunk, as: UTF8.self)
      }
      #expect(text.components(separatedBy: "data: ").count >= 4, "\(text)")
    }

    @Test func `a notice reaches who waits, and who comes later`() throws {
      let (edge, process) = try Example(name: "Poll", program: "Poll").start()
      defer { _ = try? process.stop() }
      _ = try firstAnswer(edge.address, HTTPRequest("POST", "/notices", [], body: "Tea at five"))
      #expect(try HTTPConnection.exchange(edge.address, HTTPRequest("GET", "/notices?after=0")).text == "Tea at five\n")
      let waiting = try HTTPConnection(to: edge.address)
      try waiting.send(HTTPRequest("GET", "/notices?after=1"))
      let second = HTTPRequest("POST", "/notices", [], body: "Cake")
      #expect(try HTTPConnection.exchange(edge.address, second).text == "notice 2\n")
      #expect(try waiting.readResponse().text == "Cake\n")
    }
  }
}
