package import ServerKit

extension APIConfiguration {
  /// The options of the API. Their defaults are those of the struct.
  package static let options: [ConfigurationOption] = {
    let defaults = APIConfiguration(domain: "localhost")
    return general(defaults) + limits(defaults.limits) + rates(defaults.rates) + realtime(defaults.realtime)
      + relay(defaults.relay)
  }()

  /// Reads the effective values.
  package init(_ values: ConfigurationValues) {
    self.init(domain: values.text("domain"))
    publicPrefix = values.text("api.public-prefix")
    allowedOrigins = values.list("api.allowed-origins")
    sessionExpirationTime = values.duration("api.session-expiration-time")
    sessionMaxAge = values.duration("api.session-max-age")
    limits.maxBodyBytes = values.bytes("api.max-body")
    limits.maxTargetBytes = values.bytes("api.max-target")
    limits.maxHeaderBytes = values.bytes("api.max-header")
    limits.maxHeaderFields = values.count("api.max-header-fields")
    limits.bodyTimeout = values.duration("api.body-timeout")
    limits.idleTimeout = values.duration("api.idle-timeout")
    limits.maxConnections = values.count("api.max-connections")
    limits.maxSessions = values.count("api.max-sessions")
    rates.loginFailuresPerMinute = values.count("rates.login-failures-per-minute")
    rates.registrationsPerHour = values.count("rates.registrations-per-hour")
    rates.publishesPerMinute = values.count("rates.publishes-per-minute")
    realtime.holdTimeout = values.duration("realtime.hold-timeout")
    realtime.keepAlive = values.duration("realtime.keep-alive")
    realtime.streamLifetime = values.duration("realtime.stream-lifetime")
    realtime.nextLinkTimeout = values.duration("realtime.next-link-timeout")
    realtime.maxEvents = values.count("realtime.max-events")
    realtime.maxHolds = values.count("realtime.max-holds")
    realtime.maxProxiedHolds = values.count("realtime.max-proxied-holds")
    realtime.requireProxy = values.bool("realtime.require-proxy")
    relay.retryWindow = values.duration("relay.retry-window")
    relay.minDelay = values.duration("relay.min-delay")
    relay.maxDelay = values.duration("relay.max-delay")
    relay.maxBatchEvents = values.count("relay.max-batch-events")
    relay.maxBatchBytes = values.bytes("relay.max-batch")
  }

  private static func general(_ defaults: APIConfiguration) -> [ConfigurationOption] {
    [
      ConfigurationOption(
        "api.public-prefix", "PATH", .text, default: defaults.publicPrefix,
        "Written before the paths of Location, where clients see the API below a path; empty or such as /api."),
      ConfigurationOption(
        "api.allowed-origins", "ORIGIN,…", .list, default: "",
        "Origins whose pages may use the API from a browser, such as https://social.example.com. Set it in production.\n"
          + "Empty lets every origin in; there are no cookies, so a foreign page can do only what its visitor types into it."
      ),
      ConfigurationOption(
        "api.session-expiration-time", "TIME", .duration(.seconds(1) ... .seconds(86400)),
        default: defaults.sessionExpirationTime.text, aliases: ["sessionExpirationTime"],
        "Idle time after which a login is checked again."),
      ConfigurationOption(
        "api.session-max-age", "TIME", .duration(.seconds(1) ... .seconds(604_800)),
        default: defaults.sessionMaxAge.text,
        "The longest that a login is trusted without a new check, also after its password was changed from the command line."
      ),
    ]
  }

  private static func limits(_ defaults: Limits) -> [ConfigurationOption] {
    [
      ConfigurationOption(
        "api.max-body", "SIZE", .bytes(1024...(1 << 30)), default: ByteCount(defaults.maxBodyBytes).description,
        "The largest body of a request (413 beyond)."),
      ConfigurationOption(
        "api.max-target", "SIZE", .bytes(256...(1 << 16)), default: ByteCount(defaults.maxTargetBytes).description,
        "The longest path and query together (414 beyond)."),
      ConfigurationOption(
        "api.max-header", "SIZE", .bytes(1024...(1 << 20)), default: ByteCount(defaults.maxHeaderBytes).description,
        "All header fields of a request together."),
      ConfigurationOption(
        "api.max-header-fields", "N", .count(10...10_000), default: "\(defaults.maxHeaderFields)",
        "The most header fields of a request."),
      ConfigurationOption(
        "api.body-timeout", "TIME", .duration(.seconds(1) ... .seconds(3600)), default: defaults.bodyTimeout.text,
        "The longest that a body may take to arrive (408 beyond)."),
      ConfigurationOption(
        "api.idle-timeout", "TIME", .duration(.seconds(1) ... .seconds(3600)), default: defaults.idleTimeout.text,
        "The longest that a connection may be quiet between requests or within the head of one."),
      ConfigurationOption(
        "api.max-connections", "N", .count(1...1_000_000), default: "\(defaults.maxConnections)",
        "Connections to the API at once; more wait."),
      ConfigurationOption(
        "api.max-sessions", "N", .count(1...1_000_000), default: "\(defaults.maxSessions)",
        "Logins that are remembered at once; the one that has been quiet longest makes room."),
    ]
  }

  private static func rates(_ defaults: Rates) -> [ConfigurationOption] {
    [
      ConfigurationOption(
        "rates.login-failures-per-minute", "N", .count(0...1_000_000), default: "\(defaults.loginFailuresPerMinute)",
        "Wrong passwords for one account from one address (five times as many for all accounts from it); 0 for no limit."
      ),
      ConfigurationOption(
        "rates.registrations-per-hour", "N", .count(0...1_000_000), default: "\(defaults.registrationsPerHour)",
        "New accounts from one address; 0 for no limit."),
      ConfigurationOption(
        "rates.publishes-per-minute", "N", .count(0...1_000_000), default: "\(defaults.publishesPerMinute)",
        "Posts from one account; 0 for no limit."),
    ]
  }

  private static func realtime(_ defaults: Realtime) -> [ConfigurationOption] {
    [
      ConfigurationOption(
        "realtime.hold-timeout", "TIME", .duration(.seconds(5) ... .seconds(600)), default: defaults.holdTimeout.text,
        "How long a long-poll waits before it is answered without items."),
      ConfigurationOption(
        "realtime.keep-alive", "TIME", .duration(.seconds(1) ... .seconds(600)), default: defaults.keepAlive.text,
        "Time between two comments on a quiet event stream."),
      ConfigurationOption(
        "realtime.stream-lifetime", "TIME", .duration(.seconds(60) ... .seconds(604_800)),
        default: defaults.streamLifetime.text,
        "How long an event stream lives before its client must reconnect and so prove its credentials again."),
      ConfigurationOption(
        "realtime.next-link-timeout", "TIME", .duration(.seconds(5) ... .seconds(3600)),
        default: defaults.nextLinkTimeout.text,
        "How long a proxy leaves a quiet stream before it asks whether something was missed."),
      ConfigurationOption(
        "realtime.max-events", "N", .count(1...1000), default: "\(defaults.maxEvents)", "Events in one answer."),
      ConfigurationOption(
        "realtime.max-holds", "N", .count(0...1_000_000), default: "\(defaults.maxHolds)",
        "Requests that the API itself holds, without a proxy (503 beyond)."),
      ConfigurationOption(
        "realtime.max-proxied-holds", "N", .count(0...1_000_000), default: "\(defaults.maxProxiedHolds)",
        "Those of them that came through a proxy with since=MILLISECONDS, which the proxy cannot hold for us (503 beyond).\n"
          + "Each keeps one of its connections to the API busy; keep it well below how many those may be."),
      ConfigurationOption(
        "realtime.require-proxy", "true|false", .bool, default: "\(defaults.requireProxy)",
        "Refuse notifications to requests that no known proxy has signed (501), as in 2013."),
    ]
  }

  private static func relay(_ defaults: Relay) -> [ConfigurationOption] {
    [
      ConfigurationOption(
        "relay.retry-window", "TIME", .duration(.zero ... .seconds(604_800)), default: defaults.retryWindow.text,
        "How long an event is tried for a proxy that does not take it. After that its clients get it by their cursors."),
      ConfigurationOption(
        "relay.min-delay", "TIME", .duration(.milliseconds(1) ... .seconds(60)), default: defaults.minDelay.text,
        "The first wait after a failed publish; it doubles."),
      ConfigurationOption(
        "relay.max-delay", "TIME", .duration(.milliseconds(1) ... .seconds(3600)), default: defaults.maxDelay.text,
        "The longest wait between two attempts to publish."),
      ConfigurationOption(
        "relay.max-batch-events", "N", .count(1...1000), default: "\(defaults.maxBatchEvents)",
        "Events in one publish request."),
      ConfigurationOption(
        "relay.max-batch", "SIZE", .bytes(1024...(1 << 26)), default: ByteCount(defaults.maxBatchBytes).description,
        "The size of one publish request, about; keep it below what the proxy accepts."),
    ]
  }
}
