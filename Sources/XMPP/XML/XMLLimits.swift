/// Bounds on what is parsed: a document, or one stanza of a stream.
public struct XMLLimits: Sendable {
  /// Nesting; default 64.
  public var maxDepth = 64
  /// The document or the stanza, in bytes; default 256 KiB.
  public var maxBytes = 256 * 1024
  /// One tag with all its attributes, in bytes; default 32 KiB.
  ///
  /// A tag that comes a byte at a time is read from its start for each of them (CVE-2023-52425): the bound keeps that cheap.
  public var maxTagBytes = 32 * 1024
  /// Attributes of one element; default 64.
  public var maxAttributes = 64
  /// Children of one element, texts among them; default 10,000.
  public var maxChildren = 10_000
  /// Elements of the document or the stanza; default 10,000.
  public var maxElements = 10_000

  /// The defaults.
  public init() {}
}

/// Why bytes are not an acceptable document, or stream.
public struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of rule is broken.
  public enum Kind: Sendable, Hashable {
    /// Not XML, or not by the rules for namespaces.
    case notWellFormed
    /// XML, but with what XMPP does without: a document type, a comment, a processing instruction, an entity.
    case restricted
    /// Not UTF-8.
    case encoding
    /// Over one of ``XMLLimits``.
    case limit
    /// The parser got no memory.
    case memory
  }

  /// What kind of rule is broken.
  public let kind: Kind
  /// What is wrong, with the line and column.
  public let description: String

  /// What a peer is told whose stream ends so.
  ///
  /// **Spec**: RFC 6120 §4.9.3.13, §4.9.3.18, §4.9.3.22, §4.9.3.14, §4.9.3.17.
  public var streamCondition: StreamError.Condition {
    switch kind {
    case .notWellFormed: .notWellFormed
    case .restricted: .restrictedXML
    case .encoding: .unsupportedEncoding
    case .limit: .policyViolation
    case .memory: .resourceConstraint
    }
  }
}
