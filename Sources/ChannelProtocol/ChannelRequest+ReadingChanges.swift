import Channels
import XMPP

extension ChannelRequest {
  /// What changes something: an operation in a query of type `set`.
  ///
  /// **Spec**: channel-server §9 to §11, §13.
  static func change(_ operation: XMLElement, in payload: XMLElement) throws(ChannelError) -> ChannelRequest {
    let node = try operation.node()
    switch operation.name {
    case "create":
      let form = try payload.child(named: "configure").flatMap { element throws(ChannelError) in
        try DataForm(in: element)
      }
      return .createNode(node, try NodeConfiguration(fields: form?.configuration ?? []))
    case "delete": return .deleteNode(node)
    case "configure":
      guard let form = try DataForm(in: operation) else {
        throw ChannelError(.badRequest, "<configure> holds a form of the namespace \(DataForm.namespace)")
      }
      return .configure(node, try NodeConfiguration(fields: form.configuration))
    case "subscribe":
      return .subscribe(node, user: try operation.address().bare, try subscriptionOptions(in: payload))
    case "unsubscribe": return .unsubscribe(node, user: try operation.address().bare)
    case "publish": return try publish(operation, to: node)
    case "retract": return try retract(operation, from: node)
    case "subscriptions": return .setSubscriptions(node, try subscriptionChanges(in: operation))
    default: return .setAffiliations(node, try affiliationChanges(in: operation))
    }
  }

  private static func subscriptionOptions(in payload: XMLElement) throws(ChannelError) -> SubscriptionOptions {
    guard let options = payload.child(named: "options") else { return SubscriptionOptions() }
    return SubscriptionOptions(isTemporary: try DataForm(in: options)?.value("pubsub#expire") == "presence")
  }

  private static func publish(_ operation: XMLElement, to node: NodeID) throws(ChannelError) -> ChannelRequest {
    let items = operation.elements.filter { $0.name == "item" }
    guard let item = items.first else {
      throw ChannelError(.badRequest, "<publish> holds an <item>", application: .itemRequired)
    }
    guard items.count == 1 else {
      throw ChannelError(.badRequest, "one item is published at a time, these are \(items.count)")
    }
    guard let entry = item.elements.first else {
      throw ChannelError(.badRequest, "<item> holds an Atom entry", application: .entryElementRequired)
    }
    guard item.elements.count == 1 else {
      throw ChannelError(
        .badRequest, "<item> holds one element, not \(item.elements.count)", application: .invalidPayload)
    }
    return .publish(entry, to: node, id: item.attributes["id"].flatMap { $0.isEmpty ? nil : $0 })
  }

  private static func retract(_ operation: XMLElement, from node: NodeID) throws(ChannelError) -> ChannelRequest {
    let ids = operation.elements.filter { $0.name == "item" }.map { $0.attributes["id"] ?? "" }
    guard !ids.isEmpty, ids.allSatisfy({ !$0.isEmpty }) else {
      throw ChannelError(.badRequest, "<retract> holds items with ids", application: .itemRequired)
    }
    return .retract(ids, from: node, isNotified: operation.truth("notify") ?? true)
  }

  private static func subscriptionChanges(
    in operation: XMLElement
  ) throws(ChannelError) -> [SubscriptionChange] {
    var changes: [SubscriptionChange] = []
    for element in operation.elements where element.name == "subscription" {
      guard let state = try element.word("subscription", as: SubscriptionState.self) else {
        throw ChannelError(.badRequest, "<subscription> has an attribute subscription")
      }
      changes.append(SubscriptionChange(user: try element.address(), subscription: state))
    }
    guard !changes.isEmpty else {
      throw ChannelError(.badRequest, "<subscriptions> holds at least one <subscription jid=… subscription=…/>")
    }
    return changes
  }

  private static func affiliationChanges(in operation: XMLElement) throws(ChannelError) -> [AffiliationChange] {
    var changes: [AffiliationChange] = []
    for element in operation.elements where element.name == "affiliation" {
      guard let affiliation = try element.word("affiliation", as: Affiliation.self) else {
        throw ChannelError(.badRequest, "<affiliation> has an attribute affiliation")
      }
      changes.append(AffiliationChange(user: try element.address(), affiliation: affiliation))
    }
    guard !changes.isEmpty else {
      throw ChannelError(.badRequest, "<affiliations> holds at least one <affiliation jid=… affiliation=…/>")
    }
    return changes
  }
}
