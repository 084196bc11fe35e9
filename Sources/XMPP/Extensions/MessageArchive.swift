// Implements: XEP-0313 1.1.3 · Message Archive Management · partial: queries and their answers, of mam:2 and of the mam:tmp of channel servers; no metadata, no preferences

/// A question to an archive.
///
/// **Shape**: `<query xmlns="urn:xmpp:mam:2" queryid="…" node="…"><x xmlns="jabber:x:data" type="submit">…</x><set …/></query>`;
/// in `urn:xmpp:mam:tmp` the fields are elements `with`, `start`, `end`.
public struct MessageArchiveQuery: Sendable, Hashable {
  /// The kinds of archive; the raw value is the namespace, which is also the feature.
  public enum Version: String, Sendable, CaseIterable {
    /// Today's.
    case current = "urn:xmpp:mam:2"
    /// That of channel servers.
    case early = "urn:xmpp:mam:tmp"
  }

  /// The kind of archive.
  public var version: Version
  /// Chosen by who asks; comes again in the answers.
  public var id: String?
  /// The node, where a pubsub service is asked.
  public var node: String?
  /// With whom.
  public var with: JID?
  /// Not before.
  public var start: DateTime?
  /// Not after.
  public var end: DateTime?
  /// Which part of what fits.
  public var page: ResultSet.Request?

  /// A question.
  public init(version: Version = .current, id: String? = nil, node: String? = nil, page: ResultSet.Request? = nil) {
    self.version = version
    self.id = id
    self.node = node
    self.page = page
  }

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element, and for what is no address, moment or page; `feature-not-implemented`
  /// for a field of the form that is not known (XEP-0313 §4.1.5).
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.name == "query", let version = Version(rawValue: element.namespace) else {
      throw StanzaError(.badRequest, text: "an archive is asked by a query of \(Version.current.rawValue)")
    }
    self.init(version: version, id: element.attributes["queryid"], node: element.attributes["node"])
    for child in element.elements {
      switch (child.name, child.namespace) {
      case ("set", ResultSet.namespace): page = try ResultSet.Request(child)
      case ("x", DataForm.namespace):
        for field in try DataForm(child).fields {
          guard let name = field.name, name != DataForm.formType else { continue }
          try read(name, field.values.first ?? "")
        }
      case (let name, version.rawValue) where version == .early: try read(name, child.text)
      default: continue
      }
    }
  }

  private mutating func read(_ name: String, _ text: String) throws(StanzaError) {
    switch name {
    case "with":
      guard let jid = try? JID(text) else { throw StanzaError(.badRequest, text: "with is an address") }
      with = jid
    case "start", "end":
      guard let moment = DateTime(text) else {
        throw StanzaError(.badRequest, text: "\(name) is a moment such as 2026-11-24T20:31:52Z")
      }
      if name == "start" { start = moment } else { end = moment }
    default:
      guard version == .early else {
        throw StanzaError(.featureNotImplemented, text: "archives are not searched by \(name.prefix(64))")
      }
    }
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    let fields: [(String, String?)] = [
      ("with", with?.description), ("start", start?.description), ("end", end?.description),
    ]
    let present = fields.compactMap { name, value in value.map { (name, $0) } }
    var children: [XMLElement] = []
    switch version {
    case .early: children = present.map { XMLElement($0.0, namespace: version.rawValue, text: $0.1) }
    case .current where !present.isEmpty:
      children = [
        DataForm(.submit, about: version.rawValue, fields: present.map { DataForm.Field($0.0, $0.1) }).element
      ]
    case .current: break
    }
    return XMLElement(
      "query", namespace: version.rawValue,
      attributes: XMLAttributes(present: ["queryid": id, "node": node]),
      elements: children + [page?.element].compactMap(\.self))
  }
}

/// One answer of an archive, in a message of its own.
///
/// **Shape**: `<result xmlns="urn:xmpp:mam:2" queryid="…" id="…"><forwarded …/></result>`. In `urn:xmpp:mam:tmp` it stands
/// beside `forwarded`, not around it.
public struct ArchiveResult: Sendable, Hashable {
  /// The kind of archive.
  public var version: MessageArchiveQuery.Version
  /// The question's name.
  public var queryID: String?
  /// The archive's name for the stanza.
  public var id: String
  /// The stanza.
  public var forwarded: Forwarded

  /// An answer.
  public init(
    _ forwarded: Forwarded, id: String, queryID: String? = nil, version: MessageArchiveQuery.Version = .current
  ) {
    self.forwarded = forwarded
    self.id = id
    self.queryID = queryID
    self.version = version
  }

  /// The answer in a message; `nil` for a message that is none. Whether its sender is the archive that was asked is for the
  /// caller to see: others could send the same.
  ///
  /// **Errors**: those of ``Forwarded/init(_:)``.
  public init?(_ message: Stanza) throws(StanzaError) {
    guard message.kind == .message, message.type != "error",
      let result = message.payload.first(where: {
        $0.name == "result" && MessageArchiveQuery.Version(rawValue: $0.namespace) != nil
      }), let version = MessageArchiveQuery.Version(rawValue: result.namespace), let id = result.attributes["id"],
      let forwarded = result.child(named: "forwarded", namespace: Forwarded.namespace)
        ?? message.child("forwarded", Forwarded.namespace)
    else { return nil }
    self.init(try Forwarded(forwarded), id: id, queryID: result.attributes["queryid"], version: version)
  }

  /// The message's payload as it is sent.
  public var payload: [XMLElement] {
    let attributes = XMLAttributes(present: ["id": id, "queryid": queryID])
    let element = XMLElement("result", namespace: version.rawValue, attributes: attributes)
    guard version == .current else { return [element, forwarded.element] }
    return [
      XMLElement("result", namespace: version.rawValue, attributes: attributes, elements: [forwarded.element])
    ]
  }
}

/// The end of an archive's answers.
///
/// **Shape**: `<fin xmlns="urn:xmpp:mam:2" complete="true"><set …/></fin>`.
public struct ArchiveEnd: Sendable, Hashable {
  /// Whether nothing that fits is left.
  public var isComplete: Bool
  /// Whether the archive may name things otherwise in a while.
  public var isStable: Bool
  /// Which part this was.
  public var bounds: ResultSet

  /// An end.
  public init(_ bounds: ResultSet, isComplete: Bool, isStable: Bool = true) {
    self.bounds = bounds
    self.isComplete = isComplete
    self.isStable = isStable
  }

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element, and without a page.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("fin", MessageArchiveQuery.Version.current.rawValue),
      let set = element.child(named: "set", namespace: ResultSet.namespace)
    else { throw StanzaError(.badRequest, text: "an archive ends its answers with fin and the part that they are") }
    self.init(
      ResultSet(set), isComplete: ["true", "1"].contains(element.attributes["complete"]),
      isStable: !["false", "0"].contains(element.attributes["stable"]))
  }

  /// The payload as it is sent.
  public var element: XMLElement {
    XMLElement(
      "fin", namespace: MessageArchiveQuery.Version.current.rawValue,
      attributes: XMLAttributes(present: [
        "complete": isComplete ? "true" : nil, "stable": isStable ? nil : "false",
      ]), elements: [bounds.element])
  }
}
