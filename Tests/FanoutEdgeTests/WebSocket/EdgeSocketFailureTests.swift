import FanoutEdge
import NIOCore
import Testing

@Suite("WebSockets through the edge: what goes wrong")
struct EdgeSocketFailureTests {
  @Test(arguments: SocketFrameTests.hostile.indices)
  func `a client that breaks the protocol is told so, and others go on`(index: Int) async throws {
    let (name, bytes, code) = SocketFrameTests.hostile[index]
    try await SocketEdge.run { fixture in
      let other = try await fixture.open()
      let client = try await fixture.open()
      try await client.send(bytes: bytes)
      try await client.wait { state in state.events.contains { if case .close = $0 { true } else { false } } }
      let closes = client.events.filter { if case .close(code, _) = $0 { true } else { false } }
      #expect(closes.count == 1, "\(name): \(client.events)")
      try await client.waitForClose()
      try await fixture.origin.peer(1).waitForClose()
      try await other.send("still here")
      #expect(try await other.wait(for: 1) == [.text("still here")])
      #expect(await fixture.edge.counters().socketFaults == [code: 1])
    }
  }

  @Test func `a refusal passes whole, and the connection goes on`() async throws {
    try await SocketEdge.run(
      origin: { head in
        head.hasPrefix("GET /no ")
          ? .bytes("HTTP/1.1 403 Go Away\r\nX-Why: because\r\nContent-Length: 6\r\nContent-Type: text/x\r\n\r\nno way")
          : .accept()
      },
      { fixture in
        let client = try await fixture.connect("/no")
        try await client.wait { $0.head.hasSuffix("no way") }
        #expect(client.head.hasPrefix("HTTP/1.1 403 Go Away\r\n"))
        #expect(client.field("X-Why") == "because")
        #expect(client.field("Content-Type") == "text/x")
        #expect(client.field("Connection") == nil)
        #expect(!client.isClosed)
        try await fixture.wait { $0.sockets == 0 && $0.originSockets == 0 }
      })
  }

  @Test func `a refusal that is too large is an error`() async throws {
    try await SocketEdge.run(
      configure: { $0.sockets.maxRejectionBytes = 2000 },
      origin: { _ in .bytes("HTTP/1.1 403 No\r\nContent-Length: 3000\r\n\r\n" + String(repeating: "x", count: 3000)) },
      { fixture in
        let client = try await fixture.connect()
        try await client.wait { $0.head.hasPrefix("HTTP/1.1 502 ") }
      })
  }

  static let bad: [String] = [
    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/1.1 101 X\r\n\r\n",
    "nonsense\r\n\r\n",
  ]

  @Test(arguments: bad)
  func `an origin that answers something else is an error`(answer: String) async throws {
    try await SocketEdge.run(
      routes: ["*,debug ORIGIN"], origin: { _ in .bytes(answer) },
      { fixture in
        let client = try await fixture.connect()
        try await client.wait { $0.head.hasPrefix("HTTP/1.1 502 ") && $0.head.contains("Error: ") }
        #expect(client.head.contains("127.0.0.1:"))
      })
  }

  @Test(arguments: [
    "x-unknown", "permessage-deflate", "grip, x-unknown", "grip; message-prefix=\"\u{0009}\"", ";",
  ])
  func `an origin that takes what was not offered is an error`(value: String) async throws {
    try await SocketEdge.run(
      routes: ["* ORIGIN"], origin: { _ in .accept(["Sec-WebSocket-Extensions: \(value)"]) },
      { fixture in
        let client = try await fixture.connect()
        try await client.wait { $0.head.contains("\r\n\r\n") }
        #expect(client.head.hasPrefix("HTTP/1.1 502 "))
      })
  }

  @Test func `the next target is asked where one cannot be reached`() async throws {
    // Nobody listens on port 1.
    try await SocketEdge.run(
      routes: ["*,no_grip 127.0.0.1:1 ORIGIN"],
      { fixture in
        let client = try await fixture.open()
        try await client.send("here")
        #expect(try await client.wait(for: 1) == [.text("here")])
        #expect(await fixture.edge.counters().failovers == 1)
      })
    try await SocketEdge.run(
      routes: ["*,debug 127.0.0.1:1 127.0.0.1:2"],
      { fixture in
        let client = try await fixture.connect()
        try await client.wait { $0.head.contains("Unable to connect to any targets. Tried: 127.0.0.1:1, 127.0.0.1:2") }
        #expect(client.head.hasPrefix("HTTP/1.1 502 "))
      })
  }

  @Test func `no route, too many origins`() async throws {
    try await SocketEdge.run(
      routes: ["b.test ORIGIN", "a.test,path_beg=/x,no_grip ORIGIN"],
      configure: { $0.sockets.maxOriginSockets = 1 },
      { fixture in
        let client = try await fixture.connect("/y")
        try await client.wait { $0.head.hasPrefix("HTTP/1.1 502 ") && $0.head.hasSuffix("Route not found\n") }
        let first = try await fixture.open("/x")
        let second = try await fixture.connect("/x")
        try await second.wait { $0.head.hasPrefix("HTTP/1.1 503 ") }
        await first.disconnect()
        try await fixture.wait { $0.originSockets == 0 }
        _ = try await fixture.open("/x")
      })
  }

  @Test func `a WebSocket leaves the pool: those that are open take no place from requests`() async throws {
    try await SocketEdge.run(
      configure: {
        $0.origins.maxConnections = 1
        $0.origins.maxConnectionsPerClient = 1
      },
      { fixture in
        for _ in 0..<5 { _ = try await fixture.open() }
        try await fixture.wait { $0.originSockets == 5 }
      })
  }

  @Test func `an origin that dies takes the client with it, a reset too`() async throws {
    try await SocketEdge.run { fixture in
      for isReset in [false, true] {
        let client = try await fixture.open()
        let peer = try await fixture.origin.peer(isReset ? 1 : 0)
        if isReset { try await peer.reset() } else { await peer.disconnect() }
        try await client.waitForClose()
        #expect(client.events == [])
      }
      try await fixture.wait { $0.closes[.originLost] == 2 && $0.sockets == 0 && $0.originSockets == 0 }
    }
  }

  @Test func `an origin that breaks the protocol is told so, and its client dropped`() async throws {
    try await SocketEdge.run { fixture in
      let client = try await fixture.open()
      let peer = try await fixture.origin.peer()
      try await peer.send(bytes: RawFrame.bytes(1, [0xFF], isMasked: false))
      #expect(try await peer.wait(for: 1) == [.close(1007, "a text message is not UTF-8")])
      try await client.waitForClose()
      #expect(client.events == [])
    }
  }

  @Test func `a client that is gone while the origin is asked leaves nothing`() async throws {
    try await SocketEdge.run(
      origin: { _ in .bytes("") },
      { fixture in
        let client = try await fixture.connect()
        let peer = try await fixture.origin.peer()
        await client.disconnect()
        try await peer.waitForClose()
      })
  }

  // MARK: Large and slow

  @Test func `64 MB pass in pieces, both ways at once`() async throws {
    try await SocketEdge.run(
      configure: { $0.sockets.pingInterval = .zero },
      origin: { _ in .accept(echoes: false) },
      { fixture in
        let client = try await fixture.open()
        let peer = try await fixture.origin.peer()
        client.post(bytes: client.zeros(67_108_864))
        peer.post(bytes: peer.zeros(67_108_864))
        try await client.wait(seconds: 120) { $0.events.count == 1 }
        try await peer.wait(seconds: 120) { $0.events.count == 1 }
        #expect(client.events == [.large(67_108_864)])
        #expect(peer.events == [.large(67_108_864)])
        // A message that is passed on in pieces arrives in more than one frame.
        #expect(client.frames > 100)
      })
  }

  @Test func `a client that does not read holds its origin back, and loses nothing`() async throws {
    try await SocketEdge.run(
      origin: { _ in .accept(echoes: false) },
      { fixture in
        let client = try await fixture.open("/", receiveBuffer: 16_384)
        let peer = try await fixture.origin.peer()
        try await client.setReading(false)
        let message = peer.zeros(60_000)
        // More than all buffers on the way take.
        for _ in 0..<400 { peer.post(bytes: message) }
        // It stands still before all is taken.
        #expect(try await peer.waitUntilStill() > 0)
        #expect(await fixture.edge.counters().sockets == 1)
        try await client.setReading(true)
        try await client.wait(seconds: 60) { $0.events.count == 400 }
      })
  }

  @Test func `a client that never reads is ended as slow`() async throws {
    try await SocketEdge.run(
      configure: { $0.timeouts.stall = .milliseconds(500) },
      origin: { _ in .accept(echoes: false) },
      { fixture in
        let client = try await fixture.open("/", receiveBuffer: 16_384)
        let peer = try await fixture.origin.peer()
        try await client.setReading(false)
        let message = peer.zeros(60_000)
        for _ in 0..<400 { peer.post(bytes: message) }
        try await fixture.wait { $0.closes[.slow] == 1 && $0.sockets == 0 && $0.originSockets == 0 }
        try await peer.waitForClose()
      })
  }

  @Test func `an origin that does not read holds its client back`() async throws {
    try await SocketEdge.run(
      origin: { _ in .accept(echoes: false) },
      { fixture in
        let client = try await fixture.open()
        let peer = try await fixture.origin.peer()
        try await peer.setReading(false)
        let message = client.zeros(60_000)
        for _ in 0..<400 { client.post(bytes: message) }
        #expect(try await client.waitUntilStill() > 0)
        try await peer.setReading(true)
        try await peer.wait(seconds: 60) { $0.events.count == 400 }
      })
  }
}
