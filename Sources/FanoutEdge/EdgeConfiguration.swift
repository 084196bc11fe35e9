package import GRIP
package import NIOCore

/// Everything that can be set on the connection side of the edge. Each figure has its default here and nowhere else.
package struct EdgeConfiguration: Sendable {
  /// Where clients connect. Port 0 picks a free one.
  package var listen: [ListenAddress]
  /// Event loops. Default: one for each core.
  package var loopCount: Int
  /// Client connections at once over all loops. Beyond it nobody is accepted. Default: the limit of descriptors less 1000,
  /// at least 64.
  package var maxConnections: Int
  /// Bounds of a request.
  package var requestLimits = MessageLimits()
  /// Time limits of a client connection.
  package var timeouts = DownstreamMachine.Timeouts()
  /// TLS towards clients.
  package var tls = TLS()
  /// HTTP/2 towards clients.
  package var http2 = HTTP2()
  /// How long a connection may take for its PROXY header. Default 5 s.
  package var proxyHeaderTimeout = TimeAmount.seconds(5)
  /// Bytes of further requests that may wait behind one being served; then the client is not read. Default 4096.
  package var maxPipelinedBytes = 4096
  /// Bytes of a request body that are kept to ask again. Default 100,000 (GRIP §6.3).
  package var maxReplayBytes = 100_000
  /// Bytes of a response with an instruction. Default 100,000 (GRIP §6.3).
  package var maxInstructionBytes = 100_000
  /// Connections to origins.
  package var origins = Origins()
  /// WebSockets whose origins are asked over HTTP.
  package var overHTTP = OverHTTPConfiguration()
  /// Bounds and times of SockJS.
  package var sockjs = SockJSConfiguration()
  /// Requests of network filters.
  package var filters = FilterSettings()
  /// Whether `GET` and `HEAD` requests for one URI that come while one is on its way share its response (`share_all`).
  /// Only for origins whose responses are the same for everybody. Default no.
  package var sharesAll = false
  /// How long those who share a response wait for one of them that does not read, once all that may be kept is kept; then
  /// that one is cut off. Default 5 s.
  package var sharePatience = TimeAmount.seconds(5)
  /// How long a gone link may take. Default 30 s.
  package var goneTimeout = TimeAmount.seconds(30)
  /// Proxied WebSockets.
  package var sockets = Sockets()
  /// The issuer in `Grip-Sig`; empty signs nothing.
  package var signatureIssuer = ""
  /// The key of `Grip-Sig`; `nil` signs nothing. There is no default key.
  package var signatureKey: GRIPKey?
  /// How long a token is valid. Default 300 s; it is used for half of that.
  package var signatureLifetime = Duration.seconds(300)
  /// What a proxy in front proves itself with; `nil` trusts nobody.
  package var upstreamKey: GRIPKey?
  /// What becomes of a client's `X-Forwarded-For`. Default: the peer's address alone.
  package var forwardedFor = ForwardedForRule.replace
  /// The same for a trusted proxy. Default: passed on.
  package var trustedForwardedFor = ForwardedForRule.pass
  /// Whether `X-Forwarded-Proto`, `X-Forwarded-Host`, `Forwarded` and `X-Real-IP` pass from clients. Default no.
  package var passesForwardingFields = false
  /// Other fields about the way of a request.
  package var forwarding = ForwardingRules()
  /// Whether scripts of all places may read the responses of every route that does not say otherwise
  /// (`auto_cross_origin`). Default no.
  package var isCrossOrigin = false
  /// Whether every route tells clients details of errors. Default no.
  package var isDebug = false
  /// What is logged of requests, and what they are marked with.
  package var records = RequestRecords()
  /// How long `shutdown` lets requests under way finish. Default 10 s.
  package var shutdownGrace = TimeAmount.seconds(10)

  /// Bounds of the connections to origins.
  package struct Origins: Sendable {
    /// Over all loops, open or being opened; further requests wait. Default 512.
    package var maxConnections = 512
    /// Those that requests from one address may keep busy; its further requests wait, those of others pass. Over all loops.
    /// Default 256.
    package var maxConnectionsPerClient = 256
    /// Default 5 s; then the next target is tried.
    package var connectTimeout = TimeAmount.seconds(5)
    /// From the last byte of a request to the end of the response's head. Default 120 s; then 504.
    package var responseHeadTimeout = TimeAmount.seconds(120)
    /// Between two parts of a response's body. Default 1800 s.
    package var responseBodyTimeout = TimeAmount.seconds(1800)
    /// How long a connection waits for its next request. Default 55 s (GRIP §4.4).
    package var idleTimeout = TimeAmount.seconds(55)
    /// How long it may have been idle for a request that must not be sent twice. Default 5 s.
    package var recentIdle = TimeAmount.seconds(5)
    /// How long a request waits for a connection. Default 30 s; then 503.
    package var waitTimeout = TimeAmount.seconds(30)
    /// A PEM file with the roots whose certificates are believed; `nil` takes the system's.
    package var trustFile: String?
    /// Bounds of a response's head and framing.
    package var responseLimits = MessageLimits()
    /// Bytes read from an origin at once. Default 16,384.
    package var readBytes = 16_384

    package init() {}
  }

  /// A configuration with its defaults.
  package init(listen: [ListenAddress]) {
    self.listen = listen
    loopCount = max(1, System.coreCount)
    maxConnections = max(64, DescriptorLimit.current - 1000)
  }

  /// All that is wrong, not the first thing only.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    func require(_ isRight: Bool, _ key: String, _ text: String) {
      if !isRight { problems.append(EdgeConfigurationProblem(key: key, text: text)) }
    }
    require(!listen.isEmpty, "listen", "name at least one address to listen on")
    for address in listen {
      require((0...65_535).contains(address.port), "listen", "a port is a number from 0 to 65535")
      require(address.local != nil || !address.host.isEmpty, "listen", "an address has a host")
    }
    if listen.contains(where: \.isSecure) {
      require(!tls.certificateDirectory.isEmpty, "tls.certificateDirectory", "TLS needs a directory of certificates")
    }
    require(tls.maxHandshakes >= loopCount, "tls.maxHandshakes", "at least one for each event loop")
    require((1...100_000).contains(http2.maxConcurrentStreams), "http2.maxConcurrentStreams", "1 to 100,000 streams")
    require((1024...0x7FFF_FFFF).contains(http2.windowBytes), "http2.windowBytes", "1024 to 2,147,483,647 bytes")
    require((1024...0x7FFF_FFFF).contains(http2.outputBytes), "http2.outputBytes", "1024 to 2,147,483,647 bytes")
    require(http2.maxResets >= 1, "http2.maxResets", "at least 1")
    require(http2.maxControlFrames >= 10, "http2.maxControlFrames", "at least 10")
    require((1...1024).contains(loopCount), "loopCount", "1 to 1024 event loops")
    require(maxConnections >= loopCount, "maxConnections", "at least one connection for each event loop")
    require(requestLimits.maxTargetBytes >= 64, "requestLimits.maxTargetBytes", "at least 64 bytes")
    require(
      requestLimits.maxHeadBytes > requestLimits.maxTargetBytes, "requestLimits.maxHeadBytes",
      "more than maxTargetBytes, since the target is part of the head")
    require((1...1000).contains(requestLimits.maxFields), "requestLimits.maxFields", "1 to 1000 fields")
    require(requestLimits.maxBodyBytes >= 0, "requestLimits.maxBodyBytes", "0 or more bytes")
    require(maxPipelinedBytes >= 0, "maxPipelinedBytes", "0 or more bytes")
    require(maxReplayBytes >= 0, "maxReplayBytes", "0 or more bytes")
    require(maxInstructionBytes >= 1024, "maxInstructionBytes", "at least 1024 bytes")
    require(origins.maxConnections >= loopCount, "origins.maxConnections", "at least one for each event loop")
    require(origins.maxConnectionsPerClient >= 1, "origins.maxConnectionsPerClient", "at least 1")
    require(origins.readBytes >= 512, "origins.readBytes", "at least 512 bytes")
    require(filters.requestsPerSecond >= 1, "filters.requestsPerSecond", "at least 1")
    require(filters.maxResponseBytes >= 0, "filters.maxResponseBytes", "0 or more bytes")
    require(signatureLifetime >= .seconds(10), "signatureLifetime", "at least 10 seconds")
    require(
      signatureKey == nil || !signatureIssuer.isEmpty, "signatureIssuer", "a signing key needs an issuer beside it")
    let times = [
      ("timeouts.head", timeouts.head), ("timeouts.idle", timeouts.idle), ("timeouts.stall", timeouts.stall),
      ("tls.handshakeTimeout", tls.handshakeTimeout), ("http2.idleTimeout", http2.idleTimeout),
      ("proxyHeaderTimeout", proxyHeaderTimeout),
      ("origins.connectTimeout", origins.connectTimeout),
      ("origins.responseHeadTimeout", origins.responseHeadTimeout),
      ("origins.responseBodyTimeout", origins.responseBodyTimeout), ("origins.idleTimeout", origins.idleTimeout),
      ("origins.waitTimeout", origins.waitTimeout), ("filters.timeout", filters.timeout),
      ("goneTimeout", goneTimeout), ("sharePatience", sharePatience),
    ]
    for (key, time) in times { require(time.nanoseconds > 0, key, "more than 0") }
    problems += sockets.problems().map { EdgeConfigurationProblem(key: $0.key, text: $0.text) }
    return problems + overHTTP.validate() + sockjs.validate()
  }
}

/// One thing that is wrong with a configuration.
package struct EdgeConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The name of the setting.
  package var key: String
  /// What is accepted.
  package var text: String

  /// `key: text`.
  package var description: String { "\(key): \(text)" }
}
