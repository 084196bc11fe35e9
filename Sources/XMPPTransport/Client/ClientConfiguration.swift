package import NIOCore
package import ServerKit
package import XMPP

/// A client's session at the server of its domain.
package struct ClientConfiguration: Sendable {
  /// Who logs in.
  package enum Login: Sendable {
    /// An account with its password.
    case password(Secret<String>)
    /// Nobody: the server gives an address (XEP-0175).
    case anonymous
  }

  /// The account; for an anonymous session an address without a local part. A resource is asked for, the server may give
  /// another one; without it the server chooses.
  package var address: JID
  /// Who logs in.
  package var login: Login
  /// Where the server is; `nil` looks it up in DNS (RFC 6120 §3.2, XEP-0368).
  package var place: ServerPlace?
  /// How much the connection must be protected; default `verified`.
  package var security = StreamSecurity.verified
  /// Whether a password may go in the clear (PLAIN) over `plainOnLoopback` and `unverifiedOnLoopback`; default `false`.
  package var allowsClearPassword = false
  /// Mechanisms that may be used; default all. After one login none weaker is used in this session's life.
  package var mechanisms = Set(SASLMechanism.allCases)
  /// How long the server is asked to keep a session whose connection broke; default 5 min. The server has the last word.
  package var resumption = TimeAmount.minutes(5)
  /// Whether acknowledgements and resumption are used where the server has them (XEP-0198); default `true`.
  package var usesAcknowledgements = true
  /// The language of the stream.
  package var language: String?
  /// Bounds and times.
  package var settings = StreamSettings()

  /// An account with its password, by DNS, over verified TLS.
  package init(address: JID, login: Login) {
    self.address = address
    self.login = login
  }
}
