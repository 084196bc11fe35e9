import FanoutEdge
import NIOCore
import Testing

@Suite("Bad requests on a real socket")
struct EdgeHostileRequestTests {
  @Test func `every bad request gets its status and a text, ends the connection, and smuggles nothing`() async throws {
    try await EdgeFixture.run(
      configure: {
        $0.requestLimits.maxBodyBytes = 1000
        $0.timeouts.linger = .milliseconds(100)
      },
      { fixture in
        for entry in HostileRequests.table {
          let before = fixture.origin.requests.filter { $0.uri != "/p" }.count
          let answer = try await fixture.exchange(entry.text)
          let heads = answer.components(separatedBy: "HTTP/1.1 ").filter {
            $0.prefix(3).allSatisfy(\.isNumber) && !$0.isEmpty
          }
          #expect(heads.count == entry.before + 1, "\(entry.name): \(answer)")
          let last = heads.last ?? ""
          #expect(last.hasPrefix("\(entry.status) "), "\(entry.name): \(answer)")
          #expect(last.contains("Connection: close\r\n"), "\(entry.name)")
          #expect(last.contains("Content-Type: text/plain\r\n"), "\(entry.name)")
          #expect(answer.hasSuffix("\n") && !answer.hasSuffix("\r\n\r\n"), "\(entry.name) has a text")
          let after = fixture.origin.requests.filter { $0.uri != "/p" }.count
          #expect(after - before == entry.before, "\(entry.name) reached the origin")
        }
        #expect(!fixture.origin.raw.contains("smuggled"))
        #expect(fixture.origin.badBytes == 0)
        let answer = try await fixture.exchange("GET /victim HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.hasSuffix("hello"))
      })
  }

  @Test func `a body that hides a request reaches the origin as a body`() async throws {
    try await EdgeFixture.run { fixture in
      let hidden = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
      let client = try await RawClient.connect(port: fixture.port)
      try await client.send(
        "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      )
      let answer = try await client.receiveAll()
      #expect(answer.components(separatedBy: "HTTP/1.1 200").count == 3)
      #expect(fixture.origin.requests.map(\.uri) == ["/a", "/b"])
      #expect(fixture.origin.requests.first?.body == hidden)
    }
  }

  @Test func `what follows an Upgrade is parsed as a request, never tunnelled`() async throws {
    try await EdgeFixture.run { fixture in
      let answer = try await fixture.exchange(
        "GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      )
      #expect(answer.components(separatedBy: "HTTP/1.1 200").count == 3)
      #expect(fixture.origin.requests.map(\.uri) == ["/a", "/b"])
      #expect(fixture.origin.requests.allSatisfy { $0.values("upgrade").isEmpty && $0.values("connection").isEmpty })
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, cLoSe\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
  ])
  func `a connection that the client ends is closed after the response`(request: String) async throws {
    try await EdgeFixture.run { fixture in
      let answer = try await fixture.exchange(request)
      #expect(answer.hasSuffix("hello"))
      #expect(answer.contains("Connection: close\r\n"))
    }
  }

  @Test func `an HTTP/1.0 client that asks for it keeps its connection`() async throws {
    try await EdgeFixture.run { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      for _ in 0..<2 {
        try await client.clear()
        try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let answer = try await client.receive(until: "hello")
        #expect(answer.hasPrefix("HTTP/1.0 200"))
        #expect(answer.contains("Connection: keep-alive\r\n"))
      }
    }
  }

  @Test func `a head that takes too long gets 408, however slowly its bytes trickle`() async throws {
    try await EdgeFixture.run(
      configure: { $0.timeouts.head = .milliseconds(300) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET / HTTP/1.1\r\n")
        for index in 0..<3 {
          // The edge may have answered and closed by now.
          try? await client.send("X-\(index): y\r\n")
          try await Task.sleep(for: .milliseconds(50))
        }
        let answer = try await client.receiveAll(seconds: 3)
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(fixture.origin.requests.isEmpty)
      })
  }

  @Test func `a body below the lowest rate gets 408`() async throws {
    try await EdgeFixture.run(
      configure: {
        $0.timeouts.bodyGrace = .milliseconds(100)
        $0.timeouts.bodyBytesPerSecond = 1_000_000
      },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\na")
        let answer = try await client.receiveAll(seconds: 5)
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
      })
  }

  @Test func `an idle connection is closed without a word`() async throws {
    try await EdgeFixture.run(
      configure: { $0.timeouts.idle = .seconds(1) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        let answer = try await client.receiveAll(seconds: 10)
        #expect(answer.isEmpty)
        let counters = await fixture.edge.counters()
        #expect(counters.closes[.timeout] == 1)
      })
  }

  @Test func `a client that expects 100 gets it once, before its body`() async throws {
    try await EdgeFixture.run { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      try await client.send("POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
      let interim = try await client.receive(until: "\r\n\r\n")
      #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
      try await client.send("hello")
      let answer = try await client.receive { $0.hasSuffix("hello") }
      #expect(answer.components(separatedBy: "100 Continue").count == 2)
      #expect(fixture.origin.requests.first?.body == "hello")
      #expect(fixture.origin.requests.first?.values("expect") == [])
    }
  }

  @Test func `beyond the limit of connections nobody is accepted until one leaves`() async throws {
    try await EdgeFixture.run(
      configure: { $0.maxConnections = 3 },
      { fixture in
        var clients: [RawClient] = []
        for _ in 0..<5 { clients.append(try await RawClient.connect(port: fixture.port)) }
        for client in clients { try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients[..<3] { _ = try await client.receive(until: "hello") }
        #expect(try await clients[3].received.isEmpty)
        #expect(await fixture.edge.counters().connections == 3)
        await clients[0].close()
        await clients[1].close()
        _ = try await clients[3].receive(until: "hello")
        _ = try await clients[4].receive(until: "hello")
      })
  }
}

extension String {
  /// The parts between a separator; without Foundation.
  func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
