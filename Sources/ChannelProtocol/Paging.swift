package import Channels
package import XMPP

// Parts of lists, as XEP-0059 writes them. **Spec**: channel-server §6, §12.

extension PageRequest {
  /// What part a request asks for: the `set` beside the request, and `max_items`, which the set's `max` overrides.
  ///
  /// An empty `before` asks for the last page, and that is the one that comes without a marker where lists begin with the
  /// oldest.
  /// **Errors**: `badRequest` for a number that is none and for two markers, `featureNotImplemented` for a page by index.
  package init(in wrapper: XMLElement, maxItems: String? = nil) throws(ChannelError) {
    self.init()
    if let maxItems {
      guard let number = Int(maxItems), number >= 0 else {
        throw ChannelError(.badRequest, "max_items is '\(maxItems.prefix(32))'; a number is accepted")
      }
      max = number
    }
    guard let set = wrapper.child(named: "set", namespace: ResultSet.namespace) else { return }
    let request = try ChannelError.from { () throws(StanzaError) in try ResultSet.Request(set) }
    max = request.max ?? max
    switch request.position {
    case .start, .end: break
    case .after(let id): after = id
    case .before(let id): before = id
    case .index: throw ChannelError(.featureNotImplemented, "a page is after an item or before one, not at an index")
    }
  }

  /// The `set` of a request; none where the whole list is asked for.
  var elements: [XMLElement] {
    guard self != PageRequest() else { return [] }
    let position: ResultSet.Request.Position = after.map { .after($0) } ?? before.map { .before($0) } ?? .start
    return [ResultSet.Request(max: max, position).element]
  }
}

extension ResultSet {
  /// The bounds of a reply; `nil` where it has none.
  init?(in wrapper: XMLElement) {
    guard let set = wrapper.child(named: "set", namespace: Self.namespace) else { return nil }
    self.init(set)
  }
}
