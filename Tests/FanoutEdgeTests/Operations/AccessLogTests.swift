import GRIP
import Logging
import NIOCore
import Synchronization
import Testing

@testable import FanoutEdge

/// Keeps what is logged.
final class LogRecorder: Sendable {
  struct Line: Sendable {
    var message: String
    var metadata: [String: String]
  }

  private let state = Mutex<[Line]>([])

  var lines: [Line] { state.withLock { $0 } }

  func logger() -> Logger {
    var logger = Logger(label: "test") { _ in Handler(recorder: self) }
    logger.logLevel = .trace
    return logger
  }

  /// Waits for so many lines with a message.
  func wait(for message: String, count: Int = 1) async throws -> [Line] {
    for _ in 0..<1000 {
      let found = lines.filter { $0.message == message }
      if found.count >= count { return found }
      try await Task.sleep(for: .milliseconds(10))
    }
    return lines.filter { $0.message == message }
  }

  private struct Handler: LogHandler {
    let recorder: LogRecorder
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.trace
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(
        message: "\(event.message)", metadata: (event.metadata ?? [:]).mapValues { "\($0)" })
      recorder.state.withLock { $0.append(line) }
    }
  }
}

@Suite("The access log and the log of origins")
struct AccessLogTests {
  private func edge(
    routes: [String], recorder: LogRecorder, configure: (inout EdgeConfiguration) -> Void = { _ in },
    _ test: (_ port: Int, _ edge: Edge) async throws -> Void
  ) async throws {
    var configuration = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    configuration.loopCount = 1
    configuration.shutdownGrace = .milliseconds(100)
    configure(&configuration)
    let reading = RouteParser { _ in [] }.read(lines: routes, source: "test")
    let edge = Edge(
      configuration: configuration, routes: reading.table, logger: recorder.logger(), accessLogger: recorder.logger(),
      now: { 1_800_000_000 }, makeHolds: { loop, _ in FakeHolds().table(on: loop) })
    let port = try await edge.start().first?.port ?? 0
    let result: Result<Void, any Error>
    do { result = .success(try await test(port, edge)) } catch { result = .failure(error) }
    await edge.shutdown(graceful: false)
    try result.get()
  }

  private func get(_ target: String, port: Int, _ fields: String = "") async throws -> String {
    let client = try await RawClient.connect(port: port)
    try await client.send("GET \(target) HTTP/1.1\r\nHost: a.test\r\n\(fields)Connection: close\r\n\r\n")
    return try await client.receiveAll(seconds: 20)
  }

  @Test func `a line has what one looks for, and nothing of the query`() async throws {
    let origin = FakeOrigin { _ in .bytes(response(201, body: "hello")) }
    try await origin.start()
    let recorder = LogRecorder()
    let configure: (inout EdgeConfiguration) -> Void = {
      $0.records.logsPeer = true
      $0.records.logsUserAgent = true
      $0.records.passesRequestID = true
      $0.records.traceSampling = 1
    }
    try await edge(routes: ["*,id=all 127.0.0.1:\(origin.port)"], recorder: recorder, configure: configure) { port, _ in
      _ = try await get("/path?access_token=secret", port: port, "User-Agent: curl/8\r\n")
      let line = try #require(try await recorder.wait(for: "request").first?.metadata)
      let request = try #require(origin.requests.first)
      for (key, value) in [
        "method": "GET", "path": "/path", "status": "201", "bytes": "5", "route": "all", "from": "127.0.0.1",
        "user.agent": "curl/8", "origin": "127.0.0.1:\(origin.port)", "transport": "http", "reason": "complete",
        "complete": "true",
      ] {
        #expect(line[key] == value, "\(key)")
      }
      #expect(line["request.id"] == request.values("X-Request-Id").first)
      #expect(line["trace.id"] == request.values("traceparent").first.flatMap(TraceContext.init)?.id)
      #expect(line["ms"] != nil && line["origin.ms"] != nil)
      #expect(!recorder.lines.contains { line in line.metadata.values.contains { $0.contains("secret") } })
    }
    await origin.stop()
  }

  @Test func `a held request that its client leaves has its line, once`() async throws {
    let origin = FakeOrigin { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: a"], body: "x")) }
    try await origin.start()
    let recorder = LogRecorder()
    try await edge(routes: ["* 127.0.0.1:\(origin.port)"], recorder: recorder) { port, edge in
      let client = try await RawClient.connect(port: port)
      try await client.send("GET /s HTTP/1.1\r\nHost: a.test\r\n\r\n")
      for _ in 0..<1000 where await edge.counters().held == 0 { try await Task.sleep(for: .milliseconds(10)) }
      await client.close()
      let lines = try await recorder.wait(for: "request")
      #expect(lines.first?.metadata["reason"] == "client-gone")
      #expect(lines.first?.metadata["transport"] == "stream")
      for _ in 0..<1000 where await edge.counters().connections > 0 { try await Task.sleep(for: .milliseconds(10)) }
      #expect(recorder.lines.count { $0.message == "request" } == 1)
      #expect(await edge.counters().routes.byRoute["*"]?.statuses[2] == 1)
    }
    await origin.stop()
  }

  @Test func `a sampled trace is logged from publish to delivery, others are not`() async throws {
    let recorder = LogRecorder()
    let origin: FakeOrigin.Script = { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: a"], body: "x")) }
    try await ServerFixture.run(
      logger: recorder.logger(), configure: { $0.edge.records.traceSampling = 0 }, origin: origin
    ) { fixture in
      let stream = try await fixture.get("/s")
      try await fixture.waitForHolds(1)
      let publisher = try await RawClient.connect(port: fixture.controlPort)
      for (flags, content) in [("00", "<first>"), ("01", "<second>")] {
        let body = #"{"items":[{"channel":"a","formats":{"http-stream":{"content":"\#(content)"}}}]}"#
        try await publisher.send(
          "POST /publish/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n"
            + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(flags)\r\n\r\n\(body)")
        _ = try await stream.receive(until: content, seconds: 20)
      }
      let lines = try await recorder.wait(for: "item handed round")
      #expect(lines.map { $0.metadata["trace.id"] } == ["4bf92f3577b34da6a3ce929d0e0e4736"])
      #expect(try await recorder.wait(for: "published").count == 1)
      await stream.close()
      await publisher.close()
    }
  }

  @Test func `an origin that cannot be reached is named, with its address, the reason and the time`() async throws {
    // Reserved here and closed again: nobody listens.
    let closed = FakeOrigin { _ in .close }
    try await closed.start()
    let port = closed.port
    await closed.stop()
    let recorder = LogRecorder()
    try await edge(
      routes: ["*,debug 127.0.0.1:\(port) 127.0.0.1:\(port)", "quiet.test 127.0.0.1:\(port)"], recorder: recorder
    ) { edgePort, edge in
      let answer = try await get("/p", port: edgePort)
      #expect(answer.hasPrefix("HTTP/1.1 502 "))
      #expect(answer.contains("Unable to connect to any targets. Tried: 127.0.0.1:\(port), 127.0.0.1:\(port)\n"))
      #expect(answer.contains("\n  127.0.0.1:\(port): connection refused (after "))
      let line = try #require(try await recorder.wait(for: "origin failed").first?.metadata)
      #expect(line["origin"] == "127.0.0.1:\(port)" && line["error.code"] == "unreachable" && line["path"] == "/p")
      #expect(line["error.detail"]?.contains("connection refused (after ") == true)
      #expect(await edge.counters().originFailures[.unreachable] == 2)
    }
  }
}
