import FanoutEdge
import NIOCore
import Testing

@Suite("RFC 9112: responses of origins")
struct EdgeOriginResponseTests {
  static let hostile: [(name: String, bytes: String)] = [
    ("CL and TE", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    ("two equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    ("length list", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello"),
    ("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello"),
    ("length with plus", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"),
    ("length no number", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"),
    ("unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    ("chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("bare CR in value", "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n"),
    ("bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    ("NUL in value", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
    ("folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    ("blank before colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"),
    ("no colon", "HTTP/1.1 200 OK\r\nrubbish\r\n\r\n"),
    ("no HTTP", "220 mail.test ESMTP\r\n\r\n"),
    ("HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"),
    ("status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    ("status below 100", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
    ("status no number", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"),
    ("unasked 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\nGET / HTTP/1.1"),
    (
      "flood of 1xx",
      String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 50) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ),
    ("101 fields", "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 101) + "Content-Length: 0\r\n\r\n"),
    (
      "head too large",
      "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 40_000) + "\r\nContent-Length: 0\r\n\r\n"
    ),
    ("control in status line", "HTTP/1.1 200 O\u{01}K\r\nContent-Length: 0\r\n\r\n"),
  ]

  @Test func `a response that can be read in two ways is a 502, and its connection is not used again`() async throws {
    try await EdgeFixture.run { fixture in
      for (name, bytes) in Self.hostile {
        fixture.origin.script { _ in .bytes(bytes) }
        let before = fixture.origin.connections
        let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 502 "), "\(name): \(answer)")
        #expect(answer.hasSuffix("Error while proxying to origin.\n"), "\(name)")
        fixture.origin.script { _ in .bytes(response(body: "hello")) }
        let next = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(next.hasSuffix("\r\n\r\nhello"), "\(name)")
        #expect(fixture.origin.connections - before >= 1, "\(name): the connection was used again")
        fixture.origin.script { _ in .bytesAndClose(response(200, ["Connection: close"], body: "x")) }
        _ = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      }
    }
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
    "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison",
    "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n",
  ])
  func `bytes after a response never become another client's response`(bytes: String) async throws {
    try await EdgeFixture.run { fixture in
      fixture.origin.script { _ in .bytes(bytes) }
      let first = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(!first.contains("poison"))
      fixture.origin.script { _ in .bytes(response(body: "hello")) }
      let second = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(second.hasSuffix("\r\n\r\nhello"))
      #expect(fixture.origin.connections == 2)
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n", false),
    ("HTTP/1.1 200 OK\r\n\r\nhello", true),
    ("HTTP/1.0 200 OK\r\n\r\nhello", true),
  ])
  func `a response that breaks off does not look whole`(bytes: String, isWhole: Bool) async throws {
    try await EdgeFixture.run(
      origin: { _ in .bytesAndClose(bytes) },
      { fixture in
        let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.contains("hello"))
        let hasEnd = answer.hasSuffix("\r\n0\r\n\r\n")
        #expect(hasEnd == isWhole)
        if bytes.contains("Content-Length") { #expect(answer.contains("Content-Length: 10\r\n")) }
      })
  }

  @Test func `an answer to HEAD keeps its length and has no body`() async throws {
    try await EdgeFixture.run(
      origin: { _ in .bytes("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX: y\r\n\r\n") },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        for _ in 0..<2 {
          try await client.clear()
          try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
          let answer = try await client.receive(until: "\r\n\r\n")
          #expect(answer.contains("Content-Length: 1234\r\n"))
          #expect(answer.hasSuffix("\r\n\r\n"))
        }
        #expect(fixture.origin.connections == 1)
      })
  }

  @Test func `204 and 304 have no body and leave the connection open`() async throws {
    try await EdgeFixture.run(
      origin: { request in
        .bytes(
          request.uri == "/204"
            ? "HTTP/1.1 204 Gone\r\n\r\n" : "HTTP/1.1 304 Same\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n")
      },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n")
        let empty = try await client.receive(until: "\r\n\r\n")
        #expect(empty == "HTTP/1.1 204 Gone\r\n\r\n")
        try await client.clear()
        try await client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n")
        let same = try await client.receive(until: "\r\n\r\n")
        #expect(same == "HTTP/1.1 304 Same\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n")
      })
  }

  @Test func `interim responses are read over`() async throws {
    try await EdgeFixture.run(
      origin: { _ in
        .bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + response(body: "hello"))
      },
      { fixture in
        let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 Fine\r\n"))
        #expect(answer.hasSuffix("hello"))
      })
  }

  @Test func `hop-by-hop fields of a response stay behind, everything else passes`() async throws {
    try await EdgeFixture.run(
      origin: { _ in
        .bytes(
          response(
            200,
            [
              "Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1", "Upgrade: h2c", "Set-Cookie: a=b",
              "Set-Cookie: c=d", "Content-Encoding: br",
            ], body: "x"))
      },
      { fixture in
        let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(
          answer
            == "HTTP/1.1 200 Fine\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Encoding: br\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
        )
      })
  }

  @Test func `a client that does not read stops the origin, and is closed when it never does`() async throws {
    let part = String(repeating: "x", count: 65_536)
    try await EdgeFixture.run(
      configure: { $0.timeouts.stall = .milliseconds(500) },
      origin: { _ in
        .bytes("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n" + String(repeating: part, count: 1024))
      },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port, receiveBuffer: 4096, readsAtOnce: false)
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in 0..<500 {
          if await fixture.edge.counters().closes[.slow] != nil { break }
          try await Task.sleep(for: .milliseconds(20))
        }
        #expect(await fixture.edge.counters().closes[.slow] == 1)
        await client.close()
      })
  }
}
