import Channels
import XMPP

extension ChannelRequest {
  /// Reads the child of a query; `nil` for a namespace that no channel server knows.
  init?(_ payload: XMLElement, isWrite: Bool) throws(ChannelError) {
    switch payload.namespace {
    case ProtocolNamespace.discoInfo:
      try Self.expect(!isWrite, payload)
      guard let node = payload.attributes["node"] else {
        self = .serverInfo
        return
      }
      self = .nodeInfo(try NodeID(node))
    case ProtocolNamespace.discoItems:
      try Self.expect(!isWrite, payload)
      self = try Self.discoveredItems(payload)
    case ProtocolNamespace.version:
      try Self.expect(!isWrite, payload)
      self = .version
    case ProtocolNamespace.registration:
      self = try Self.registration(payload, isWrite: isWrite)
    case ProtocolNamespace.search:
      self = isWrite ? .search(try SearchForm.search(in: payload)) : .searchForm
    case ProtocolNamespace.archive:
      self = try Self.archive(payload)
    case ProtocolNamespace.pubSub, ProtocolNamespace.owner:
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
    case nil: .nodes(try Paging.request(in: payload))
    case "/top-followed-nodes": .topFollowedNodes
    case "/top-published-nodes": .topPublishedNodes
    case let node?: .itemNames(try NodeID(node), try Paging.request(in: payload))
    }
  }

  private static func registration(_ payload: XMLElement, isWrite: Bool) throws(ChannelError) -> ChannelRequest {
    guard isWrite else { return .registrationForm }
    guard payload.child(named: "remove", namespace: ProtocolNamespace.registration) != nil else { return .register }
    guard payload.elements.count == 1 else {
      throw ChannelError(.badRequest, "<remove> is the only child of its query")
    }
    return .unregister
  }

  private static func archive(_ payload: XMLElement) throws(ChannelError) -> ChannelRequest {
    var query = ArchiveQuery()
    query.start = try moment("start", in: payload)
    query.end = try moment("end", in: payload)
    query.max = try Paging.request(in: payload).max
    return .archive(query, id: payload.attributes["queryid"])
  }

  private static func moment(_ name: String, in payload: XMLElement) throws(ChannelError) -> Timestamp? {
    guard let text = payload.child(named: name)?.text else { return nil }
    guard let moment = Timestamp(text) else {
      throw ChannelError(
        .badRequest, "<\(name)> is '\(text.prefix(64))'; a moment like 2014-01-01T00:00:00Z is accepted")
    }
    return moment
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
