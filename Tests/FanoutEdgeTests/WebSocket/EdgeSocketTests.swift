import FanoutEdge
import GRIP
import NIOCore
import Testing

@Suite("WebSockets through the edge, native origin (GRIP §14)")
struct EdgeSocketTests {
  @Test func `the origin sees the client's request with a handshake of the edge's own`() async throws {
    try await SocketEdge.run(
      routes: ["* ORIGIN"],
      { fixture in
        let client = try await fixture.open(
          "/live?x=1",
          [
            "Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Extensions: permessage-deflate, grip",
            "X-Keep: 1",
            "Origin: https://a.test", "Grip-Sig: forged", "X-Forwarded-For: 6.6.6.6",
          ])
        let peer = try await fixture.origin.peer()
        #expect(peer.head.hasPrefix("GET /live?x=1 HTTP/1.1\r\nHost: a.test\r\n"))
        #expect(peer.field("Connection") == "Upgrade")
        #expect(peer.field("Upgrade") == "websocket")
        #expect(peer.field("Sec-WebSocket-Version") == "13")
        #expect(peer.field("Sec-WebSocket-Protocol") == "chat, superchat")
        #expect(peer.field("Sec-WebSocket-Extensions") == "grip")
        #expect(peer.field("Origin") == "https://a.test")
        #expect(peer.field("X-Keep") == "1")
        #expect(peer.field("X-Forwarded-For") == "127.0.0.1")
        #expect(peer.field("Grip-Feature") != nil)
        let token = try #require(peer.field("Grip-Sig"))
        #expect(
          (try? GRIPSignature.verify(
            token, key: GRIPKey(secret: Array("a secret of the edge".utf8)), now: 1_800_000_000)) != nil)
        let key = try #require(peer.field("Sec-WebSocket-Key"))
        #expect(key != SocketEdge.key)
        #expect(peer.head.components(separatedBy: "Sec-WebSocket-Key").count == 2)
        #expect(client.field("Sec-WebSocket-Extensions") == nil)
      })
  }

  @Test func `the 101 answers the client's key and has the origin's fields`() async throws {
    try await SocketEdge.run(
      origin: { _ in .accept(["Sec-WebSocket-Protocol: superchat", "Set-Cookie: a=1", "Keep-Alive: 5"]) },
      { fixture in
        let client = try await fixture.open("/", ["Sec-WebSocket-Protocol: chat, superchat"])
        #expect(client.head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(client.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(client.field("Upgrade") == "websocket")
        #expect(client.field("Connection") == "Upgrade")
        #expect(client.field("Sec-WebSocket-Protocol") == "superchat")
        #expect(client.field("Set-Cookie") == "a=1")
        #expect(client.field("Keep-Alive") == nil)
        #expect(client.field("Sec-WebSocket-Extensions") == nil)
        let peer = try await fixture.origin.peer()
        #expect(peer.field("Sec-WebSocket-Extensions") == nil)
        #expect(peer.field("Grip-Sig") == nil)
      })
  }

  @Test func `messages pass both ways, whole or in fragments, and controls between them`() async throws {
    try await SocketEdge.run { fixture in
      let client = try await fixture.open()
      let peer = try await fixture.origin.peer()
      try await client.send("Romeo")
      try await client.send(
        bytes: client.frame(1, Array("wherefore ".utf8), first: 0) + client.frame(10, Array("mine".utf8))
          + client.frame(0, Array("art thou".utf8)))
      try await client.send(bytes: client.frame(2, [0, 1, 2]))
      #expect(
        try await peer.wait(for: 4) == [
          .text("Romeo"), .pong("mine"), .text("wherefore art thou"), .binary([0, 1, 2]),
        ])
      #expect(try await client.wait(for: 3) == [.text("Romeo"), .text("wherefore art thou"), .binary([0, 1, 2])])
      try await peer.send(bytes: peer.frame(9, Array("alive?".utf8)) + peer.frame(1, Array("by".utf8), first: 0))
      try await peer.send(bytes: peer.frame(0, Array("e".utf8)))
      #expect(try await client.wait(for: 5).suffix(2) == [.ping("alive?"), .text("bye")])
      let counters = await fixture.edge.counters()
      #expect(counters.sockets == 1 && counters.socketsOpened == 1 && counters.originSockets == 1)
    }
  }

  @Test func `what the client sends behind its handshake waits for the origin`() async throws {
    try await SocketEdge.run { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      try await client.send(
        bytes: Array(SocketEdge.handshake().utf8) + RawFrame.bytes(1, Array("early".utf8), isMasked: true))
      _ = try await client.receive(until: "early", seconds: 20)
      #expect(try await fixture.origin.peer().events == [.text("early")])
      await client.close()
    }
  }

  @Test func `what the origin sends behind its 101 arrives`() async throws {
    try await SocketEdge.run(
      origin: { _ in .accept(behind: RawFrame.bytes(1, Array("welcome".utf8), isMasked: false)) },
      { fixture in
        let client = try await fixture.open()
        #expect(try await client.wait(for: 1) == [.text("welcome")])
      })
  }

  @Test func `a client's ping is answered by the edge`() async throws {
    try await SocketEdge.run { fixture in
      let client = try await fixture.open()
      try await client.send(bytes: client.frame(9, Array("there?".utf8)))
      #expect(try await client.wait(for: 1) == [.pong("there?")])
      try await client.send("after")
      let peer = try await fixture.origin.peer()
      #expect(try await peer.wait(for: 1) == [.text("after")])
    }
  }

  @Test func `pings pass to the origin where the edge is told not to answer`() async throws {
    try await SocketEdge.run(
      configure: { $0.sockets.answersPings = false },
      { fixture in
        let client = try await fixture.open()
        try await client.send(bytes: client.frame(9, Array("there?".utf8)))
        let peer = try await fixture.origin.peer()
        #expect(try await peer.wait(for: 1) == [.ping("there?")])
        try await peer.send(bytes: peer.frame(10, Array("there?".utf8)))
        #expect(try await client.wait(for: 1) == [.pong("there?")])
      })
  }

  @Test func `a silent client is asked, and one that answers is asked again`() async throws {
    try await SocketEdge.run(
      configure: { $0.sockets.pingInterval = .milliseconds(200) },
      { fixture in
        let client = try await fixture.open()
        guard case .ping(let payload) = try await client.wait(for: 1)[0] else {
          Issue.record("no ping")
          return
        }
        try await client.send(bytes: client.frame(10, Array(payload.utf8)) + client.frame(10, Array("mine".utf8)))
        try await client.wait(for: 2)
        // The answer to the edge's ping was not the origin's, the other pong was.
        #expect(try await fixture.origin.peer().wait(for: 1) == [.pong("mine")])
      })
  }

  @Test func `a client that answers no ping is ended, and its origin's side with it`() async throws {
    try await SocketEdge.run(
      configure: {
        $0.sockets.pingInterval = .milliseconds(200)
        $0.sockets.pingGrace = .milliseconds(300)
      },
      { fixture in
        let client = try await fixture.open()
        let peer = try await fixture.origin.peer()
        try await client.waitForClose()
        try await peer.waitForClose()
        #expect(client.events.count == 1 && peer.events == [])
        try await fixture.wait { $0.closes[.unresponsive] == 1 && $0.sockets == 0 && $0.originSockets == 0 }
      })
  }

  @Test(arguments: [UInt16?.none, 1000, 1001, 3999, 4999])
  func `a client's close passes with code and reason, and its answer comes back`(code: UInt16?) async throws {
    try await SocketEdge.run { fixture in
      let client = try await fixture.open()
      let peer = try await fixture.origin.peer()
      let reason = code == nil ? "" : "good night"
      try await client.send("last")
      try await client.sendClose(code, reason)
      #expect(try await peer.wait(for: 2) == [.text("last"), .close(code, reason)])
      #expect(try await client.wait(for: 2) == [.text("last"), .close(code, reason)])
      try await client.waitForClose()
      try await fixture.wait { $0.sockets == 0 }
    }
  }

  @Test func `an origin's close passes, after all that it sent before`() async throws {
    try await SocketEdge.run { fixture in
      let client = try await fixture.open()
      let peer = try await fixture.origin.peer()
      let burst = (0..<500).flatMap { peer.frame(1, Array("message \($0)".utf8)) }
      try await peer.send(bytes: burst + peer.frame(8, [0x0F, 0xA0] + Array("enough".utf8)))
      let events = try await client.wait(for: 501)
      #expect(events.first == .text("message 0") && events[499] == .text("message 499"))
      #expect(events.last == .close(4000, "enough"))
      try await client.sendClose(4000, "enough")
      #expect(try await peer.wait(for: 1) == [.close(4000, "enough")])
      try await client.waitForClose()
    }
  }

  @Test func `a close that is not answered is answered by the edge`() async throws {
    try await SocketEdge.run(
      configure: { $0.sockets.closeTimeout = .milliseconds(300) },
      origin: { _ in .accept(echoes: false) },
      { fixture in
        let client = try await fixture.open()
        try await client.sendClose(4001, "bye")
        #expect(try await client.wait(for: 1) == [.close(4001, "bye")])
        try await client.waitForClose()
        let peer = try await fixture.origin.peer()
        try await peer.waitForClose()
        // And the other way round.
        let second = try await fixture.open()
        let other = try await fixture.origin.peer(1)
        try await other.sendClose(1001)
        try await second.waitForClose()
        try await other.waitForClose()
      })
  }

  @Test func `a client that is gone without a word takes its origin's side with it`() async throws {
    try await SocketEdge.run { fixture in
      for isReset in [false, true] {
        let client = try await fixture.open()
        let peer = try await fixture.origin.peer(isReset ? 1 : 0)
        if isReset { try await client.reset() } else { await client.disconnect() }
        try await peer.waitForClose()
        #expect(peer.events == [])
      }
      try await fixture.wait { $0.sockets == 0 && $0.originSockets == 0 }
    }
  }

  @Test func `a stopping edge tells its clients to come back`() async throws {
    try await SocketEdge.run { fixture in
      let client = try await fixture.open()
      async let stopped: Void = fixture.edge.shutdown(graceful: true)
      #expect(try await client.wait(for: 1) == [.close(1001, "the proxy stops")])
      try await client.waitForClose()
      await stopped
    }
  }

  @Test func `compression is agreed where it is configured, on each side for itself`() async throws {
    try await SocketEdge.run(
      configure: { $0.sockets.allowsCompression = true },
      { fixture in
        let client = try await fixture.open(
          "/", ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
        #expect(
          client.field("Sec-WebSocket-Extensions")
            == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        let peer = try await fixture.origin.peer()
        #expect(
          peer.field("Sec-WebSocket-Extensions")
            == "permessage-deflate; client_no_context_takeover; server_no_context_takeover")
        // The origin took none; what the client compressed reaches it plain, what it says reaches the client compressed.
        let verse = String(repeating: "Wherefore art thou Romeo? ", count: 40)
        let deflated = SocketFrameEncoder.message(.text, ByteBuffer(string: verse), isDeflated: true)
        let payload = Array(deflated.readableBytesView.dropFirst(2))
        try await client.send(bytes: client.frame(1, payload, first: 0xC0))
        #expect(try await peer.wait(for: 1) == [.text(verse)])
        #expect(try await client.wait(for: 1) == [.binary([0xDE, 0xF1] + payload)])
        // Who offers none gets none.
        let plain = try await fixture.open()
        #expect(plain.field("Sec-WebSocket-Extensions") == nil)
        try await plain.send(verse)
        #expect(try await plain.wait(for: 1) == [.text(verse)])
      })
  }

  @Test func `a trusted proxy gets the grip extension back, and frames untouched`() async throws {
    let key = GRIPKey(secret: Array("outer".utf8))
    let token = try GRIPSignature.sign(issuer: "outer", expires: 1_800_000_100, key: key)
    try await SocketEdge.run(
      routes: ["* ORIGIN"], configure: { $0.upstreamKey = key },
      origin: { _ in .accept([#"Sec-WebSocket-Extensions: grip; message-prefix="x:""#]) },
      { fixture in
        let client = try await fixture.open("/", ["Grip-Sig: \(token)", "Sec-WebSocket-Extensions: grip"])
        #expect(client.field("Sec-WebSocket-Extensions") == #"grip; message-prefix="x:""#)
        let peer = try await fixture.origin.peer()
        #expect(peer.field("Grip-Sig") == token)
        #expect(peer.field("Sec-WebSocket-Extensions") == "grip")
        try await peer.send(#"c:{"type":"subscribe","channel":"a"}"#)
        #expect(try await client.wait(for: 1) == [.text(#"c:{"type":"subscribe","channel":"a"}"#)])
        // One that did not offer it is not told of it.
        let silent = try await fixture.open("/", ["Grip-Sig: \(token)"])
        #expect(silent.field("Sec-WebSocket-Extensions") == nil)
      })
  }
}
