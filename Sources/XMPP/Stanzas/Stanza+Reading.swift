extension Stanza {
  /// Reads a stanza of any kind of stream.
  ///
  /// **Errors**: `jid-malformed` for what is no address; `bad-request` for a query without id, with a type that queries
  /// do not have or with another number of children than one (a result: than none or one), and for a presence of a type
  /// that RFC 6121 §4.7.1 does not have; `feature-not-implemented` for another element. ``answer(to:with:)`` tells the
  /// sender. A message of an unknown type is a normal one (RFC 6121 §5.2.2).
  public init(_ element: XMLElement) throws(StanzaError) {
    guard XMPPNamespace.contents.contains(element.namespace), let kind = Kind(rawValue: element.name) else {
      throw StanzaError(.featureNotImplemented, text: "a stanza is an iq, a message or a presence")
    }
    self.kind = kind
    id = element.attributes["id"]
    language = element.attributes["xml:lang"]
    to = try Self.address(element.attributes["to"])
    from = try Self.address(element.attributes["from"])
    payload = []
    payload.reserveCapacity(element.children.count)
    for case .element(let child) in element.children {
      payload.append(
        child.namespace == element.namespace ? Self.renamed(child, from: element.namespace) : child)
    }
    type = element.attributes["type"]
    try check()
  }

  private mutating func check() throws(StanzaError) {
    switch kind {
    case .iq:
      guard let id, !id.isEmpty else { throw StanzaError(.badRequest, text: "an iq has an id") }
      switch type {
      case "get", "set":
        guard payload.count == 1 else {
          throw StanzaError(.badRequest, text: "an iq of type get or set has one child, this one has \(payload.count)")
        }
      case "result":
        guard payload.count <= 1 else { throw StanzaError(.badRequest, text: "a result has at most one child") }
      case "error": break
      default: throw StanzaError(.badRequest, text: "an iq is of type get, set, result or error")
      }
    case .message:
      if let type, !["normal", "chat", "groupchat", "headline", "error"].contains(type) { self.type = nil }
    case .presence:
      let types = ["unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error"]
      guard type.map(types.contains) ?? true else {
        throw StanzaError(.badRequest, text: "a presence has no type, or is one of \(types.joined(separator: ", "))")
      }
    }
  }

  private static func address(_ text: String?) throws(StanzaError) -> JID? {
    guard let text else { return nil }
    do throws(JIDError) {
      return try JID(text)
    } catch {
      throw StanzaError(.jidMalformed, text: error.description)
    }
  }

  /// The element as one of `jabber:client`, down to where another namespace begins.
  private static func renamed(_ element: XMLElement, from namespace: String) -> XMLElement {
    guard namespace != XMPPNamespace.client, element.namespace == namespace else { return element }
    var renamed = element
    renamed.namespace = XMPPNamespace.client
    for (index, child) in element.children.enumerated() {
      if case .element(let child) = child { renamed.children[index] = .element(Self.renamed(child, from: namespace)) }
    }
    return renamed
  }

  /// What the sender of an element is told that is not an acceptable stanza; `nil` where it may not be answered (see
  /// ``error(_:includesPayload:)``) or has no name that an answer could have.
  ///
  /// The addresses are those of the element, unprepared where they are no addresses: the answer goes back the way it came.
  public static func answer(to element: XMLElement, with error: StanzaError) -> XMLElement? {
    guard Kind(rawValue: element.name) != nil, element.attributes["type"] != "error",
      !(element.name == "iq" && element.attributes["type"] == "result")
    else { return nil }
    var attributes: XMLAttributes = ["type": "error"]
    attributes["id"] = element.attributes["id"]
    attributes["to"] = element.attributes["from"]
    attributes["from"] = element.attributes["to"]
    var child = error.element
    child.namespace = element.namespace
    return XMLElement(
      element.name, namespace: element.namespace, attributes: attributes, children: [.element(child)])
  }
}
