import FanoutEdge
import NIOCore
import Synchronization
import Testing

@Suite("Whether a WebSocket's origin lives")
struct OriginPingTests {
  /// The payloads of the pings that an origin got.
  private static func pings(_ state: SocketPeer.State) -> [String] {
    state.events.compactMap { if case .ping(let payload) = $0 { payload } else { nil } }
  }

  @Test(arguments: ["*,no_grip ORIGIN", "* ORIGIN"])
  func `a silent origin is asked, and one that does not answer is lost`(route: String) async throws {
    try await SocketEdge.run(
      routes: [route],
      configure: { configuration in
        configuration.sockets.originPingInterval = .milliseconds(200)
        configuration.sockets.originPingGrace = .milliseconds(200)
      },
      { fixture in
        let client = try await fixture.open()
        let origin = try await fixture.origin.peer()
        try await origin.wait { Self.pings($0).count == 1 }
        try await client.waitForClose()
        try await origin.waitForClose()
        // The client gets no close frame, as where the origin's connection breaks.
        #expect(client.events == [])
        #expect(await fixture.edge.counters().unresponsiveOrigins == 1)
        try await fixture.wait { $0.sockets == 0 && $0.originSockets == 0 }
      })
  }

  @Test func `an origin that answers stays, and clients see nothing of it`() async throws {
    try await SocketEdge.run(
      configure: { configuration in
        configuration.sockets.originPingInterval = .milliseconds(100)
        configuration.sockets.originPingGrace = .seconds(20)
      },
      { fixture in
        let client = try await fixture.open()
        let origin = try await fixture.origin.peer()
        for count in 1...5 {
          try await origin.wait { Self.pings($0).count == count }
          let payload = try #require(Self.pings(origin.state.withLock { $0 }).last)
          try await origin.send(bytes: origin.frame(10, Array(payload.utf8)))
        }
        // Each of them with a payload of its own; a pong that answers none passes.
        #expect(Set(Self.pings(origin.state.withLock { $0 })).count == 5)
        try await origin.send(bytes: origin.frame(10, Array("mine".utf8)))
        try await client.send("hello")
        #expect(try await client.wait(for: 2) == [.pong("mine"), .text("hello")])
        #expect(await fixture.edge.counters().unresponsiveOrigins == 0)
      })
  }

  @Test func `any byte of an origin's is a sign of life, and 0 asks nobody`() async throws {
    try await SocketEdge.run(
      configure: { configuration in
        configuration.sockets.originPingInterval = .milliseconds(200)
        configuration.sockets.originPingGrace = .milliseconds(600)
      },
      { fixture in
        let client = try await fixture.open()
        let origin = try await fixture.origin.peer()
        // It answers each ping by a message, and never by a pong.
        for count in 1...4 {
          try await origin.wait { Self.pings($0).count == count }
          try await origin.send("\(count)")
          try await client.wait(for: count)
        }
        #expect(client.events == (1...4).map { .text("\($0)") })
      })
    try await SocketEdge.run(configure: { $0.sockets.originPingInterval = .zero }) { fixture in
      let client = try await fixture.open()
      try await Task.sleep(for: .milliseconds(300))
      try await client.send("hello")
      #expect(try await client.wait(for: 1) == [.text("hello")])
      #expect(Self.pings(try await fixture.origin.peer().state.withLock { $0 }) == [])
    }
  }
}
