import FanoutEdge
import GRIP
import HTTPTypes
import Logging
import NIOCore
import Synchronization

/// An edge on a free port in front of a scripted origin.
struct EdgeFixture {
  let edge: Edge
  let origin: FakeOrigin
  let port: Int
  let holds: FakeHolds

  /// Runs a test with both, and stops them.
  static func run(
    routes: [String]? = nil, configure: (inout EdgeConfiguration) -> Void = { _ in },
    origin script: @escaping FakeOrigin.Script = { _ in .bytes(response(body: "hello")) },
    _ test: (EdgeFixture) async throws -> Void
  ) async throws {
    let origin = FakeOrigin(script: script)
    try await origin.start()
    let lines = (routes ?? ["* ORIGIN"]).map { line in
      line.split(separator: "ORIGIN", omittingEmptySubsequences: false).joined(separator: "127.0.0.1:\(origin.port)")
    }
    let reading = RouteParser { _ in [] }.read(lines: lines, source: "test")
    if let problem = reading.problems.first { throw problem }
    var configuration = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    configuration.loopCount = 1
    configuration.signatureIssuer = "edge"
    configuration.signatureKey = GRIPKey(secret: Array("a secret of the edge".utf8))
    configuration.shutdownGrace = .milliseconds(200)
    configure(&configuration)
    let holds = FakeHolds()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let edge = Edge(
      configuration: configuration, routes: reading.table, logger: logger, now: { 1_800_000_000 },
      makeHolds: { loop, _ in holds.table(on: loop) })
    let addresses = try await edge.start()
    let fixture = EdgeFixture(edge: edge, origin: origin, port: addresses.first?.port ?? 0, holds: holds)
    do {
      try await test(fixture)
    } catch {
      await edge.shutdown(graceful: false)
      await origin.stop()
      throw error
    }
    await edge.shutdown(graceful: false)
    await origin.stop()
  }

  /// Sends bytes on a new connection and gives all that comes until the edge closes.
  func exchange(_ text: String, seconds: Int64 = 5) async throws -> String {
    let client = try await RawClient.connect(port: port)
    try await client.send(text)
    let answer = try await client.receiveAll(seconds: seconds)
    await client.close()
    return answer
  }
}

/// A hold table that does what a test tells it.
final class FakeHolds: Sendable {
  /// One hold as it was handed over.
  struct Hold: Sendable {
    var uri: String
    var routeID: String
    var channelPrefix: String
    var isRetry: Bool
    var isStarted: Bool
    var instruction: GRIPInstruction
    var status: Int
    var headers: [String]
    var body: String
    var descriptor: Int32
    var closesAfterResponse: Bool
    var isHead: Bool
    var minorVersion: Int
  }

  struct State {
    var holds: [Hold] = []
    var gone = 0
    var loop: (any EventLoop)?
    var table: NIOLoopBound<FakeHoldTable>?
  }

  let state = Mutex(State())

  var holds: [Hold] { state.withLock { $0.holds } }
  var gone: Int { state.withLock { $0.gone } }

  func table(on loop: any EventLoop) -> any HoldTableProtocol {
    let table = FakeHoldTable(owner: self)
    state.withLock {
      $0.loop = loop
      $0.table = NIOLoopBound(table, eventLoop: loop)
    }
    return table
  }

  /// Does something with the sink of the newest hold, on its loop.
  func withSink(_ body: @escaping @Sendable (any HoldSink) -> Void) async throws {
    let (loop, table) = state.withLock { ($0.loop, $0.table) }
    guard let loop, let table else { return }
    try await loop.submit { if let sink = table.value.sinks.last { body(sink) } }.get()
  }

  /// Waits for so many holds.
  func wait(for count: Int) async throws {
    for _ in 0..<500 where holds.count < count { try await Task.sleep(for: .milliseconds(10)) }
  }
}

final class FakeHoldTable: HoldTableProtocol {
  var sinks: [any HoldSink] = []
  private let owner: FakeHolds

  init(owner: FakeHolds) { self.owner = owner }

  func hold(_ request: HoldRequest) -> HoldSlot? {
    sinks.append(request.sink)
    let hold = FakeHolds.Hold(
      uri: request.uri, routeID: request.routeID, channelPrefix: request.channelPrefix, isRetry: request.isRetry,
      isStarted: request.isStarted, instruction: request.instruction, status: request.response.status,
      headers: request.response.headers.map { "\($0.name.rawName): \($0.value)" },
      body: String(decoding: request.response.body, as: UTF8.self), descriptor: request.sink.descriptor,
      closesAfterResponse: request.sink.closesAfterResponse, isHead: request.sink.isHead,
      minorVersion: request.sink.minorVersion)
    let count = owner.state.withLock { state in
      state.holds.append(hold)
      return state.holds.count
    }
    return HoldSlot(index: Int32(count), generation: 1)
  }

  func clientGone(_ slot: HoldSlot) { owner.state.withLock { $0.gone += 1 } }
  func drained(_ slot: HoldSlot) {}
}
