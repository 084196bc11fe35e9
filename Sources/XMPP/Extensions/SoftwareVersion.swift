// Implements: XEP-0092 1.1 · Software Version · complete

/// What program answers.
///
/// **Shape**: `<query xmlns="jabber:iq:version"><name>…</name><version>…</version><os>…</os></query>`; empty in a question.
public struct SoftwareVersion: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "jabber:iq:version"
  /// The payload of a question.
  public static let request = XMLElement("query", namespace: namespace)

  /// The program.
  public var name: String
  /// Its version.
  public var version: String
  /// What it runs on; who does not want to be known by it says nothing.
  public var system: String?

  /// A program.
  public init(name: String, version: String, system: String? = nil) {
    self.name = name
    self.version = version
    self.system = system
  }

  /// Reads the payload of an answer. Some programs tell no version: it is empty then.
  ///
  /// **Errors**: `bad-request` for another element, and for one without a name.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace),
      let name = element.child(named: "name", namespace: Self.namespace)?.text
    else { throw StanzaError(.badRequest, text: "a version is a query of \(Self.namespace) with a name") }
    self.init(
      name: name, version: element.child(named: "version", namespace: Self.namespace)?.text ?? "",
      system: element.child(named: "os", namespace: Self.namespace)?.text)
  }

  /// The payload of an answer as it is sent.
  public var element: XMLElement {
    let parts: [(String, String?)] = [("name", name), ("version", version), ("os", system)]
    return XMLElement(
      "query", namespace: Self.namespace,
      elements: parts.compactMap { name, text in
        text.map { XMLElement(name, namespace: Self.namespace, text: $0) }
      })
  }
}
