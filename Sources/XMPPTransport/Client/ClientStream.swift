package import NIOCore
package import XMPP

/// A client's session: logs in, comes back when the connection is lost, resumes where the server lets it.
///
/// Thousands of them live in one process: a session has no thread, task or timer of its own.
/// **Isolation**: any thread. Handlers are called on the session's event loop.
/// **Spec**: RFC 6120, XEP-0198, XEP-0199, XEP-0368.
package final class ClientStream: Sendable {
  private let session: StreamSession

  /// - Parameter loop: where it lives, one of the transport's; `nil` takes the next of them.
  package init(
    _ configuration: ClientConfiguration, transport: StreamTransport, handlers: StreamHandlers,
    on loop: (any EventLoop)? = nil
  ) {
    let plan = Self.plan(configuration) { login, resumable in
      ClientNegotiation(configuration, memory: login, resumable: resumable)
    }
    session = StreamSession(plan: plan, transport: transport, handlers: handlers, loop: loop)
  }

  deinit { session.close() }

  /// Begins to connect; the handlers are told what comes of it.
  package func start() { session.start() }

  /// Begins to connect and waits for the first login.
  ///
  /// Throws `TransportError` where it is refused, or `maxAttempts` failed.
  @discardableResult package func connect() async throws -> JID {
    // Asked for before it begins: a session may be over before anybody has asked.
    let opened = session.opened()
    session.start()
    return try await opened.get()
  }

  /// Says goodbye and ends, without waiting.
  package func close() { session.close() }

  /// Waits for the end: why it was.
  package func ended() async -> TransportError { (try? await session.ended().get()) ?? .closed }

  /// Sends a stanza. While a session can be resumed, stanzas wait for that.
  ///
  /// **Errors**: `overflow` when too much waits, `offline` while there is no session: nothing is sent then.
  package func send(_ stanza: Stanza) throws(TransportError) { try session.send([stanza.serialized()]) }

  /// Sends stanzas that have been printed for `jabber:client`, all or none.
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

  /// Makes an account at the domain of the configuration's address (XEP-0077), with the protection that it asks for. Its
  /// login is not used.
  package static func register(
    _ form: AccountForm, _ configuration: ClientConfiguration, transport: StreamTransport
  ) async throws(RegistrationError) {
    let result: Result<Void, RegistrationError> = await withCheckedContinuation { continuation in
      let once = OneTime(continuation)
      var plan = plan(configuration) { _, _ in
        ClientNegotiation(configuration, goal: .registration(form) { once.resume($0) })
      }
      plan.reconnects = false
      let handlers = StreamHandlers(
        stanza: { _ in .done },
        event: { if case .ended(let error) = $0 { once.resume(.failure(.transport(error))) } })
      StreamSession(plan: plan, transport: transport, handlers: handlers, loop: nil).start()
    }
    try result.get()
  }

  private static func plan(
    _ configuration: ClientConfiguration,
    _ negotiation: @escaping (LoginMemory?, (id: String, handled: UInt32)?) -> any Negotiation
  ) -> StreamPlan {
    StreamPlan(
      domain: configuration.address.domain, place: configuration.place, security: configuration.security,
      namespace: XMPPNamespace.client, settings: configuration.settings,
      pingTarget: try? JID(local: nil, domain: configuration.address.domain), pingSender: nil, answersPings: true,
      negotiation: negotiation)
  }
}
