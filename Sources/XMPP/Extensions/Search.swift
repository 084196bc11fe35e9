// Implements: XEP-0055 1.3 · Jabber Search · partial: searches by form; the fields of searches without form are read, not answered

/// A search, or its result.
///
/// **Shape**: `<query xmlns="jabber:iq:search"><instructions>…</instructions><x xmlns="jabber:x:data" …/></query>`.
public struct Search: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "jabber:iq:search"
  /// The payload of a question for the form.
  public static let request = XMLElement("query", namespace: namespace)

  /// For people.
  public var instructions: String?
  /// Fields beside the form, by name: `first`, `last`, `nick`, `email`.
  public var fields: [String: String] = [:]
  /// What can be searched, is searched, or has been found; `nil` where nothing has.
  public var form: DataForm?
  /// Which part of the result is asked for.
  public var page: ResultSet.Request?
  /// Which part of the result this is.
  public var bounds: ResultSet?

  /// A search.
  public init(form: DataForm? = nil, instructions: String? = nil) {
    self.form = form
    self.instructions = instructions
  }

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element, and a form or page that is none.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace) else {
      throw StanzaError(.badRequest, text: "a search is a query of \(Self.namespace)")
    }
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("instructions", Self.namespace): instructions = child.text
      case ("x", DataForm.namespace): form = try DataForm(child)
      case ("set", ResultSet.namespace):
        if ResultSet.isResult(child) { bounds = ResultSet(child) } else { page = try ResultSet.Request(child) }
      case (let name, Self.namespace) where ["first", "last", "nick", "email"].contains(name):
        fields[name] = child.text
      default: continue
      }
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    var children = instructions.map { [XMLElement("instructions", namespace: Self.namespace, text: $0)] } ?? []
    for (name, text) in fields.sorted(by: { $0.key < $1.key }) {
      children.append(XMLElement(name, namespace: Self.namespace, text: text))
    }
    children += [form?.element, page?.element, bounds?.element].compactMap(\.self)
    return XMLElement("query", namespace: Self.namespace, elements: children)
  }
}
