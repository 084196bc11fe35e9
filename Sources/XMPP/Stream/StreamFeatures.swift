// Implements: RFC 6120 §4.3.2 · stream features · complete
// Implements: XEP-0440 1.0.0 · SASL Channel-Binding Type Capability · complete

/// What the side that accepted a stream offers.
///
/// **Shape**: `<stream:features><starttls xmlns="…"><required/></starttls><mechanisms xmlns="…"><mechanism>…`.
public struct StreamFeatures: Sendable, Hashable {
  /// Whether TLS is offered.
  public enum TLS: Sendable, Hashable {
    case absent
    case optional
    case required
  }

  /// TLS by STARTTLS.
  public var tls = TLS.absent
  /// The names of SASL mechanisms.
  public var mechanisms: [String] = []
  /// The names of channel bindings that the -PLUS mechanisms can use; `nil` where the server does not say.
  public var channelBindings: [String]?
  /// Whether a resource is to be bound.
  public var canBind = false
  /// Whether a session has to be asked for, as servers before RFC 6121 want it.
  public var needsSession = false
  /// Whether stanzas can be counted (XEP-0198, version 3).
  public var canManageStream = false
  /// Whether an account can be registered in the stream (XEP-0077).
  public var canRegister = false
  /// What the server is (XEP-0115).
  public var capabilities: EntityCapabilities?

  /// No features.
  public init() {}

  /// Reads `<stream:features/>`; `nil` for another element. What is not known is passed over.
  public init?(_ element: XMLElement) {
    guard element.isNamed("features", XMPPNamespace.stream) else { return nil }
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("starttls", XMPPNamespace.tls):
        tls = child.child(named: "required", namespace: XMPPNamespace.tls) == nil ? .optional : .required
      case ("mechanisms", XMPPNamespace.sasl):
        mechanisms = child.elements.filter { $0.isNamed("mechanism", XMPPNamespace.sasl) }.map(\.text)
      case ("sasl-channel-binding", Self.bindingNamespace):
        channelBindings = child.elements.compactMap { $0.name == "channel-binding" ? $0.attributes["type"] : nil }
      case ("bind", XMPPNamespace.bind): canBind = true
      case ("session", XMPPNamespace.session):
        needsSession = child.child(named: "optional", namespace: XMPPNamespace.session) == nil
      case ("sm", StreamManagement.namespace): canManageStream = true
      case ("register", Registration.featureNamespace): canRegister = true
      case ("c", EntityCapabilities.namespace): capabilities = EntityCapabilities(child)
      default: continue
      }
    }
  }

  /// The features as they are sent.
  public var element: XMLElement {
    var children: [XMLElement] = []
    if tls != .absent {
      let required = XMLElement("required", namespace: XMPPNamespace.tls)
      children.append(
        XMLElement("starttls", namespace: XMPPNamespace.tls, elements: tls == .required ? [required] : []))
    }
    if !mechanisms.isEmpty {
      children.append(
        XMLElement(
          "mechanisms", namespace: XMPPNamespace.sasl,
          elements: mechanisms.map { XMLElement("mechanism", namespace: XMPPNamespace.sasl, text: $0) }))
    }
    if let channelBindings {
      children.append(
        XMLElement(
          "sasl-channel-binding", namespace: Self.bindingNamespace,
          elements: channelBindings.map {
            XMLElement("channel-binding", namespace: Self.bindingNamespace, attributes: ["type": $0])
          }))
    }
    if canBind { children.append(XMLElement("bind", namespace: XMPPNamespace.bind)) }
    if needsSession { children.append(XMLElement("session", namespace: XMPPNamespace.session)) }
    if canManageStream { children.append(XMLElement("sm", namespace: StreamManagement.namespace)) }
    if canRegister { children.append(XMLElement("register", namespace: Registration.featureNamespace)) }
    if let capabilities { children.append(capabilities.element) }
    return XMLElement("features", namespace: XMPPNamespace.stream, elements: children)
  }

  private static let bindingNamespace = "urn:xmpp:sasl-cb:0"
}
