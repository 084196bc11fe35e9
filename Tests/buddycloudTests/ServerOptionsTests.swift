import BuddycloudAPI
import ChannelServer
import ChannelStorePostgreSQL
import Foundation
import GRIP
import ServerKit
import Testing

@testable import buddycloud

@Suite("The options of the standalone server")
struct ServerOptionsTests {
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }

  @Test func `the defaults are right, and those of the documents`() throws {
    try withFile("") { path in
      let values = ConfigurationValues(arguments: ["--config", path], environment: [:])
      #expect(values.allProblems.isEmpty)
      for (key, text) in [
        ("data-dir", "./data"), ("listen", "127.0.0.1:8080"), ("api-listen", "127.0.0.1:9123"),
        ("control-listen", "127.0.0.1:5561"), ("domain", "localhost"), ("registration", "open"),
      ] {
        #expect(values.text(key) == text)
      }
      #expect(values.value("grip-proxies") == nil)
    }
  }

  @Test func `no two options have the same name, and every default fits`() {
    let names = ServerOptions.all.flatMap { [$0.key] + $0.aliases }
      .map { $0.lowercased().filter { $0.isLetter } }
    #expect(Set(names).count == names.count)
    for option in ServerOptions.all {
      if let text = option.defaultText { #expect(option.problem(with: text) == nil, "\(option.key)") }
    }
  }

  @Test func `docs/configuration.md is what print-config prints`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let document = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
    let values = ConfigurationValues(
      options: ServerOptions.all, prefix: ServerOptions.prefix, arguments: [], environment: [:])
    #expect(document.contains("```yaml\n\(values.explained())```"), "run scripts/configuration-docs.sh")
  }

  @Test func `print-config of the defaults is a file with the same effect`() throws {
    let values = ConfigurationValues(arguments: [], environment: ["BUDDYCLOUD_DOMAIN": "example.com"])
    try withFile(values.explained()) { path in
      let again = ConfigurationValues(arguments: ["--config", path], environment: [:])
      #expect(again.problems.isEmpty)
      for option in ServerOptions.all where option.key != "config" {
        #expect(again.value(option.key)?.text == values.value(option.key)?.text, "\(option.key)")
      }
    }
  }

  @Test func `a file may be nested, flat, or in the words of 2013`() throws {
    let text = """
      domain: example.com
      realtime:
        hold-timeout: 30s
        requireProxy: true
      api.max-body: 2MiB
      sessionExpirationTime: 5m
      api:
        allowed-origins:
          - https://a.example
          - https://b.example
      gripProxies:
        - key: base64:c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==
          controlUri: http://localhost:5561
          controlIss: realm
      """
    try withFile(text) { path in
      let values = ConfigurationValues(arguments: ["--config", path], environment: [:])
      #expect(values.allProblems.isEmpty, "\(values.allProblems)")
      let api = APIConfiguration(values)
      #expect(api.domain == "example.com")
      #expect(api.realtime.holdTimeout == .seconds(30))
      #expect(api.realtime.requireProxy)
      #expect(api.limits.maxBodyBytes == 2 << 20)
      #expect(api.sessionExpirationTime == .seconds(300))
      #expect(api.allowedOrigins == ["https://a.example", "https://b.example"])
      let proxies = try values.gripProxies()
      #expect(proxies.map(\.controlURI) == ["http://localhost:5561"])
    }
  }

  @Test(
    arguments: [
      ("listen: nowhere\n", ":1: listen: 'nowhere' is no address"),
      ("\n\nlisten: 127.0.0.1:80\nlissten: 1\n", ":4: lissten: there is no such option; did you mean listen?"),
      ("a: [", "not YAML"), ("- a\n- b\n", "must be a list of `option: value`"), ("just text", "must be a list"),
      ("registration: sometimes", ":1: registration: 'sometimes' is not known; it is one of open, closed"),
      ("realtime:\n  hold-timeout: 1s\n", ":2: realtime.hold-timeout: '1s' is not possible"),
      ("gripProxies:\n  - controlIss: x\n", "grip-proxies: "),
      ("store: somewhere\n", "store: is sqlite:FILE, postgresql://USER@HOST:PORT/DATABASE"),
      ("store: 'sqlite:'\n", "store: sqlite: needs a file after it"),
      (
        "store: postgresql://db/social?wherewithal=1\n",
        "store: the connection string is wrong: invalid URI query parameter"
      ),
      ("postgresql: {pool-size: 1}\n", "'1' is not possible; it is a whole number from 2 to 1000"),
      ("grip-proxies: /no/such/file\n", "is neither JSON nor a file that can be read"),
      ("api.allowed-origins: example.com\n", "is not an origin such as https://social.example.com"),
      ("domain: Exämple..com\n", "domain"), ("edge.upstream-key: base64:!!!\n", "edge.upstream-key: "),
      ("channels.access-model: secret\n", "it is one of open, authorize, whitelist, local"),
      ("edge.max-connections: 1\nedge.loops: 8\n", "maxConnections: "),
      ("relay: {min-delay: 5s, max-delay: 1s}\n", "relay.minDelay: must be at most maxDelay"),
    ])
  func `a file that is wrong is told with its line`(text: String, problem: String) throws {
    try withFile(text) { path in
      let problems = ConfigurationValues(arguments: ["--config", path], environment: [:]).allProblems
      #expect(problems.contains { $0.description.contains(problem) }, "\(problems)")
      #expect(problems.allSatisfy { !$0.text.isEmpty })
    }
  }

  @Test func `a store is a file or a database, and its password is not shown`() throws {
    for (arguments, expected) in [
      ([], "./data/buddycloud.sqlite"), (["--data-dir", "/d"], "/d/buddycloud.sqlite"),
      (["--data-dir", "/d", "--store", "sqlite:/e/f"], "/e/f"),
    ] {
      guard case .sqlite(let path) = try StorePlace(ConfigurationValues(arguments: arguments, environment: [:])) else {
        Issue.record("\(arguments) is no file")
        continue
      }
      #expect(path == expected)
    }
    let url = "postgresql://alice:wherefore@db.example/social"
    for text in [url, "host=db.example dbname=social user=alice password=wherefore"] {
      let values = ConfigurationValues(
        arguments: ["--store", text, "--postgresql-pool-size", "3", "--postgresql-lock-timeout", "500ms"],
        environment: [:])
      #expect(values.allProblems.isEmpty)
      guard case .postgreSQL(let configuration) = try StorePlace(values) else {
        Issue.record("\(text) is no database")
        continue
      }
      #expect(configuration.poolSize == 3)
      #expect(configuration.lockTimeoutSeconds == 0.5)
      #expect(configuration.validate().isEmpty)
      #expect(values.explained().contains("dbname=social"))
      #expect(!values.explained().contains("wherefore"))
    }
  }

  @Test func `a file that is named must be there; the one by the usual name need not`() {
    let named = ConfigurationValues(arguments: ["--config", "/no/such.yaml"], environment: [:])
    #expect(named.problems.map(\.description).first?.hasPrefix("/no/such.yaml: cannot be read") == true)
    let usual = ConfigurationValues(arguments: [], environment: ["BUDDYCLOUD_DOMAIN": "example.com"])
    #expect(usual.problems.isEmpty)
    #expect(usual.channelServer.domain == "example.com")
  }
}

@Suite("The data directory")
struct DataDirectoryTests {
  @Test func `keys are made once, for their owner only, and never replaced`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "data-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let directory = DataDirectory(path: path)
    try directory.make()
    let key = try directory.key("edge.key")
    #expect(key.count == 32)
    #expect(try directory.key("edge.key") == key)
    #expect(try directory.key("other.key") != key)
    for (name, mode) in [("", 0o700), ("/edge.key", 0o600)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: path + name)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode)
    }
    try Data("no key\n".utf8).write(to: URL(fileURLWithPath: "\(path)/edge.key"))
    #expect(throws: ConfigurationProblem.self) { try directory.key("edge.key") }
    #expect(try String(contentsOfFile: "\(path)/edge.key", encoding: .utf8) == "no key\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["edge.key", "other.key"])
  }
}
