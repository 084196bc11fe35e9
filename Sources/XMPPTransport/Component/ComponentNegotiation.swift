import Crypto
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
    return [.send(Array("<handshake>\(Self.proof(streamID: id, secret: secret.exposed))</handshake>".utf8))]
  }

  mutating func received(_ element: XMLElement) -> [NegotiationAction] {
    guard element.name == "handshake", element.namespace == XMPPNamespace.component else {
      return [.fail(.protocolViolation(StreamError(.unsupportedStanzaType, text: "the handshake was not answered")))]
    }
    return [.established(Establishment(address: domain))]
  }

  /// SHA-1 of the stream's id and the secret, in lower-case hexadecimal digits.
  static func proof(streamID: String, secret: String) -> String {
    let digits = Array("0123456789abcdef")
    return Insecure.SHA1.hash(data: Array((streamID + secret).utf8)).reduce(into: "") { text, byte in
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
  }
}
