// Implements: RFC 6120 §4.9 · stream errors · complete

/// Why a stream ends: sent by the side that ends it.
///
/// **Shape**: `<stream:error><not-well-formed xmlns="urn:ietf:params:xml:ns:xmpp-streams"/><text>…</text></stream:error>`.
public struct StreamError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The defined conditions.
  ///
  /// **Spec**: RFC 6120 §4.9.3.
  public enum Condition: String, Sendable, CaseIterable {
    case badFormat = "bad-format"
    case badNamespacePrefix = "bad-namespace-prefix"
    case conflict
    case connectionTimeout = "connection-timeout"
    case hostGone = "host-gone"
    case hostUnknown = "host-unknown"
    case improperAddressing = "improper-addressing"
    case internalServerError = "internal-server-error"
    case invalidFrom = "invalid-from"
    case invalidNamespace = "invalid-namespace"
    case invalidXML = "invalid-xml"
    case notAuthorized = "not-authorized"
    case notWellFormed = "not-well-formed"
    case policyViolation = "policy-violation"
    case remoteConnectionFailed = "remote-connection-failed"
    case reset
    case resourceConstraint = "resource-constraint"
    case restrictedXML = "restricted-xml"
    case seeOtherHost = "see-other-host"
    case systemShutdown = "system-shutdown"
    case undefinedCondition = "undefined-condition"
    case unsupportedEncoding = "unsupported-encoding"
    case unsupportedFeature = "unsupported-feature"
    case unsupportedStanzaType = "unsupported-stanza-type"
    case unsupportedVersion = "unsupported-version"
  }

  /// What is wrong.
  public var condition: Condition
  /// For people.
  public var text: String?
  /// Where to connect instead, with `see-other-host`: an address as in RFC 6120 §4.9.3.19, unchecked.
  public var otherHost: String?
  /// What an application adds.
  public var application: XMLElement?

  /// An error.
  public init(_ condition: Condition, text: String? = nil, otherHost: String? = nil, application: XMLElement? = nil) {
    self.condition = condition
    self.text = text
    self.otherHost = otherHost
    self.application = application
  }

  /// Reads `<stream:error/>`; `nil` for any other element. A condition that RFC 6120 does not have is read as
  /// `undefined-condition`.
  public init?(_ element: XMLElement) {
    guard element.name == "error", element.namespace == XMPPNamespace.stream else { return nil }
    condition = .undefinedCondition
    for child in element.elements {
      if child.namespace != XMPPNamespace.streamErrors {
        if application == nil { application = child }
      } else if child.name == "text" {
        text = child.text
      } else {
        // `xml-not-well-formed` is how RFC 3920 called it.
        condition = child.name == "xml-not-well-formed" ? .notWellFormed : Condition(rawValue: child.name) ?? condition
        if condition == .seeOtherHost, case let host = child.text, !host.isEmpty { otherHost = host }
      }
    }
  }

  /// The error as it is sent; see ``serialized()`` for its bytes in a stream.
  public var element: XMLElement {
    var children = [
      XMLElement(condition.rawValue, namespace: XMPPNamespace.streamErrors, text: otherHost ?? "")
    ]
    if let text { children.append(XMLElement("text", namespace: XMPPNamespace.streamErrors, text: text)) }
    if let application { children.append(application) }
    return XMLElement("error", namespace: XMPPNamespace.stream, children: children.map { .element($0) })
  }

  /// The error as it is sent within a stream, whose header declares the prefix.
  public func serialized() -> [UInt8] {
    var bytes = Array("<stream:error>".utf8)
    for child in element.elements { child.serialize(into: &bytes) }
    bytes.append(contentsOf: "</stream:error>".utf8)
    return bytes
  }

  /// The condition, and what is said about it.
  public var description: String {
    [condition.rawValue, otherHost, text].compactMap(\.self).joined(separator: ": ")
  }
}
