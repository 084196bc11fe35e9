package import Channels
package import XMPP

extension DataForm {
  /// A form of fields.
  ///
  /// **Spec**: XEP-0060 §16; channel-server §3.1.
  package init(_ type: FormType, about form: PubSub.Form, _ fields: [ConfigurationField]) {
    self.init(
      type, about: form.rawValue,
      fields: fields.map { field in
        var shown = Field(field.name)
        shown.values = field.values
        return shown
      })
  }

  /// The form in an element; `nil` where there is none.
  init?(in element: XMLElement) throws(ChannelError) {
    guard let form = element.child(named: "x", namespace: Self.namespace) else { return nil }
    self = try ChannelError.from { () throws(StanzaError) in try DataForm(form) }
  }

  /// What its fields say, without what the form is about.
  package var configuration: [ConfigurationField] {
    fields.compactMap { field in
      guard let name = field.name, name != Self.formType else { return nil }
      return ConfigurationField(name, field.values)
    }
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
