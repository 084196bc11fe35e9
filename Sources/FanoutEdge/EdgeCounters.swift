/// What the connection side of one event loop has done so far; several add up.
package struct EdgeCounters: Sendable, Hashable {
  /// Client connections open now.
  package var connections = 0
  /// Client connections ever accepted.
  package var accepted = 0
  /// Requests with a complete head.
  package var requests = 0
  /// Requests held now.
  package var held = 0
  /// Requests ever held, retries that were held again included.
  package var holds = 0
  /// Requests refused before routing, by status.
  package var refusals: [Int: Int] = [:]
  /// Responses of the proxy's own because of an origin, by status.
  package var originErrors: [Int: Int] = [:]
  /// Connections closed by the edge, by reason.
  package var closes: [CloseReason: Int] = [:]
  /// Requests sent a second time because a reused origin connection died.
  package var resends = 0
  /// Targets passed over because they could not be reached.
  package var failovers = 0
  /// TLS handshakes with clients that succeeded.
  package var handshakes = 0
  /// TLS handshakes with clients that failed or took too long.
  package var handshakeFailures = 0
  /// Connections closed because too many handshakes were under way.
  package var handshakeRefusals = 0
  /// Connections closed because they did not begin with the PROXY header that their listener expects.
  package var proxyHeaderFaults = 0
  /// HTTP/2 connections ever begun.
  package var http2Connections = 0
  /// Streams of HTTP/2 ever begun.
  package var streams = 0
  /// Next links fetched.
  package var linkFetches = 0
  /// Minutes that clients have been connected, each begun one whole.
  package var minutes = 0
  /// Requests to an origin that failed, by kind.
  package var originFailures: [OriginFailure.Kind: Int] = [:]
  /// Responses and the times of origins.
  package var routes = RoutesCounters()
  /// Requests that were answered together with another one's.
  package var joins = 0
  /// Gone links called, those that failed included.
  package var goneCalls = 0
  /// Gone links that were not answered with 2xx.
  package var failedGoneCalls = 0
  /// Requests of network filters, those that failed included.
  package var filterCalls = 0
  /// Requests of network filters without a usable answer.
  package var failedFilterCalls = 0
  /// WebSockets of clients open now.
  package var sockets = 0
  /// WebSockets ever accepted.
  package var socketsOpened = 0
  /// Messages of WebSockets that came from clients.
  package var socketMessagesReceived = 0
  /// Messages of origins that went to clients; what was published counts as delivered, not here.
  package var socketMessagesSent = 0
  /// Native WebSockets to origins open now.
  package var originSockets = 0
  /// Native WebSockets to origins given up because the origin did not answer a ping, or took nothing.
  package var unresponsiveOrigins = 0
  /// WebSockets of clients ended because of what the client sent, by the code of the close frame.
  package var socketFaults: [UInt16: Int] = [:]

  package init() {}

  /// Adds another loop's.
  package mutating func add(_ other: EdgeCounters) {
    connections += other.connections
    accepted += other.accepted
    requests += other.requests
    held += other.held
    holds += other.holds
    refusals.merge(other.refusals, uniquingKeysWith: +)
    originErrors.merge(other.originErrors, uniquingKeysWith: +)
    closes.merge(other.closes, uniquingKeysWith: +)
    resends += other.resends
    failovers += other.failovers
    linkFetches += other.linkFetches
    minutes += other.minutes
    originFailures.merge(other.originFailures, uniquingKeysWith: +)
    routes += other.routes
    joins += other.joins
    goneCalls += other.goneCalls
    failedGoneCalls += other.failedGoneCalls
    filterCalls += other.filterCalls
    failedFilterCalls += other.failedFilterCalls
    handshakes += other.handshakes
    handshakeFailures += other.handshakeFailures
    handshakeRefusals += other.handshakeRefusals
    proxyHeaderFaults += other.proxyHeaderFaults
    http2Connections += other.http2Connections
    streams += other.streams
    sockets += other.sockets
    socketsOpened += other.socketsOpened
    socketMessagesReceived += other.socketMessagesReceived
    socketMessagesSent += other.socketMessagesSent
    originSockets += other.originSockets
    unresponsiveOrigins += other.unresponsiveOrigins
    socketFaults.merge(other.socketFaults, uniquingKeysWith: +)
  }
}
