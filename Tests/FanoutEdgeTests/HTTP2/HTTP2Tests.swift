import FanoutEdge
import GRIP
import NIOCore
import NIOHPACK
import Testing

@Suite("RFC 9113: requests on streams")
struct HTTP2Tests {
  private static func allow(_ configuration: inout EdgeConfiguration) { configuration.listen[0].allowsHTTP2 = true }

  @Test func `a request and its response, with both versions on one port`() async throws {
    try await EdgeFixture.run(configure: Self.allow, origin: { _ in .bytes(response(201, ["X-A: b"], body: "hello")) })
    {
      fixture in
      let client = try await HTTP2Client.connect(port: fixture.port)
      let answer = try await client.answer(
        "/p?q", method: "POST", fields: [("cookie", "a=b"), ("cookie", "c=d"), ("x", "1")], body: "the body")
      #expect(answer.status == "201")
      #expect(answer.headers.contains("x-a: b"))
      #expect(answer.headers.contains("content-length: 5"))
      #expect(answer.body == "hello")
      let request = try #require(fixture.origin.requests.first)
      #expect(request.method == "POST")
      #expect(request.uri == "/p?q")
      #expect(request.body == "the body")
      #expect(request.values("Host") == ["api.test"])
      #expect(request.values("Cookie") == ["a=b; c=d"])
      #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
      let known = try await client.answer("/l", method: "PUT", fields: [("content-length", "3")], body: "abc")
      #expect(known.status == "201")
      #expect(fixture.origin.requests.last?.values("Content-Length") == ["3"])
      await client.close()
      let old = try await fixture.exchange("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", seconds: 20)
      #expect(old.hasPrefix("HTTP/1.1 201 "))
    }
  }

  @Test func `what has no body in HTTP 1 has none here`() async throws {
    try await EdgeFixture.run(
      configure: Self.allow,
      origin: { request in
        switch request.uri {
        case "/204": .bytes("HTTP/1.1 204 No Content\r\n\r\n")
        case "/early": .bytes("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + response(body: "late"))
        default: .bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n")
        }
      },
      { fixture in
        let client = try await HTTP2Client.connect(port: fixture.port)
        let head = try await client.answer("/head", method: "HEAD")
        #expect(head.status == "200")
        #expect(head.headers.contains("content-length: 5"))
        #expect(!head.headers.contains { $0.hasPrefix("connection") })
        #expect(head.isComplete && head.body.isEmpty)
        #expect(try await client.answer("/204").status == "204")
        let early = try await client.answer("/early")
        #expect(early.status == "200")
        #expect(early.body == "late")
        #expect(!early.headers.contains { $0.hasPrefix("link") })
        await client.close()
      })
  }

  @Test func `a response that is cut short resets its stream, and no other`() async throws {
    try await EdgeFixture.run(
      configure: Self.allow,
      origin: { request in
        request.uri == "/cut" ? .bytesAndClose("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf") : .bytes(response())
      },
      { fixture in
        let client = try await HTTP2Client.connect(port: fixture.port)
        let answer = try await client.answer("/cut")
        #expect(answer.status == "200")
        #expect(!answer.isComplete)
        #expect(answer.reset == 2)
        #expect(try await client.answer("/whole").isComplete)
        await client.close()
      })
  }

  @Test func `what the reader of HTTP 1 refuses is answered with its status`() async throws {
    try await EdgeFixture.run(
      configure: { configuration in
        Self.allow(&configuration)
        configuration.requestLimits.maxHeadBytes = 2000
        configuration.requestLimits.maxTargetBytes = 1000
      },
      { fixture in
        let client = try await HTTP2Client.connect(port: fixture.port)
        #expect(try await client.answer("/" + String(repeating: "a", count: 1500)).status == "414")
        #expect(try await client.answer("/", fields: [("x", String(repeating: "a", count: 2500))]).status == "431")
        #expect(try await client.answer("/a#b").status == "400")
        #expect(try await client.answer("/", fields: [("content_length", "5")]).status == "400")
        #expect(fixture.origin.requests.isEmpty)
        await client.close()
      })
  }

  @Test func `a WebSocket that the origin does not open is no success`() async throws {
    try await EdgeFixture.run(configure: Self.allow, origin: { _ in .bytes(response(200, body: "no WebSocket here")) })
    {
      fixture in
      let client = try await HTTP2Client.connect(port: fixture.port)
      // `:protocol` may be sent only when the server's settings, which come before any answer, have allowed it.
      _ = try await client.answer("/")
      let stream = try await client.request(
        "/", method: "CONNECT", fields: [(":protocol", "websocket"), ("sec-websocket-version", "13")], isLast: false)
      let answer = try await stream.wait { !$0.status.isEmpty || $0.reset != nil }
      #expect(!answer.status.hasPrefix("2"))
      await client.close()
    }
  }

  @Test func `many streams of one connection are held, and each gets every item`() async throws {
    try await WholeEdge.run(
      configure: Self.allow,
      origin: { request in
        let hold = request.uri == "/poll" ? "response" : "stream"
        return .bytes(
          response(200, ["Grip-Hold: \(hold)", "Grip-Channel: c", "Content-Type: text/plain"], body: "[\n"))
      },
      { edge in
        let client = try await HTTP2Client.connect(port: edge.port)
        var streams: [HTTP2Client.Stream] = []
        for number in 0..<100 { streams.append(try await client.request(number < 90 ? "/stream" : "/poll")) }
        try await edge.wait(holds: 100)
        for number in 1...20 { try edge.publish("c", "item \(number)") }
        let whole = "[\n" + (1...20).map { "item \($0)\n" }.joined()
        for stream in streams.prefix(90) {
          let answer = try await stream.wait { $0.body.hasSuffix("item 20\n") || $0.isOver }
          #expect(answer.body == whole)
          #expect(!answer.isOver)
        }
        for stream in streams.suffix(10) {
          let answer = try await stream.wait(\.isOver)
          #expect(answer.isComplete)
          #expect(answer.body == "item 1\n")
        }
        let counters = await edge.edge.counters()
        #expect(counters.connections == 1)
        #expect(counters.streams == 100)
        await client.close()
        try await edge.wait(holds: 0)
      })
  }

  @Test func `a stream that is not read costs a bounded queue, and does not keep others waiting`() async throws {
    var delivery = DeliveryConfiguration()
    delivery.queuedItemsPerHold = 4
    delivery.slowPolicy = .disconnect
    try await WholeEdge.run(
      loopCount: 1, delivery: delivery, configure: Self.allow,
      origin: { request in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"])) },
      { edge in
        let client = try await HTTP2Client.connect(port: edge.port)
        let slow = try await client.request("/slow", readsAtOnce: false)
        let quick = try await client.request("/quick")
        try await edge.wait(holds: 2)
        let item = String(repeating: "x", count: 20_000)
        for number in 1...40 {
          try edge.publish("c", item)
          try await quick.wait { $0.body.utf8.count >= number * 20_001 || $0.isOver }
        }
        #expect(!quick.answer.isOver)
        try await edge.wait(holds: 1)
        #expect(await edge.edge.counters().closes[.slow] == nil || quick.answer.reset == nil)
        slow.read()
        await client.close()
      })
  }

  @Test func `draining says goodbye, serves what is under way, and closes`() async throws {
    try await EdgeFixture.run(
      configure: Self.allow, origin: { request in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"])) },
      { fixture in
        let client = try await HTTP2Client.connect(port: fixture.port)
        _ = try await client.request("/held")
        try await fixture.holds.wait(for: 1)
        await fixture.edge.drain()
        #expect(client.channel.isActive)
        try await fixture.holds.withSink { $0.close(.shutdown) }
        try await client.channel.closeFuture.get()
      })
  }
}

@Suite("RFC 9113 §10.5: hostile frames")
struct HostileFramesTests {
  struct Entry: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Error codes one of which the connection ends with; none where it may just close.
    var codes: [UInt8]
    var frames: [[UInt8]]
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, [])

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF), type, flags]
      + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 0xFF) } + payload
  }

  static func head(_ fields: [(String, String)] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")] + fields {
      bytes += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }
    return bytes
  }

  static let table: [Entry] = [
    Entry(
      testDescription: "rapid reset", codes: [11],
      frames: (0..<400).map { number in
        let stream = UInt32(number * 2 + 1)
        return frame(1, 5, stream, head()) + frame(3, 0, stream, [0, 0, 0, 8])
      }),
    Entry(
      testDescription: "flood of CONTINUATION", codes: [1, 11],
      frames: [frame(1, 1, 1, head())] + (0..<200).map { _ in frame(9, 0, 1, [0, 1, 0x61, 1, 0x62]) }),
    Entry(
      testDescription: "flood of PING", codes: [11],
      frames: (0..<400).map { _ in frame(6, 0, 0, [UInt8](repeating: 0, count: 8)) }),
    Entry(testDescription: "flood of SETTINGS", codes: [11], frames: (0..<400).map { _ in frame(4, 0, 0, []) }),
    Entry(
      testDescription: "flood of empty DATA", codes: [1, 11],
      frames: [frame(1, 4, 1, head())] + (0..<100).map { _ in frame(0, 0, 1, []) }),
    Entry(
      testDescription: "flood of malformed requests", codes: [11],
      frames: (0..<400).map { frame(1, 5, UInt32($0 * 2 + 1), head([("connection", "x")])) }),
    Entry(
      testDescription: "a list of headers without an end", codes: [1, 11],
      frames: [
        frame(1, 1, 1, head())
      ] + (0..<5).map { _ in frame(9, 0, 1, [0, 1, 0x61, 0x7F, 0x80, 0x7F] + [UInt8](repeating: 0x61, count: 16_255)) }),
    Entry(testDescription: "a frame that is too large", codes: [6], frames: [[0x40, 0x01, 0x01, 0, 0, 0, 0, 0, 1]]),
    Entry(testDescription: "window beyond its bound", codes: [3], frames: [frame(8, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF])]),
    Entry(testDescription: "stream of the server", codes: [1], frames: [frame(1, 5, 2, head())]),
    Entry(
      testDescription: "broken compression", codes: [9, 1], frames: [frame(1, 5, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])]),
  ]

  @Test(arguments: table)
  func `an attack ends the connection with a reason, and the edge serves on`(entry: Entry) async throws {
    try await EdgeFixture.run(configure: { $0.listen[0].allowsHTTP2 = true }) { fixture in
      let client = try await RawBytesClient.connect(port: fixture.port)
      client.send(Self.preface + entry.frames.flatMap { $0 })
      let bytes = try await client.receiveAll()
      let code = Self.goAwayCode(bytes)
      #expect(code.map(entry.codes.contains) ?? false, "\(String(describing: code))")
      let other = try await HTTP2Client.connect(port: fixture.port)
      #expect(try await other.answer("/").status == "200")
      await other.close()
    }
  }

  /// The code of the `GOAWAY` among frames.
  static func goAwayCode(_ bytes: [UInt8]) -> UInt8? {
    var rest = bytes[...]
    while rest.count >= 9 {
      let first = rest.startIndex
      let length = Int(rest[first]) << 16 | Int(rest[first + 1]) << 8 | Int(rest[first + 2])
      let payload = rest.dropFirst(9).prefix(length)
      if rest[first + 3] == 7, payload.count >= 8 { return payload[payload.startIndex + 7] }
      rest = rest.dropFirst(9 + length)
    }
    return nil
  }
}
