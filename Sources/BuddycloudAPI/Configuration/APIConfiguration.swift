/// What the HTTP API is told at start. Every field has a default and says its bounds.
package struct APIConfiguration: Sendable {
  /// The home domain: users without `@` belong to it, and it is the realm of `401`.
  package var domain: String
  /// The channel server's address, in the ids of Atom feeds.
  package var channelDomain: String
  /// What is written before the paths of `Location`; empty, or `/` and a path without a slash at its end.
  package var publicPrefix = ""
  /// Origins that browsers may use this API from; empty lets every origin in (there are no cookies to steal).
  package var allowedOrigins: [String] = []
  /// Idle time after which a login is checked again.
  package var sessionExpirationTime = Duration.seconds(600)
  /// The longest that a login is trusted without a new check, however busy it is. Short, because a password may also be
  /// changed, or an account removed, by another process; a check of what was proven lately costs one look into the store.
  package var sessionMaxAge = Duration.seconds(10)
  package var limits = Limits()
  package var rates = Rates()
  package var realtime = Realtime()
  package var relay = Relay()

  /// The defaults, for a domain.
  package init(domain: String, channelDomain: String? = nil) {
    self.domain = domain
    self.channelDomain = channelDomain ?? "channels.\(domain)"
  }

  /// Bounds on what a peer may send and hold.
  package struct Limits: Sendable {
    /// The body of a request, in bytes; 1 MiB.
    package var maxBodyBytes = 1 << 20
    /// Path and query, in bytes; 8 KiB (414 beyond).
    package var maxTargetBytes = 8 << 10
    /// All header fields together, in bytes; 32 KiB.
    package var maxHeaderBytes = 32 << 10
    /// Header fields; 100.
    package var maxHeaderFields = 100
    /// The longest that a body may take to arrive; 30 s (408 beyond).
    package var bodyTimeout = Duration.seconds(30)
    /// The longest that a connection may be quiet between requests, or within the head of one; 60 s.
    package var idleTimeout = Duration.seconds(60)
    /// Connections at once; 15,000. More wait in the backlog.
    package var maxConnections = 15_000
    /// Logins kept at once; 10,000. The one that has been quiet longest makes room.
    package var maxSessions = 10_000
  }

  /// How much a peer may do in a time. 0 lifts a limit.
  package struct Rates: Sendable {
    /// Wrong passwords a minute, for one account from one address; five times as many from one address altogether.
    package var loginFailuresPerMinute = 10
    /// New accounts an hour from one address.
    package var registrationsPerHour = 100
    /// Posts a minute from one account.
    package var publishesPerMinute = 600
  }

  /// `/notifications/posts`.
  package struct Realtime: Sendable {
    /// How long a long-poll is held before it is answered without items; 5 s to 10 min, 55 s.
    package var holdTimeout = Duration.seconds(55)
    /// Time between two comments on a quiet event stream; at least 1 s, 25 s.
    package var keepAlive = Duration.seconds(25)
    /// How long an event stream lives before its client must log in again (by reconnecting); 1 h.
    package var streamLifetime = Duration.seconds(3600)
    /// The longest that a proxy leaves a quiet stream before it asks for what it may have missed; 120 s.
    package var nextLinkTimeout = Duration.seconds(120)
    /// Events in one answer; 1 to 1,000, 100.
    package var maxEvents = 100
    /// Requests that this process holds itself, without a proxy; 10,000 (503 beyond).
    package var maxHolds = 10_000
    /// Those of them whose request came through a proxy, in the form of 2014, which no proxy can hold; 64 (503 beyond).
    package var maxProxiedHolds = 64
    /// Whether requests that no known proxy has signed are refused (501), as in 2013.
    package var requireProxy = false
  }

  /// Publishing to the proxies.
  package struct Relay: Sendable {
    /// How long an event is tried for a proxy that does not take it; 5 min. Its clients then catch up by their cursors.
    package var retryWindow = Duration.seconds(300)
    /// The first wait after a failure; it doubles up to `maxDelay`.
    package var minDelay = Duration.milliseconds(100)
    /// The longest wait between two attempts.
    package var maxDelay = Duration.seconds(10)
    /// Events read and published at once; 1 to 1,000, 100.
    package var maxBatchEvents = 100
    /// Bytes of one publish request, about; 256 KiB. A single event may be larger.
    package var maxBatchBytes = 256 << 10
  }

  /// All that is wrong with the values, as (field, text) pairs; empty when they can be used.
  package func problems() -> [(field: String, text: String)] {
    var found: [(String, String)] = []
    func check(_ condition: Bool, _ field: String, _ text: String) {
      if !condition { found.append((field, text)) }
    }
    check(!domain.isEmpty && !domain.contains("@") && !domain.contains("/"), "domain", "must be a domain name")
    check(
      publicPrefix.isEmpty || (publicPrefix.hasPrefix("/") && !publicPrefix.hasSuffix("/")), "publicPrefix",
      "must be empty, or begin with / and not end with one")
    for origin in allowedOrigins where !CORSPolicy.isOrigin(origin) {
      check(false, "allowedOrigins", "'\(origin)' is not an origin such as https://social.example.com")
    }
    check(limits.maxBodyBytes >= 1024, "limits.maxBodyBytes", "must be at least 1KiB")
    check(limits.maxTargetBytes >= 256, "limits.maxTargetBytes", "must be at least 256")
    check(limits.maxConnections >= 1, "limits.maxConnections", "must be at least 1")
    check(limits.maxSessions >= 1, "limits.maxSessions", "must be at least 1")
    check(
      (5...600).contains(realtime.holdTimeout.components.seconds), "realtime.holdTimeout", "must be 5s to 10m")
    check(realtime.keepAlive >= .seconds(1), "realtime.keepAlive", "must be at least 1s")
    check((1...1000).contains(realtime.maxEvents), "realtime.maxEvents", "must be 1 to 1000")
    check(realtime.maxHolds >= 0, "realtime.maxHolds", "must not be negative")
    check(realtime.maxProxiedHolds >= 0, "realtime.maxProxiedHolds", "must not be negative")
    check((1...1000).contains(relay.maxBatchEvents), "relay.maxBatchEvents", "must be 1 to 1000")
    check(relay.minDelay > .zero && relay.minDelay <= relay.maxDelay, "relay.minDelay", "must be at most maxDelay")
    return found
  }
}
