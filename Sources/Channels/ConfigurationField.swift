import XMPP

/// A field of a node's configuration as forms write it.
public struct ConfigurationField: Sendable, Hashable {
  /// The `var`.
  public var name: String
  /// In order.
  public var values: [String]

  /// A field.
  public init(_ name: String, _ values: [String]) {
    self.name = name
    self.values = values
  }

  /// A field with one value.
  public init(_ name: String, _ value: String) {
    self.init(name, [value])
  }
}

/// The fields that this server gives a meaning, by their names on the wire.
///
/// **Spec**: channel-server §3.1.
public enum ConfigurationKey: String, Sendable, Hashable, CaseIterable {
  case title = "pubsub#title"
  case description = "pubsub#description"
  case accessModel = "pubsub#access_model"
  case defaultAffiliation = "buddycloud#default_affiliation"
  case channelType = "buddycloud#channel_type"
  case creationDate = "pubsub#creation_date"
  case creator = "pubsub#creator"
  case owner = "pubsub#owner"
  case lastUpdated = "buddycloud#last_updated"
  /// The same in the protocol document.
  case updatedDate = "buddycloud#updated_date"
  case isAdvertised = "buddycloud#advertise_node"
  case isEphemeral = "buddycloud#ephemeral"
  case publishModel = "pubsub#publish_model"

  /// What a client may send but not decide: it is passed over.
  package var isServers: Bool {
    switch self {
    case .creationDate, .creator, .owner, .lastUpdated, .updatedDate: true
    default: false
    }
  }
}

extension ConfigurationField {
  /// Fields as one text for a store; `nil` for none.
  ///
  /// **Shape**: `<x xmlns="jabber:x:data"><field var="NAME"><value>TEXT</value></field></x>`.
  package static func encoded(_ fields: [ConfigurationField]) -> String? {
    guard !fields.isEmpty else { return nil }
    let elements = fields.map { field in
      XMLElement.Node.element(
        XMLElement(
          "field", namespace: Namespaces.dataForm, attributes: ["var": field.name],
          children: field.values.map { .element(XMLElement("value", namespace: Namespaces.dataForm, text: $0)) }))
    }
    return XMLElement("x", namespace: Namespaces.dataForm, children: elements).serialized()
  }

  /// The fields of a stored text; none where it can't be read.
  package static func decoded(_ text: String?) -> [ConfigurationField] {
    guard let text, let form = try? XMLElement.parse(Array(text.utf8)) else { return [] }
    return form.elements.compactMap { field in
      field.attributes["var"].map { ConfigurationField($0, field.elements.map(\.text)) }
    }
  }
}
