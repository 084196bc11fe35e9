package import XMPP

/// The connection to the XMPP server, as the channel server needs it.
package protocol ComponentLink: Sendable {
  /// Sends a stanza.
  ///
  /// **Errors**: `offline` and `overflow`: nothing is sent then.
  func send(_ stanza: Stanza) throws(LinkError)
  /// Sends stanzas that were printed for `jabber:component:accept`, all or none.
  func send(printed stanzas: [[UInt8]]) throws(LinkError)
  /// Sends a query, whose id is given by the link, and waits for the answer of whom it goes to.
  ///
  /// **Errors**: what the answer says; `remote-server-timeout` where none came in time.
  func request(_ query: Stanza) async throws(StanzaError) -> Stanza
  /// Returns when sending may work again.
  func ready() async
}

/// Why nothing is sent.
package enum LinkError: Error, Sendable, Hashable {
  /// There is no connection.
  case offline
  /// Too much waits to be sent.
  case overflow
}
