/// An XML element as data.
public struct XMLElement: Sendable, Hashable {
  /// A child of an element.
  public enum Node: Sendable, Hashable {
    case element(XMLElement)
    case text(String)
  }

  /// The local name.
  public var name: String
  /// The namespace URI, empty for none.
  public var namespace: String
  /// Attributes: local name (with `xml:` kept as a prefix) to value. An attribute of another namespace has the key
  /// `{namespace}local`.
  public var attributes: XMLAttributes
  /// Children in document order.
  public var children: [Node]

  /// An element.
  public init(_ name: String, namespace: String, attributes: XMLAttributes = [:], children: [Node] = []) {
    self.name = name
    self.namespace = namespace
    self.attributes = attributes
    self.children = children
  }

  /// An element that holds text only; none where the text is empty.
  public init(_ name: String, namespace: String, attributes: XMLAttributes = [:], text: String) {
    self.init(name, namespace: namespace, attributes: attributes, children: text.isEmpty ? [] : [.text(text)])
  }

  /// An element that holds elements only.
  public init(_ name: String, namespace: String, attributes: XMLAttributes = [:], elements: [XMLElement]) {
    self.init(name, namespace: namespace, attributes: attributes, children: elements.map { .element($0) })
  }

  /// Reads one document: restricted XML (no DTD, no entity but the five, no comment or PI; RFC 6120 §11.1).
  public static func parse(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLElement {
    let parser = try XMLDocumentParser(limits: limits)
    try parser.feed(bytes)
    return try parser.finish()
  }

  /// The child elements.
  public var elements: [XMLElement] {
    children.compactMap { child in
      if case .element(let element) = child { element } else { nil }
    }
  }

  /// The first child element of that name; in any namespace where none is given.
  public func child(named name: String, namespace: String? = nil) -> XMLElement? {
    for case .element(let element) in children
    where element.name == name && (namespace == nil || element.namespace == namespace) {
      return element
    }
    return nil
  }

  /// Whether the element has that name and namespace.
  public func isNamed(_ name: String, _ namespace: String) -> Bool {
    self.name == name && self.namespace == namespace
  }

  /// All text in the element and below it, in document order.
  public var text: String {
    var result = ""
    for child in children {
      switch child {
      case .text(let text): result += text
      case .element(let element): result += element.text
      }
    }
    return result
  }
}
