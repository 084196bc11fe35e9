import Channels
import XMPP

extension ChannelRequest {
  /// What is read: an operation of publish-subscribe in a query of type `get`.
  ///
  /// **Spec**: channel-server §9.3, §12.1, §12.2, §14.
  static func list(_ operation: XMLElement, in payload: XMLElement) throws(ChannelError) -> ChannelRequest {
    let page = try PageRequest(in: payload, maxItems: operation.attributes["max_items"])
    switch operation.name {
    case "configure": return .configuration(try operation.node())
    case "items": return try items(operation, page)
    case "threads": return .threads(try operation.node(), page)
    case "subscriptions":
      guard operation.attributes["node"] != nil else { return .ownSubscriptions(page) }
      return .subscriptions(try operation.node(), page)
    default:
      guard operation.attributes["node"] != nil else {
        let key = "{\(ProtocolNamespace.channels)}ephemeral"
        return .ownAffiliations(
          page, isEphemeralOnly: operation.truth(key) ?? operation.truth("ephemeral") ?? false)
      }
      return .affiliations(try operation.node(), page)
    }
  }

  private static func items(_ operation: XMLElement, _ page: PageRequest) throws(ChannelError) -> ChannelRequest {
    let node = try operation.node()
    if node == .firehose { return .firehose(page) }
    let ids = operation.elements.filter { $0.name == "item" }.map { $0.attributes["id"] ?? "" }
    guard ids.isEmpty else {
      guard ids.allSatisfy({ !$0.isEmpty }) else {
        throw ChannelError(.badRequest, "<item> has an id here", application: .itemIDRequired)
      }
      return .entries(ids, of: node)
    }
    return .items(node, ItemQuery(page: page, isParentOnly: operation.truth("parent-only") ?? false))
  }

  /// What only channel servers have: an operation of their own namespace.
  ///
  /// **Spec**: channel-server §12.3 to §12.6, §14.3.
  static func timeline(_ operation: XMLElement, in payload: XMLElement) throws(ChannelError) -> ChannelRequest {
    switch operation.name {
    case "thread", "replies":
      let node = try operation.node()
      guard let id = operation.attributes["item_id"], !id.isEmpty else {
        throw ChannelError(.badRequest, "<\(operation.name)> has an attribute item_id", application: .itemIDRequired)
      }
      let page = try PageRequest(in: payload)
      return operation.name == "thread" ? .thread(id, of: node, page) : .replies(id, in: node, page)
    case "recent-items":
      let maxPerNode = try maxPerNode(of: operation)
      return .recentItems(try timelineQuery(operation, in: payload), maxPerNode: maxPerNode)
    case "user-items": return .userItems(try timelineQuery(operation, in: payload))
    case "subscriptions-with-configuration":
      let filter = operation.child(named: "subscription-filter").map(allowed) ?? []
      let fields = operation.child(named: "configuration-filter").map(allowed)
      return .describedSubscriptions(
        try PageRequest(in: payload), filter: filter, fields: fields.map { $0.map(\.name) })
    default:
      throw ChannelError(.featureNotImplemented, "<\(operation.name)> is not served here")
    }
  }

  private static func maxPerNode(of operation: XMLElement) throws(ChannelError) -> Int {
    guard let text = operation.attributes["max"] else {
      throw ChannelError(.badRequest, "<recent-items> has an attribute max", application: .maxRequired)
    }
    guard let number = Int(text), number > 0 else {
      throw ChannelError(
        .badRequest, "max is '\(text.prefix(32))'; a number from 1 is accepted", application: .invalidMaxValue)
    }
    return number
  }

  private static func timelineQuery(
    _ operation: XMLElement, in payload: XMLElement
  ) throws(ChannelError) -> TimelineQuery {
    guard let text = operation.attributes["since"] else {
      throw ChannelError(.badRequest, "<\(operation.name)> has an attribute since", application: .sinceRequired)
    }
    guard let since = Timestamp(text) else {
      throw ChannelError(
        .badRequest, "since is '\(text.prefix(64))'; a moment like 2014-01-01T00:00:00Z is accepted",
        application: .invalidSinceValue)
    }
    return TimelineQuery(
      since: since, page: try PageRequest(in: payload), isParentOnly: operation.truth("parent-only") ?? false)
  }

  private static func allowed(in filter: XMLElement) -> [ConfigurationField] {
    filter.elements.compactMap { allow in
      guard allow.name == "allow", let field = allow.attributes["field"] else { return nil }
      return ConfigurationField(field, allow.attributes["value"].map { [$0] } ?? [])
    }
  }
}
