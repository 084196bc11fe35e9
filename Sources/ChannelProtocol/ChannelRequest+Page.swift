package import Channels

extension ChannelRequest {
  /// The part of a list that is asked for; `nil` where the answer is no list.
  package var page: PageRequest? {
    get {
      switch self {
      case .nodes(let page), .itemNames(_, let page), .ownSubscriptions(let page), .subscriptions(_, let page),
        .ownAffiliations(let page, _), .affiliations(_, let page), .describedSubscriptions(let page, _, _),
        .threads(_, let page), .thread(_, _, let page), .replies(_, _, let page), .firehose(let page):
        page
      case .items(_, let query): query.page
      case .recentItems(let query, _), .userItems(let query): query.page
      default: nil
      }
    }
    set {
      guard let page = newValue else { return }
      switch self {
      case .nodes: self = .nodes(page)
      case .itemNames(let node, _): self = .itemNames(node, page)
      case .ownSubscriptions: self = .ownSubscriptions(page)
      case .subscriptions(let node, _): self = .subscriptions(node, page)
      case .ownAffiliations(_, let isEphemeralOnly): self = .ownAffiliations(page, isEphemeralOnly: isEphemeralOnly)
      case .affiliations(let node, _): self = .affiliations(node, page)
      case .describedSubscriptions(_, let filter, let fields):
        self = .describedSubscriptions(page, filter: filter, fields: fields)
      case .threads(let node, _): self = .threads(node, page)
      case .thread(let id, let node, _): self = .thread(id, of: node, page)
      case .replies(let id, let node, _): self = .replies(id, in: node, page)
      case .firehose: self = .firehose(page)
      case .items(let node, var query):
        query.page = page
        self = .items(node, query)
      case .recentItems(var query, let maxPerNode):
        query.page = page
        self = .recentItems(query, maxPerNode: maxPerNode)
      case .userItems(var query):
        query.page = page
        self = .userItems(query)
      default: break
      }
    }
  }
}

extension ChannelReply {
  /// How many things its list holds.
  package var listCount: Int {
    switch self {
    case .nodes(let list, _): list.count
    case .itemNames(let list, _): list.count
    case .memberships(let list, _): list.count
    case .described(let list, _): list.count
    case .items(_, let list, _): list.count
    case .followedChannels(_, let list, _): list.count
    case .threads(let list, _, _): list.count
    case .timeline(let list, _): list.count
    case .found(let list): list.count
    case .done, .server, .configuration, .version, .registrationForm, .subscribed, .published, .searchForm: 0
    }
  }
}
