import FanoutBus
import HTTPTypes
import Logging
import NIOCore
import ServerKit

/// What an operator asks of a running edge, answered: the part behind `/metrics`, `/readyz` and `/admin/…`.
///
/// **Isolation**: any thread. What loops are asked is done in short turns there (`LoopSurvey`).
final class Operations: Sendable {
  let edge: Edge
  let core: DeliveryCore
  let bus: any Bus
  let configuration: EdgeServerConfiguration
  /// The control port's event loop.
  let loop: any EventLoop
  let logger: Logger
  let now: @Sendable () -> Int64
  let readiness = Readiness()
  private let started: Int64

  /// - Parameter now: seconds since 1970.
  init(
    edge: Edge, core: DeliveryCore, bus: any Bus, configuration: EdgeServerConfiguration, loop: any EventLoop,
    logger: Logger, now: @escaping @Sendable () -> Int64
  ) {
    self.edge = edge
    self.core = core
    self.bus = bus
    self.configuration = configuration
    self.loop = loop
    self.logger = logger
    self.now = now
    started = now()
  }

  /// What has been done until now.
  func snapshot() async -> EdgeSnapshot {
    var snapshot = EdgeSnapshot()
    snapshot.edge = await edge.counters()
    snapshot.delivery = (try? await core.counters(on: loop).get()) ?? DeliveryCounters()
    snapshot.process = ProcessFigures.current()
    snapshot.readiness = readiness.current
    snapshot.uptimeSeconds = Int(max(0, now() - started))
    snapshot.routeCount = edge.routes.routes.count
    return snapshot
  }

  /// The metrics.
  func metrics() async -> ControlAPI.Response {
    let text = MetricsReport.text(await snapshot(), prefix: configuration.metrics.prefix)
    return ControlAPI.Response(
      status: 200, fields: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], body: text)
  }

  /// Whether requests should be sent here.
  func ready() -> ControlAPI.Response {
    if let problem = readiness.problem(routeCount: edge.routes.routes.count) { return .text(503, problem + "\n") }
    return .text(200, "ready\n")
  }

  /// The trace of a publisher's request, where traces are on and it is a sampled one.
  func sampledTrace(of head: RequestHead?) -> String? {
    guard configuration.edge.records.traceSampling != nil, let head,
      let value = head.fields.first(where: { $0.name.canonicalName == "traceparent" })?.value,
      let trace = TraceContext(value), trace.isSampled
    else { return nil }
    return trace.id
  }

  /// Says now and then how far a stop is.
  func startProgress(end: NIODeadline) async -> RepeatedTask {
    await logProgress("stopping", end: end)
    return loop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { [weak self] _ in
      guard let self else { return }
      // It ends by itself: it only asks the loops for their counters.
      loop.makeFutureWithTask { await self.logProgress("still stopping", end: end) }.whenComplete { _ in }
    }
  }

  private func logProgress(_ message: Logger.Message, end: NIODeadline) async {
    let counters = await edge.counters()
    let requests = await edge.busyCount()
    let rest = max(0, (end - NIODeadline.now()).nanoseconds / 1_000_000_000)
    logger.notice(
      message,
      metadata: .keys([
        .connections: counters.connections, .held: counters.held, .requests: requests, .secondsLeft: rest,
      ]))
  }
}
