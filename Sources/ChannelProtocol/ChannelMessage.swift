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

  /// A message of the past, forwarded.
  /// - Parameters:
  ///   - id: Names the message in the archive.
  ///   - queryID: What the query called itself.
  package static func archived(
    _ message: Stanza, at moment: Timestamp, id: String, queryID: String?, to: JID
  ) -> Stanza {
    let forwarded = Forwarded(message, delay: Delay(DateTime(milliseconds: moment.milliseconds)))
    let result = ArchiveResult(forwarded, id: id, queryID: queryID, version: .early)
    return Stanza(.message, to: to, from: message.from, payload: result.payload)
  }
}
