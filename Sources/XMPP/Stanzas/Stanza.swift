// Implements: RFC 6120 §8.1–§8.2 · stanzas: their form · complete

/// A message, a presence or a query, whatever kind of stream it came by.
///
/// Children of the stream's namespace are of `jabber:client` here (`body`, `show`, `error`), and become the stream's own
/// when the stanza is sent. `to` and `from` are prepared addresses.
public struct Stanza: Sendable, Hashable {
  /// What kind of stanza it is; the raw value is the element's name.
  public enum Kind: String, Sendable, CaseIterable {
    case iq
    case message
    case presence
  }

  /// What kind of stanza it is.
  public var kind: Kind
  /// The `type` attribute. A query always has one; a message or presence without one is `normal` or available.
  public var type: String?
  /// The `id` attribute. A query always has one.
  public var id: String?
  /// To whom.
  public var to: JID?
  /// From whom.
  public var from: JID?
  /// The language of what has no language of its own.
  public var language: String?
  /// The child elements.
  public var payload: [XMLElement]

  /// A stanza.
  public init(
    _ kind: Kind, type: String? = nil, id: String? = nil, to: JID? = nil, from: JID? = nil, language: String? = nil,
    payload: [XMLElement] = []
  ) {
    self.kind = kind
    self.type = type
    self.id = id
    self.to = to
    self.from = from
    self.language = language
    self.payload = payload
  }

  /// Whether it is a query that wants an answer.
  public var isRequest: Bool { kind == .iq && (type == "get" || type == "set") }

  /// Whether it is the answer to a query.
  public var isResponse: Bool { kind == .iq && !isRequest }

  /// The first child element of that name and namespace.
  public func child(_ name: String, _ namespace: String) -> XMLElement? {
    payload.first { $0.name == name && $0.namespace == namespace }
  }

  /// The answer to a query, with both addresses turned round.
  public func reply(_ payload: XMLElement...) -> Stanza {
    Stanza(.iq, type: "result", id: id, to: from, from: to, payload: payload)
  }

  /// What tells the sender that the stanza was not done; `nil` where it is itself an error or an answer: two that answered
  /// those would never end (RFC 6120 §8.3.1).
  ///
  /// The original's children come before the error where `includesPayload` says so, as old clients like it.
  public func error(_ error: StanzaError, includesPayload: Bool = false) -> Stanza? {
    guard type != "error", !(kind == .iq && type == "result") else { return nil }
    return Stanza(
      kind, type: "error", id: id, to: from, from: to, payload: (includesPayload ? payload : []) + [error.element])
  }
}
