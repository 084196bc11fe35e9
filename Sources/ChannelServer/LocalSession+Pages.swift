import Channels
import XMPP

extension LocalSession {
  /// A page with its size set and its markers reduced to local ids.
  func resolved(_ page: PageRequest, of node: NodeID, defaultMax: Int) throws(ChannelError) -> PageRequest {
    guard page.after == nil || page.before == nil else {
      throw ChannelError(.badRequest, "a page is after or before an item, not both")
    }
    let max = page.max ?? defaultMax
    guard max >= 0 else { throw ChannelError(.badRequest, "max is at least 0") }
    return PageRequest(
      max: min(max, configuration.limits.maxPage), after: try localID(page.after, of: node),
      before: try localID(page.before, of: node))
  }

  /// `itemNotFound` for an id of another node.
  func localID(_ id: String?, of node: NodeID) throws(ChannelError) -> String? {
    guard let id else { return nil }
    guard id.utf8.count <= configuration.entries.maxIDBytes, let local = EntryID.local(in: id, of: node) else {
      throw ChannelError(.itemNotFound, "there is no such entry in \(node.path)")
    }
    return local
  }
}
