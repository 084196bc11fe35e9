package import XMPP

/// Why there is no stream, or no longer one.
package enum TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The server's place could not be found.
  case name(DNSFailure)
  /// The domain says by DNS that it has no such service.
  case notOffered(String)
  /// No connection could be made; why the last attempt failed.
  case unreachable(String)
  /// The connection ended without a word, perhaps in the middle of something.
  case connectionLost(String)
  /// The server ended its stream in order.
  case closedByServer
  /// The server ended the stream and said why.
  case streamError(StreamError)
  /// The server broke the protocol, and was told so.
  case protocolViolation(StreamError)
  /// The server did not get through the negotiation in time, or is silent.
  case timeout(String)
  /// TLS failed: the certificate is not to be believed, or not of the domain.
  case tls(String)
  /// What the server offers is less than what is asked for.
  case insecure(String)
  /// The server refused who we are.
  case notAuthorized(String)
  /// The server refused who we are, and may think otherwise later.
  case authenticationUnavailable(String)
  /// The server refused a step of the negotiation.
  case refused(String, StanzaError?)
  /// More is waiting to be sent than may: what does not go out in time is refused.
  case overflow(items: Int, bytes: Int)
  /// Nothing can be sent now.
  case offline
  /// We have closed it.
  case closed

  /// Whether the next attempt would end in the same way.
  package var isPermanent: Bool {
    switch self {
    case .notAuthorized, .insecure, .closed, .notOffered: true
    case .streamError(let error): error.condition == .conflict || error.condition == .notAuthorized
    default: false
    }
  }

  /// The error in words.
  package var description: String {
    switch self {
    case .name(let failure): failure.description
    case .notOffered(let domain): "\(domain) says that it serves no clients"
    case .unreachable(let reason): "no connection could be made: \(reason)"
    case .connectionLost(let reason): "the connection was lost: \(reason)"
    case .closedByServer: "the server closed the stream"
    case .streamError(let error): "the server ended the stream: \(error)"
    case .protocolViolation(let error): "the server's stream was refused: \(error)"
    case .timeout(let what): "the server was silent: \(what)"
    case .tls(let reason): "TLS failed: \(reason)"
    case .insecure(let reason): "the connection is not secure enough: \(reason)"
    case .notAuthorized(let reason): "the server refused to log us in: \(reason)"
    case .authenticationUnavailable(let reason): "the server cannot log us in now: \(reason)"
    case .refused(let step, let error): "the server refused \(step)" + (error.map { ": \($0)" } ?? "")
    case .overflow(let items, let bytes): "\(items) stanzas (\(bytes) bytes) wait to be sent, more may not"
    case .offline: "there is no connection"
    case .closed: "the stream has been closed"
    }
  }
}

/// Why a query has no answer.
package enum RequestError: Error, Sendable, Hashable, CustomStringConvertible {
  /// It was answered with an error.
  case refused(StanzaError)
  /// It was not answered in time.
  case timeout
  /// It could not be sent, or the session ended before the answer.
  case unsent(TransportError)
  /// More queries wait for an answer than may.
  case tooMany(Int)

  /// As a stanza error: what our own clients may be told.
  package var stanzaError: StanzaError {
    switch self {
    case .refused(let error): error
    case .timeout: StanzaError(.remoteServerTimeout, text: description)
    case .unsent, .tooMany: StanzaError(.serviceUnavailable, type: .wait, text: description)
    }
  }

  /// The error in words.
  package var description: String {
    switch self {
    case .refused(let error): "the query was refused: \(error)"
    case .timeout: "the query was not answered in time"
    case .unsent(let error): "the query was not answered: \(error)"
    case .tooMany(let count): "\(count) queries wait for an answer, more may not"
    }
  }
}
