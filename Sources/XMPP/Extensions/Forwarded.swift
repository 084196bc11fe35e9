// Implements: XEP-0297 1.0 · Stanza Forwarding · complete

/// A stanza within another. It says nothing about who sent it that the outer one's sender could not have made up.
///
/// **Shape**: `<forwarded xmlns="urn:xmpp:forward:0"><delay …/><message xmlns="jabber:client" …/></forwarded>`.
public struct Forwarded: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "urn:xmpp:forward:0"

  /// When it was sent.
  public var delay: Delay?
  /// The stanza.
  public var stanza: Stanza

  /// A forwarded stanza.
  public init(_ stanza: Stanza, delay: Delay? = nil) {
    self.stanza = stanza
    self.delay = delay
  }

  /// Reads the element. A stanza without a namespace of stanzas, as old channel servers nest it, is read as one of
  /// `jabber:client`.
  ///
  /// **Errors**: `bad-request` for another element, and for one without a stanza; those of ``Stanza/init(_:)``.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("forwarded", Self.namespace) else {
      throw StanzaError(.badRequest, text: "what is forwarded is in an element forwarded of \(Self.namespace)")
    }
    delay = element.child(named: "delay", namespace: Delay.namespace).flatMap(Delay.init)
    guard var inner = element.elements.first(where: { Stanza.Kind(rawValue: $0.name) != nil }) else {
      throw StanzaError(.badRequest, text: "there is no stanza in what is forwarded")
    }
    if inner.namespace == Self.namespace { inner.namespace = XMPPNamespace.client }
    stanza = try Stanza(inner)
  }

  /// The element as it is sent.
  public var element: XMLElement {
    XMLElement(
      "forwarded", namespace: Self.namespace,
      elements: [delay?.element, stanza.element(in: XMPPNamespace.client)].compactMap(\.self))
  }
}
