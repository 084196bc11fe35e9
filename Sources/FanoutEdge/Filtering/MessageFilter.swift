/// A filter that items pass on their way to a subscriber.
///
/// **Spec**: GRIP proxy §13.
enum MessageFilter: String, Sendable, CaseIterable {
  /// Drops what the subscriber itself has sent.
  case skipSelf = "skip-self"
  /// Drops what is not for the subscriber.
  case skipUsers = "skip-users"
  /// Drops what is only for subscribers of another channel.
  case requireSubscription = "require-sub"
  /// Writes ids into the content.
  case buildID = "build-id"
  /// Writes values of the connection into the content.
  case substitution = "var-subst"
  /// Lets a service decide.
  case httpCheck = "http-check"
  /// Lets a service decide and change the content.
  case httpModify = "http-modify"

  /// Whether it changes the content of messages, so that a publisher may have to agree (§13.7).
  var changesContent: Bool {
    switch self {
    case .buildID, .substitution, .httpModify: true
    case .skipSelf, .skipUsers, .requireSubscription, .httpCheck: false
    }
  }
}

/// The filters of a subscription, in their order. Unknown names are ignored.
struct DeliveryFilter: Sendable, Hashable {
  let filters: [MessageFilter]

  /// Whether nothing is filtered.
  var isEmpty: Bool { filters.isEmpty }

  /// Whether a service has to be asked.
  var asksService: Bool { filters.contains(.httpCheck) || filters.contains(.httpModify) }

  /// The filters that change message content, in the subscription's order.
  var contentFilters: [String] { filters.filter(\.changesContent).map(\.rawValue) }

  /// Reads the names of a subscription.
  init(names: [String]) {
    filters = names.isEmpty ? [] : names.compactMap(MessageFilter.init(rawValue:))
  }

  /// What is wrong where an item names the content filters that it is written for; `nil` where nothing is.
  ///
  /// **Spec**: GRIP proxy §13.7.
  func disagreement(with filters: [String]?) -> FilterError? {
    guard let filters, filters != contentFilters else { return nil }
    return FilterError(
      "content filter mismatch: subscription=\(contentFilters.joined(separator: ",")) "
        + "message=\(filters.joined(separator: ","))")
  }
}
