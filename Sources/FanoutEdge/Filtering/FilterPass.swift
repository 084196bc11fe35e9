import GRIP

/// What filters know of a connection and of an item on its way to it.
struct FilterContext {
  /// The item's `meta`.
  var item: [String: String]
  /// The connection's.
  var subscriber: [String: String]
  /// The connection's channels as the origin names them, with the id that each has once the item is delivered.
  var channels: [(name: String, id: String?)]
  /// Where the connection stands without the item.
  var lastIDs: [(channel: String, id: String)]
  /// What the URL of a network filter is relative to.
  var uri: String
}

/// One item on its way through the filters of one subscription, in their order.
///
/// It stops where a service must be asked, and goes on with the answer. Used for held requests and for sockets alike.
/// **Spec**: GRIP proxy §13.
struct FilterPass {
  /// What is to be done.
  enum Step {
    /// Deliver; `content` is what has become of it.
    case send
    case drop
    case failed(FilterError)
    /// Ask, then call `answered`.
    case ask(FilterQuestion)
  }

  private let filters: [MessageFilter]
  private var next = 0
  /// The content now.
  private(set) var content: GRIPContent
  /// Whether that is not what was published.
  private(set) var isChanged = false

  /// A way through filters.
  ///
  /// - Parameter content: empty where the item has none.
  init(_ filter: DeliveryFilter, content: GRIPContent) {
    filters = filter.filters
    self.content = content
  }

  /// Goes on as far as it can.
  mutating func run(_ context: FilterContext) -> Step {
    while next < filters.count {
      let filter = filters[next]
      next += 1
      do throws(FilterError) {
        switch filter {
        case .skipSelf, .skipUsers, .requireSubscription:
          if Self.drops(filter, context) { return .drop }
        case .buildID:
          let channels = context.channels.compactMap { channel in channel.id.map { (channel.name, $0) } }
          let ids = BuildID(
            meta: context.subscriber, ids: Dictionary(channels, uniquingKeysWith: { _, last in last }))
          try format { (letter, argument) throws(FilterError) in try ids.directive(letter, argument) }
        case .substitution:
          try format { (letter, argument) throws(FilterError) in
            guard letter == UInt8(ascii: "s"), let argument else {
              throw FilterError("var-subst: the only directive is %(name)s")
            }
            guard let value = context.subscriber[argument] else {
              throw FilterError("var-subst: there is no '\(argument)'")
            }
            return Array(value.utf8)
          }
        case .httpCheck, .httpModify:
          return .ask(try question(filter, context))
        }
      } catch {
        return .failed(error)
      }
    }
    return .send
  }

  /// Goes on with what a service has said.
  mutating func answered(_ answer: FilterAnswer, _ context: FilterContext) -> Step {
    switch answer {
    case .drop: return .drop
    case .failed(let text): return .failed(FilterError(text))
    case .pass(let bytes):
      if let bytes {
        content = .binary(bytes)
        isChanged = true
      }
      return run(context)
    }
  }

  private mutating func format(
    _ directive: (UInt8, String?) throws(FilterError) -> [UInt8]
  ) throws(FilterError) {
    var reader = FormatReader()
    var output: [UInt8] = []
    let bytes = content.bytes
    output.reserveCapacity(bytes.count)
    try reader.read(bytes, into: &output, directive: directive)
    try reader.end()
    content = .binary(output)
    isChanged = true
  }

  private func question(_ filter: MessageFilter, _ context: FilterContext) throws(FilterError) -> FilterQuestion {
    guard let url = context.subscriber["url"], !url.isEmpty else {
      throw FilterError("\(filter.rawValue): there is no url")
    }
    return FilterQuestion(
      url: LinkExchange.resolve(url, base: context.uri), subscriber: context.subscriber, item: context.item,
      lastIDs: context.lastIDs, content: filter == .httpModify ? content.bytes : nil)
  }

  private static func drops(_ filter: MessageFilter, _ context: FilterContext) -> Bool {
    let user = context.subscriber["user"] ?? ""
    switch filter {
    case .skipSelf: return !user.isEmpty && context.item["sender"] == user
    case .skipUsers:
      guard !user.isEmpty, let skipped = context.item["skip_users"] else { return false }
      return skipped.split(separator: ",").contains { trimmed($0) == user }
    case .requireSubscription:
      guard let required = context.item["require_sub"], !required.isEmpty else { return false }
      return !context.channels.contains { $0.name == required }
    case .buildID, .substitution, .httpCheck, .httpModify: return false
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
