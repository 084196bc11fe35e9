import GRIP
import Testing

@testable import FanoutEdge

@Suite("Command line of fanout-edge")
struct EdgeSetupTests {
  /// No file of this machine: the flags alone.
  private func setup(_ arguments: String..., config: String = "/dev/null") throws -> EdgeSetup {
    EdgeSetup(try EdgeFlags(["--config", config] + arguments))
  }

  @Test func `flags are read with a blank or an equals sign, and stray words are left out`() throws {
    let flags = try EdgeFlags([
      "start", "--port", "8000", "--route=* a:1", "--route", "b c:2,debug", "--verbose", "-m", "--sig-key=a=b", "--id",
      "2",
    ])
    #expect(flags.port == "8000")
    #expect(flags.routes == ["* a:1", "b c:2,debug"])
    #expect(flags.logLevel == 3)
    #expect(flags.signatureKey == "a=b")
    #expect(flags.instance == 2)
  }

  @Test(arguments: [
    ["--port"], ["--colour", "blue"], ["--loglevel", "many"], ["--id", "-1"], ["--verbose=1"], ["-x"],
  ])
  func `what is wrong is said`(arguments: [String]) {
    #expect(throws: EdgeFlags.Problem.self) { try EdgeFlags(arguments) }
  }

  @Test(arguments: [("2", 2), ("2,proxy:3", 2), ("proxy:4", 2), ("0", 0), ("condure:1,4", 4)])
  func `log levels as Pushpin writes them`(text: String, level: Int) throws {
    #expect(try EdgeFlags(["--loglevel", text]).logLevel == level)
  }

  @Test func `flags count more than the file`() throws {
    let setup = try setup(
      "--port", "127.0.0.1:8000", "--control", "6000", "--route", "* localhost:80", "--sig-key", "k", "--sig-iss", "i",
      "--id", "1")
    #expect(setup.notes == [])
    #expect(setup.server.edge.listen == [ListenAddress(host: "127.0.0.1", port: 8010)])
    #expect(setup.server.control.listen == [ListenAddress(host: "127.0.0.1", port: 6010)])
    #expect(setup.server.edge.signatureIssuer == "i")
    #expect(setup.server.edge.signatureKey != nil)
    #expect(setup.readRoutes().table.routes.count == 1)
  }

  @Test func `publishing can be off, and is not open to the network without credentials`() throws {
    #expect(try setup("--port", "0", "--route", "* a:1", "--control", "off").server.control.listen == [])
    let open = try setup("--port", "0", "--route", "* a:1", "--control", "0.0.0.0:0")
    #expect(open.hasErrors)
    #expect(open.notes.contains { $0.text.contains("name credentials") })
  }

  @Test func `without routes there is nothing to start, with a bad one among good ones there is`() throws {
    #expect(try setup("--port", "0").notes.contains { $0.text.hasPrefix("there are no routes") })
    let mixed = try setup("--port", "0", "--route", "* a:1", "--route", "nonsense")
    #expect(!mixed.hasErrors)
    #expect(mixed.notes.contains { $0.source == "--route" && $0.line == 2 })
    #expect(try setup("--port", "0", "--route", "nonsense").hasErrors)
  }
}
