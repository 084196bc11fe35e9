import FanoutBus
import FanoutEdge
import GRIP
import HTTPTypes
import Logging
import NIOCore

/// An edge with its real hold tables, in front of a scripted origin, with a bus to publish on.
struct WholeEdge {
  let edge: Edge
  let origin: FakeOrigin
  let port: Int
  let bus: InProcessBus
  let core: DeliveryCore

  static func run(
    loopCount: Int = 2, routes: [String] = ["* ORIGIN"], delivery: DeliveryConfiguration = DeliveryConfiguration(),
    configure: (inout EdgeConfiguration) -> Void = { _ in }, origin script: @escaping FakeOrigin.Script,
    _ test: (WholeEdge) async throws -> Void
  ) async throws {
    let origin = FakeOrigin(script: script)
    try await origin.start()
    let lines = routes.map { line in
      line.split(separator: "ORIGIN", omittingEmptySubsequences: false).joined(separator: "127.0.0.1:\(origin.port)")
    }
    let reading = RouteParser { _ in [] }.read(lines: lines, source: "test")
    if let problem = reading.problems.first { throw problem }
    var configuration = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    configuration.loopCount = loopCount
    configuration.signatureIssuer = "edge"
    configuration.signatureKey = GRIPKey(secret: Array("a secret of the edge".utf8))
    configure(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = InProcessBus()
    let core = DeliveryCore(loopCount: loopCount, bus: bus, configuration: delivery, logger: logger)
    let edge = Edge(
      configuration: configuration, routes: reading.table, logger: logger, now: { 1_800_000_000 },
      makeHolds: { loop, index in core.makeTable(on: loop, index: index) })
    let addresses = try await edge.start()
    core.open()
    let whole = WholeEdge(edge: edge, origin: origin, port: addresses.first?.port ?? 0, bus: bus, core: core)
    let result: Result<Void, any Error>
    do {
      result = .success(try await test(whole))
    } catch {
      result = .failure(error)
    }
    if let loop = edge.eventLoops.first { try await core.stop(on: loop).get() }
    await edge.shutdown(graceful: false)
    await origin.stop()
    try result.get()
  }

  /// Publishes to streams and long-polls.
  func publish(_ channel: String, id: String? = nil, previousID: String? = nil, _ text: String) throws {
    try bus.publish([
      GRIPItem(
        channel: channel, id: id, previousID: previousID,
        httpResponse: .send(
          GRIPHTTPResponseMessage(headers: [.contentType: "text/plain"], body: .full(.text(text + "\n")))),
        httpStream: .send(.text(text + "\n")))
    ])
  }

  /// Connects, asks and waits until so many requests are held.
  func holding(_ request: String, count: Int = 1) async throws -> RawClient {
    let client = try await RawClient.connect(port: port)
    try await client.send(request)
    try await wait(holds: count)
    return client
  }

  /// Waits until so many requests are held.
  func wait(holds count: Int) async throws {
    for _ in 0..<500 {
      if await edge.counters().held == count { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw TooLong()
  }

  struct TooLong: Error {}

  static func get(_ path: String, _ lines: String...) -> String {
    (["GET \(path) HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }
}
