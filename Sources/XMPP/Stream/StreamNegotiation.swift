// Implements: RFC 6120 §5, §7 · STARTTLS and resource binding: their elements · complete

/// The elements of STARTTLS.
public enum StartTLS: String, Sendable, CaseIterable {
  /// The client asks for TLS.
  case request = "starttls"
  /// The server begins it.
  case proceed
  /// The server can't; it closes the stream.
  case failure

  /// Reads an element; `nil` for another one.
  public init?(_ element: XMLElement) {
    guard element.namespace == XMPPNamespace.tls else { return nil }
    self.init(rawValue: element.name)
  }

  /// The element as it is sent.
  public var element: XMLElement { XMLElement(rawValue, namespace: XMPPNamespace.tls) }
}

/// The payload of the query that binds a resource, and of its answer.
///
/// **Shape**: `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>…</resource></bind>`, answered with `<jid>…</jid>`.
public enum ResourceBinding: Sendable, Hashable {
  /// The client wants that resource, or any.
  case request(resource: String?)
  /// The server has bound that address.
  case result(JID)

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element, for an address without resource and for what is no address.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("bind", XMPPNamespace.bind) else {
      throw StanzaError(.badRequest, text: "a resource is bound by the element bind")
    }
    if let text = element.child(named: "jid", namespace: XMPPNamespace.bind)?.text {
      guard let jid = try? JID(text), jid.resource != nil else {
        throw StanzaError(.badRequest, text: "what is bound is an address with a resource")
      }
      self = .result(jid)
    } else {
      let resource = element.child(named: "resource", namespace: XMPPNamespace.bind)?.text
      self = .request(resource: resource?.isEmpty == true ? nil : resource)
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    let child: XMLElement? =
      switch self {
      case .request(let resource): resource.map { XMLElement("resource", namespace: XMPPNamespace.bind, text: $0) }
      case .result(let jid): XMLElement("jid", namespace: XMPPNamespace.bind, text: jid.description)
      }
    return XMLElement("bind", namespace: XMPPNamespace.bind, elements: child.map { [$0] } ?? [])
  }
}
