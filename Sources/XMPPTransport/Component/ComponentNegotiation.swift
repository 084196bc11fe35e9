import ServerKit
import XMPP

/// How a component comes in: both sides open their streams, and the component shows that it knows the secret.
///
/// **Spec**: XEP-0114 §3.
struct ComponentNegotiation: Negotiation {
  let domain: JID
  let secret: Secret<String>

  mutating func began(_ facts: ConnectionFacts) -> [NegotiationAction] {
    [.open(StreamHeader(namespace: XMPPNamespace.component, to: domain))]
  }

  mutating func encrypted(_ facts: ConnectionFacts) -> [NegotiationAction] { [] }

  mutating func opened(_ header: StreamHeader) -> [NegotiationAction] {
    guard let id = header.id else {
      return [.fail(.protocolViolation(StreamError(.badFormat, text: "the stream has no id")))]
    }
    guard header.namespace == XMPPNamespace.component else {
      return [.fail(.protocolViolation(StreamError(.invalidNamespace, text: "this port is not for components")))]
    }
    return [.send(ComponentHandshake(streamID: id, secret: secret.exposed).element.bytes)]
  }

  mutating func received(_ element: XMLElement) -> [NegotiationAction] {
    guard ComponentHandshake(element) == .accepted else {
      return [.fail(.protocolViolation(StreamError(.unsupportedStanzaType, text: "the handshake was not answered")))]
    }
    return [.established(Establishment(address: domain))]
  }
}
