/// The filters of a subscription that decide delivery, and the names of those that change content.
///
/// **Spec**: GRIP proxy §13.1, §13.2, §13.7. Unknown names are ignored. `http-check` and `http-modify` are not announced
/// in `Grip-Feature` and not known.
struct DeliveryFilter: Sendable, Hashable {
  private struct Kinds: OptionSet, Hashable {
    let rawValue: UInt8

    static let skipSelf = Kinds(rawValue: 1)
    static let skipUsers = Kinds(rawValue: 2)
    static let requireSubscription = Kinds(rawValue: 4)
  }

  private var kinds: Kinds = []
  /// The filters that change message content, in the subscription's order.
  private(set) var contentFilters: [String] = []

  /// Whether nothing is filtered.
  var isEmpty: Bool { kinds.isEmpty && contentFilters.isEmpty }

  /// Reads the names of a subscription.
  init(names: [String]) {
    for name in names {
      switch name {
      case "skip-self": kinds.insert(.skipSelf)
      case "skip-users": kinds.insert(.skipUsers)
      case "require-sub": kinds.insert(.requireSubscription)
      case "build-id", "var-subst", "http-modify": contentFilters.append(name)
      default: break
      }
    }
  }

  /// Whether an item reaches the subscriber.
  ///
  /// - Parameters:
  ///   - item: the item's meta.
  ///   - subscriber: the connection's meta.
  ///   - channels: the connection's channels, as the origin names them.
  func passes(item: [String: String], subscriber: [String: String], channels: [HeldChannel]) -> Bool {
    if kinds.isEmpty || item.isEmpty { return true }
    let user = subscriber["user"] ?? ""
    if kinds.contains(.skipSelf), !user.isEmpty, item["sender"] == user { return false }
    if kinds.contains(.skipUsers), !user.isEmpty, let skipped = item["skip_users"],
      skipped.split(separator: ",").contains(where: { Self.trimmed($0) == user })
    {
      return false
    }
    if kinds.contains(.requireSubscription), let required = item["require_sub"], !required.isEmpty,
      !channels.contains(where: { $0.name == required })
    {
      return false
    }
    return true
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
