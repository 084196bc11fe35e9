package import Channels
package import XMPP

extension ChannelReply {
  /// Reads the child of a result.
  ///
  /// Lists come in either namespace of publish-subscribe, whatever was asked (channel-server §14.1). What can't be read of a
  /// list is left out.
  /// - Parameters:
  ///   - request: What was asked.
  ///   - user: Who asked.
  ///   - moment: Now, for items that don't say when they were written.
  /// - Throws: `internalServerError` for what is no answer to the request.
  package init(
    _ payload: XMLElement?, to request: ChannelRequest, user: JID, moment: Timestamp
  ) throws(ChannelError) {
    let reading = ReplyReading(payload: payload, user: user.bare, moment: moment)
    guard let reply = try reading.reply(to: request) else {
      throw ChannelError(
        .internalServerError, "the channel server answered with <\(payload?.name ?? "")>, which is no answer to this")
    }
    self = reply
  }
}

/// Reads one reply.
private struct ReplyReading {
  let payload: XMLElement?
  let user: JID
  let moment: Timestamp

  /// `nil` where it isn't one.
  func reply(to request: ChannelRequest) throws(ChannelError) -> ChannelReply? {
    switch request {
    case .register, .unregister, .createNode, .deleteNode, .configure, .unsubscribe, .setSubscriptions,
      .setAffiliations, .retract, .archive:
      return .done
    case .serverInfo: return payload.flatMap { try? DiscoInfo($0) }.map { .server($0) }
    case .nodeInfo(let node):
      return payload.flatMap { try? DiscoInfo($0) }?.forms.first.map { .configuration(node, $0.configuration) }
    case .configuration(let node):
      return try payload?.child(named: "configure").flatMap { element throws(ChannelError) in try DataForm(in: element)
      }
      .map { .configuration(node, $0.configuration) }
    case .nodes, .topFollowedNodes, .topPublishedNodes:
      return discovered { items in items.compactMap(\.node).compactMap { try? NodeID($0) } }.map { .nodes($0, $1) }
    case .itemNames: return discovered { $0.compactMap(\.name) }.map { .itemNames($0, $1) }
    case .version: return payload.flatMap { try? SoftwareVersion($0) }.map { .version($0) }
    case .registrationForm:
      return payload.flatMap { try? Registration($0) }.map { .registrationForm(instructions: $0.instructions ?? "") }
    case .searchForm: return payload.flatMap { try? Search($0) }.map { _ in .searchForm }
    case .search: return payload.flatMap { try? Search($0) }.map { .found(found(in: $0.form)) }
    case .subscribe(let node, let user, _): return subscribed(to: node, user)
    case .ownSubscriptions, .subscriptions: return memberships("subscription", request.node)
    case .ownAffiliations, .affiliations: return memberships("affiliation", request.node)
    case .describedSubscriptions: return described()
    default: return try items(request)
    }
  }

  /// What a list of discovery holds, and its bounds.
  private func discovered<Found>(_ body: ([DiscoItems.Item]) -> [Found]) -> ([Found], ResultSet?)? {
    payload.flatMap { try? DiscoItems($0) }.map { (body($0.items), $0.bounds) }
  }

  private func found(in form: DataForm?) -> [Entry] {
    (form?.items ?? []).compactMap { fields in
      func field(_ name: String) -> DataForm.Field? { fields.first { $0.name == name } }
      guard let node = (field("node")?.values.first).flatMap({ try? NodeID($0) }),
        let entry = field("entry")?.content.first?.first
      else { return nil }
      return try? Entry(entry, id: field("id")?.values.first ?? "", node: node, moment: moment)
    }
  }

  /// The own affiliation comes beside the subscription, or not at all.
  private func subscribed(to node: NodeID, _ user: JID) -> ChannelReply? {
    guard let element = payload?.child(named: "subscription"),
      let state = element.attributes["subscription"].flatMap(SubscriptionState.init)
    else { return nil }
    let affiliation = payload?.child(named: "affiliation")?.attributes["affiliation"].flatMap(Affiliation.init)
    return .subscribed(
      Membership(
        node: node, user: user, affiliation: affiliation ?? .none, subscription: state,
        isTemporary: element.truth("temporary") ?? false))
  }

  private func memberships(_ name: String, _ node: NodeID?) -> ChannelReply? {
    guard let list = payload?.child(named: "\(name)s") else { return nil }
    let memberships = list.elements.compactMap { element -> Membership? in
      guard element.name == name else { return nil }
      return membership(element, in: node)
    }
    return .memberships(memberships, payload.flatMap { ResultSet(in: $0) })
  }

  private func membership(_ element: XMLElement, in list: NodeID?) -> Membership? {
    let named = element.attributes["node"].flatMap { try? NodeID($0) }
    let address = element.attributes["jid"].flatMap { try? JID($0) }
    guard let node = named ?? list, let user = address ?? (list == nil ? user : nil) else { return nil }
    // A list of subscriptions says nothing of affiliations, and the reverse.
    return Membership(
      node: node, user: user.bare,
      affiliation: element.attributes["affiliation"].flatMap(Affiliation.init) ?? .none,
      subscription: element.attributes["subscription"].flatMap(SubscriptionState.init) ?? .none,
      invitedBy: element.attributes["invited-by"].flatMap { try? JID($0) })
  }

  private func described() -> ChannelReply? {
    guard let list = payload?.child(named: "subscriptions-with-configuration") else { return nil }
    return .described(
      list.elements.compactMap { element -> DescribedMembership? in
        guard let membership = membership(element, in: nil) else { return nil }
        let fields = element.child(named: "configure").flatMap { try? DataForm(in: $0) }?.configuration
        return DescribedMembership(membership: membership, fields: fields ?? [])
      }, payload.flatMap { ResultSet(in: $0) })
  }

  private func items(_ request: ChannelRequest) throws(ChannelError) -> ChannelReply? {
    guard let payload else { return nil }
    let bounds = ResultSet(in: payload)
    switch request {
    case .publish(_, let node, _):
      guard let id = payload.child(named: "publish")?.child(named: "item")?.attributes["id"] else { return nil }
      return .published(node, id: id)
    case .items(let node, _):
      guard let list = payload.child(named: "items") else { return nil }
      if node.name == "subscriptions" {
        let channels = list.elements.compactMap { ItemElement.followed($0, of: node.channel) }
        return .followedChannels(node, channels, bounds)
      }
      return .items(node, items(in: list, of: node), bounds)
    case .entries(_, let node), .thread(_, let node, _), .replies(_, let node, _):
      guard let list = payload.child(named: "items") else { return nil }
      return .items(node, items(in: list, of: node), bounds)
    case .threads(let node, _): return .threads(threads(in: payload, of: node), node: node, bounds)
    case .recentItems, .userItems, .firehose: return .timeline(timeline(in: payload), bounds)
    default: return nil
    }
  }

  private func items(in list: XMLElement, of node: NodeID) -> [Item] {
    list.elements.compactMap { element in
      (try? ItemElement.item(element, of: node, moment: moment)).flatMap(\.self)
    }
  }

  private func threads(in payload: XMLElement, of node: NodeID) -> [EntryThread] {
    payload.elements.compactMap { thread in
      guard thread.name == "thread", let id = thread.attributes["id"] else { return nil }
      let entries = items(in: thread, of: node).compactMap(\.entry)
      let updated = thread.attributes["updated"].flatMap { Timestamp($0) }
      guard let newest = updated ?? entries.map(\.updated).max() else { return nil }
      return EntryThread(id: EntryID.local(in: id), updated: newest, entries: entries)
    }
  }

  private func timeline(in payload: XMLElement) -> [Entry] {
    payload.elements.flatMap { list -> [Entry] in
      guard list.name == "items", let node = list.attributes["node"].flatMap({ try? NodeID($0) }) else { return [] }
      return items(in: list, of: node).compactMap(\.entry)
    }
  }
}
