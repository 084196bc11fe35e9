package import Channels
package import XMPP

/// The messages of a channel server.
///
/// **Spec**: channel-server §16 to §18.
package enum ChannelMessage {
  /// A headline with an event.
  package static func headline(
    _ notifications: [ChannelNotification], from authority: String, to: JID? = nil, id: String? = nil
  ) -> Stanza {
    Stanza(
      .message, type: "headline", id: id, to: to, from: JID(prepared: authority),
      payload: [ChannelNotification.event(notifications, authority: authority)])
  }

  /// What tells another server that messages to it got lost.
  package static func missedSomething(from authority: String, to server: JID, id: String?) -> Stanza {
    Stanza(
      .message, type: "headline", id: id, to: server, from: JID(prepared: authority),
      payload: [XMLElement("you-missed-something", namespace: ProtocolNamespace.channels)])
  }

  /// Whether a message or query says so.
  package static func saysMissedSomething(_ stanza: Stanza) -> Bool {
    stanza.child("you-missed-something", ProtocolNamespace.channels) != nil
  }

  /// A message of the past, forwarded.
  /// - Parameters:
  ///   - id: Names the message in the archive.
  ///   - queryID: What the query called itself.
  package static func archived(
    _ message: Stanza, at moment: Timestamp, id: String, queryID: String?, to: JID
  ) -> Stanza {
    let delay = XMLElement("delay", ProtocolNamespace.delay, ["stamp": moment.description])
    return Stanza(
      .message, to: to, from: message.from,
      payload: [
        XMLElement("result", ProtocolNamespace.archive, ["id": id, "queryid": queryID]),
        XMLElement("forwarded", ProtocolNamespace.forward, [:], [delay, message.element()]),
      ])
  }
}
