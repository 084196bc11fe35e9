import Foundation
import GRIP
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import BuddycloudAPI

/// The control port of a proxy on loopback, which remembers what it took and refuses when it is told to.
final class ControlDouble: Sendable {
  private struct State {
    var taken: [GRIPItem] = []
    var requests = 0
    /// Answers for the next requests, instead of 200.
    var refusals: [HTTPResponse.Status] = []
    /// Refuses batches that have an item with this id in them.
    var poison: String?
    var authorizations: [String] = []
  }

  private let state = Mutex(State())

  /// All items that were taken, in order.
  var taken: [GRIPItem] { state.withLock(\.taken) }
  /// How many requests came.
  var requests: Int { state.withLock(\.requests) }
  /// What they proved themselves with.
  var authorizations: [String] { state.withLock(\.authorizations) }

  /// The ids of what was taken on a channel.
  func ids(of channel: String) -> [String] {
    taken.filter { $0.channel == channel }.compactMap(\.id)
  }

  /// Answers the next requests so.
  func refuse(_ statuses: HTTPResponse.Status...) {
    state.withLock { $0.refusals += statuses }
  }

  /// Refuses every batch with an item of this id as malformed.
  func poison(id: String) {
    state.withLock { $0.poison = id }
  }

  /// Runs the double on a free port.
  func run(_ body: @escaping @Sendable (_ uri: String) async throws -> Void) async throws {
    let router = Router()
    router.post("/publish/") { request, _ -> Response in
      let bytes = try await Array(request.body.collect(upTo: 1 << 24).readableBytesView)
      return try self.take(bytes, authorization: request.headers[.authorization])
    }
    let (ports, port) = AsyncStream<Int>.makeStream()
    var logger = Logger(label: "control")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { port.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let running = try #require(await ports.first { _ in true })
      do {
        try await body("http://127.0.0.1:\(running)")
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  private func take(_ body: [UInt8], authorization: String?) throws -> Response {
    let items = try GRIPItem.decodeBatch(body)
    let status = state.withLock { state -> HTTPResponse.Status in
      state.requests += 1
      if let authorization { state.authorizations.append(authorization) }
      if !state.refusals.isEmpty { return state.refusals.removeFirst() }
      if let poison = state.poison, items.contains(where: { $0.id == poison }) { return .badRequest }
      state.taken += items
      return .ok
    }
    return Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: "Published\n")))
  }
}
