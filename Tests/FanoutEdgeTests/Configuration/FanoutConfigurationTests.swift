import HTTPTypes
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("fanout.yaml")
struct FanoutConfigurationTests {
  private func read(_ text: String) -> FanoutConfiguration {
    FanoutConfiguration(path: "/etc/fanout/fanout.yaml") { path in
      path.hasSuffix(".yaml") ? Array(text.utf8) : Array("6b6579".utf8)
    }
  }

  @Test func `settings and routes are read`() throws {
    let configuration = read(
      """
      --- # the edge
      listen:
        - 127.0.0.1:8000
        - "[::1]:8000"   # both
      signature: {}
      """.replacing("signature: {}", with: "signature:\n  issuer: 'it''s'\n  key: file:key.hex")
        + """

        origins.connectionsPerClient: 12
        timeouts:
          head: 5s
        debug: true
        routes:
        - host: example.org
          path-beg: /a
          header: ["X-A: b", 'X-B: "c", d']
          no-grip: false
          targets:
          - localhost:8001,over_http
          -
            address: '[::1]:80'
            ssl: true
            sub: [one, "two, three"]
        - "* localhost:8002"
        - target: test
          host: "t.test"
          id: t
        """)
    #expect(configuration.notes == [])
    let edge = configuration.settings.server.edge
    #expect(edge.listen.map(\.text) == ["127.0.0.1:8000", "[::1]:8000"])
    #expect(edge.signatureIssuer == "it's")
    #expect(edge.signatureKey != nil)
    #expect(edge.origins.maxConnectionsPerClient == 12)
    #expect(edge.timeouts.head == .seconds(5))
    #expect(edge.isDebug)
    let lines = try #require(configuration.routes)
    #expect(lines.map(\.number) == [13, 23, 24])
    let reading = RouteParser { _ in [] }.read(numbered: lines, source: "x")
    #expect(reading.problems == [])
    let route = try #require(reading.table.routes.first)
    #expect(route.host == "example.org" && route.pathBeginning == "/a" && route.isGRIP)
    #expect(route.forcedFields.map(\.value) == ["b", #""c", d"#])
    #expect(route.targets.map(\.description) == ["localhost:8001", "[::1]:80"])
    #expect(route.targets[1].isSecure && route.targets[1].implicitChannels == ["one", "two, three"])
    #expect(reading.table.routes.last?.targets == [.test] && reading.table.routes.last?.id == "t")
  }

  @Test(arguments: [
    ("listen: 1\n colour: 2", 2, "indented deeper"), ("listen: [1\n", 1, "ends with ]"),
    ("a:\n\t- x", 2, "not by tabs"),
    ("listen: &a 1", 1, "begins with &"), ("listen: |\n  a", 1, "begins with |"), ("- a", 1, "no map"),
    ("listn: 1", 1, "did you mean listen?"), ("limits:\n  haed: 1", 2, "did you mean limits.head?"),
    ("debug: maybe", 1, "true or false"), ("limits.head: 10", 1, "from 1KiB"),
    ("listen: 1\nlisten: 2", 2, "there twice"),
    ("debug: [true]", 1, "is no list"), ("routes: x", 1, "routes is a list"), ("routes:\n- [a]", 2, "a line or a map"),
    ("routes:\n- host: x", 2, "has targets"), ("routes:\n- * a:1", 2, "in quotes"), ("a: \"b", 1, "not closed"),
    ("a: \"b\" c", 1, "follows the closing quote"), (#"a: "\q""#, 1, "a backslash"), ("a: b: c", 1, "in quotes"),
    ("%YAML 1.2", 1, "directives"), ("listen: 1\n---\nlisten: 2", 2, "more than one document"),
    ("routes:\n- targets:\n  - ssl: true", 3, "has an address"), ("signature.key: base64:%%%", 1, "signature.key"),
    ("control.listen: x:y", 1, "no [address:]port"), ("forwarding.set-protocol: maybe", 1, "one of false"),
  ])
  func `what is wrong is named with its line`(text: String, line: Int, part: String) throws {
    let note = try #require(read(text).notes.first)
    #expect(note.gravity == .error)
    #expect(note.line == line, "\(note)")
    #expect(note.text.contains(part), "\(note)")
  }

  @Test func `no part of a file stops the reader`() {
    let text = Array("a: 'b'\nroutes:\n- host: \"x\\\"\"\n  targets: [a:1, \"b:2\"] # c\n- '* c:3'\n'k': ~\n")
    for end in 0...text.count {
      #expect(read(String(text[..<end])).notes.count < 8)
      #expect(read(String(text[end...])).notes.count < 8)
    }
    let deep = (0..<40).map { String(repeating: "  ", count: $0) + "a:\n" }.joined()
    #expect(read(deep).notes.first?.text.contains("nested deeper") == true)
    #expect(read("").notes == [])
  }
}
