import FanoutEdge
import GRIP
import Logging
import NIOCore
import Testing

@Suite("Two edges in a row, and publishers over HTTP")
struct EdgeChainTests {
  /// Starts a server in front of a port.
  private static func server(
    to port: Int, key: GRIPKey, upstreamKey: GRIPKey? = nil
  ) async throws -> (server: EdgeServer, port: Int, control: Int) {
    let reading = RouteParser { _ in [] }.read(lines: ["* 127.0.0.1:\(port)"], source: "test")
    var edge = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    edge.loopCount = 1
    edge.signatureIssuer = "edge"
    edge.signatureKey = key
    edge.upstreamKey = upstreamKey
    var configuration = EdgeServerConfiguration(edge: edge)
    configuration.control.listen = [ListenAddress(port: 0)]
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = EdgeServer(
      configuration: configuration, routes: reading.table, logger: logger, now: { 1_800_000_000 })
    let addresses = try await server.start()
    return (server, addresses.edge.first?.port ?? 0, addresses.control.first?.port ?? 0)
  }

  private static func publish(_ text: String, id: Int, to control: Int) async throws {
    let body =
      #"{"items":[{"channel":"room","id":"\#(id)","prev-id":"\#(id - 1)","formats":{"http-response":{"body":"\#(text)"}}}]}"#
    let client = try await RawClient.connect(port: control)
    try await client.send(
      "POST /publish/ HTTP/1.1\r\nHost: 127.0.0.1:\(control)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    )
    let answer = try await client.receive(until: "\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
    await client.close()
  }

  private static func wait(_ server: EdgeServer, holds: Int) async throws {
    for _ in 0..<500 {
      if await server.edgeCounters().held == holds { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("not held")
  }

  @Test func `the outer edge holds what comes through it, the inner one what comes to it, and both deliver`()
    async throws
  {
    let origin = FakeOrigin { _ in
      .bytes(response(200, ["Grip-Hold: response", "Grip-Channel: room; prev-id=7"], body: "{}"))
    }
    try await origin.start()
    let (outerKey, innerKey) = (GRIPKey(secret: Array("outer".utf8)), GRIPKey(secret: Array("inner".utf8)))
    let inner = try await Self.server(to: origin.port, key: innerKey, upstreamKey: outerKey)
    let outer = try await Self.server(to: inner.port, key: outerKey)
    let through = try await RawClient.connect(port: outer.port)
    try await through.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    try await Self.wait(outer.server, holds: 1)
    #expect(await inner.server.edgeCounters().held == 0)
    let direct = try await RawClient.connect(port: inner.port)
    try await direct.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
    try await Self.wait(inner.server, holds: 1)
    try await Self.publish("news", id: 8, to: outer.control)
    try await Self.publish("news", id: 8, to: inner.control)
    for client in [through, direct] {
      let answer = try await client.receive(until: "news")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
    }
    let tokens = origin.requests.compactMap { $0.values("Grip-Sig").first }
    #expect(tokens.count == 2)
    for (token, key) in zip(tokens, [outerKey, innerKey]) {
      #expect((try? GRIPSignature.verify(token, key: key, now: 1_800_000_000)) != nil)
    }
    await outer.server.stop(graceful: false)
    await inner.server.stop(graceful: false)
    await origin.stop()
  }

  @Test func `a server that stops ends its holds and lets go of its ports`() async throws {
    let origin = FakeOrigin { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: room"], body: "start\n")) }
    try await origin.start()
    let first = try await Self.server(to: origin.port, key: GRIPKey(secret: [1]))
    let client = try await RawClient.connect(port: first.port)
    try await client.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\n")
    try await Self.wait(first.server, holds: 1)
    async let end = client.receiveAll()
    await first.server.stop()
    #expect(try await end.hasSuffix("start\n\r\n"))
    await #expect(throws: (any Error).self) { try await RawClient.connect(port: first.port) }
    await origin.stop()
  }
}
