package import Channels
package import XMPP

/// The form in which an owner is asked, and answers, whether somebody may follow.
///
/// **Spec**: XEP-0060 §8.6; channel-server §10.4.
package struct AuthorizationForm: Sendable, Hashable {
  package var node: NodeID
  package var subscriber: JID
  package var isAllowed: Bool
  /// For whom a server answers.
  package var actor: JID?

  package init(node: NodeID, subscriber: JID, isAllowed: Bool = false, actor: JID? = nil) {
    self.node = node
    self.subscriber = subscriber.bare
    self.isAllowed = isAllowed
    self.actor = actor?.bare
  }

  /// The question.
  package var question: XMLElement {
    let form = ProtocolNamespace.dataForm
    return XMLElement(
      "x", form, ["type": "form"],
      [
        XMLElement("title", namespace: form, text: "Confirm channel subscription"),
        XMLElement("instructions", namespace: form, text: "May \(subscriber) follow \(node)?"),
        ConfigurationForm.field(
          ConfigurationField("FORM_TYPE", ProtocolNamespace.subscribeAuthorization), type: "hidden"),
        ConfigurationForm.field(
          ConfigurationField("pubsub#node", node.description), type: "text-single", label: "Node"),
        ConfigurationForm.field(
          ConfigurationField("pubsub#subscriber_jid", subscriber.description), type: "jid-single",
          label: "Subscriber Address"),
        ConfigurationForm.field(
          ConfigurationField("pubsub#allow", isAllowed ? "true" : "false"), type: "boolean",
          label: "Allow this address to follow?"),
      ])
  }

  /// The answer.
  package var answer: XMLElement {
    var fields = [
      ConfigurationField("pubsub#node", node.description),
      ConfigurationField("pubsub#subscriber_jid", subscriber.description),
      ConfigurationField("pubsub#allow", isAllowed ? "true" : "false"),
    ]
    if let actor { fields.append(ConfigurationField("buddycloud#actor", actor.description)) }
    return ConfigurationForm.element(fields, type: "submit", formType: ProtocolNamespace.subscribeAuthorization)
  }

  /// Reads a question or an answer; `nil` for another form.
  ///
  /// **Errors**: `badRequest` for a form that says neither whom nor what it is about.
  package init?(_ form: XMLElement) throws(ChannelError) {
    guard form.name == "x", form.namespace == ProtocolNamespace.dataForm,
      ConfigurationForm.type(of: form) == ProtocolNamespace.subscribeAuthorization
    else { return nil }
    var values: [String: String] = [:]
    for field in ConfigurationForm.fields(of: form) { values[field.name] = field.values.first }
    guard let node = values["pubsub#node"], let address = values["pubsub#subscriber_jid"],
      let subscriber = try? JID(address)
    else {
      throw ChannelError(.badRequest, "an authorisation says pubsub#node and pubsub#subscriber_jid")
    }
    self.init(
      node: try NodeID(node), subscriber: subscriber,
      isAllowed: ["true", "1"].contains(values["pubsub#allow"] ?? ""),
      actor: values["buddycloud#actor"].flatMap { try? JID($0) })
  }
}
