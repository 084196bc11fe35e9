/// The namespaces of XMPP's core.
public enum XMPPNamespace {
  /// The element around a stream, its features and its errors.
  public static let stream = "http://etherx.jabber.org/streams"
  /// Stanzas between a client and its server. In a ``Stanza``, the stanzas of every kind of stream.
  public static let client = "jabber:client"
  /// Stanzas between servers.
  public static let server = "jabber:server"
  /// Stanzas between a server and a component (XEP-0114).
  public static let component = "jabber:component:accept"
  /// The conditions of stream errors.
  public static let streamErrors = "urn:ietf:params:xml:ns:xmpp-streams"
  /// The conditions of stanza errors.
  public static let stanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas"
  /// STARTTLS.
  public static let tls = "urn:ietf:params:xml:ns:xmpp-tls"
  /// SASL.
  public static let sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
  /// Resource binding.
  public static let bind = "urn:ietf:params:xml:ns:xmpp-bind"
  /// Sessions (RFC 3921), which old servers ask for.
  public static let session = "urn:ietf:params:xml:ns:xmpp-session"

  /// The namespaces that stanzas have, by kind of stream.
  static let contents: Set<String> = [client, server, component]
}
