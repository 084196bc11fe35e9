import XMPP

/// What is particular to one kind of session.
struct StreamPlan {
  /// Whom the stream is for.
  var domain: String
  /// Where the server is; `nil` is what DNS says.
  var place: ServerPlace?
  /// How much the connection must be protected.
  var security: StreamSecurity
  /// The namespace of the stanzas.
  var namespace: String
  /// Bounds and times.
  var settings: StreamSettings
  /// Whom a ping goes to, where stanzas are not acknowledged.
  var pingTarget: JID?
  /// Whose pings come from there, where they need a sender.
  var pingSender: JID?
  /// Whether pings of others are answered here.
  var answersPings: Bool
  /// Whether a lost session is made again.
  var reconnects = true
  /// Whether it is tried again even where nothing suggests that the next attempt would end otherwise.
  var retriesAlways = false
  /// How the stream comes to its stanzas: with what the last login told, and the session that may be resumed.
  var negotiation: (_ login: LoginMemory?, _ resumable: (id: String, handled: UInt32)?) -> any Negotiation
}

/// How much a connection must be protected.
package enum StreamSecurity: Sendable {
  /// TLS, with a certificate of the domain that is believed.
  case verified
  /// TLS, with any certificate; refused for a server that is not on this machine.
  case unverifiedOnLoopback
  /// No TLS; refused for a server that is not on this machine.
  case plainOnLoopback
}
