// Implements: XEP-0114 1.6 · Jabber Component Protocol · complete

import Crypto

/// How a component shows that it knows the secret: SHA-1 of the stream's id and the secret, in hexadecimal.
///
/// **Shape**: `<handshake xmlns="jabber:component:accept">aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>`; the server
/// answers with an empty one, or ends the stream with `not-authorized`.
public enum ComponentHandshake: Sendable, Hashable {
  /// The component's proof.
  case proof(String)
  /// The server is content.
  case accepted

  /// The proof for a stream.
  public init(streamID: String, secret: String) {
    let digest = Insecure.SHA1.hash(data: Array((streamID + secret).utf8))
    let digits = Array("0123456789abcdef".utf8)
    let hexadecimal = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    self = .proof(String(decoding: hexadecimal, as: UTF8.self))
  }

  /// Reads an element; `nil` for another one.
  public init?(_ element: XMLElement) {
    guard element.isNamed("handshake", XMPPNamespace.component) else { return nil }
    let text = element.text
    self = text.isEmpty ? .accepted : .proof(text)
  }

  /// Whether a component's proof is right for a stream.
  public func proves(secret: String, of streamID: String) -> Bool {
    guard case .proof(let given) = self, case .proof(let right) = Self(streamID: streamID, secret: secret) else {
      return false
    }
    return SCRAMMessage.isEqual(Array(given.lowercased().utf8), Array(right.utf8))
  }

  /// The element as it is sent.
  public var element: XMLElement {
    switch self {
    case .proof(let text): XMLElement("handshake", namespace: XMPPNamespace.component, text: text)
    case .accepted: XMLElement("handshake", namespace: XMPPNamespace.component)
    }
  }
}
