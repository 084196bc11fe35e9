import GRIP
import HTTPTypes
import Logging
import NIOCore

/// What all connections of one event loop share, and nobody else.
///
/// **Isolation**: its event loop, every member.
final class LoopContext {
  let eventLoop: any EventLoop
  let configuration: EdgeConfiguration
  let timeouts: SharedTimeouts
  /// The present snapshot. Requests under way keep the route that they have.
  var routes: RouteTable
  let deadlines: Deadlines
  let pool: OriginPool
  let signatures: SignatureCache
  let rewrite: RequestRewrite
  let logger: Logger
  let accessLogger: Logger?
  /// For listeners with TLS.
  let certificates: CertificateStore?
  /// TLS handshakes under way.
  var handshakeCount = 0
  private let maxHandshakes: Int
  /// Seconds since 1970.
  let now: @Sendable () -> Int64
  /// The hold table of this loop.
  let holds: any HoldTableProtocol
  /// What this loop tells of itself; `nil` where nobody wants to know.
  let statistics: LoopStatistics?
  var counters = EdgeCounters()
  var minutes: ConnectionMinutes
  /// The places of the WebSockets that a stop has found, as far as it has not come to them.
  var endingSockets: [Int] = []
  /// WebSockets by their `Connection-Id`, where statistics name them; each takes itself out when it ends.
  var namedSockets: [String: any SocketHost] = [:]
  /// WebSockets whose client has gone, and whose origin is being told over HTTP.
  var socketCleanups = 0
  /// Responses on their way that more may join.
  let shares = SharedFetches()
  /// SockJS sessions of clients that poll, as far as they live here.
  let sockjs = SockJSSessions()
  /// All loops of the edge, this one among them; none before it has started.
  var siblings: [(eventLoop: any EventLoop, context: NIOLoopBound<LoopContext>)] = []
  private(set) var isStopped = false
  /// The requests of network filters.
  let filterCalls: FilterCalls
  /// How many loops there are.
  let loopCount: Int
  /// The compressor of all WebSockets of this loop, made when the first one compresses.
  private(set) lazy var deflater = SocketDeflater(level: configuration.sockets.compressionLevel)
  private var lastConnectionID: Int
  private let connectionIDStep: Int

  init(
    eventLoop: any EventLoop, index: Int, count: Int, configuration: EdgeConfiguration, routes: RouteTable,
    holds: any HoldTableProtocol, logger: Logger, accessLogger: Logger?,
    certificates: CertificateStore? = nil, now: @escaping @Sendable () -> Int64
  ) {
    self.eventLoop = eventLoop
    self.configuration = configuration
    timeouts = SharedTimeouts(configuration.timeouts)
    self.routes = routes
    self.holds = holds
    statistics = holds.statistics
    self.logger = logger
    self.accessLogger = accessLogger
    self.certificates = certificates
    maxHandshakes = max(1, configuration.tls.maxHandshakes / max(1, count))
    self.now = now
    minutes = ConnectionMinutes(now: eventLoop.now)
    loopCount = max(1, count)
    lastConnectionID = index
    connectionIDStep = count
    deadlines = Deadlines(loop: eventLoop)
    pool = OriginPool(
      loop: eventLoop, settings: configuration.origins,
      maxCount: configuration.origins.maxConnections / max(1, count),
      maxPerClient: configuration.origins.maxConnectionsPerClient / max(1, count), deadlines: deadlines)
    filterCalls = FilterCalls(
      settings: configuration.filters, rate: max(1, configuration.filters.requestsPerSecond / max(1, count)),
      deadlines: deadlines, loop: eventLoop)
    signatures = SignatureCache(
      issuer: configuration.signatureIssuer, key: configuration.signatureKey,
      lifetimeSeconds: configuration.signatureLifetime.components.seconds, now: now)
    rewrite = RequestRewrite(
      forwardedFor: configuration.forwardedFor, trustedForwardedFor: configuration.trustedForwardedFor,
      passesForwardingFields: configuration.passesForwardingFields, rules: configuration.forwarding)
  }

  /// What has been done until now.
  var currentCounters: EdgeCounters {
    counters.minutes = minutes.total(now: eventLoop.now)
    return counters
  }

  /// Whether there is room for another TLS handshake.
  var admitsHandshake: Bool { handshakeCount < maxHandshakes }

  /// A number for a connection, unique in the process's edge.
  func nextConnectionID() -> Int {
    lastConnectionID += connectionIDStep
    return lastConnectionID
  }

  /// Whether a request proves `upstream_key` (GRIP §5.4).
  func isTrusted(_ head: RequestHead) -> Bool {
    guard let key = configuration.upstreamKey,
      let token = head.fields.first(where: { $0.name == HTTPField.Name.gripSig })
    else { return false }
    return (try? GRIPSignature.verify(token.value, key: key, now: now())) != nil
  }
}

@available(*, unavailable)
extension LoopContext: Sendable {}

extension LoopContext {
  /// No further requests: connections close now or after their response.
  func drain(closesHeld: Bool) {
    for owner in deadlines.owners { (owner as? any ClientPhase)?.drain(closesHeld: closesHeld) }
  }

  /// Requests that are under way and not held.
  var busyCount: Int {
    deadlines.owners.count { ($0 as? any ClientPhase)?.isBusy ?? false }
  }

  /// Closes what is left.
  func stop() {
    isStopped = true
    siblings = []
    for owner in deadlines.owners { (owner as? any ClientPhase)?.close(.shutdown) }
    pool.shutdown()
    deadlines.stop()
  }
}
