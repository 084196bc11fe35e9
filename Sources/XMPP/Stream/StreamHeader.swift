// Implements: RFC 6120 §4.7 · stream headers · complete

/// What one side says when it opens its half of a stream.
///
/// **Shape**: `<stream:stream to="…" from="…" id="…" version="1.0" xml:lang="…" xmlns="jabber:client">`.
public struct StreamHeader: Sendable, Hashable {
  /// Whom the sender wants to speak to.
  public var to: JID?
  /// Who the sender says it is.
  public var from: JID?
  /// The stream's name, given by the side that accepted the connection.
  public var id: String?
  /// `1.0`, or `nil` of those who speak the protocol before it. A component's header has none (XEP-0114 §3).
  public var version: String?
  /// The language of what has no language of its own.
  public var language: String?
  /// The namespace of the stanzas: `jabber:client`, `jabber:server` or `jabber:component:accept`.
  public var namespace: String

  /// A header.
  public init(
    namespace: String, to: JID? = nil, from: JID? = nil, id: String? = nil, version: String? = nil,
    language: String? = nil
  ) {
    self.namespace = namespace
    self.to = to
    self.from = from
    self.id = id
    self.version = version
    self.language = language
  }

  /// Reads the element that a peer opened its stream with.
  ///
  /// **Errors**: `invalid-namespace` for another element or unknown stanzas, `improper-addressing` for what is no address.
  init(_ element: XMLElement, declarations: [String: String]) throws(StreamError) {
    guard element.namespace == XMPPNamespace.stream else {
      throw StreamError(.invalidNamespace, text: "a stream's element is of \(XMPPNamespace.stream)")
    }
    guard element.name == "stream" else {
      throw StreamError(.badFormat, text: "a stream begins with the element stream, not \(element.name)")
    }
    namespace = try Self.contentNamespace(declarations)
    to = try Self.address(element.attributes["to"])
    from = try Self.address(element.attributes["from"])
    id = element.attributes["id"]
    version = element.attributes["version"]
    language = element.attributes["xml:lang"]
  }

  /// The default namespace; where stanzas have a prefix, which is rare but right, the one of those that we know
  /// (RFC 6120 §4.8.3).
  private static func contentNamespace(_ declarations: [String: String]) throws(StreamError) -> String {
    let standard = declarations[""]
    if let standard, XMPPNamespace.contents.contains(standard) { return standard }
    if standard == nil || standard == XMPPNamespace.stream,
      let prefixed = declarations.values.sorted().first(where: XMPPNamespace.contents.contains)
    {
      return prefixed
    }
    throw StreamError(
      .invalidNamespace,
      text: "stanzas are of \(XMPPNamespace.contents.sorted().joined(separator: ", "))")
  }

  private static func address(_ text: String?) throws(StreamError) -> JID? {
    guard let text, !text.isEmpty else { return nil }
    do throws(JIDError) {
      return try JID(text)
    } catch {
      throw StreamError(.improperAddressing, text: error.description)
    }
  }

  /// The header as it is sent, after the XML declaration.
  public func opening() -> [UInt8] {
    var bytes = Array("<?xml version='1.0'?><stream:stream".utf8)
    XMLOutput.attribute("xmlns", namespace, to: &bytes)
    XMLOutput.attribute("xmlns:stream", XMPPNamespace.stream, to: &bytes)
    if let from { XMLOutput.attribute("from", from.description, to: &bytes) }
    if let to { XMLOutput.attribute("to", to.description, to: &bytes) }
    if let id { XMLOutput.attribute("id", id, to: &bytes) }
    if let version { XMLOutput.attribute("version", version, to: &bytes) }
    if let language { XMLOutput.attribute("xml:lang", language, to: &bytes) }
    bytes.append(UInt8(ascii: ">"))
    return bytes
  }

  /// What ends a stream.
  public static let closing = Array("</stream:stream>".utf8)
}
