// Implements: XEP-0359 0.7.0 · Unique and Stable Stanza IDs · complete

/// The name that somebody on the way gave a stanza, for all who see it.
///
/// **Shape**: `<stanza-id xmlns="urn:xmpp:sid:0" id="…" by="room@example.org"/>`.
public struct StanzaID: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "urn:xmpp:sid:0"

  /// The name.
  public var id: String
  /// Who gave it.
  public var by: JID

  /// A name.
  public init(_ id: String, by: JID) {
    self.id = id
    self.by = by
  }

  /// Reads the element; `nil` for another one, or without name or giver.
  public init?(_ element: XMLElement) {
    guard element.isNamed("stanza-id", Self.namespace), let id = element.attributes["id"], !id.isEmpty,
      let by = element.attributes["by"].flatMap({ try? JID($0) })
    else { return nil }
    self.init(id, by: by)
  }

  /// The element as it is sent.
  public var element: XMLElement {
    XMLElement("stanza-id", namespace: Self.namespace, attributes: ["id": id, "by": by.description])
  }

  /// The name that an address gave a stanza. Whoever relies on it has to know that the address says that it does so
  /// (XEP-0359 §7): otherwise the sender may have made it up.
  public static func given(by address: JID, in stanza: Stanza) -> String? {
    stanza.payload.lazy.compactMap(StanzaID.init).first { $0.by == address }?.id
  }

  /// The stanza, with this name and without any other that its giver should have given: what is written so by others is
  /// forged (XEP-0359 §3).
  public func added(to stanza: Stanza) -> Stanza {
    var stanza = stanza
    stanza.payload.removeAll { StanzaID($0)?.by == by }
    stanza.payload.append(element)
    return stanza
  }

  /// The name that the sender gave, `<origin-id xmlns="urn:xmpp:sid:0" id="…"/>`.
  public static func origin(of stanza: Stanza) -> String? { stanza.child("origin-id", namespace)?.attributes["id"] }
}
