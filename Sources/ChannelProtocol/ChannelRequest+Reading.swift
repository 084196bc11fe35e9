import Channels
import XMPP

extension ChannelRequest {
  /// Reads the child of a query; `nil` for a namespace that no channel server knows.
  init?(_ payload: XMLElement, isWrite: Bool) throws(ChannelError) {
    switch payload.namespace {
    case DiscoInfo.namespace:
      try Self.expect(!isWrite, payload)
      guard let node = payload.attributes["node"] else {
        self = .serverInfo
        return
      }
      self = .nodeInfo(try NodeID(node))
    case DiscoItems.namespace:
      try Self.expect(!isWrite, payload)
      self = try Self.discoveredItems(payload)
    case SoftwareVersion.namespace:
      try Self.expect(!isWrite, payload)
      self = .version
    case Registration.namespace:
      self = try Self.registration(payload, isWrite: isWrite)
    case Search.namespace:
      self = isWrite ? .search(try Self.search(in: payload)) : .searchForm
    case MessageArchiveQuery.Version.early.rawValue:
      self = try Self.archive(payload)
    case PubSub.namespace, PubSub.ownerNamespace:
      self = try Self.pubSub(payload, isWrite: isWrite)
    default: return nil
    }
  }

  /// **Errors**: `unexpectedRequest` for a query of the wrong type.
  static func expect(_ isRightType: Bool, _ element: XMLElement) throws(ChannelError) {
    guard isRightType else {
      throw ChannelError(.unexpectedRequest, "<\(element.name)> is not for an iq of this type: get reads, set changes")
    }
  }

  private static func discoveredItems(_ payload: XMLElement) throws(ChannelError) -> ChannelRequest {
    switch payload.attributes["node"] {
    case nil: .nodes(try PageRequest(in: payload))
    case "/top-followed-nodes": .topFollowedNodes
    case "/top-published-nodes": .topPublishedNodes
    case let node?: .itemNames(try NodeID(node), try PageRequest(in: payload))
    }
  }

  private static func registration(_ payload: XMLElement, isWrite: Bool) throws(ChannelError) -> ChannelRequest {
    guard isWrite else { return .registrationForm }
    guard payload.child(named: "remove", namespace: Registration.namespace) != nil else { return .register }
    guard payload.elements.count == 1 else {
      throw ChannelError(.badRequest, "<remove> is the only child of its query")
    }
    return .unregister
  }

  private static func archive(_ payload: XMLElement) throws(ChannelError) -> ChannelRequest {
    let asked = try ChannelError.from { () throws(StanzaError) in try MessageArchiveQuery(payload) }
    let query = ArchiveQuery(
      start: asked.start.map { Timestamp(milliseconds: $0.milliseconds) },
      end: asked.end.map { Timestamp(milliseconds: $0.milliseconds) }, max: asked.page?.max)
    return .archive(query, id: asked.id)
  }

  private static func search(in payload: XMLElement) throws(ChannelError) -> ItemSearch {
    let search = try ChannelError.from { () throws(StanzaError) in try Search(payload) }
    return try ItemSearch(search.form)
  }

  /// The operation inside `pubsub`, which is the child that is no part of another's.
  private static func pubSub(_ payload: XMLElement, isWrite: Bool) throws(ChannelError) -> ChannelRequest {
    let besides: Set<String> = ["actor", "set", "options", "publish-options"]
    let operations = payload.elements.filter { !besides.contains($0.name) }
    guard let operation = operations.first(where: { $0.name != "configure" }) ?? operations.first else {
      throw ChannelError(.badRequest, "<pubsub> holds an operation, such as <items node=…/>")
    }
    if operation.namespace == ProtocolNamespace.channels {
      try expect(!isWrite, operation)
      return try timeline(operation, in: payload)
    }
    switch operation.name {
    case "create", "delete", "publish", "retract", "subscribe", "unsubscribe":
      try expect(isWrite, operation)
      return try change(operation, in: payload)
    case "configure", "subscriptions", "affiliations":
      return isWrite ? try change(operation, in: payload) : try list(operation, in: payload)
    case "items", "threads":
      try expect(!isWrite, operation)
      return try list(operation, in: payload)
    default:
      throw ChannelError(.featureNotImplemented, "<\(operation.name)> is not served here")
    }
  }
}
