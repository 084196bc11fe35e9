import NIOCore
import Testing

@testable import FanoutEdge

@Suite("WebSockets when the edge stops")
struct SocketDrainTests {
  @Test func `everyone is told to come back, and listed until then`() async throws {
    try await SocketEdge.run { fixture in
      let first = try await fixture.open()
      let second = try await fixture.open()
      let listed = await fixture.edge.surveyConnections([ConnectionReport]()) { $0.append($1) }
      #expect(listed.map(\.transport) == ["websocket", "websocket"] && listed.allSatisfy { $0.state == "held" })
      await fixture.edge.endSockets(over: .milliseconds(100))
      for client in [first, second] {
        #expect(try await client.wait(for: 1) == [.close(1001, "the proxy stops")])
        try await client.waitForClose()
      }
      try await fixture.wait { $0.sockets == 0 && $0.originSockets == 0 }
    }
  }
}
