package import NIOCore
package import XMPP

/// What becomes of a session.
package enum StreamEvent: Sendable {
  /// Stanzas can be sent. After a resumption nothing was lost, and the server still thinks that we were never away;
  /// otherwise it is a new session: presence has to be sent again.
  case online(JID, isResumed: Bool)
  /// There is no connection, or the attempt to make one failed; the next attempt comes after that time.
  case offline(TransportError, retry: TimeAmount)
  /// Stanzas, as bytes, that were accepted for sending and whose session is gone: those that were never written, and those
  /// that were and that nobody acknowledged. The latter may have been delivered.
  case undelivered([[UInt8]])
  /// What was refused with `overflow` has room again.
  case drained
  /// It is over, and nothing is tried any more.
  case ended(TransportError)
}

extension StreamEvent {
  /// How long it is until the next attempt, where there is one.
  package var retryDelay: Duration? {
    if case .offline(_, let retry) = self { .nanoseconds(retry.nanoseconds) } else { nil }
  }
}

/// What becomes of a stanza that was handed out.
package enum StanzaDisposition: Sendable {
  /// It has been dealt with.
  case done
  /// It will be: `finished` is called then. Until that the session counts it, and reads no more when there are too many.
  case pending
}

/// Whom a session tells. Both are called on its event loop, one at a time, and must not block it.
package struct StreamHandlers: Sendable {
  /// A stanza came that is not the answer to a query of ours. Queries among them want an answer.
  package var stanza: @Sendable (Stanza) -> StanzaDisposition
  /// Something became of the session.
  package var event: @Sendable (StreamEvent) -> Void

  /// Two handlers.
  package init(
    stanza: @escaping @Sendable (Stanza) -> StanzaDisposition,
    event: @escaping @Sendable (StreamEvent) -> Void = { _ in }
  ) {
    self.stanza = stanza
    self.event = event
  }
}
