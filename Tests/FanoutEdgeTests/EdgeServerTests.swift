import FanoutBus
import FanoutEdge
import GRIP
import Logging
import NIOCore
import Testing

/// A whole edge on free ports in front of a scripted origin.
struct ServerFixture {
  let server: EdgeServer
  let origin: FakeOrigin
  let port: Int
  let controlPort: Int
  var metricsPort: Int?

  static func run(
    logger: Logger? = nil, configure: (inout EdgeServerConfiguration) -> Void = { _ in },
    origin script: @escaping FakeOrigin.Script,
    _ test: (ServerFixture) async throws -> Void
  ) async throws {
    let origin = FakeOrigin(script: script)
    try await origin.start()
    var edge = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    edge.loopCount = 2
    edge.shutdownGrace = .milliseconds(200)
    var configuration = EdgeServerConfiguration(edge: edge)
    configuration.control.listen = [ListenAddress(port: 0)]
    configure(&configuration)
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    let server = EdgeServer(configuration: configuration, routes: routes(origin), logger: logger ?? quiet)
    let addresses = try await server.start()
    let fixture = ServerFixture(
      server: server, origin: origin, port: addresses.edge.first?.port ?? 0,
      controlPort: addresses.control.first?.port ?? 0, metricsPort: addresses.metrics.first?.port)
    do {
      try await test(fixture)
    } catch {
      await server.stop(graceful: false)
      await origin.stop()
      throw error
    }
    await server.stop(graceful: false)
    await origin.stop()
  }

  static func routes(_ origin: FakeOrigin) -> RouteTable {
    RouteParser { _ in [] }.read(lines: ["* 127.0.0.1:\(origin.port)"], source: "test").table
  }

  func get(_ target: String) async throws -> RawClient {
    let client = try await RawClient.connect(port: port)
    try await client.send("GET \(target) HTTP/1.1\r\nHost: a.test\r\n\r\n")
    return client
  }

  /// Publishes, and gives the answer's body.
  func publish(_ items: [GRIPItem], target: String = "/publish/?receipt=1") async throws -> String {
    let body = String(decoding: try GRIPItem.encodeBatch(items), as: UTF8.self)
    let client = try await RawClient.connect(port: controlPort)
    try await client.send(
      "POST \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    )
    let answer = try await client.receiveAll()
    await client.close()
    return answer
  }

  func waitForHolds(_ count: Int) async throws {
    for _ in 0..<500 where await server.deliveryCounters().holds != count {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(await server.deliveryCounters().holds == count)
  }
}

@Suite("The whole edge")
struct EdgeServerTests {
  private static func item(_ id: Int) -> GRIPItem {
    GRIPItem(
      channel: "news", id: "\(id)", previousID: "\(id - 1)",
      httpResponse: .send(GRIPHTTPResponseMessage(body: .full(.text("[\(id)]")))), httpStream: .send(.text("<\(id)>")))
  }

  private static let origin: FakeOrigin.Script = { request in
    if request.uri.hasPrefix("/stream") {
      return .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: news"], body: "<open>"))
    }
    if request.uri.hasPrefix("/reliable") {
      return .bytes(
        response(
          200, ["Grip-Hold: stream", "Grip-Channel: news; prev-id=0", "Grip-Link: </more>; rel=next"], body: "<open>"))
    }
    if request.uri.hasPrefix("/more") {
      return .bytes(
        response(
          200, ["Grip-Hold: stream", "Grip-Channel: news; prev-id=3", "Grip-Link: </more>; rel=next"], body: "<2><3>"))
    }
    return .bytes(
      response(200, ["Grip-Hold: response", "Grip-Channel: news", "Content-Type: text/plain"], body: "nothing"))
  }

  @Test func `what is published reaches streams and long-polls on every loop, and the receipt counts them`()
    async throws
  {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      var streams: [RawClient] = []
      var polls: [RawClient] = []
      for _ in 0..<8 {
        streams.append(try await fixture.get("/stream"))
        polls.append(try await fixture.get("/poll"))
      }
      try await fixture.waitForHolds(16)
      let answer = try await fixture.publish([Self.item(1), Self.item(2)])
      #expect(
        answer.contains(
          #"{"message":"Published","items":[{"channel":"news","receivers":{"http-response":8,"http-stream":8}},"#))
      for client in streams {
        let text = try await client.receive(until: "<2>")
        #expect(text.contains("Transfer-Encoding: chunked"))
        #expect(text.contains("6\r\n<open>\r\n3\r\n<1>\r\n3\r\n<2>\r\n"))
        await client.close()
      }
      for client in polls {
        let text = try await client.receive(until: "[1]")
        #expect(text.hasSuffix("Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n[1]"))
        // The connection serves the next poll.
        try await client.clear()
        try await client.send("GET /poll HTTP/1.1\r\nHost: a.test\r\n\r\n")
      }
      try await fixture.waitForHolds(8)
      _ = try await fixture.publish([Self.item(3)])
      for client in polls {
        #expect(try await client.receive(until: "[3]").hasPrefix("HTTP/1.1 200 OK\r\n"))
        await client.close()
      }
      try await fixture.waitForHolds(0)
    }
  }

  @Test func `what a stream missed comes from its next link, in order and once`() async throws {
    try await ServerFixture.run(configure: { $0.delivery.sequencer.messageWait = .zero }, origin: Self.origin) {
      fixture in
      let client = try await fixture.get("/reliable?user=romeo")
      try await fixture.waitForHolds(1)
      _ = try await fixture.publish([Self.item(1)])
      _ = try await client.receive(until: "<1>")
      // The second is lost on its way.
      _ = try await fixture.publish([Self.item(3)])
      _ = try await client.receive(until: "<2><3>")
      _ = try await fixture.publish([Self.item(4)])
      let text = try await client.receive(until: "<4>")
      #expect(text.hasSuffix("<open>\r\n3\r\n<1>\r\n6\r\n<2><3>\r\n3\r\n<4>\r\n"))
      let link = try #require(fixture.origin.requests.last)
      #expect(link.uri == "/more")
      #expect(link.values("Grip-Last") == ["news; last-id=1"])
      await client.close()
    }
  }

  @Test func `reloading routes a hundred times closes no held connection`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      var clients: [RawClient] = []
      for _ in 0..<20 { clients.append(try await fixture.get("/stream")) }
      try await fixture.waitForHolds(20)
      for _ in 0..<100 { fixture.server.reload(routes: ServerFixture.routes(fixture.origin)) }
      _ = try await fixture.publish([Self.item(1)])
      for client in clients {
        _ = try await client.receive(until: "<1>")
        await client.close()
      }
    }
  }

  @Test func `clients that go away leave nothing behind`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      for _ in 0..<3 {
        var clients: [RawClient] = []
        for number in 0..<10 { clients.append(try await fixture.get(number % 2 == 0 ? "/stream" : "/poll")) }
        try await fixture.waitForHolds(10)
        for client in clients { await client.close() }
        try await fixture.waitForHolds(0)
      }
      #expect(await fixture.server.deliveryCounters().channels == 0)
      #expect(try await fixture.publish([Self.item(1)]).contains(#""http-response":0,"http-stream":0"#))
    }
  }

  @Test func `a client that does not read is closed, and the others have everything`() async throws {
    try await ServerFixture.run(
      configure: {
        $0.delivery.queuedBytesPerHold = 32_768
        $0.delivery.streamSendBuffer = 4096
      }, origin: Self.origin
    ) { fixture in
      let deaf = try await RawClient.connect(port: fixture.port, receiveBuffer: 4096, readsAtOnce: false)
      try await deaf.send("GET /stream HTTP/1.1\r\nHost: a.test\r\n\r\n")
      let quick = try await fixture.get("/stream")
      try await fixture.waitForHolds(2)
      let large = String(repeating: "x", count: 10_000)
      for number in 0..<100 {
        _ = try await fixture.publish([GRIPItem(channel: "news", httpStream: .send(.text("\(large)<\(number)>")))])
      }
      let text = try await quick.receive(until: "<99>")
      for number in 0..<100 { #expect(text.contains("x<\(number)>")) }
      try await fixture.waitForHolds(1)
      #expect(await fixture.server.deliveryCounters().disconnected == 1)
      await quick.close()
      await deaf.close()
    }
  }

  @Test func `stopping closes what is held, and publishing with it`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      let client = try await fixture.get("/stream")
      try await fixture.waitForHolds(1)
      await fixture.server.stop()
      #expect(try await client.receiveAll().hasSuffix("<open>\r\n"))
      await #expect(throws: (any Error).self) { try await RawClient.connect(port: fixture.controlPort) }
    }
  }

  @Test func `a graceful stop answers long-polls with their time-out response, and does not wait for clients`()
    async throws
  {
    try await ServerFixture.run(
      configure: {
        $0.edge.shutdownGrace = .seconds(60)
        $0.delivery.shutdownSpread = .milliseconds(200)
      },
      origin: { request in
        let mode = request.uri == "/stream" ? "stream" : "response"
        return .bytes(
          response(200, ["Grip-Hold: \(mode)", "Grip-Channel: news", "Content-Type: text/plain"], body: "nothing\n"))
      },
      { fixture in
        let poll = try await fixture.get("/poll")
        let stream = try await fixture.get("/stream")
        let idle = try await RawClient.connect(port: fixture.port)
        try await fixture.waitForHolds(2)
        let begun = NIODeadline.now()
        await fixture.server.stop()
        #expect(NIODeadline.now() - begun < .seconds(5))
        let answer = try await poll.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("\r\n\r\nnothing\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(try await stream.receiveAll().hasSuffix("nothing\n\r\n"))
        #expect(try await idle.receiveAll().isEmpty)
      })
  }

  @Test func `a wrong configuration does not start, and every problem is named`() async throws {
    var configuration = EdgeServerConfiguration(edge: EdgeConfiguration(listen: []))
    configuration.control.listen = [ListenAddress(host: "0.0.0.0", port: 0)]
    configuration.delivery.sliceSize = 0
    let server = EdgeServer(configuration: configuration, routes: RouteTable([]), logger: Logger(label: "test"))
    await #expect {
      _ = try await server.start()
    } throws: { error in
      ["listen", "control.listen", "delivery.sliceSize"].allSatisfy { "\(error)".contains($0) }
    }
  }
}
