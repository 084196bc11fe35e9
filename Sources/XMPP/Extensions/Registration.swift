// Implements: XEP-0077 2.4 · In-Band Registration · complete

/// The payload of `jabber:iq:register`: an account, or with a channel server, a channel.
///
/// **Shape**: `<query xmlns="jabber:iq:register"><registered/><instructions>…</instructions><username>…</username>…</query>`.
public struct Registration: Sendable, Hashable {
  /// The namespace of the query.
  public static let namespace = "jabber:iq:register"
  /// The namespace of the stream feature.
  public static let featureNamespace = "http://jabber.org/features/iq-register"
  /// The fields that the specification defines.
  public static let fieldNames = [
    "username", "nick", "password", "name", "first", "last", "email", "address", "city", "state", "zip", "phone", "url",
    "date", "misc", "text", "key",
  ]

  /// Whether there is an account already.
  public var isRegistered = false
  /// Whether the account is to be removed.
  public var isRemoval = false
  /// What a person should do.
  public var instructions: String?
  /// The fields by name: empty ones are asked for, others are given.
  public var fields: [String: String]
  /// The form, which counts more than the fields where there is one.
  public var form: DataForm?
  /// What else stands in it, such as whom a server acts for.
  public var others: [XMLElement] = []

  /// A query with fields.
  public init(fields: [String: String] = [:]) {
    self.fields = fields
  }

  /// A query that registers an account, or sets a new password.
  public init(username: String, password: String, email: String? = nil) {
    fields = ["username": username, "password": password]
    fields["email"] = email
  }

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element, a field that comes twice and a form that is none.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace) else {
      throw StanzaError(.badRequest, text: "a registration is a query of \(Self.namespace)")
    }
    fields = [:]
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("registered", Self.namespace): isRegistered = true
      case ("remove", Self.namespace):
        isRemoval = true
        others += child.elements
      case ("instructions", Self.namespace): instructions = child.text
      case ("x", DataForm.namespace): form = try DataForm(child)
      case (let name, Self.namespace) where Self.fieldNames.contains(name):
        guard fields.updateValue(child.text, forKey: name) == nil else {
          throw StanzaError(.badRequest, text: "\(name) is given twice")
        }
      default: others.append(child)
      }
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    func element(_ name: String, _ text: String = "") -> XMLElement {
      XMLElement(name, namespace: Self.namespace, text: text)
    }
    var children: [XMLElement] = []
    if isRegistered { children.append(element("registered")) }
    if let instructions { children.append(element("instructions", instructions)) }
    for name in Self.fieldNames {
      if let value = fields[name] { children.append(element(name, value)) }
    }
    if let form { children.append(form.element) }
    if isRemoval {
      children.append(XMLElement("remove", namespace: Self.namespace, elements: others))
    } else {
      children += others
    }
    return XMLElement("query", namespace: Self.namespace, elements: children)
  }

  /// A value, from the form where there is one.
  public func value(_ name: String) -> String? {
    if let form { return form.value(name) }
    return fields[name]
  }
}
