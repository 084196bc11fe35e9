import Logging
import ServerKit
import Synchronization
import XMPP
import XMPPTransport

/// The connections to an XMPP server: one for each domain that we serve.
///
/// What was accepted and never written when a connection broke is sent on the next one.
/// **Isolation**: thread-safe.
final class LiveLink: ComponentLink {
  private struct State {
    var connections: [String: ComponentConnection] = [:]
    var isOnline = false
    /// Of the channels' domain: accepted, and never written.
    var unsent: [[UInt8]] = []
    var nextID = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())
  /// The domain that most is sent from.
  private let domain: String
  private let maxUnsent: Int
  private let logger: Logger

  init(domain: String, maxUnsent: Int, logger: Logger) {
    self.domain = domain
    self.maxUnsent = maxUnsent
    self.logger = logger
  }

  func add(_ connection: ComponentConnection, for domain: String) {
    state.withLock { $0.connections[domain] = connection }
  }

  /// Stanzas of a connection have been dealt with.
  func finished(_ count: Int, of domain: String) {
    state.withLock { $0.connections[domain] }?.finished(count)
  }

  /// Notes what became of a connection.
  func noted(_ event: StreamEvent, of domain: String) {
    switch event {
    case .online:
      logger.notice("the XMPP server lets us serve a domain", metadata: .keys([.domain: domain]))
      if domain == self.domain { wake() }
    case .offline(let error, _):
      logger.warning(
        "no connection to the XMPP server; it is tried again",
        metadata: .keys([
          .domain: domain, .reason: Self.words(error, domain), .delay: event.retryDelay?.text ?? "",
        ]))
      if domain == self.domain { state.withLock { $0.isOnline = false } }
    case .undelivered(let stanzas):
      guard domain == self.domain else { return }
      let dropped = state.withLock { state in
        state.unsent += stanzas
        let excess = max(0, state.unsent.count - maxUnsent)
        state.unsent.removeFirst(excess)
        return excess
      }
      if dropped > 0 { logger.error("stanzas were lost with the connection", metadata: .keys([.count: dropped])) }
    case .drained: break
    case .ended(let error):
      logger.notice("a domain is served no more", metadata: .keys([.domain: domain, .reason: "\(error)"]))
    }
  }

  /// What is wrong, and where it is mended.
  private static func words(_ error: TransportError, _ domain: String) -> String {
    guard case .streamError(let stream) = error else { return error.description }
    return switch stream.condition {
    case .notAuthorized: "\(error): the secret is not the one that the XMPP server has for the component \(domain)"
    case .hostUnknown: "\(error): the XMPP server's configuration has no component \(domain)"
    case .conflict: "\(error): somebody else serves \(domain)"
    default: error.description
    }
  }

  private func wake() {
    let (waiting, unsent, connection) = state.withLock { state in
      state.isOnline = true
      defer {
        state.waiting = [:]
        state.unsent = []
      }
      return (Array(state.waiting.values), state.unsent, state.connections[domain])
    }
    if !unsent.isEmpty {
      do throws(TransportError) {
        try connection?.send(printed: unsent)
      } catch {
        state.withLock { $0.unsent = unsent + $0.unsent }
      }
    }
    for continuation in waiting { continuation.resume() }
  }

  func send(_ stanza: Stanza) throws(LinkError) {
    let connection = state.withLock { $0.connections[stanza.from?.domain ?? domain] }
    do throws(TransportError) {
      guard let connection else { throw TransportError.offline }
      try connection.send(stanza)
    } catch {
      throw LinkError(error)
    }
  }

  func send(printed stanzas: [[UInt8]]) throws(LinkError) {
    let connection = state.withLock { $0.connections[domain] }
    do throws(TransportError) {
      guard let connection else { throw TransportError.offline }
      try connection.send(printed: stanzas)
    } catch {
      throw LinkError(error)
    }
  }

  func request(_ query: Stanza) async throws(StanzaError) -> Stanza {
    guard let connection = state.withLock({ $0.connections[query.from?.domain ?? domain] }) else {
      throw StanzaError(.serviceUnavailable, type: .wait, text: "there is no connection to the XMPP server")
    }
    do throws(RequestError) {
      return try await connection.request(query)
    } catch {
      throw error.stanzaError
    }
  }

  /// Waits for a connection; a queue that is full has some room again after a moment.
  func ready() async {
    if state.withLock(\.isOnline) {
      try? await Task.sleep(for: .milliseconds(50))
      return
    }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.isOnline || Task.isCancelled { return true }
          state.waiting[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }
}

extension LinkError {
  fileprivate init(_ error: TransportError) {
    if case .overflow = error { self = .overflow } else { self = .offline }
  }
}
