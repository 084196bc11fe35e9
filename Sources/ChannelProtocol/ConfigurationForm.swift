package import Channels
package import XMPP

/// The form of a node's configuration.
///
/// **Shape**: `<x xmlns="jabber:x:data" type="…"><field var="FORM_TYPE" type="hidden"><value>…#node_config</value></field>…</x>`.
/// **Spec**: XEP-0004, XEP-0060 §16; channel-server §3.1.
package enum ConfigurationForm {
  /// A form of fields.
  /// - Parameter type: `form`, `submit` or `result`.
  package static func element(
    _ fields: [ConfigurationField], type: String, formType: String = ProtocolNamespace.nodeConfiguration
  ) -> XMLElement {
    XMLElement(
      "x", ProtocolNamespace.dataForm, ["type": type],
      [field(ConfigurationField("FORM_TYPE", formType), type: "hidden")] + fields.map { field($0) })
  }

  static func field(_ field: ConfigurationField, type: String? = nil, label: String? = nil) -> XMLElement {
    XMLElement(
      "field", ProtocolNamespace.dataForm, ["var": field.name, "type": type, "label": label],
      field.values.map { XMLElement("value", namespace: ProtocolNamespace.dataForm, text: $0) })
  }

  /// The fields of the form in an element, without `FORM_TYPE`; `nil` where there is no form.
  package static func fields(in element: XMLElement) -> [ConfigurationField]? {
    guard let form = element.child(named: "x", namespace: ProtocolNamespace.dataForm) else { return nil }
    return fields(of: form)
  }

  static func fields(of form: XMLElement) -> [ConfigurationField] {
    form.elements.compactMap { field in
      guard field.name == "field", let name = field.attributes["var"], name != "FORM_TYPE" else { return nil }
      return ConfigurationField(name, field.elements.filter { $0.name == "value" }.map(\.text))
    }
  }

  /// What a form calls itself.
  static func type(of form: XMLElement) -> String? {
    form.elements.first { $0.name == "field" && $0.attributes["var"] == "FORM_TYPE" }?.child(named: "value")?.text
  }
}

extension NodeConfiguration {
  /// The fields of a form that asks for this.
  package var fields: [ConfigurationField] {
    let known: [(ConfigurationKey, String?)] = [
      (.title, title), (.description, description), (.accessModel, accessModel?.rawValue),
      (.defaultAffiliation, defaultAffiliation?.rawValue), (.channelType, channelType?.rawValue),
      (.isAdvertised, isAdvertised.map(String.init)), (.isEphemeral, isEphemeral.map(String.init)),
      (.publishModel, publishModel?.rawValue),
    ]
    return known.compactMap { key, value in value.map { ConfigurationField(key.rawValue, $0) } }
      + resets.sorted { $0.rawValue < $1.rawValue }.map { ConfigurationField($0.rawValue, "") } + others
  }
}
