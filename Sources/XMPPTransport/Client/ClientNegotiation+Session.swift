import NIOCore
import XMPP

// After the login: the session of before, or a new one.
extension ClientNegotiation {
  mutating func afterLogin(_ features: StreamFeatures) -> [NegotiationAction] {
    if let resumable, features.offersManagement {
      phase = .resuming
      let resume = XMLElement(
        "resume", namespace: Acknowledgements.namespace,
        attributes: ["previd": resumable.id, "h": "\(resumable.handled)"])
      return [.send(Array(resume.serialized().utf8))]
    }
    return beginBinding()
  }

  private mutating func beginBinding() -> [NegotiationAction] {
    guard features?.offersBind == true else { return fail(.refused("a resource: it does not offer to bind one", nil)) }
    phase = .binding
    let resource = configuration.address.resource.map {
      XMLElement.Node.element(XMLElement("resource", namespace: XMPPNamespace.bind, text: $0))
    }
    let bind = XMLElement("bind", namespace: XMPPNamespace.bind, children: resource.map { [$0] } ?? [])
    return [.send(Stanza(.iq, type: "set", id: "bind", payload: [bind]).serialized())]
  }

  mutating func resuming(_ element: XMLElement) -> [NegotiationAction] {
    guard element.namespace == Acknowledgements.namespace else {
      return violation(.badFormat, "this is no answer to a resumption")
    }
    let handled = element.attributes["h"].flatMap { UInt32($0) }
    if element.name == "resumed", element.attributes["previd"] == resumable?.id, let handled {
      phase = .over
      return [
        .established(
          Establishment(address: configuration.address, management: .resumed(handled: handled), login: login))
      ]
    }
    guard element.name == "failed" else { return violation(.badFormat, "this is no answer to a resumption") }
    handledBefore = handled
    return beginBinding()
  }

  mutating func bound(_ element: XMLElement) -> [NegotiationAction] {
    guard let answer = answer(element, id: "bind") else {
      return violation(.badFormat, "this is no answer to a binding")
    }
    if let error = StanzaError(stanza: answer) { return fail(.refused("a resource", error)) }
    guard
      let text = answer.child("bind", XMPPNamespace.bind)?.child(named: "jid")?.text, let bound = try? JID(text),
      bound.resource != nil
    else { return violation(.badFormat, "the server bound no full address") }
    address = bound
    guard features?.requiresSession == true else { return enable(bound) }
    phase = .session
    let session = XMLElement("session", namespace: XMPPNamespace.session)
    return [.send(Stanza(.iq, type: "set", id: "session", payload: [session]).serialized())]
  }

  mutating func sessionEstablished(_ element: XMLElement) -> [NegotiationAction] {
    guard let answer = answer(element, id: "session"), let address else {
      return violation(.badFormat, "this is no answer to a session")
    }
    if let error = StanzaError(stanza: answer) { return fail(.refused("a session", error)) }
    return enable(address)
  }

  private mutating func enable(_ address: JID) -> [NegotiationAction] {
    guard configuration.usesAcknowledgements, features?.offersManagement == true else {
      return established(address, nil)
    }
    phase = .enabling
    let seconds = configuration.resumption.nanoseconds / 1_000_000_000
    let element = XMLElement(
      "enable", namespace: Acknowledgements.namespace,
      attributes: seconds > 0 ? ["resume": "true", "max": "\(seconds)"] : [:])
    return [.send(Array(element.serialized().utf8))]
  }

  mutating func enabled(_ element: XMLElement) -> [NegotiationAction] {
    guard element.namespace == Acknowledgements.namespace, let address else {
      // A server may send stanzas as soon as a resource is bound. They are few, and none is lost: it has not been told
      // that we handle any.
      return ["iq", "message", "presence"].contains(element.name)
        ? [] : violation(.badFormat, "this is no answer to acknowledgements")
    }
    guard element.name == "enabled" else { return established(address, nil) }
    let canResume = ["true", "1"].contains(element.attributes["resume"])
    return established(address, .begins(id: canResume ? element.attributes["id"] : nil))
  }

  private mutating func established(
    _ address: JID, _ management: Establishment.Management?
  ) -> [NegotiationAction] {
    phase = .over
    return [
      .established(
        Establishment(address: address, management: management, handledBefore: handledBefore, login: login))
    ]
  }

  /// The answer to a query that went to the server.
  func answer(_ element: XMLElement, id: String) -> Stanza? {
    guard let stanza = try? Stanza(element), stanza.isResponse, stanza.id == id else { return nil }
    return stanza
  }
}
