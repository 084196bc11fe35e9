import ChannelProtocol
import Channels
import Logging
import ServerKit
import XMPP

extension ChannelComponent {
  /// The answer to a query.
  func answer(_ stanza: Stanza, from: JID) async -> Stanza? {
    do throws(StanzaError) {
      if let answer = try plainAnswer(to: stanza) { return answer }
      let query = try ChannelQuery(stanza)
      let asker = try await asker(of: query, from: from)
      if case .archive(let archive, let id) = query.request {
        return try await replay(archive, id: id ?? stanza.id ?? "", to: from, asker, stanza)
      }
      return try await answer(query, asker, to: stanza)
    } catch {
      return stanza.error(error)
    }
  }

  /// What has the same answer for everybody: pings, and all that is asked of the topics' domain.
  private func plainAnswer(to stanza: Stanza) throws(StanzaError) -> Stanza? {
    if let answer = Ping.answer(to: stanza) { return answer }
    guard stanza.to?.bare == topics, topics != authority else { return nil }
    if stanza.child("query", DiscoItems.namespace) != nil {
      return stanza.reply(DiscoItems(items: [.init(authority, name: "buddycloud-server")]).element)
    }
    if stanza.child("query", DiscoInfo.namespace) != nil {
      return stanza.reply(DiscoInfo(identities: [.init("pubsub", "topics", name: configuration.name)]).element)
    }
    throw StanzaError(.serviceUnavailable, text: "ask \(authority): it serves the channels of this domain")
  }

  private func answer(
    _ query: ChannelQuery, _ asker: Asker, to stanza: Stanza
  ) async throws(StanzaError) -> Stanza {
    if let node = query.request.node, !server.configuration.domains.contains(node.channel.domain), node != .firehose {
      throw StanzaError(
        .itemNotFound, text: "channels of \(node.channel.domain) are not known here")
    }
    var query = query
    while true {
      let reply = try await reply(to: query.request, asker)
      let payload = reply.payload(
        to: query, authority: authority.description, listNamespace: configuration.listNamespace)
      let answer = payload.map { stanza.reply($0) } ?? stanza.reply()
      guard answer.serialized().count > configuration.maxStanzaBytes else { return answer }
      // Half of the list, until it fits: the peer asks for the rest by the set that comes with it.
      guard var page = query.request.page, reply.listCount > 1 else {
        throw StanzaError(
          .policyViolation,
          text: "the answer is larger than \(configuration.maxStanzaBytes) bytes and can't be divided")
      }
      page.max = reply.listCount / 2
      query.request.page = page
    }
  }

  private func reply(to request: ChannelRequest, _ asker: Asker) async throws(StanzaError) -> ChannelReply {
    switch request {
    case .serverInfo: return .server(description)
    case .version:
      return .version(
        SoftwareVersion(name: configuration.name, version: configuration.version, system: "Linux"))
    case .registrationForm:
      return .registrationForm(instructions: "Send an empty query of type set to get your personal channel.")
    case .searchForm:
      guard asker.isLocal else { throw StanzaError(.notAllowed, text: "search is for users of this server") }
      return .searchForm
    default:
      do throws(ChannelError) {
        if case .search = request, !asker.isLocal {
          throw ChannelError(.notAllowed, "search is for users of this server")
        }
        if case .register = request, !asker.isLocal {
          throw ChannelError(.notAllowed, "this server is not the authority for you")
        }
        return try await asker.session.answer(request, isLocal: asker.isLocal)
      } catch {
        if error.code == .internalServerError {
          logger.error("a query failed", metadata: .keys([.errorDetail: error.description]))
        }
        throw StanzaError(error)
      }
    }
  }

  /// **Spec**: channel-server §7.1. Only what is served.
  private var description: DiscoInfo {
    let pubSub: [PubSub.Feature] = [
      .configNode, .createAndConfigure, .createNodes, .deleteItems, .deleteNodes, .itemIDs, .manageSubscriptions,
      .memberAffiliation, .metadata, .modifyAffiliations, .outcastAffiliation, .publish, .publisherAffiliation,
      .retractItems, .retrieveAffiliations, .retrieveItems, .retrieveSubscriptions, .subscribe,
      .subscriptionNotifications,
    ]
    return DiscoInfo(
      identities: [
        .init("pubsub", "channels", name: "Channel server"),
        .init("pubsub", "inbox"),
        .init("pubsub", "service"),
      ],
      features: [
        Registration.namespace, DiscoInfo.namespace, DiscoItems.namespace,
        Search.namespace, SoftwareVersion.namespace, MessageArchiveQuery.Version.early.rawValue, ResultSet.namespace,
        Ping.namespace, PubSub.namespace,
      ] + pubSub.map(\.name))
  }

  /// Sends what happened in a span of time as messages, and then says that this was all.
  ///
  /// **Spec**: channel-server §16.
  private func replay(
    _ query: ArchiveQuery, id: String, to: JID, _ asker: Asker, _ stanza: Stanza
  ) async throws(StanzaError) -> Stanza {
    let events: [ChannelEvent]
    do throws(ChannelError) {
      events = try await asker.session.archive(query)
    } catch {
      throw StanzaError(error)
    }
    for event in events {
      guard let notification = ChannelNotification(event.change, node: event.node) else { continue }
      let headline = ChannelMessage.headline([notification], from: authority.description, to: to.bare)
      let message = ChannelMessage.archived(
        headline, at: event.time, id: String(event.sequence), queryID: id.isEmpty ? nil : id, to: to)
      do throws(LinkError) {
        try link.send(message)
      } catch {
        throw StanzaError(.resourceConstraint, text: "too much waits to be sent: ask for a shorter time")
      }
    }
    return stanza.reply()
  }
}

extension ChannelNotification {
  /// What users and servers are told of a change; `nil` for what only concerns this server.
  init?(_ change: ChannelEvent.Change, node: NodeID) {
    switch change {
    case .published(let entry): self = .published(entry)
    case .retracted(let id): self = .retracted(id, from: node, tombstone: nil)
    case .subscriptionChanged(let user, let state, let inviter):
      self = .subscription(user: user, state, node: node, invitedBy: inviter)
    case .affiliationChanged(let user, let affiliation):
      self = .affiliations([AffiliationChange(user: user, affiliation: affiliation)], node: node)
    case .configured(let metadata): self = .configured(node, metadata.fields())
    case .nodeDeleted: self = .deleted(node)
    case .accessReduced: return nil
    }
  }
}
