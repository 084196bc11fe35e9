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
  /// Attributes: local name (with `xml:` kept as a prefix) to value.
  public var attributes: [String: String]
  /// Children in document order.
  public var children: [Node]

  /// An element.
  public init(_ name: String, namespace: String, attributes: [String: String] = [:], children: [Node] = []) {
    self.name = name
    self.namespace = namespace
    self.attributes = attributes
    self.children = children
  }

  /// Reads one document: restricted XML (no DTD, no entity but the five, no comment or PI; RFC 6120 §11.1).
  public static func parse(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLElement {
    fatalError()
  }

  /// The element as text, every special character escaped, namespaces declared where they change.
  public func serialized() -> String { fatalError() }
}

/// Bounds on what is parsed.
public struct XMLLimits: Sendable {
  /// Nesting; default 64.
  public var maxDepth = 64
  /// The document, in bytes; default 256 KiB.
  public var maxBytes = 256 * 1024
  /// Attributes of one element; default 64.
  public var maxAttributes = 64

  /// The defaults.
  public init() {}
}

/// Why bytes are not an acceptable document.
public struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, with the line and column.
  public let description: String
}
