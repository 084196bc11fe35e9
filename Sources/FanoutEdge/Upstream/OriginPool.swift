import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// The connections of one event loop to all origins: kept alive, bounded in number, with a queue for those who wait.
///
/// **Isolation**: its event loop, every member.
final class OriginPool {
  /// Which connections will do.
  enum Reuse {
    /// Any idle one.
    case any
    /// Only one that was idle for a moment: a request that must not be sent twice should not meet a connection that the
    /// origin is about to close.
    case recent
    /// None: the last one died.
    case none
  }

  let loop: any EventLoop
  let settings: EdgeConfiguration.Origins
  let deadlines: Deadlines
  private var idle: [String: [(connection: OriginConnection, since: NIODeadline)]] = [:]
  private var waiting = CircularBuffer<OriginTicket>()
  private var cancelledCount = 0
  /// Open connections and those being opened.
  private(set) var count = 0
  private let maxCount: Int
  private var shares: PeerShares
  private var isClosed = false
  private let tls: OriginTLS

  init(
    loop: any EventLoop, settings: EdgeConfiguration.Origins, maxCount: Int, maxPerClient: Int, deadlines: Deadlines
  ) {
    self.loop = loop
    self.settings = settings
    tls = OriginTLS(trustFile: settings.trustFile)
    self.maxCount = max(1, maxCount)
    shares = PeerShares(max: maxPerClient)
    self.deadlines = deadlines
  }

  /// Gets a connection for a responder: at once, or when there is one. It hears `originAcquired` or `originFailed`.
  ///
  /// - Parameters:
  ///   - peer: the client's address, whose share of the connections is bounded; `nil` for requests of our own.
  ///   - host: the `host[:port]` that the request names, for which the certificate of a secure target must be.
  func acquire(
    _ target: OriginTarget, reuse: Reuse, peer: String?, host: String? = nil, responder: any OriginResponder
  ) -> OriginTicket {
    let ticket = OriginTicket(target: target, reuse: reuse, peer: peer, host: host, responder: responder)
    if shares.take(ticket) { admit(ticket) } else { ticket.wait(in: self) }
    return ticket
  }

  /// Serves a ticket whose client has not had its share.
  private func admit(_ ticket: OriginTicket) {
    if ticket.reuse != .none, let connection = takeIdle(ticket.key, ticket.reuse) {
      connection.borrower = ticket.takePlace()
      ticket.delivered()?.originAcquired(connection)
    } else if count >= maxCount, !closeOneIdle() {
      ticket.wait(in: self)
      waiting.append(ticket)
    } else {
      connect(ticket)
    }
  }

  /// A client has one connection less.
  private func giveBack(_ peer: String?) {
    if let peer, let next = shares.giveBack(peer) { admit(next) }
  }

  /// Takes a connection back.
  func put(_ connection: OriginConnection) {
    let borrower = connection.borrower
    connection.borrower = nil
    defer { giveBack(borrower) }
    guard !isClosed else { return connection.close() }
    while let index = waiting.firstIndex(where: { $0.key == connection.key }) {
      let ticket = waiting.remove(at: index)
      if let responder = ticket.delivered() {
        connection.borrower = ticket.takePlace()
        return responder.originAcquired(connection)
      }
    }
    if !waiting.isEmpty {
      // Somebody waits for another origin.
      return connection.close()
    }
    idle[connection.key, default: []].append((connection, loop.now))
    connection.parked(for: settings.idleTimeout)
  }

  /// A connection is gone.
  func closed(_ connection: OriginConnection) {
    count -= 1
    forgetIdle(connection)
    connectWaiting()
    returnPlace(of: connection)
  }

  /// A connection is no longer the pool's: it has become something else than HTTP.
  func left(_ connection: OriginConnection) {
    count -= 1
    connectWaiting()
    returnPlace(of: connection)
  }

  private func returnPlace(of connection: OriginConnection) {
    let borrower = connection.borrower
    connection.borrower = nil
    giveBack(borrower)
  }

  /// Roots and client certificates are read again for the next connections.
  func reloadCertificates() { tls.reload() }

  /// Closes idle connections and takes none back.
  func shutdown() {
    isClosed = true
    for connections in idle.values { for entry in connections { entry.connection.close() } }
  }

  /// Forgets tickets that nobody waits on, once they are most of the queue.
  fileprivate func cancelled(_ ticket: OriginTicket) {
    guard let peer = ticket.takePlace() else { return shares.cancelled(ticket) }
    giveBack(peer)
    cancelledCount += 1
    guard cancelledCount > 64, cancelledCount > waiting.count / 2 else { return }
    cancelledCount = 0
    waiting.removeAll { $0.isOver }
  }

  fileprivate func timedOut(_ ticket: OriginTicket) {
    waiting.removeAll { $0 === ticket }
    let responder = ticket.delivered()
    if let peer = ticket.takePlace() { giveBack(peer) } else { shares.cancelled(ticket) }
    responder?.originFailed(OriginFailure(.busy, "\(ticket.key): all connections are busy"))
  }

  private func takeIdle(_ key: String, _ reuse: Reuse) -> OriginConnection? {
    while let entry = idle[key]?.popLast() {
      if entry.connection.isClosed { continue }
      if reuse == .recent, loop.now - entry.since > settings.recentIdle {
        // The others are older still.
        idle[key]?.append(entry)
        return nil
      }
      return entry.connection
    }
    idle[key] = nil
    return nil
  }

  private func closeOneIdle() -> Bool {
    guard let entry = idle.values.lazy.compactMap(\.first).first else { return false }
    // Its place is free when `closed` comes, which happens before this returns or soon after; one more is harmless.
    forgetIdle(entry.connection)
    entry.connection.close()
    return true
  }

  private func forgetIdle(_ connection: OriginConnection) {
    guard let index = idle[connection.key]?.firstIndex(where: { $0.connection === connection }) else { return }
    idle[connection.key]?.remove(at: index)
    if idle[connection.key]?.isEmpty == true { idle[connection.key] = nil }
  }

  private func connectWaiting() {
    while count < maxCount, !waiting.isEmpty {
      let ticket = waiting.removeFirst()
      if !ticket.isOver { connect(ticket) }
    }
  }

  private func connect(_ ticket: OriginTicket) {
    count += 1
    let connection = OriginConnection(key: ticket.key, pool: self)
    connection.borrower = ticket.takePlace()
    if ticket.target.isSecure { return connectSecurely(ticket, connection) }
    let bound = NIOLoopBound(connection, eventLoop: loop)
    connect(ticket, connection) { channel in try channel.pipeline.syncOperations.addHandler(bound.value) }
  }

  private func connect(
    _ ticket: OriginTicket, _ connection: OriginConnection, initialize: @escaping @Sendable (any Channel) throws -> Void
  ) {
    guard let future = open(ticket.target, initialize: initialize) else { return blocked(ticket, connection) }
    future.assumeIsolated().whenComplete { result in
      self.connected(ticket, connection, result)
    }
  }

  /// Opens a connection whose handshake comes first; what fails there counts as not reached (GRIP §4.5).
  private func connectSecurely(_ ticket: OriginTicket, _ connection: OriginConnection) {
    let handler: NIOSSLClientHandler
    do {
      handler = try tls.makeHandler(ticket.target, name: ticket.serverName)
    } catch {
      // Not inside `acquire`, whose caller does not have its ticket yet.
      let bound = NIOLoopBound((self, ticket, connection), eventLoop: loop)
      return loop.execute { bound.value.0.failed(bound.value.1, bound.value.2, "no TLS: \(error)") }
    }
    let promise = loop.makePromise(of: Void.self)
    let gate = OriginTLSGate(deadlines: deadlines, timeout: settings.connectTimeout, promise: promise)
    let bound = NIOLoopBound((handler, gate), eventLoop: loop)
    let future = open(ticket.target) { channel in
      try channel.pipeline.syncOperations.addHandlers([bound.value.0, bound.value.1])
    }
    guard let future else {
      promise.succeed()
      return blocked(ticket, connection)
    }
    future.assumeIsolated().whenComplete { result in
      guard case .success(let channel) = result else {
        promise.succeed()
        return self.connected(ticket, connection, result)
      }
      promise.futureResult.assumeIsolated().whenComplete { handshake in
        do {
          try handshake.get()
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(connection)
          pipeline.removeHandler(gate, promise: nil)
          self.connected(ticket, connection, result)
        } catch {
          channel.close(promise: nil)
          self.failed(ticket, connection, "no TLS: \(error)")
        }
      }
    }
  }

  private func failed(_ ticket: OriginTicket, _ connection: OriginConnection, _ text: String) {
    count -= 1
    defer { returnPlace(of: connection) }
    ticket.delivered()?.originFailed(OriginFailure(.unreachable, "\(ticket.key): \(text)"))
  }

  /// Connects; `nil` where the address policy refuses.
  private func open(
    _ target: OriginTarget, initialize: @escaping @Sendable (any Channel) throws -> Void
  ) -> EventLoopFuture<any Channel>? {
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(settings.connectTimeout)
      .channelOption(.autoRead, value: false)
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.recvAllocator, value: LeanReads(capacity: settings.readBytes, isFirst: true))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try initialize(channel) }
      }
    if let address = try? SocketAddress(ipAddress: target.host, port: target.port) {
      guard !target.isUntrusted || !AddressPolicy.isPrivate(address) else { return nil }
      return bootstrap.connect(to: address)
    }
    return bootstrap.connect(host: target.host, port: target.port)
  }

  private func connected(
    _ ticket: OriginTicket, _ connection: OriginConnection, _ result: Result<any Channel, any Error>
  ) {
    switch result {
    case .failure(let error):
      // An initialised channel that failed to connect was never active: it does not report that it closed.
      count -= 1
      defer { returnPlace(of: connection) }
      ticket.delivered()?.originFailed(OriginFailure(.unreachable, "\(ticket.key): \(ConnectErrorText.of(error))"))
      connectWaiting()
    case .success(let channel):
      if ticket.target.isUntrusted, channel.remoteAddress.map(AddressPolicy.isPrivate) ?? true {
        connection.close()
        ticket.delivered()?.originFailed(OriginFailure(.blocked, "\(ticket.key): its address is a private one"))
        return
      }
      guard let responder = ticket.delivered() else { return put(connection) }
      guard !connection.isClosed else {
        return responder.originFailed(OriginFailure(.closed, "\(ticket.key): it closed the connection at once"))
      }
      responder.originAcquired(connection)
    }
  }

  private func blocked(_ ticket: OriginTicket, _ connection: OriginConnection) {
    count -= 1
    defer { returnPlace(of: connection) }
    ticket.delivered()?.originFailed(OriginFailure(.blocked, "\(ticket.key): its address is a private one"))
  }
}

@available(*, unavailable)
extension OriginPool: Sendable {}

/// A place in the queue for a connection.
final class OriginTicket: DeadlineOwner {
  let target: OriginTarget
  let key: String
  let reuse: OriginPool.Reuse
  /// The client's address; `nil` for requests of our own.
  let peer: String?
  /// Whom the certificate of a secure target must be for.
  let serverName: String
  /// Whether it counts against its client's share.
  var hasPlace = false
  private var responder: (any OriginResponder)?
  private var pool: OriginPool?
  private var deadlineKey: Int32 = -1

  init(
    target: OriginTarget, reuse: OriginPool.Reuse, peer: String?, host: String? = nil, responder: any OriginResponder
  ) {
    self.target = target
    self.reuse = reuse
    self.peer = peer
    self.responder = responder
    serverName = target.isSecure ? OriginTLS.name(target, requestHost: host) : ""
    var key = target.isUntrusted ? "\(target) (untrusted)" : "\(target)"
    if target.isSecure {
      key += " (TLS to \(serverName)\(target.isUnverified ? ", unverified" : "")"
      key += target.clientCertificate.map { ", as \($0))" } ?? ")"
    }
    self.key = key
  }

  /// Whether nobody waits on it any more.
  var isOver: Bool { responder == nil }

  /// The responder does not want it any more.
  func cancel() {
    let pool = pool
    if delivered() != nil { pool?.cancelled(self) }
  }

  /// Passes its place in the client's share on: to a connection, or back.
  fileprivate func takePlace() -> String? {
    defer { hasPlace = false }
    return hasPlace ? peer : nil
  }

  func deadlinePassed(now: NIODeadline) { pool?.timedOut(self) }

  fileprivate func wait(in pool: OriginPool) {
    // Who waited for its client's share waits on with the same deadline.
    guard self.pool == nil else { return }
    self.pool = pool
    deadlineKey = pool.deadlines.add(self)
    pool.deadlines.set(deadlineKey, to: pool.loop.now + pool.settings.waitTimeout)
  }

  /// Whom to tell, once.
  fileprivate func delivered() -> (any OriginResponder)? {
    pool?.deadlines.remove(&deadlineKey)
    pool = nil
    defer { responder = nil }
    return responder
  }
}

@available(*, unavailable)
extension OriginTicket: Sendable {}

/// What a connection error is called in a log and on a debug route.
enum ConnectErrorText {
  static func of(_ error: any Error) -> String {
    switch error {
    case let error as ChannelError:
      if case .connectTimeout = error { return "no connection in time" }
      return "no connection"
    case let error as NIOConnectionError:
      if error.dnsAError != nil, error.connectionErrors.isEmpty { return "its name has no address" }
      let addresses = error.connectionErrors.map { failure in
        "\(of(failure.error)) (\(failure.target.ipAddress ?? "\(failure.target)"))"
      }
      return addresses.isEmpty ? "no connection" : addresses.joined(separator: ", ")
    case let error as IOError:
      switch error.errnoCode {
      case 111: return "connection refused"
      case 110: return "no connection in time"
      case 113, 101: return "no route to the host"
      case 24, 23: return "no free descriptors"
      default: return "no connection: \(String(cString: strerror(error.errnoCode)))"
      }
    default: return "no connection"
    }
  }
}
