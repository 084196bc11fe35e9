import ChannelProtocol
package import Channels
package import Logging
import ServerKit
package import XMPP

/// The channel server's face on XMPP: takes stanzas, answers queries, keeps track of who is there.
///
/// What one sender asks is done in the order in which it came. What is too much is refused at once, so that nobody who asks
/// without end takes the place of others.
///
/// **Isolation**: thread-safe.
/// **Spec**: channel-server §2, §5, §7, §17.
package final class ChannelComponent: Sendable {
  let server: ChannelServer
  let link: any ComponentLink
  let configuration: ChannelComponentConfiguration
  let discovery: ServerDiscovery
  let logger: Logger
  /// Who is there.
  package let online: OnlineUsers
  private let queues: SenderQueues
  /// The address of the channel server.
  let authority: JID
  /// The domain of topic channels, which says only where the server is.
  let topics: JID

  /// A face for a server.
  /// - Throws: `internalServerError` where one of the server's domains is no address.
  package init(
    server: ChannelServer, link: any ComponentLink,
    configuration: ChannelComponentConfiguration = ChannelComponentConfiguration(),
    logger: Logger
  ) throws(ChannelError) {
    self.server = server
    self.link = link
    self.configuration = configuration
    self.logger = logger
    do throws(JIDError) {
      authority = try JID(server.configuration.channelsDomain)
      topics = try JID(server.configuration.topicsDomain)
    } catch {
      throw ChannelError(.internalServerError, "a domain of the channel server: \(error.description)")
    }
    discovery = ServerDiscovery(
      link: link, authority: authority, configuration: configuration, surroundings: server.surroundings)
    online = OnlineUsers(maxUsers: configuration.maxOnlineUsers, maxResources: configuration.maxResources)
    queues = SenderQueues(maxPerSender: configuration.maxQueuedPerSender, maxTotal: configuration.maxQueued)
  }

  /// Takes a stanza that is addressed to one of the server's domains.
  /// - Parameter done: Called when it has been dealt with.
  package func receive(_ stanza: Stanza, done: @escaping @Sendable () -> Void) {
    guard let from = stanza.from else { return done() }
    // What only notes something is done at once: it must not wait behind queries.
    if stanza.kind == .presence, stanza.type != "unavailable", stanza.type != "error" {
      receivePresence(stanza, from: from)
      return done()
    }
    let isTaken = queues.add(from.bare.description) {
      await self.work(on: stanza, from: from)
      done()
    }
    guard !isTaken else { return }
    if stanza.isRequest {
      reply(
        stanza.error(
          StanzaError(.resourceConstraint, text: "too many queries wait: at most \(configuration.maxQueuedPerSender)")))
    }
    done()
  }

  private func work(on stanza: Stanza, from: JID) async {
    switch stanza.kind {
    case .iq:
      guard stanza.isRequest else { return }
      reply(await answer(stanza, from: from))
    case .presence:
      await lost(from)
    case .message:
      await receiveMessage(stanza, from: from)
    }
  }

  /// Sends an answer. Where there is no connection any more the answer is lost, as the question would have been.
  func reply(_ answer: Stanza?) {
    guard let answer else { return }
    do throws(LinkError) {
      try link.send(answer)
    } catch {
      logger.warning("an answer was not sent", metadata: .keys([.reason: "\(error)"]))
    }
  }
}
