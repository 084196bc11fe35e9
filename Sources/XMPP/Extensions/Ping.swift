// Implements: XEP-0199 2.0.1 · XMPP Ping · complete

/// Whether the other side is there.
///
/// **Shape**: `<iq type="get" id="…"><ping xmlns="urn:xmpp:ping"/></iq>`, answered with an empty result; an error
/// `service-unavailable` shows just as well that somebody is there.
public enum Ping {
  /// The namespace, which is also the feature.
  public static let namespace = "urn:xmpp:ping"

  /// The payload of the query.
  public static let element = XMLElement("ping", namespace: namespace)

  /// The answer, if the stanza is a ping.
  public static func answer(to stanza: Stanza) -> Stanza? {
    guard stanza.kind == .iq, stanza.type == "get", stanza.child("ping", namespace) != nil else { return nil }
    return stanza.reply()
  }
}
