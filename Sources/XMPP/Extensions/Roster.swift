// Implements: RFC 6121 §2 · the roster: its payload and who may change it · complete

/// The list of contacts that a server keeps.
///
/// **Shape**: `<query xmlns="jabber:iq:roster" ver="…"><item jid name subscription ask><group>…</group></item>…</query>`.
public struct Roster: Sendable, Hashable {
  /// The namespace.
  public static let namespace = "jabber:iq:roster"

  /// One contact.
  public struct Item: Sendable, Hashable {
    /// Who sees whose presence.
    public enum Subscription: String, Sendable, CaseIterable {
      case both
      case from
      case none
      case remove
      case to
    }

    /// The contact.
    public var jid: JID
    /// What the user calls the contact.
    public var name: String?
    /// Who sees whose presence.
    public var subscription: Subscription
    /// Whether the user has asked to see the contact's presence.
    public var isPending: Bool
    /// The groups that the user has put the contact in.
    public var groups: [String]

    /// A contact.
    public init(
      _ jid: JID, name: String? = nil, subscription: Subscription = .none, isPending: Bool = false,
      groups: [String] = []
    ) {
      self.jid = jid
      self.name = name
      self.subscription = subscription
      self.isPending = isPending
      self.groups = groups
    }
  }

  /// The server's name for this state of the list (RFC 6121 §2.6).
  public var version: String?
  /// The contacts.
  public var items: [Item]

  /// A list.
  public init(_ items: [Item] = [], version: String? = nil) {
    self.items = items
    self.version = version
  }

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element, a contact without address, another subscription.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("query", Self.namespace) else {
      throw StanzaError(.badRequest, text: "a roster is a query of \(Self.namespace)")
    }
    self.init(version: element.attributes["ver"])
    for child in element.elements where child.isNamed("item", Self.namespace) {
      guard let jid = child.attributes["jid"].flatMap({ try? JID($0) }) else {
        throw StanzaError(.badRequest, text: "a contact has an address, in jid")
      }
      guard let subscription = Item.Subscription(rawValue: child.attributes["subscription"] ?? "none") else {
        throw StanzaError(.badRequest, text: "a contact's subscription is none, to, from, both or remove")
      }
      items.append(
        Item(
          jid, name: child.attributes["name"], subscription: subscription,
          isPending: child.attributes["ask"] == "subscribe",
          groups: child.elements.filter { $0.isNamed("group", Self.namespace) }.map(\.text)))
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    let children = items.map { item in
      XMLElement(
        "item", namespace: Self.namespace,
        attributes: XMLAttributes(present: [
          "jid": item.jid.description, "name": item.name, "subscription": item.subscription.rawValue,
          "ask": item.isPending ? "subscribe" : nil,
        ]), elements: item.groups.map { XMLElement("group", namespace: Self.namespace, text: $0) })
    }
    return XMLElement(
      "query", namespace: Self.namespace, attributes: XMLAttributes(present: ["ver": version]), elements: children)
  }

  /// Whether a stanza comes from an account's own server: from nobody, or the account itself. Only so are pushes of the
  /// roster, copies of messages (XEP-0280) and answers of the own archive to be believed; anybody else's are forged.
  ///
  /// **Spec**: RFC 6121 §2.1.6, RFC 6120 §8.1.2.1, XEP-0280 §11.
  public static func isOfOwnServer(_ stanza: Stanza, for account: JID) -> Bool {
    stanza.from == nil || stanza.from == account.bare
  }
}
