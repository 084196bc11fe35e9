import FanoutBus
import GRIP
import Logging
import NIOCore
import ServerKit
import Synchronization

/// What the connections of the control API share.
final class ControlService: Sendable {
  let configuration: ControlConfiguration
  let api: ControlAPI
  let logger: Logger
  /// Seconds since 1970.
  let now: @Sendable () -> Int64
  private let bus: any Bus
  private let core: DeliveryCore
  /// `nil` where there is no whole edge behind it.
  private let operations: Operations?
  private let connections = Atomic<Int>(0)

  init(
    configuration: ControlConfiguration, bus: any Bus, core: DeliveryCore, operations: Operations? = nil,
    logger: Logger,
    now: @escaping @Sendable () -> Int64
  ) {
    self.configuration = configuration
    self.bus = bus
    self.core = core
    self.operations = operations
    self.logger = logger
    self.now = now
    api = ControlAPI(configuration)
  }

  /// Counts a connection; false beyond the limit.
  func connectionOpened() -> Bool {
    connections.add(1, ordering: .relaxed).newValue <= configuration.maxConnections
  }

  /// Counts a connection no longer.
  func connectionClosed() {
    connections.subtract(1, ordering: .relaxed)
  }

  /// Does what a request asks.
  func perform(_ request: ControlAPI.Request, head: RequestHead? = nil, body: [UInt8], on loop: any EventLoop)
    -> EventLoopFuture<ControlAPI.Response>
  {
    switch request {
    case .health: return loop.makeSucceededFuture(.text(200, "alive\n"))
    case .ready: return loop.makeSucceededFuture(operations?.ready() ?? api.stopping)
    case .metrics: return loop.makeFutureWithTask { [operations, api] in await operations?.metrics() ?? api.stopping }
    case .admin(let request):
      // It ends by itself: it waits only for turns of the event loops.
      return loop.makeFutureWithTask { [operations, api] in
        await operations?.perform(request, body: body) ?? api.stopping
      }
    case .greeting: return loop.makeSucceededFuture(.text(200, "Pushpin API\n"))
    case .recover(let isJSON):
      core.recover()
      return loop.makeSucceededFuture(api.recovered(isJSON: isJSON))
    case .publish(let isJSON, let wantsReceipt):
      switch api.items(of: body) {
      case .failure(let refusal): return loop.makeSucceededFuture(refusal.response)
      case .success(let items):
        let trace = operations?.sampledTrace(of: head)
        guard wantsReceipt else {
          return loop.makeSucceededFuture(publish(items, trace: trace) ?? api.published(isJSON: isJSON))
        }
        return core.receivers(of: items.map(\.channel), on: loop).map { [api] receivers in
          self.publish(items, trace: trace) ?? api.receipt(items: items, receivers: receivers)
        }
      }
    }
  }

  /// Hands items over; a response where that did not work.
  private func publish(_ items: [GRIPItem], trace: String?) -> ControlAPI.Response? {
    do throws(BusError) {
      try bus.publish(items.map { PublishedItem($0, trace: trace) })
    } catch .overloaded {
      logger.warning("publish refused, too much is on its way", metadata: .keys([.count: items.count]))
      return api.overloaded
    } catch {
      return api.stopping
    }
    if let trace { logger.notice("published", metadata: .keys([.traceID: trace, .count: items.count])) }
    for item in items {
      logger.trace("publish", metadata: .keys([.gripChannel: item.channel, .itemID: item.id ?? ""]))
    }
    return nil
  }
}
