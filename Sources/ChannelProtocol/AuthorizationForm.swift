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
    var form = DataForm(
      .form, about: PubSub.Form.subscribeAuthorization.rawValue,
      fields: [
        .init("pubsub#node", type: .textSingle, label: "Node", node.description),
        .init("pubsub#subscriber_jid", type: .jidSingle, label: "Subscriber Address", subscriber.description),
        .init("pubsub#allow", type: .boolean, label: "Allow this address to follow?", isAllowed ? "true" : "false"),
      ])
    form.title = "Confirm channel subscription"
    form.instructions = ["May \(subscriber) follow \(node)?"]
    return form.element
  }

  /// The answer.
  package var answer: XMLElement {
    var fields = [
      ConfigurationField("pubsub#node", node.description),
      ConfigurationField("pubsub#subscriber_jid", subscriber.description),
      ConfigurationField("pubsub#allow", isAllowed ? "true" : "false"),
    ]
    if let actor { fields.append(ConfigurationField("buddycloud#actor", actor.description)) }
    return DataForm(.submit, about: .subscribeAuthorization, fields).element
  }

  /// Reads a question or an answer; `nil` for another form.
  ///
  /// **Errors**: `badRequest` for a form that says neither whom nor what it is about.
  package init?(_ element: XMLElement) throws(ChannelError) {
    let form = try ChannelError.from { () throws(StanzaError) in try DataForm(element) }
    guard form.about == PubSub.Form.subscribeAuthorization.rawValue else { return nil }
    guard let node = form.value("pubsub#node"), let address = form.value("pubsub#subscriber_jid"),
      let subscriber = try? JID(address)
    else {
      throw ChannelError(.badRequest, "an authorisation says pubsub#node and pubsub#subscriber_jid")
    }
    self.init(
      node: try NodeID(node), subscriber: subscriber, isAllowed: form.isTrue("pubsub#allow") ?? false,
      actor: form.value("buddycloud#actor").flatMap { try? JID($0) })
  }
}
