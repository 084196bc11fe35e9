package import NIOCore
package import XMPP

/// A domain of ours at an XMPP server: connects, comes back when the connection is lost, and keeps trying, whatever the
/// reason was.
///
/// The server speaks for everybody who writes to the domain: what comes has a sender that it has checked.
/// **Isolation**: any thread. Handlers are called on the connection's event loop.
/// **Spec**: XEP-0114.
package final class ComponentConnection: Sendable {
  private let session: StreamSession

  /// - Parameter loop: where it lives; `nil` takes the next of the transport's.
  package init(
    _ configuration: ComponentConfiguration, transport: StreamTransport, handlers: StreamHandlers,
    on loop: (any EventLoop)? = nil
  ) {
    let (domain, secret) = (configuration.domain, configuration.secret)
    var plan = StreamPlan(
      domain: domain.domain, place: ServerPlace(host: configuration.host, port: configuration.port),
      security: .verified, namespace: XMPPNamespace.component, settings: configuration.settings,
      // A component knows no other address: a ping to itself goes through the server, and comes back from there.
      pingTarget: domain, pingSender: domain, answersPings: false
    ) { _, _ in ComponentNegotiation(domain: domain, secret: secret) }
    plan.retriesAlways = true
    session = StreamSession(plan: plan, transport: transport, handlers: handlers, loop: loop)
  }

  deinit { session.close() }

  /// Serves the domain until the task is cancelled or `close` is called, then says goodbye.
  package func run() async {
    session.start()
    await withTaskCancellationHandler {
      _ = try? await session.ended().get()
    } onCancel: {
      session.close()
    }
  }

  /// Says goodbye; `run` returns then.
  package func close() { session.close() }

  /// Waits until the domain is served for the first time.
  package func opened() async throws { _ = try await session.opened().get() }

  /// Sends a stanza.
  ///
  /// **Errors**: `overflow` when too much waits, `offline` while there is no connection: nothing is sent then.
  package func send(_ stanza: Stanza) throws(TransportError) {
    try session.send([stanza.serialized(namespace: XMPPNamespace.component)])
  }

  /// Sends stanzas that have been printed for `jabber:component:accept`, all or none; for fan-out (``StanzaTemplate``).
  package func send(printed stanzas: [[UInt8]]) throws(TransportError) { try session.send(stanzas) }

  /// Sends a query (its id is given here) and waits for the answer of whom it goes to.
  package func request(_ query: Stanza, timeout: TimeAmount = .seconds(30)) async throws(RequestError) -> Stanza {
    try await session.request(query, timeout: timeout)
  }

  /// The same for those who do not wait; the completion is called on the loop.
  package func request(
    _ query: Stanza, timeout: TimeAmount = .seconds(30),
    completion: @escaping @Sendable (Result<Stanza, RequestError>) -> Void
  ) {
    session.request(query, timeout: timeout, completion)
  }

  /// So many stanzas that a handler left `pending` have been dealt with.
  package func finished(_ count: Int = 1) { session.finished(count) }
}

extension StreamSession {
  /// Sends a query and waits.
  func request(_ query: Stanza, timeout: TimeAmount) async throws(RequestError) -> Stanza {
    let result: Result<Stanza, RequestError> = await withCheckedContinuation { continuation in
      request(query, timeout: timeout) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }
}
