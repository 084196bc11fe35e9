import FanoutEdge
import GRIP
import NIOCore
import Testing

@Suite("GRIP §4: forwarding")
struct EdgeForwardingTests {
  static func get(_ path: String, _ lines: String...) -> String {
    (["GET \(path) HTTP/1.1", "Host: api.test"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }

  @Test func `what only a proxy may say never reaches the origin from a client`() async throws {
    try await EdgeFixture.run { fixture in
      _ = try await fixture.exchange(
        Self.get(
          "/x?y=1", "Grip-Sig: forged", "grip-hold: stream", "Grip_Sig: forged", "GRIP_Feature: x", "Connection-Id: 1",
          "Meta-User: admin", "Meta_User: admin", "Accept-Encoding: br", "X-Forwarded-For: 6.6.6.6",
          "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6", "TE: trailers", "Trailer: X", "Upgrade: h2c",
          "Proxy-Connection: keep-alive", "Proxy-Authorization: x", "Keep-Alive: 5", "X-Drop: 1", "X-Keep: 1",
          "Connection: close, X-Drop, Grip-Sig, X-Forwarded-For"))
      let request = try #require(fixture.origin.requests.first)
      #expect(request.uri == "/x?y=1")
      #expect(request.values("Host") == ["api.test"])
      #expect(request.values("X-Keep") == ["1"])
      #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
      let names = Set(request.headers.map { $0.name.lowercased() })
      #expect(names == ["host", "x-keep", "x-forwarded-for", "grip-sig", "grip-feature"])
      let token = try #require(request.values("Grip-Sig").first)
      let claims = try GRIPSignature.verify(
        token, key: GRIPKey(secret: Array("a secret of the edge".utf8)), issuer: "edge", now: 1_800_000_000)
      #expect(claims.expires == 1_800_000_300)
    }
  }

  @Test(arguments: [
    "application/websocket-events", "Application/WebSocket-Events", "application/websocket-events; x=y",
    "text/plain, application/websocket-events",
  ])
  func `a client may not post WebSocket events`(type: String) async throws {
    try await EdgeFixture.run { fixture in
      let answer = try await fixture.exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: \(type)\r\nContent-Length: 6\r\n\r\nOPEN\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 403 "))
      #expect(answer.hasSuffix("Client not allowed to send WebSocket events directly.\n"))
      #expect(fixture.origin.requests.isEmpty)
    }
  }

  @Test func `a proxy that proves the upstream key is believed, and its instructions are relayed untouched`()
    async throws
  {
    let key = GRIPKey(secret: Array("outer".utf8))
    let token = try GRIPSignature.sign(issuer: "outer", expires: 1_800_000_100, key: key)
    try await EdgeFixture.run(
      configure: { $0.upstreamKey = key },
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"], body: "x")) },
      { fixture in
        let answer = try await fixture.exchange(
          Self.get(
            "/", "Grip-Sig: \(token)", "Grip-Last: c; last-id=1", "Meta-User: u", "X-Forwarded-For: 1.2.3.4",
            "Connection: close"))
        #expect(answer.contains("Grip-Hold: stream\r\n"))
        #expect(answer.contains("Grip-Channel: c\r\n"))
        let request = try #require(fixture.origin.requests.first)
        #expect(request.values("Grip-Sig") == [token])
        #expect(request.values("Grip-Last") == ["c; last-id=1"])
        #expect(request.values("Grip-Feature") == [])
        #expect(request.values("Meta-User") == ["u"])
        #expect(request.values("X-Forwarded-For") == ["1.2.3.4"])
        #expect(fixture.holds.holds.isEmpty)
      })
  }

  @Test(arguments: ["forged", "a.b.c", ""])
  func `a wrong upstream signature makes an ordinary client`(token: String) async throws {
    try await EdgeFixture.run(
      configure: { $0.upstreamKey = GRIPKey(secret: Array("outer".utf8)) },
      { fixture in
        _ = try await fixture.exchange(
          Self.get("/", "Grip-Sig: \(token)", "Grip-Last: c; last-id=1", "Connection: close"))
        let request = try #require(fixture.origin.requests.first)
        #expect(request.values("Grip-Sig") != [token])
        #expect(request.values("Grip-Last") == [])
      })
  }

  @Test func `a plain route adds nothing, and relays what it gets`() async throws {
    try await EdgeFixture.run(
      routes: ["*,no_grip ORIGIN"],
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"], body: "x")) },
      { fixture in
        let answer = try await fixture.exchange(Self.get("/", "Grip-Last: c; last-id=1", "Connection: close"))
        #expect(answer.contains("Grip-Hold: stream\r\n"))
        #expect(fixture.holds.holds.isEmpty)
        let request = try #require(fixture.origin.requests.first)
        #expect(request.headers.allSatisfy { !$0.name.lowercased().hasPrefix("grip-") })
      })
  }

  @Test func `routes choose by host and by the longest path, and rewrite what they say`() async throws {
    try await EdgeFixture.run(
      routes: [
        "* ORIGIN", "*,path_beg=/app,replace_beg=/inner,header=X-Route:app,as_host=inner.test ORIGIN",
        "only.test,path_beg=/in ORIGIN",
      ],
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        for (host, path) in [("a", "/plain"), ("a", "/app/x?q=/app"), ("only.test", "/in"), ("only.test", "/out")] {
          try await client.clear()
          try await client.send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nX-Route: client\r\n\r\n")
          _ = try await client.receive { $0.hasSuffix("hello") || $0.hasSuffix("Route not found\n") }
        }
        #expect(try await client.received.hasPrefix("HTTP/1.1 502 "))
        #expect(try await !client.received.contains("Connection: close"))
        #expect(fixture.origin.requests.map(\.uri) == ["/plain", "/inner/x?q=/app", "/in"])
        #expect(fixture.origin.requests[1].values("Host") == ["inner.test"])
        #expect(fixture.origin.requests[1].values("X-Route") == ["app"])
      })
  }

  @Test func `an absolute target replaces Host`() async throws {
    try await EdgeFixture.run { fixture in
      _ = try await fixture.exchange("GET http://other.test/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      #expect(fixture.origin.requests.first?.values("Host") == ["other.test"])
      #expect(fixture.origin.requests.first?.uri == "/x")
    }
  }

  @Test func `requests in one segment are answered in order`() async throws {
    try await EdgeFixture.run(
      origin: { .bytes(response(body: "[\($0.uri)]")) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send((0..<20).map { Self.get("/\($0)") }.joined())
        let answer = try await client.receive(until: "[/19]")
        let bodies = answer.components(separatedBy: "[").dropFirst().map { $0.components(separatedBy: "]")[0] }
        #expect(Array(bodies) == (0..<20).map { "/\($0)" })
        #expect(fixture.origin.connections == 1)
      })
  }

  @Test func `a chunked body is framed anew`() async throws {
    try await EdgeFixture.run { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      try await client.send("POST /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n")
      try await client.send("4\r\ndefg\r\n0\r\nX-Trailer: Grip-Hold\r\nGrip-Sig: forged\r\n\r\n")
      _ = try await client.receive(until: "hello")
      #expect(fixture.origin.requests.first?.body == "abcdefg")
      #expect(!fixture.origin.raw.contains("ext=1"))
      #expect(!fixture.origin.raw.contains("X-Trailer"))
    }
  }

  @Test func `a large upload and a large download pass unchanged`() async throws {
    let size = 3_000_000
    try await EdgeFixture.run(
      origin: { request in .bytes(response(body: String(repeating: "r", count: request.body.utf8.count))) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send(
          "POST /u HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n" + String(repeating: "u", count: size))
        let answer = try await client.receive(seconds: 30) { $0.utf8.count > size }
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.contains("Content-Length: \(size)\r\n"))
        #expect(fixture.origin.requests.first?.body.utf8.count == size)
      })
  }

  @Test func `an answer that comes before the body's end ends the connection, and nothing of the body is a request`()
    async throws
  {
    try await EdgeFixture.run(
      origin: { _ in .early(response(413, body: "too much")) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("POST /u HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nGET /smuggled HTTP/1.1\r\n")
        let answer = try await client.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.hasSuffix("too much"))
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
      })
  }

  @Test func `the next target is tried when the first cannot be reached`() async throws {
    // Nobody listens on port 1. A port that was free a moment ago may be another test's by now.
    try await EdgeFixture.run(
      routes: ["* 127.0.0.1:1 ORIGIN"],
      { fixture in
        let answer = try await fixture.exchange(
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody")
        #expect(answer.hasSuffix("hello"))
        #expect(fixture.origin.requests.first?.body == "body")
        #expect(await fixture.edge.counters().failovers == 1)
      })
  }

  @Test func `no target at all is a 502 that tells a debug route which were tried`() async throws {
    try await EdgeFixture.run(
      routes: ["quiet 127.0.0.1:1 127.0.0.1:2", "loud,debug 127.0.0.1:1 127.0.0.1:2"],
      { fixture in
        let quiet = try await fixture.exchange("GET / HTTP/1.1\r\nHost: quiet\r\nConnection: close\r\n\r\n")
        #expect(quiet.hasPrefix("HTTP/1.1 502 "))
        #expect(quiet.hasSuffix("Error while proxying to origin.\n"))
        let loud = try await fixture.exchange("GET / HTTP/1.1\r\nHost: loud\r\nConnection: close\r\n\r\n")
        #expect(loud.contains("\r\n\r\nUnable to connect to any targets. Tried: 127.0.0.1:1, 127.0.0.1:2\n"))
        #expect(loud.contains("\n  127.0.0.1:1: connection refused (after "))
        #expect(loud.contains("\n  127.0.0.1:2: connection refused (after "))
      })
  }

  @Test func `an untrusted target may not have a private address`() async throws {
    try await EdgeFixture.run(
      routes: ["*,debug localhost:ORIGINPORT,untrusted"].map {
        $0.components(separatedBy: "localhost:ORIGINPORT").joined(separator: "ORIGIN")
      },
      { fixture in
        let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 502 "))
        #expect(answer.hasSuffix("Error: Origin host/IP blocked.\n"))
        #expect(fixture.origin.connections == 0)
      })
  }

  @Test func `a GET on a pooled connection that the origin has closed is sent again, a POST is not`() async throws {
    try await EdgeFixture.run(
      origin: { request in request.uri == "/die" && request.connection == 1 ? .close : .bytes(response(body: "hello"))
      },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send(Self.get("/first"))
        _ = try await client.receive(until: "hello")
        try await client.clear()
        try await client.send(Self.get("/die"))
        let answer = try await client.receive(until: "hello")
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(fixture.origin.requests.map(\.connection) == [1, 1, 2])
        fixture.origin.script { _ in .close }
        let failed = try await fixture.exchange(
          "POST /die HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        #expect(failed.hasPrefix("HTTP/1.1 502 "))
        #expect(fixture.origin.requests.filter { $0.method == "POST" }.count == 1)
      })
  }

  @Test func `a client that leaves takes its origin connection with it`() async throws {
    try await EdgeFixture.run(
      origin: { _ in .silence },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send(Self.get("/"))
        for _ in 0..<300 where fixture.origin.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        await client.close()
        for _ in 0..<300 where fixture.origin.openConnections > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(fixture.origin.openConnections == 0)
      })
  }

  @Test func `an origin that says nothing is a 504 in time`() async throws {
    try await EdgeFixture.run(
      configure: { $0.origins.responseHeadTimeout = .milliseconds(200) },
      origin: { _ in .silence },
      { fixture in
        let answer = try await fixture.exchange(Self.get("/", "Connection: close"))
        #expect(answer.hasPrefix("HTTP/1.1 504 "))
      })
  }

  @Test func `requests beyond the pool's size wait for a connection`() async throws {
    try await EdgeFixture.run(
      configure: { $0.origins.maxConnections = 2 },
      { fixture in
        var clients: [RawClient] = []
        for index in 0..<10 {
          let client = try await RawClient.connect(port: fixture.port)
          try await client.send(Self.get("/\(index)"))
          clients.append(client)
        }
        for client in clients { _ = try await client.receive(until: "hello") }
        #expect(fixture.origin.connections <= 2)
        #expect(fixture.origin.requests.count == 10)
      })
  }

  @Test func `bodies of one client that come slowly leave connections for others, and its own requests wait`()
    async throws
  {
    try await EdgeFixture.run(
      configure: {
        $0.origins.maxConnections = 4
        $0.origins.maxConnectionsPerClient = 2
      },
      { fixture in
        var slow: [RawClient] = []
        for index in 0..<6 {
          let client = try await RawClient.connect(port: fixture.port)
          try await client.send("POST /\(index) HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nh")
          slow.append(client)
        }
        for _ in 0..<300 where fixture.origin.openConnections < 2 { try await Task.sleep(for: .milliseconds(10)) }
        let other = try await RawClient.connect(port: fixture.port, from: "127.0.0.2")
        try await other.send(Self.get("/other"))
        _ = try await other.receive(until: "hello")
        // Two that hang up while they wait, or are served, take nothing with them.
        await slow.removeFirst().close()
        await slow.removeLast().close()
        for client in slow { try await client.send("ello") }
        for client in slow { _ = try await client.receive(until: "hello") }
        #expect(fixture.origin.connections <= 4)
      })
  }
}
