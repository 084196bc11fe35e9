// Implements: XEP-0030 2.5.0 · Service Discovery · complete
// Implements: XEP-0128 1.0.1 · Service Discovery Extensions · complete

/// What an address, or one of its nodes, is and can.
///
/// **Shape**: `<query xmlns="http://jabber.org/protocol/disco#info" node="…"><identity category type name/><feature var/>…`.
public struct DiscoInfo: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "http://jabber.org/protocol/disco#info"

  /// What something is.
  public struct Identity: Sendable, Hashable {
    /// Such as `server`, `pubsub`, `client`.
    public var category: String
    /// Such as `im`, `channels`, `leaf`.
    public var type: String
    /// For people.
    public var name: String?
    /// The language of the name.
    public var language: String?

    /// An identity.
    public init(_ category: String, _ type: String, name: String? = nil, language: String? = nil) {
      self.category = category
      self.type = type
      self.name = name
      self.language = language
    }
  }

  /// The node that is asked, where it is not the address itself.
  public var node: String?
  /// What it is; empty in a question.
  public var identities: [Identity]
  /// What it can, by namespace.
  public var features: [String]
  /// More about it.
  public var forms: [DataForm]

  /// A question, or an answer.
  public init(node: String? = nil, identities: [Identity] = [], features: [String] = [], forms: [DataForm] = []) {
    self.node = node
    self.identities = identities
    self.features = features
    self.forms = forms
  }

  /// Reads the payload of a question or an answer. An identity or a feature without its attributes is passed over.
  ///
  /// **Errors**: `bad-request` for another element and a form that is none.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace) else {
      throw StanzaError(.badRequest, text: "this is a query of \(Self.namespace)")
    }
    self.init(node: element.attributes["node"])
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("identity", Self.namespace):
        guard let category = child.attributes["category"], let type = child.attributes["type"] else { continue }
        identities.append(
          Identity(category, type, name: child.attributes["name"], language: child.attributes["xml:lang"]))
      case ("feature", Self.namespace):
        if let feature = child.attributes["var"] { features.append(feature) }
      case ("x", DataForm.namespace): forms.append(try DataForm(child))
      default: continue
      }
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    let identities = identities.map {
      XMLElement(
        "identity", namespace: Self.namespace,
        attributes: XMLAttributes(present: [
          "category": $0.category, "type": $0.type, "name": $0.name, "xml:lang": $0.language,
        ]))
    }
    let features = features.map { XMLElement("feature", namespace: Self.namespace, attributes: ["var": $0]) }
    return XMLElement(
      "query", namespace: Self.namespace, attributes: XMLAttributes(present: ["node": node]),
      elements: identities + features + forms.map(\.element))
  }

  /// Whether one of the identities is of that category and type.
  public func isA(_ category: String, _ type: String) -> Bool {
    identities.contains { $0.category == category && $0.type == type }
  }
}

/// What there is at an address, or at one of its nodes.
///
/// **Shape**: `<query xmlns="http://jabber.org/protocol/disco#items" node="…"><item jid node name/>…<set …/></query>`.
public struct DiscoItems: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "http://jabber.org/protocol/disco#items"

  /// One of the things.
  public struct Item: Sendable, Hashable {
    /// Its address.
    public var jid: JID
    /// Its node.
    public var node: String?
    /// For people; some channel servers are known by it.
    public var name: String?

    /// An item.
    public init(_ jid: JID, node: String? = nil, name: String? = nil) {
      self.jid = jid
      self.node = node
      self.name = name
    }
  }

  /// The node that is asked, where it is not the address itself.
  public var node: String?
  /// What there is; empty in a question.
  public var items: [Item]
  /// What part of it is asked for.
  public var page: ResultSet.Request?
  /// What part of it this is.
  public var bounds: ResultSet?

  /// A question, or an answer.
  public init(node: String? = nil, items: [Item] = [], page: ResultSet.Request? = nil, bounds: ResultSet? = nil) {
    self.node = node
    self.items = items
    self.page = page
    self.bounds = bounds
  }

  /// Reads the payload of a question or an answer. An item without an address is passed over.
  ///
  /// **Errors**: `bad-request` for another element and a page that is none.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace) else {
      throw StanzaError(.badRequest, text: "this is a query of \(Self.namespace)")
    }
    self.init(node: element.attributes["node"])
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("item", Self.namespace):
        guard let jid = child.attributes["jid"].flatMap({ try? JID($0) }) else { continue }
        items.append(Item(jid, node: child.attributes["node"], name: child.attributes["name"]))
      case ("set", ResultSet.namespace):
        if ResultSet.isResult(child) { bounds = ResultSet(child) } else { page = try ResultSet.Request(child) }
      default: continue
      }
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    let children = items.map {
      XMLElement(
        "item", namespace: Self.namespace,
        attributes: XMLAttributes(present: ["jid": $0.jid.description, "node": $0.node, "name": $0.name]))
    }
    return XMLElement(
      "query", namespace: Self.namespace, attributes: XMLAttributes(present: ["node": node]),
      elements: children + [page?.element, bounds?.element].compactMap(\.self))
  }
}
