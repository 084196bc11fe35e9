extension Stanza {
  /// The stanza as an element of a stream's namespace.
  public func element(in namespace: String = XMPPNamespace.client) -> XMLElement {
    var attributes = XMLAttributes(capacity: 5)
    attributes["from"] = from?.description
    attributes["id"] = id
    attributes["to"] = to?.description
    attributes["type"] = type
    attributes["xml:lang"] = language
    return XMLElement(
      kind.rawValue, namespace: namespace, attributes: attributes,
      children: payload.map { .element(Self.renamed($0, to: namespace)) })
  }

  private static func renamed(_ element: XMLElement, to namespace: String) -> XMLElement {
    guard namespace != XMPPNamespace.client, element.namespace == XMPPNamespace.client else { return element }
    var renamed = element
    renamed.namespace = namespace
    for (index, child) in element.children.enumerated() {
      if case .element(let child) = child { renamed.children[index] = .element(Self.renamed(child, to: namespace)) }
    }
    return renamed
  }

  /// Appends the stanza as it stands in a stream of that namespace, which is not declared again.
  public func serialize(into bytes: inout [UInt8], namespace: String = XMPPNamespace.client) {
    StanzaTemplate.openTag(of: self, to: &bytes)
    if let id { XMLOutput.attribute("id", id, to: &bytes) }
    if let to { XMLOutput.attribute("to", to, to: &bytes) }
    StanzaTemplate.rest(of: self, namespace, to: &bytes)
  }

  /// The stanza as it stands in a stream of that namespace.
  public func serialized(namespace: String = XMPPNamespace.client) -> [UInt8] {
    var bytes: [UInt8] = []
    serialize(into: &bytes, namespace: namespace)
    return bytes
  }
}

/// A stanza for many receivers: printed once, but for the two attributes that differ.
public struct StanzaTemplate: Sendable {
  private let head: [UInt8]
  private let tail: [UInt8]

  /// Prints what is the same for all. The stanza's own `to` and `id` are not used.
  public init(_ stanza: Stanza, namespace: String = XMPPNamespace.client) {
    var bytes: [UInt8] = []
    Self.openTag(of: stanza, to: &bytes)
    head = bytes
    bytes.removeAll(keepingCapacity: true)
    Self.rest(of: stanza, namespace, to: &bytes)
    tail = bytes
  }

  /// Appends the stanza for one receiver.
  public func serialize(to: JID, id: String?, into bytes: inout [UInt8]) {
    bytes.append(contentsOf: head)
    if let id { XMLOutput.attribute("id", id, to: &bytes) }
    XMLOutput.attribute("to", to, to: &bytes)
    bytes.append(contentsOf: tail)
  }

  /// Writes the name and what comes before `id` and `to`.
  static func openTag(of stanza: Stanza, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "<"))
    XMLOutput.append(stanza.kind.rawValue, to: &bytes)
    if let from = stanza.from { XMLOutput.attribute("from", from, to: &bytes) }
    if let type = stanza.type { XMLOutput.attribute("type", type, to: &bytes) }
    if let language = stanza.language { XMLOutput.attribute("xml:lang", language, to: &bytes) }
  }

  /// Writes what comes after `id` and `to`.
  static func rest(of stanza: Stanza, _ namespace: String, to bytes: inout [UInt8]) {
    guard !stanza.payload.isEmpty else {
      XMLOutput.append("/>", to: &bytes)
      return
    }
    bytes.append(UInt8(ascii: ">"))
    for child in stanza.payload { write(child, in: namespace, to: &bytes) }
    XMLOutput.append("</", to: &bytes)
    XMLOutput.append(stanza.kind.rawValue, to: &bytes)
    bytes.append(UInt8(ascii: ">"))
  }

  /// Writes a child; what is of `jabber:client` there is of the stream's namespace, down to where another begins.
  private static func write(_ element: XMLElement, in namespace: String, to bytes: inout [UInt8]) {
    guard element.namespace == XMPPNamespace.client else {
      XMLOutput.write(element, inside: namespace, to: &bytes)
      return
    }
    XMLOutput.write(element, as: namespace, inside: namespace, to: &bytes) { child, bytes in
      write(child, in: namespace, to: &bytes)
    }
  }
}

extension XMLOutput {
  /// Writes ` name="local@domain/resource"`.
  static func attribute(_ name: String, _ address: JID, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: " "))
    append(name, to: &bytes)
    append("=\"", to: &bytes)
    if let local = address.local {
      escape(local, inAttribute: true, to: &bytes)
      bytes.append(UInt8(ascii: "@"))
    }
    escape(address.domain, inAttribute: true, to: &bytes)
    if let resource = address.resource {
      bytes.append(UInt8(ascii: "/"))
      escape(resource, inAttribute: true, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
