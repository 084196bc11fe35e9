import ChannelProtocol
import Channels
import Logging
import ServerKit
import XMPP

extension ChannelComponent {
  /// Notes who is there, and lets everybody see that the server is.
  ///
  /// **Spec**: channel-server §17.
  func receivePresence(_ stanza: Stanza, from: JID) {
    let own = stanza.to?.bare ?? authority
    switch stanza.type {
    case nil: online.appeared(from)
    case "subscribe":
      reply(Stanza(.presence, type: "subscribed", to: from.bare, from: own))
      reply(Stanza(.presence, to: from.bare, from: own))
    case "unsubscribe": reply(Stanza(.presence, type: "unsubscribed", to: from.bare, from: own))
    case "probe": reply(Stanza(.presence, to: from, from: own))
    default: break
    }
  }

  /// Somebody has gone, or can't be reached.
  func lost(_ address: JID) async {
    guard online.left(address), address.local != nil else { return }
    do throws(ChannelError) {
      try await server.endTemporarySubscriptions(of: address.bare)
    } catch {
      logger.warning(
        "temporary subscriptions were not ended", metadata: .keys([.errorDetail: error.description]))
    }
  }

  /// Takes answers to the question whether somebody may follow, and hears of messages that came back.
  ///
  /// **Spec**: channel-server §10.4.
  func receiveMessage(_ stanza: Stanza, from: JID) async {
    if stanza.type == "error" {
      // The resource is gone; its server will say so, or has lost its word.
      if from.resource != nil { await lost(from) }
      return
    }
    guard let element = stanza.child("x", DataForm.namespace), element.attributes["type"] == "submit" else {
      return
    }
    do throws(StanzaError) {
      let form: AuthorizationForm?
      do throws(ChannelError) {
        form = try AuthorizationForm(element)
      } catch {
        throw StanzaError(error)
      }
      guard let form else { return }
      let change = SubscriptionChange(user: form.subscriber, subscription: form.isAllowed ? .subscribed : .none)
      let query = ChannelQuery(.setSubscriptions(form.node, [change]), actor: form.actor)
      let asker = try await asker(of: query, from: from)
      do throws(ChannelError) {
        _ = try await asker.session.answer(query.request, isLocal: asker.isLocal)
      } catch {
        throw StanzaError(error)
      }
    } catch {
      reply(stanza.error(error))
    }
  }
}
