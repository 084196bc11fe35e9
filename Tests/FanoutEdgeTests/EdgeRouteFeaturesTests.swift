import FanoutEdge
import GRIP
import NIOCore
import Testing

@Suite("GRIP §3, §4.2, §17, §26.1: what routes can do")
struct EdgeRouteFeaturesTests {
  private static func get(_ path: String, _ lines: String...) -> String {
    (["GET \(path) HTTP/1.1", "Host: api.test", "Connection: close"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }

  @Test func `a request may name its route where the edge lets it, and the name goes no further`() async throws {
    try await EdgeFixture.run(
      routes: ["* 127.0.0.1:1", ",id=named,path_beg=/a ORIGIN"], configure: { $0.forwarding.acceptsRouteField = true }
    ) { fixture in
      let answer1 = try await fixture.exchange(Self.get("/a", "Pushpin-Route: named"))
      #expect(answer1.hasSuffix("hello"))
      #expect(fixture.origin.requests.first?.values("Pushpin-Route") == [])
      let answer2 = try await fixture.exchange(Self.get("/b", "Pushpin-Route: named"))
      #expect(answer2.contains("Route not found"))
      let answer3 = try await fixture.exchange(Self.get("/a", "Pushpin-Route: other"))
      #expect(answer3.contains("Route not found"))
    }
    try await EdgeFixture.run(routes: ["* ORIGIN", ",id=named 127.0.0.1:1"]) { fixture in
      let answer4 = try await fixture.exchange(Self.get("/a", "Pushpin-Route: named"))
      #expect(answer4.hasSuffix("hello"))
      #expect(fixture.origin.requests.first?.values("Pushpin-Route") == ["named"])
    }
  }

  @Test func `what a proxy in front says of the protocol chooses the route, and is said again in its own words`()
    async throws
  {
    try await EdgeFixture.run(
      routes: ["*,ssl=yes ORIGIN", "*,ssl=no 127.0.0.1:1"],
      configure: {
        $0.forwarding.acceptsForwardedProtocol = true
        $0.forwarding.setsForwardedProtocol = .both
      }
    ) { fixture in
      let secure = try await fixture.exchange(
        Self.get("/", "X-Forwarded-Proto: https", "X-Forwarded-Protocol: http"))
      #expect(secure.hasSuffix("hello"))
      let request = try #require(fixture.origin.requests.first)
      #expect(request.values("X-Forwarded-Proto") == ["https"])
      #expect(request.values("X-Forwarded-Protocol") == ["https"])
      let answer5 = try await fixture.exchange(Self.get("/"))
      #expect(answer5.contains(" 502 "))
      #expect(fixture.origin.requests.count == 1)
    }
  }

  @Test func `WebSockets have routes of their own, and origins hear that they came by TLS`() async throws {
    try await EdgeFixture.run(
      routes: ["*,proto=ws ORIGIN", "*,proto=http 127.0.0.1:1"],
      configure: {
        $0.forwarding.acceptsForwardedProtocol = true
        $0.forwarding.setsForwardedProtocol = .proto
      }
    ) { fixture in
      let plain = try await fixture.exchange(Self.get("/"))
      #expect(plain.contains(" 502 "))
      let refused = try await fixture.exchange(
        "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-Proto: wss\r\n\r\n"
          + "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(refused.contains("hello"))
      let request = try #require(fixture.origin.requests.first)
      #expect(fixture.origin.requests.count == 1)
      #expect(request.uri == "/live" && request.values("X-Forwarded-Proto") == ["wss"])
    }
    try await EdgeFixture.run(routes: ["*,debug test"]) { fixture in
      let answer = try await fixture.exchange(
        "GET /else HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("no such test resource"))
    }
  }

  @Test func `plain requests get no word about their protocol`() async throws {
    try await EdgeFixture.run(configure: { $0.forwarding.setsForwardedProtocol = .proto }) { fixture in
      _ = try await fixture.exchange(Self.get("/", "X-Forwarded-Proto: https"))
      #expect(fixture.origin.requests.first?.values("X-Forwarded-Proto") == [])
    }
  }

  @Test func `the way of a request is marked in CDN-Loop`() async throws {
    try await EdgeFixture.run(configure: { $0.forwarding.cdnLoopToken = "edge.test" }) { fixture in
      _ = try await fixture.exchange(Self.get("/", "CDN-Loop: a, b; v=1", "CDN-Loop: c"))
      #expect(fixture.origin.requests.first?.values("CDN-Loop") == ["a, b; v=1, c, edge.test"])
    }
  }

  @Test func `original fields are repeated under the marker, those that need one only where the client marked them`()
    async throws
  {
    try await EdgeFixture.run(
      routes: ["*,orig_headers,header=X-Forced:1 ORIGIN"],
      configure: { $0.forwarding.fieldsNeedingMark = ["x-needs"] }
    ) { fixture in
      _ = try await fixture.exchange(
        Self.get("/", "X-A: 1", "X-Needs: 2", "eb9bf0f5-X-Own: 3", "X-Forced: client", "X-Last: 4"))
      let request = try #require(fixture.origin.requests.first)
      #expect(request.values("eb9bf0f5-X-A") == ["1"])
      #expect(request.values("eb9bf0f5-X-Needs") == [] && request.values("X-Needs") == ["2"])
      #expect(request.values("eb9bf0f5-X-Own") == ["3"] && request.values("eb9bf0f5-eb9bf0f5-X-Own") == [])
      #expect(request.values("eb9bf0f5-Host") == ["api.test"])
      #expect(request.values("eb9bf0f5-X-Forced") == [] && request.values("X-Forced") == ["1"])
    }
    try await EdgeFixture.run { fixture in
      _ = try await fixture.exchange(Self.get("/", "eb9bf0f5-X-Own: 3", "EB9BF0F5_X: 4"))
      let names = fixture.origin.requests.first?.headers.map { $0.name.lowercased() } ?? []
      #expect(!names.contains { $0.hasPrefix("eb9bf0f5") })
    }
  }

  @Test func `scripts of other places may read a response, and what the origin says itself stays`() async throws {
    try await EdgeFixture.run(
      routes: ["*,aco ORIGIN"],
      origin: { _ in
        .bytes(response(200, ["X-One: 1", "x-two: 2", "Access-Control-Max-Age: 9", "Cache-Control: a"], body: "x"))
      },
      { fixture in
        let answer = try await fixture.exchange(
          Self.get(
            "/", "Origin: https://app.test", "Access-Control-Request-Method: PATCH",
            "Access-Control-Request-Headers: x-a,X-B"))
        for line in [
          "Access-Control-Allow-Methods: PATCH", "Access-Control-Allow-Headers: x-a, X-B",
          "Access-Control-Expose-Headers: X-One, x-two", "Access-Control-Allow-Credentials: true",
          "Access-Control-Allow-Origin: https://app.test", "Access-Control-Max-Age: 9",
        ] {
          #expect(answer.contains(line + "\r\n"), "\(line)")
        }
        let plain = try await fixture.exchange(Self.get("/"))
        #expect(plain.contains("Access-Control-Allow-Origin: *\r\n"))
        #expect(plain.contains("Access-Control-Allow-Methods: OPTIONS, HEAD, GET, POST, PUT, DELETE\r\n"))
        #expect(!plain.contains("Access-Control-Allow-Headers"))
      })
  }

  @Test(arguments: [("* ORIGIN", true, true), ("*,aco=false ORIGIN", true, false), ("* ORIGIN", false, false)])
  func `a route counts more than the edge`(line: String, isOn: Bool, isAllowed: Bool) async throws {
    try await EdgeFixture.run(routes: [line], configure: { $0.isCrossOrigin = isOn }) { fixture in
      let answer6 = try await fixture.exchange(Self.get("/"))
      #expect(answer6.contains("Access-Control-Allow-Origin: *\r\n") == isAllowed)
    }
  }

  @Test func `an error of the proxy's can be read from other places too`() async throws {
    try await EdgeFixture.run(routes: ["*,aco 127.0.0.1:1"]) { fixture in
      let answer = try await fixture.exchange(Self.get("/"))
      #expect(answer.hasPrefix("HTTP/1.1 502 ") && answer.contains("Access-Control-Allow-Origin: *\r\n"))
    }
  }

  @Test func `a held request is answered so that other places can read it`() async throws {
    try await WholeEdge.run(
      routes: ["*,aco ORIGIN"],
      origin: { _ in .bytes(response(200, ["Grip-Hold: response", "Grip-Channel: c"], body: "later")) },
      { whole in
        let client = try await whole.holding(
          WholeEdge.get("/", "Origin: http://app.test", "Connection: close"), count: 1)
        try whole.publish("c", "news")
        let answer = try await client.receiveAll(seconds: 20)
        #expect(answer.contains("Access-Control-Allow-Origin: http://app.test\r\n"))
        #expect(answer.hasSuffix("news\n"))
      })
  }

  @Test(arguments: [
    ("/", "200", "Hello from the Fanout test handler!\n"), ("/none", "404", "no such test resource\n"),
    ("/app", "200", "Hello from the Fanout test handler!\n"), ("/app/x", "404", "no such test resource\n"),
  ])
  func `the test handler answers relative to its route`(path: String, status: String, body: String) async throws {
    try await EdgeFixture.run(routes: ["* test", "*,path_beg=/app test"]) { fixture in
      let answer = try await fixture.exchange(Self.get(path))
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
      #expect(answer.hasSuffix("\r\n\r\n" + body))
    }
  }

  @Test func `the test handler holds, and what is published on its channels arrives`() async throws {
    try await WholeEdge.run(routes: ["* test"], origin: { _ in .close }) { whole in
      let poll = try await whole.holding(WholeEdge.get("/response?channel=a%20b&x=y", "Connection: close"))
      let stream = try await whole.holding(WholeEdge.get("/stream?channel=x&channel=y"), count: 2)
      let standard = try await whole.holding(WholeEdge.get("/stream"), count: 3)
      _ = try await stream.receive(until: "[stream opened]\n", seconds: 20)
      try whole.publish("a b", "one")
      try whole.publish("y", "two")
      try whole.publish("test", "three")
      #expect(try await poll.receiveAll(seconds: 20).hasSuffix("one\n"))
      _ = try await stream.receive(until: "two\n", seconds: 20)
      _ = try await standard.receive(until: "three\n", seconds: 20)
    }
  }

  @Test func `a proxy in front gets the test handler's instructions, and too large a body is refused`() async throws {
    let key = GRIPKey(secret: Array("outer".utf8))
    let token = try GRIPSignature.sign(issuer: "outer", expires: 1_800_000_100, key: key)
    try await EdgeFixture.run(routes: ["* test"], configure: { $0.upstreamKey = key }) { fixture in
      let answer = try await fixture.exchange(Self.get("/stream", "Grip-Sig: \(token)"))
      #expect(answer.contains("Grip-Hold: stream\r\n") && answer.contains("Grip-Channel: test\r\n"))
      #expect(fixture.holds.holds.isEmpty)
      let large = try await fixture.exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100001\r\n\r\n")
      #expect(large.hasPrefix("HTTP/1.1 400 ") && large.hasSuffix("request too large\n"))
    }
  }
}
