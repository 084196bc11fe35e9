import XMPP

/// What a server offers at one point of the negotiation.
///
/// **Spec**: RFC 6120 §4.3.2.
struct StreamFeatures {
  /// STARTTLS is offered.
  var offersTLS = false
  /// STARTTLS is offered and must be taken.
  var requiresTLS = false
  /// Names of SASL mechanisms.
  var mechanisms: [String] = []
  /// Names of channel bindings that the server knows (XEP-0440).
  var channelBindings: [String]?
  /// A resource can be bound.
  var offersBind = false
  /// A session must be established (RFC 3921 §3, from before RFC 6120).
  var requiresSession = false
  /// Acknowledgements are offered (XEP-0198).
  var offersManagement = false
  /// Accounts can be registered (XEP-0077 §8).
  var offersRegistration = false

  /// `nil` for another element.
  init?(_ element: XMLElement) {
    guard element.name == "features", element.namespace == XMPPNamespace.stream else { return nil }
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("starttls", XMPPNamespace.tls):
        offersTLS = true
        requiresTLS = child.child(named: "required") != nil
      case ("mechanisms", XMPPNamespace.sasl):
        mechanisms = child.elements.filter { $0.name == "mechanism" }.map(\.text)
      case ("sasl-channel-binding", "urn:xmpp:sasl-cb:0"):
        channelBindings = child.elements.compactMap { $0.attributes["type"] }
      case ("bind", XMPPNamespace.bind): offersBind = true
      case ("session", XMPPNamespace.session): requiresSession = child.child(named: "optional") == nil
      case ("sm", Acknowledgements.namespace): offersManagement = true
      case ("register", "http://jabber.org/features/iq-register"): offersRegistration = true
      default: break
      }
    }
  }
}
