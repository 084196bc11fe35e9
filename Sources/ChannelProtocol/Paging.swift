package import Channels
package import XMPP

/// Parts of lists as XEP-0059 writes them.
///
/// **Spec**: XEP-0059; channel-server §6, §12.
package enum Paging {
  /// What part a request asks for: the `set` beside the request, and `max_items`, which the set's `max` overrides.
  ///
  /// An empty `before` asks for the last page, and that is the one that comes without a marker where lists begin with the
  /// oldest.
  /// **Errors**: `badRequest` for a `max` that is no number.
  package static func request(
    in wrapper: XMLElement, maxItems: String? = nil
  ) throws(ChannelError) -> PageRequest {
    var page = PageRequest()
    if let maxItems { page.max = try number(maxItems, "max_items") }
    guard let set = wrapper.child(named: "set", namespace: ProtocolNamespace.resultSet) else { return page }
    if let max = set.child(named: "max")?.text { page.max = try number(max, "max") }
    page.after = set.child(named: "after").map(\.text).flatMap { $0.isEmpty ? nil : $0 }
    page.before = set.child(named: "before").map(\.text).flatMap { $0.isEmpty ? nil : $0 }
    guard page.after == nil || page.before == nil else {
      throw ChannelError(.badRequest, "a page is after an item or before one, not both")
    }
    return page
  }

  private static func number(_ text: String, _ name: String) throws(ChannelError) -> Int {
    guard let number = Int(text), number >= 0 else {
      throw ChannelError(.badRequest, "\(name) is '\(text.prefix(32))'; a number is accepted")
    }
    return number
  }

  /// The `set` of a request; `nil` where the whole list is asked for.
  static func element(_ page: PageRequest) -> XMLElement? {
    guard page != PageRequest() else { return nil }
    let parts = [("max", page.max.map(String.init)), ("after", page.after), ("before", page.before)]
    return XMLElement(
      "set", ProtocolNamespace.resultSet, [:],
      parts.compactMap { name, text in
        text.map { XMLElement(name, namespace: ProtocolNamespace.resultSet, text: $0) }
      })
  }
}

/// Where a part of a list begins and ends, and how long the whole list is.
package struct PageBounds: Sendable, Hashable {
  /// The id of its first item; `nil` for an empty part.
  package var first: String?
  /// The id of its last item.
  package var last: String?
  /// Of the whole list; `nil` where the server doesn't say.
  package var count: Int?

  package init(first: String?, last: String?, count: Int?) {
    self.first = first
    self.last = last
    self.count = count
  }

  /// The `set` of a reply.
  var element: XMLElement {
    let parts = [("first", first), ("last", last), ("count", count.map(String.init))]
    return XMLElement(
      "set", ProtocolNamespace.resultSet, [:],
      parts.compactMap { name, text in
        text.map { XMLElement(name, namespace: ProtocolNamespace.resultSet, text: $0) }
      })
  }

  /// The bounds of a reply; `nil` where it has none.
  init?(in wrapper: XMLElement) {
    guard let set = wrapper.child(named: "set", namespace: ProtocolNamespace.resultSet) else { return nil }
    first = set.child(named: "first")?.text
    last = set.child(named: "last")?.text
    count = (set.child(named: "count")?.text).flatMap { Int($0) }
  }
}
