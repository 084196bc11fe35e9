// Implements: XEP-0049 1.2 · Private XML Storage · complete

/// What a client keeps at its server, an element for each namespace.
///
/// **Shape**: `<query xmlns="jabber:iq:private"><exodus xmlns="exodus:prefs">…</exodus></query>`.
public struct PrivateStorage: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "jabber:iq:private"

  /// What is asked for (empty), kept, or given back. Never without a namespace of its own.
  public var contents: [XMLElement]

  /// A question for what is kept under a name.
  public init(asking name: String, namespace: String) {
    contents = [XMLElement(name, namespace: namespace)]
  }

  /// What is to be kept.
  public init(keeping contents: [XMLElement]) {
    self.contents = contents
  }

  /// Reads the payload of a `get` or a `set`, or of an answer.
  ///
  /// **Errors**: as XEP-0049 §3.1, §3.2: `bad-request` without element (`get`, `set`) and for two (`get`); `not-acceptable`
  /// for an element that has not a namespace of its own or one of `jabber:`, `vcard-temp` or the streams'.
  public init(_ element: XMLElement, isQuestion: Bool) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace) else {
      throw StanzaError(.badRequest, text: "private storage is a query of \(Self.namespace)")
    }
    contents = element.elements
    guard !contents.isEmpty else { throw StanzaError(.badRequest, text: "there is no element to keep or to give back") }
    guard !isQuestion || contents.count == 1 else {
      throw StanzaError(.badRequest, text: "one element is asked for at a time")
    }
    for content in contents where !Self.isKept(content.namespace) {
      throw StanzaError(.notAcceptable, text: "nothing is kept in the namespace '\(content.namespace.prefix(100))'")
    }
  }

  private static func isKept(_ namespace: String) -> Bool {
    !namespace.isEmpty && !namespace.hasPrefix("jabber:") && namespace != VCard.namespace
      && namespace != XMPPNamespace.stream
  }

  /// The payload as it is sent.
  public var element: XMLElement { XMLElement("query", namespace: Self.namespace, elements: contents) }
}
