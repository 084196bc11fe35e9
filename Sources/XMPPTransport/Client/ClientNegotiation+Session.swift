import NIOCore
import XMPP

// After the login: the session of before, or a new one.
extension ClientNegotiation {
  mutating func afterLogin(_ features: StreamFeatures) -> [NegotiationAction] {
    if let resumable, features.canManageStream {
      phase = .resuming
      return [.send(StreamManagement.resume(previous: resumable.id, handled: resumable.handled).element.bytes)]
    }
    return beginBinding()
  }

  private mutating func beginBinding() -> [NegotiationAction] {
    guard features?.canBind == true else { return fail(.refused("a resource: it does not offer to bind one", nil)) }
    phase = .binding
    let bind = ResourceBinding.request(resource: configuration.address.resource).element
    return [.send(Stanza(.iq, type: "set", id: "bind", payload: [bind]).serialized())]
  }

  mutating func resuming(_ element: XMLElement) -> [NegotiationAction] {
    switch try? StreamManagement(element) {
    case .resumed(resumable?.id ?? "", let handled):
      phase = .over
      return [
        .established(
          Establishment(address: configuration.address, management: .resumed(handled: handled), login: login))
      ]
    case .failed(_, let handled):
      handledBefore = handled
      return beginBinding()
    default: return violation(.badFormat, "this is no answer to a resumption")
    }
  }

  mutating func bound(_ element: XMLElement) -> [NegotiationAction] {
    guard let answer = answer(element, id: "bind") else {
      return violation(.badFormat, "this is no answer to a binding")
    }
    if let error = StanzaError(stanza: answer) { return fail(.refused("a resource", error)) }
    guard let payload = answer.child("bind", XMPPNamespace.bind), let binding = try? ResourceBinding(payload),
      case .result(let bound) = binding
    else { return violation(.badFormat, "the server bound no full address") }
    address = bound
    guard features?.needsSession == true else { return enable(bound) }
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
    guard configuration.usesAcknowledgements, features?.canManageStream == true else {
      return established(address, nil)
    }
    phase = .enabling
    let seconds = configuration.resumption.nanoseconds / 1_000_000_000
    return [.send(StreamManagement.enable(resume: seconds > 0, max: seconds > 0 ? Int(seconds) : nil).element.bytes)]
  }

  mutating func enabled(_ element: XMLElement) -> [NegotiationAction] {
    guard let address else { return [] }
    switch try? StreamManagement(element) {
    case .enabled(let id, _, _): return established(address, .begins(id: id))
    case .failed: return established(address, nil)
    // A server may send stanzas as soon as a resource is bound. They are few, and none is lost: it has not been told that
    // we handle any.
    case nil where Stanza.Kind(rawValue: element.name) != nil: return []
    default: return violation(.badFormat, "this is no answer to acknowledgements")
    }
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
