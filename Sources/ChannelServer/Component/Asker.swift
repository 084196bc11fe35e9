import ChannelProtocol
import Channels
import Logging
import ServerKit
import XMPP

/// For whom a query is done.
struct Asker: Sendable {
  let session: any ChannelSession
  /// Whether it is a user of this server.
  let isLocal: Bool
}

extension ChannelComponent {
  /// Who asks, after checking that the sender may ask for them.
  ///
  /// A user of this server asks for themselves. Another server asks for its own users only: it has to be the channel server of
  /// the actor's domain. Somebody of another domain who comes without their server may read what everybody may.
  ///
  /// **Spec**: channel-server §5.1.
  func asker(of query: ChannelQuery, from: JID) async throws(StanzaError) -> Asker {
    if from.domain == server.configuration.domain {
      guard let actor = query.actor, actor != from.bare else {
        let session = from.local == nil ? server.anonymousSession() : server.trustedSession(user: from.bare)
        return Asker(session: session, isLocal: true)
      }
      throw Self.spoofed("\(from.bare) acts for themselves only")
    }
    guard let actor = query.actor else {
      guard !query.request.isWrite else {
        throw StanzaError(
          .registrationRequired, text: "users of \(from.domain) change something here through their own channel server")
      }
      return Asker(session: server.anonymousSession(), isLocal: false)
    }
    guard !server.configuration.domains.contains(actor.domain) else {
      throw Self.spoofed("\(from) is not the authority for \(actor.domain)")
    }
    let authoritative = await discovery.server(of: actor.domain)
    guard let authoritative, authoritative.bare == from.bare else {
      logger.warning(
        "a server speaks for users that are not its own",
        metadata: .keys([.from: from, .domain: actor.domain]))
      throw Self.spoofed("\(from) is not the channel server of \(actor.domain)")
    }
    return Asker(session: server.trustedSession(user: actor, listener: from.bare), isLocal: false)
  }

  private static func spoofed(_ text: String) -> StanzaError {
    StanzaError(
      .policyViolation, type: .cancel, text: text,
      application: XMLElement("invalid-actor", namespace: "http://buddycloud.org/v1/errors"))
  }
}
