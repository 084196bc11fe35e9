import GRIP
import NIOCore
import ServerKit
import Testing

@testable import FanoutEdge

private typealias ListenAddress = FanoutEdge.ListenAddress

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

  @Test func `TLS without a directory of certificates is told of`() throws {
    let flags = try EdgeFlags(["--config", "/dev/null", "--route", "* localhost:80", "--sig-key", "k"])
    func notes(certificates: String) -> [ConfigurationNote] {
      EdgeSetup(
        flags,
        environment: [
          "FANOUT_LISTEN": "127.0.0.1:8000", "FANOUT_LISTEN_TLS": "127.0.0.1:8443", "FANOUT_CERTIFICATES": certificates,
        ]
      ).notes.filter { $0.text.contains("handshake") }
    }
    let missing = notes(certificates: "/nonexistent/certs")
    #expect(missing.map(\.gravity) == [.warning])
    #expect(missing.first?.text.contains("/nonexistent/certs") == true)
    #expect(notes(certificates: "/").isEmpty)
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

  @Test func `ports of ZeroMQ move with the instance, and the open ones are named`() throws {
    let flags = try EdgeFlags([
      "--config", "/dev/null", "--port", "0", "--route", "* a:1", "--sig-key", "k", "--id", "2",
    ])
    let setup = EdgeSetup(
      flags, environment: ["FANOUT_ZEROMQ_PULL": "tcp://*:5560", "FANOUT_STATISTICS_PUBLISH": "tcp://127.0.0.1:5564"])
    #expect(setup.server.zeroMQ.pull?.address == "tcp://*:5580")
    #expect(setup.server.statistics.publish?.address == "tcp://127.0.0.1:5584")
    #expect(!setup.hasErrors)
    #expect(setup.notes.filter { $0.text.hasPrefix("zeromq.pull: EVERYBODY who reaches tcp://*:5580") }.count == 1)
    #expect(try !self.setup("--port", "0", "--route", "* a:1").server.usesZeroMQ)
  }

  @Test func `publishing can be off, and is not open to the network without credentials`() throws {
    #expect(try setup("--port", "0", "--route", "* a:1", "--control", "off").server.control.listen == [])
    let open = try setup("--port", "0", "--route", "* a:1", "--control", "0.0.0.0:0")
    #expect(open.hasErrors)
    #expect(open.notes.contains { $0.text.contains("name credentials") })
  }

  @Test func `the environment counts more than a file, flags more than both, and each value says where it comes from`()
    throws
  {
    let folder = try TemporaryFile("shutdown:\n  spread: 3s\nlog-level: 1\nlisten: [\"7000\"]\nroutes: [\"* a:1\"]\n")
    let setup = EdgeSetup(
      try EdgeFlags(["--config", folder.path, "--port", "8000"]),
      environment: ["FANOUT_LISTEN": "9000", "FANOUT_LOG_LEVEL": "3", "FANOUT_LOG_LEVL": "1", "HOME": "/"])
    #expect(setup.notes.map(\.text) == ["FANOUT_LOG_LEVL is no setting; it is ignored; did you mean FANOUT_LOG_LEVEL?"])
    #expect(setup.server.edge.listen == [ListenAddress(host: "0.0.0.0", port: 8000)])
    #expect(setup.logLevel == 3)
    #expect(setup.server.delivery.shutdownSpread == .seconds(3))
    #expect(setup.places["listen"] == "--port")
    #expect(setup.places["log-level"] == "environment (FANOUT_LOG_LEVEL)")
    #expect(setup.places["shutdown.spread"] == "\(folder.path):2")
    #expect(setup.watchedFile == folder.path)
  }

  @Test func `what is printed has the same effect, and no secret in it`() throws {
    let file = try TemporaryFile(
      "listen: 127.0.0.1:0\nsignature.key: a-secret\ncontrol.bearer: a-token\norigins.connections: 33\nforwarding.for: "
        + "\"truncate:1, append\"\nlimits.head: 3000\nroutes:\n- \"* a:1,over_http\"\n")
    let setup = EdgeSetup(try EdgeFlags(["--config", file.path]))
    #expect(setup.notes == [])
    let text = setup.explained()
    #expect(!text.contains("a-secret") && !text.contains("a-token"))
    #expect(text.contains("# signature.key: \"******\"  # \(file.path):2\n"))
    #expect(text.contains("origins.connections: 33  # \(file.path):4\n"))
    #expect(text.contains("#   * to a:1\n"))
    let printed = try TemporaryFile(text + "routes: [\"* a:1\"]\n")
    let again = EdgeSetup(try EdgeFlags(["--config", printed.path]))
    #expect(again.notes == [])
    for option in EdgeOptions.all where !option.description.isSecret && option.key != "signature.issuer" {
      #expect(option.read(again.settings) == option.read(setup.settings), "\(option.key)")
    }
  }

  @Test(arguments: EdgeOptions.all.map(\.key))
  func `every setting takes its own default, and says what is wrong with nonsense`(key: String) throws {
    let option = try #require(EdgeOptions.named(key.uppercased()))
    var settings = EdgeSettings()
    func apply(_ text: String) -> EdgeOption.Fault? {
      option.apply(
        EdgeOption.Input(text: text, source: "", readFile: { _ in [] }), isPushpin: false, to: &settings)
    }
    if let text = option.description.defaultText {
      #expect(apply(text) == nil)
      #expect(option.read(settings) == text)
    }
    switch option.description.kind {
    case .text, .list, .path: break
    default: #expect(apply("nonsense")?.gravity == .error)
    }
    #expect(option.description.help.hasSuffix("."))
  }

  @Test func `every key of Pushpin's belongs to one setting`() {
    let keys = EdgeOptions.all.flatMap(\.pushpinKeys)
    #expect(Set(keys).count == keys.count)
    #expect(EdgeSetup.reference().contains("# N; FANOUT_ORIGINS_CONNECTIONS; default: 512\norigins.connections: 512\n"))
  }

  @Test func `without routes there is nothing to start, with a bad one among good ones there is`() throws {
    #expect(try setup("--port", "0").notes.contains { $0.text.hasPrefix("there are no routes") })
    let mixed = try setup("--port", "0", "--route", "* a:1", "--route", "nonsense")
    #expect(!mixed.hasErrors)
    #expect(mixed.notes.contains { $0.source == "--route" && $0.line == 2 })
    #expect(try setup("--port", "0", "--route", "nonsense").hasErrors)
  }
}
