import FanoutEdge
import GRIP
import NIOCore
import Testing

@Suite("A graceful stop")
struct DrainTests {
  private static let origin: FakeOrigin.Script = { request in
    let mode = request.uri == "/stream" ? "stream" : "response"
    return .bytes(response(200, ["Grip-Hold: \(mode)", "Grip-Channel: news"], body: "nothing\n"))
  }

  /// Waits until `/readyz` answers with a status.
  private func waitForReady(_ status: Int, _ fixture: ServerFixture) async throws -> String {
    var answer = ""
    for _ in 0..<500 {
      answer = try await fixture.admin("GET", "/readyz")
      if answer.hasPrefix("HTTP/1.1 \(status) ") { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    return answer
  }

  @Test func `not ready is said at once, and clients are taken for the delay`() async throws {
    try await ServerFixture.run(
      configure: {
        $0.drain.delay = .seconds(5)
        $0.delivery.shutdownSpread = .zero
      }, origin: Self.origin
    ) { fixture in
      #expect(try await waitForReady(200, fixture).hasSuffix("ready\n"))
      let server = fixture.server
      async let stop: Void = server.stop()
      #expect(try await waitForReady(503, fixture).contains("draining"))
      #expect(try await fixture.admin("GET", "/healthz").hasPrefix("HTTP/1.1 200 "))
      // Who still comes is served, and gets what is published.
      let stream = try await fixture.get("/stream")
      _ = try await stream.receive(until: "nothing", seconds: 20)
      _ = try await fixture.publish([GRIPItem(channel: "news", httpStream: .send(.text("<late>")))])
      _ = try await stream.receive(until: "<late>", seconds: 20)
      await stop
      _ = try await stream.receiveAll(seconds: 20)
    }
  }

  @Test func `those whose end has not come go on getting items`() async throws {
    try await ServerFixture.run(
      configure: {
        $0.edge.loopCount = 1
        $0.delivery.shutdownSpread = .seconds(4)
      }, origin: Self.origin
    ) { fixture in
      // More than end in one step.
      var streams: [RawClient] = []
      for _ in 0..<101 { streams.append(try await fixture.get("/stream")) }
      try await fixture.waitForHolds(101)
      let server = fixture.server
      async let stop: Void = server.stop()
      _ = try await waitForReady(503, fixture)
      let text = try await fixture.publish([GRIPItem(channel: "news", httpStream: .send(.text("<late>")))])
      await stop
      var late = 0
      for client in streams {
        let received = try await client.receiveAll(seconds: 20)
        #expect(received.hasSuffix("nothing\n\r\n") || received.hasSuffix("6\r\n<late>\r\n"))
        if received.hasSuffix("6\r\n<late>\r\n") { late += 1 }
      }
      #expect(late >= 1, "\(text)")
    }
  }

  @Test func `the limit bounds all of it`() async throws {
    try await ServerFixture.run(
      configure: {
        $0.drain.delay = .hours(1)
        $0.drain.limit = .milliseconds(300)
        $0.delivery.shutdownSpread = .hours(1)
        $0.edge.shutdownGrace = .hours(1)
      },
      origin: { $0.uri == "/slow" ? .silence : Self.origin($0) },
      { fixture in
        let stream = try await fixture.get("/stream")
        let slow = try await fixture.get("/slow")
        try await fixture.waitForHolds(1)
        // That it ends at all is what is seen here: an hour is longer than any test may take.
        await fixture.server.stop()
        #expect(try await stream.receiveAll(seconds: 20).hasSuffix("nothing\n\r\n"))
        #expect(try await slow.receiveAll(seconds: 20).isEmpty)
      })
  }

  @Test func `a stream that has half an item gets the other half before it ends`() async throws {
    try await ServerFixture.run(
      configure: {
        $0.delivery.streamSendBuffer = 4096
        $0.edge.shutdownGrace = .seconds(60)
        $0.delivery.shutdownSpread = .zero
      }, origin: Self.origin
    ) { fixture in
      let client = try await RawClient.connect(port: fixture.port, receiveBuffer: 4096, readsAtOnce: false)
      try await client.send("GET /stream HTTP/1.1\r\nHost: a.test\r\n\r\n")
      try await fixture.waitForHolds(1)
      let large = String(repeating: "x", count: 60_000)
      _ = try await fixture.publish([GRIPItem(channel: "news", httpStream: .send(.text("\(large)<end>")))])
      for _ in 0..<500 where await fixture.server.deliveryCounters().slow == 0 {
        try await Task.sleep(for: .milliseconds(10))
      }
      let server = fixture.server
      async let stop: Void = server.stop()
      _ = try await waitForReady(503, fixture)
      try await client.startReading()
      #expect(try await client.receiveAll(seconds: 20).hasSuffix("<end>\r\n"))
      await stop
    }
  }
}
