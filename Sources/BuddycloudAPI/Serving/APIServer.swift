package import Channels
package import GRIP
package import Hummingbird
import HummingbirdCore
import HummingbirdGRIP
package import Logging
import NIOCore
package import PubControl
package import ServiceLifecycle

/// The HTTP API, ready to run: routes over a channel service, and what publishes its events.
package struct APIServer {
  private let configuration: APIConfiguration
  let services: APIServices
  private let events: any EventSource
  private let trusted: [GRIPEndpoint]
  private let writer: AtomWriter
  private let logger: Logger

  /// An API.
  ///
  /// - Parameters:
  ///   - trusted: the proxies whose signature counts.
  ///   - nextLinkKey: signs the links by which proxies continue streams; at least 32 random bytes that outlive the process.
  package init(
    configuration: APIConfiguration, channels: any ChannelService, events: any EventSource, trusted: [GRIPEndpoint],
    nextLinkKey: [UInt8], logger: Logger, time: TimeSource = .system
  ) {
    self.configuration = configuration
    self.events = events
    self.trusted = trusted
    self.logger = logger
    writer = AtomWriter(channelDomain: configuration.channelDomain)
    let logins = LoginCache(configuration: configuration, service: channels, now: time.monotonic)
    services = APIServices(
      configuration: configuration, channels: channels, logins: logins,
      registrations: RateLimiter(
        count: configuration.rates.registrationsPerHour, per: .seconds(3600), now: time.monotonic),
      publishes: RateLimiter(
        count: configuration.rates.publishesPerMinute, per: .seconds(60), now: time.monotonic),
      cors: CORSPolicy(allowedOrigins: configuration.allowedOrigins),
      hub: EventHub(
        events: events, writer: writer, maxHolds: configuration.realtime.maxHolds,
        maxProxiedHolds: configuration.realtime.maxProxiedHolds, time: time, logger: logger,
        forget: { await logins.forget($0) }),
      connections: ConnectionRegistry(), nextLinks: NextLinkSigner(key: nextLinkKey), time: time, logger: logger)
  }

  /// What publishes every event to each of the publisher's endpoints: one service for each.
  package func relays(to publisher: PubControl) -> [any Service] {
    publisher.endpoints.indices.map { index in
      ProxyRelay(
        endpoint: publisher.endpoints[index], index: index, publisher: publisher, events: events,
        domain: configuration.domain, writer: writer, configuration: configuration.relay, time: services.time,
        logger: logger)
    }
  }

  /// The application: the listener, with the services behind it.
  ///
  /// - Parameters:
  ///   - host: a loopback address, unless a proxy on another machine must reach it.
  ///   - port: 0 picks a free one; `onServerRunning` tells which.
  ///   - publisher: whose endpoints are published to for as long as the application runs.
  package func application(
    host: String, port: Int, publisher: PubControl? = nil,
    onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) -> Application<APIResponder> {
    let limits = configuration.limits
    var quiet = logger
    // What Hummingbird says of starts and failures, whoever composes the server says better.
    if quiet.logLevel >= .info { quiet.logLevel = .critical }
    let registry = services.connections
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    decoder.maxHeaderFieldSize = limits.maxHeaderBytes
    decoder.maxHeaderListSize = limits.maxHeaderBytes
    decoder.maxHeaderFieldCount = limits.maxHeaderFields
    let time = services.time
    let responder = APIResponder(
      services: services, routes: Self.routes,
      gripMiddleware: GRIPMiddleware(endpoints: trusted, now: { time.wall().milliseconds / 1000 }))
    return Application(
      responder: responder,
      server: .http1(
        configuration: HTTP1Channel.Configuration(
          additionalChannelHandlers: [ConnectionWatchHandler(registry: registry)],
          idleTimeout: .nanoseconds(limits.idleTimeout.components.seconds * 1_000_000_000),
          httpDecoderConfiguration: decoder)),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: MaximumAvailableConnections(limits.maxConnections, logger: quiet)),
      services: [services.hub] + (publisher.map(relays) ?? []),
      onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? port) },
      logger: quiet)
  }

  /// All routes, in the order of buddycloud-http-api.md §2.9.
  static let routes = RouteTable(
    routes: AccountRoutes.routes + FeedRoutes.routes + MetadataRoutes.routes + NotificationRoutes.routes
      + RootRoutes.routes + SearchRoutes.routes + SubscriptionRoutes.routes + SyncRoutes.routes
      + ChannelRoutes.routes)
}
