import Channels
package import XMPP

/// A request as it travels: what is asked, for whom, and in which of the two namespaces that mean the same.
package struct ChannelQuery: Sendable, Hashable {
  /// What is asked.
  package var request: ChannelRequest
  /// For whom a server asks, a bare address; `nil` where the sender asks for themselves. Nobody has proven it yet.
  package var actor: JID?
  /// Whether a list was asked for in the owner's namespace.
  package var isInOwnerNamespace: Bool

  package init(_ request: ChannelRequest, actor: JID? = nil, isInOwnerNamespace: Bool = false) {
    self.request = request
    self.actor = actor?.bare
    self.isInOwnerNamespace = isInOwnerNamespace
  }

  /// Reads a query of type `get` or `set`.
  ///
  /// **Errors**: `service-unavailable` for a namespace that no channel server knows, `unexpected-request` for one in a query of
  /// the wrong type, `feature-not-implemented` for what publish-subscribe has beyond this; for the rest those of
  /// channel-server §9 to §16.
  /// **Spec**: channel-server §5.
  package init(_ stanza: Stanza) throws(StanzaError) {
    guard stanza.isRequest, let payload = stanza.payload.first else {
      throw StanzaError(.badRequest, text: "a request is an iq of type get or set with one child")
    }
    let isWrite = stanza.type == "set"
    do throws(ChannelError) {
      guard let request = try ChannelRequest(payload, isWrite: isWrite) else {
        throw ChannelError(
          .serviceUnavailable, "nothing is known here of <\(payload.name)> in the namespace '\(payload.namespace)'")
      }
      self.request = request
      actor = try Self.actor(in: payload)
      isInOwnerNamespace = payload.namespace == PubSub.ownerNamespace
    } catch {
      if error.code == .unexpectedRequest {
        throw StanzaError(.unexpectedRequest, type: .wait, text: error.description)
      }
      throw StanzaError(error)
    }
  }

  /// The `actor` of a payload: beside the operation, or inside `remove`.
  ///
  /// **Spec**: channel-server §5.1.
  private static func actor(in payload: XMLElement) throws(ChannelError) -> JID? {
    let parent = payload.child(named: "remove", namespace: Registration.namespace) ?? payload
    guard let actor = parent.child(named: "actor", namespace: ProtocolNamespace.channels) else { return nil }
    guard let address = try? JID(actor.text), address.local != nil else {
      throw ChannelError(
        .badRequest, "<actor> holds the address of a user, such as alice@example.com", application: .invalidActor)
    }
    return address.bare
  }

  /// The query as a stanza.
  package func stanza(id: String, to: JID, from: JID? = nil) -> Stanza {
    Stanza(
      .iq, type: request.isWrite || request.isSentAsSet ? "set" : "get", id: id, to: to, from: from,
      payload: [payload])
  }

  /// The query's payload, with its actor.
  package var payload: XMLElement {
    var payload = request.payload
    guard let actor else { return payload }
    let element = XMLElement("actor", namespace: ProtocolNamespace.channels, text: actor.bare.description)
    if request == .unregister {
      payload.children = [
        .element(
          XMLElement("remove", namespace: Registration.namespace, children: [.element(element)]))
      ]
    } else {
      payload.children.append(.element(element))
    }
    return payload
  }
}
