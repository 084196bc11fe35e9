import XMPP

/// How a stream comes to where stanzas are exchanged: events in, actions out.
protocol Negotiation {
  /// Bytes can be exchanged.
  mutating func began(_ facts: ConnectionFacts) -> [NegotiationAction]
  /// TLS protects the connection now.
  mutating func encrypted(_ facts: ConnectionFacts) -> [NegotiationAction]
  /// The server opened its stream.
  mutating func opened(_ header: StreamHeader) -> [NegotiationAction]
  /// The server sent an element.
  mutating func received(_ element: XMLElement) -> [NegotiationAction]
}

/// What the session does for a negotiation.
enum NegotiationAction {
  /// Opens a stream; the server's next bytes are those of its own new one.
  case open(StreamHeader)
  /// Sends bytes.
  case send([UInt8])
  /// Begins TLS.
  case startTLS
  /// Stanzas go from here on.
  case established(Establishment)
  /// What was to be done is done, and the stream ends in order.
  case finished
  /// There will be no stream.
  case fail(TransportError)
}

/// What a negotiation came to.
struct Establishment {
  /// Our own address.
  var address: JID
  /// Acknowledgements, new or taken up again; `nil` where there are none.
  var management: Management?
  /// How many of our stanzas the server had handled of a session that could not be resumed, where it says so.
  var handledBefore: UInt32?
  /// What the login tells the next one.
  var login: LoginMemory?

  enum Management {
    /// They begin. The id is `nil` where the server would not resume.
    case begins(id: String?)
    /// The session of before goes on; the server has handled so many of our stanzas.
    case resumed(handled: UInt32)
  }
}

/// What one login tells the next, so that it is neither weaker nor as costly.
struct LoginMemory {
  var mechanism: SASLMechanism
  var keys: SCRAMKeys?
}
