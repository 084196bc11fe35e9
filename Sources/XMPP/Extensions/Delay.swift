// Implements: XEP-0203 2.0 · Delayed Delivery · complete

/// When a stanza was first sent, if that was not just now.
///
/// **Shape**: `<delay xmlns="urn:xmpp:delay" from="…" stamp="2002-09-10T23:08:25Z">…</delay>`.
public struct Delay: Sendable, Hashable {
  /// The namespace.
  public static let namespace = "urn:xmpp:delay"

  /// When.
  public var stamp: DateTime
  /// Who kept it.
  public var from: JID?
  /// Why, for people.
  public var reason: String?

  /// A delay.
  public init(_ stamp: DateTime, from: JID? = nil, reason: String? = nil) {
    self.stamp = stamp
    self.from = from
    self.reason = reason
  }

  /// Reads the element; `nil` for another one, or without a moment.
  public init?(_ element: XMLElement) {
    guard element.isNamed("delay", Self.namespace), let stamp = element.attributes["stamp"].flatMap({ DateTime($0) })
    else { return nil }
    let text = element.text
    self.init(
      stamp, from: element.attributes["from"].flatMap { try? JID($0) }, reason: text.isEmpty ? nil : text)
  }

  /// The element as it is sent.
  public var element: XMLElement {
    XMLElement(
      "delay", namespace: Self.namespace,
      attributes: XMLAttributes(present: ["from": from?.description, "stamp": stamp.description]), text: reason ?? "")
  }
}
