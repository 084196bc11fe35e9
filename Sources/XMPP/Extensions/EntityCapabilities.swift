// Implements: XEP-0115 1.6.0 · Entity Capabilities · complete

import Crypto

/// What a client can, as a hash that its presence carries.
///
/// **Shape**: `<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://…" ver="…"/>`.
public struct EntityCapabilities: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "http://jabber.org/protocol/caps"

  /// The name of the hash; `nil` for what clients sent before version 1.4, which cannot be verified.
  public var hash: String?
  /// The program.
  public var node: String
  /// The hash in base 64.
  public var version: String

  /// Capabilities.
  public init(node: String, version: String, hash: String? = "sha-1") {
    self.node = node
    self.version = version
    self.hash = hash
  }

  /// The capabilities of a program.
  public init(of info: DiscoInfo, node: String) {
    self.init(node: node, version: Self.hash(of: info))
  }

  /// Reads the element; `nil` for another one, or without what it has to say.
  public init?(_ element: XMLElement) {
    guard element.isNamed("c", Self.namespace), let node = element.attributes["node"],
      let version = element.attributes["ver"], !version.isEmpty
    else { return nil }
    self.init(node: node, version: version, hash: element.attributes["hash"])
  }

  /// The element as it is sent.
  public var element: XMLElement {
    XMLElement(
      "c", namespace: Self.namespace,
      attributes: XMLAttributes(present: ["hash": hash, "node": node, "ver": version]))
  }

  /// The node that is asked what is behind the hash.
  public var queriedNode: String { "\(node)#\(version)" }

  /// Whether an answer is what the hash was made of. If not, or the hash is not one that we have, the answer counts for that
  /// one client only (XEP-0115 §5.4).
  public func isProven(by info: DiscoInfo) -> Bool {
    hash?.lowercased() == "sha-1" && Self.isFreeOfDoubles(info) && Self.hash(of: info) == version
  }

  /// **Spec**: XEP-0115 §5.1.
  static func hash(of info: DiscoInfo) -> String {
    let parts = identities(info) + sorted(info.features) + forms(info)
    let text = parts.map { "\($0)<" }.joined()
    return Base64.encode(Array(Insecure.SHA1.hash(data: Array(text.utf8))))
  }

  private static func identities(_ info: DiscoInfo) -> [String] {
    sorted(info.identities.map { "\($0.category)/\($0.type)/\($0.language ?? "")/\($0.name ?? "")" })
  }

  private static func forms(_ info: DiscoInfo) -> [String] {
    // A form without a hidden FORM_TYPE is passed over.
    let forms = info.forms.filter { $0.field(DataForm.formType)?.type == .hidden && $0.about != nil }
    return sorted(forms) { $0.about ?? "" }.flatMap { form in
      let fields = sorted(form.fields.filter { $0.name != nil && $0.name != DataForm.formType }) { $0.name ?? "" }
      return [form.about ?? ""] + fields.flatMap { [$0.name ?? ""] + sorted($0.values) }
    }
  }

  /// Whether nothing comes twice, by which one answer could be made to look like another (XEP-0115 §5.4, point 3).
  private static func isFreeOfDoubles(_ info: DiscoInfo) -> Bool {
    let abouts = info.forms.compactMap(\.about)
    return Set(info.features).count == info.features.count && Set(identities(info)).count == info.identities.count
      && Set(abouts).count == abouts.count
      && info.forms.allSatisfy { Set($0.field(DataForm.formType)?.values ?? []).count <= 1 }
  }

  /// In the order of bytes, not of a language (XEP-0115 §5.1, `i;octet`).
  private static func sorted(_ texts: [String]) -> [String] { sorted(texts) { $0 } }

  private static func sorted<Value>(_ values: [Value], by key: (Value) -> String) -> [Value] {
    values.sorted { key($0).utf8.lexicographicallyPrecedes(key($1).utf8) }
  }
}
