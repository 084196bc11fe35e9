import Logging
import NIOCore
import NIOPosix
import ServerKit
import XMPP

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Finding the server and getting through to it; what happens when that fails, or ends.
extension StreamSession {
  /// Tries all endpoints, when it is this session's turn.
  func beginRound() {
    phase = .locating
    shared.enter { [weak self] in
      guard let self else { return }
      self.isInGate = true
      guard case .locating = self.phase else { return self.leaveGate() }
      let found =
        self.plan.place.map { self.transport.locator.endpoints(of: $0) }
        ?? self.transport.locator.endpoints(of: self.plan.domain)
      found.hop(to: self.loop).assumeIsolated().whenComplete { result in
        guard case .locating = self.phase else { return self.leaveGate() }
        switch result {
        case .success(let endpoints):
          self.remaining = endpoints[...]
          self.tryNext(after: .unreachable("\(self.plan.domain) has no address"))
        case .failure(let error):
          let failure = (error as? DNSFailure).map { TransportError.name($0) }
          self.roundFailed(failure ?? error as? TransportError ?? .unreachable("\(error)"))
        }
      }
    }
  }

  /// Connects to the next endpoint; where there is none the round has failed.
  func tryNext(after error: TransportError) {
    guard let endpoint = remaining.popFirst() else { return roundFailed(error) }
    phase = .connecting
    let settings = plan.settings
    ClientBootstrap(group: loop)
      .connectTimeout(settings.connectTimeout)
      .channelOption(.autoRead, value: false)
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.recvAllocator, value: LeanReads())
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = try StreamConnection(
            owner: self, limits: settings.limits, names: self.shared.names, tls: self.transport.tls,
            domain: self.plan.domain, isDirectTLS: endpoint.isDirectTLS && self.plan.security != .plainOnLoopback,
            isVerifying: self.plan.security == .verified)
          self.connection = connection
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(to: endpoint.address)
      .assumeIsolated()
      .whenComplete { result in
        switch result {
        case .success(let channel):
          // It has been closed meanwhile.
          if self.connection == nil { channel.close(promise: nil) }
        case .failure(let error):
          guard case .connecting = self.phase else { return }
          self.connection = nil
          self.tryNext(after: .unreachable("\(endpoint.address): \(Self.words(error))"))
        }
      }
  }

  private static func words(_ error: any Error) -> String {
    if case .connectTimeout(let time) = error as? ChannelError {
      return "no answer within \(time.nanoseconds / 1_000_000) ms"
    }
    return (error as? IOError)?.description ?? "\(error)"
  }

  /// No endpoint led to a session.
  private func roundFailed(_ error: TransportError) {
    leaveGate()
    attempt += 1
    if isPermanent(error) || !plan.reconnects || plan.settings.maxAttempts.map({ attempt >= $0 }) == true {
      return end(error)
    }
    waitForNextRound(after: error)
  }

  private func isPermanent(_ error: TransportError) -> Bool { error.isPermanent && !plan.retriesAlways }

  private func waitForNextRound(after error: TransportError) {
    phase = .waiting
    var random = SystemRandomNumberGenerator()
    let wait = plan.settings.backoff.wait(after: max(0, attempt - 1), using: &random)
    deadline = loop.now + wait
    setAlarm()
    transport.logger.debug(
      "stream is down",
      metadata: .keys([.reason: error.description, .delay: Duration.nanoseconds(wait.nanoseconds).text]))
    handlers.event(.offline(error, retry: wait))
  }

  /// The turn to connect goes on to whoever waits for it.
  func leaveGate() {
    guard isInGate else { return }
    isInGate = false
    shared.leave()
  }

  func connectionEnded(_ error: TransportError) {
    connection = nil
    negotiation = nil
    pingDue = nil
    unhandled = 0
    switch phase {
    case .closing: end(.closed)
    case .online:
      leaveGate()
      if loop.now - onlineSince >= plan.settings.backoff.stable { attempt = 0 }
      attempt += 1
      if isPermanent(error) || !plan.reconnects { return end(error) }
      // What can be resumed is as if it still were: what is sent waits for the next connection.
      if acknowledgements?.id == nil { loseSession(error) }
      waitForNextRound(after: error)
    case .connecting, .negotiating:
      if isPermanent(error) { return roundFailed(error) }
      tryNext(after: error)
    case .idle, .locating, .waiting, .ended: break
    }
  }

  /// There will be no answer, and what waits does not go out: the session is gone for good.
  func loseSession(_ error: TransportError) {
    let left = (acknowledgements?.unacknowledged ?? []) + outbox.close(.offline)
    acknowledgements = nil
    for completion in requests.removeAll() { completion(.failure(.unsent(error))) }
    if !left.isEmpty { handlers.event(.undelivered(left)) }
  }

  /// Nothing is tried any more.
  func end(_ error: TransportError) {
    if case .ended = phase { return }
    phase = .ended(error)
    leaveGate()
    connection = nil
    remaining = []
    loseSession(error)
    _ = outbox.close(error)
    if alarm >= 0 { shared.alarms.remove(alarm) }
    alarm = -1
    for promise in openings { promise.fail(error) }
    for promise in endings { promise.succeed(error) }
    (openings, endings) = ([], [])
    handlers.event(.ended(error))
    letGo()
  }

  /// Says goodbye where there is somebody to say it to.
  func closeInOrder() {
    switch phase {
    case .ended, .closing: return
    case .online:
      phase = .closing
      deadline = loop.now + plan.settings.closeTimeout
      setAlarm()
      drain()
    case .connecting, .negotiating:
      phase = .closing
      if let connection { connection.fail(.closed) }
      end(.closed)
    case .idle, .locating, .waiting: end(.closed)
    }
  }
}
