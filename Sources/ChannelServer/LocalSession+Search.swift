import Channels
import XMPP

extension LocalSession {
  func searchEntries(
    _ text: String, max: Int, offset: Int
  ) async throws(ChannelError) -> (entries: [Entry], count: Int) {
    let page = try checked(text, max: max, offset: offset)
    let isLocal = configuration.isLocal(user)
    return try await server.store.read { store in
      try store.searchEntries(text, viewer: user, isLocal: isLocal, max: page.max, offset: page.offset)
    }
  }

  func searchChannels(
    _ text: String, max: Int, offset: Int
  ) async throws(ChannelError) -> (channels: [(channel: JID, metadata: NodeMetadata)], count: Int) {
    let page = try checked(text, max: max, offset: offset)
    return try await server.store.read { store in
      try store.searchChannels(text, max: page.max, offset: page.offset)
    }
  }

  private func checked(
    _ text: String, max: Int, offset: Int
  ) throws(ChannelError) -> (max: Int, offset: Int) {
    let limits = configuration.limits
    guard text.utf8.count <= limits.maxSearchBytes else {
      throw ChannelError(.policyViolation, "a search text has at most \(limits.maxSearchBytes) bytes")
    }
    guard max >= 0, (0...limits.maxSearchOffset).contains(offset) else {
      throw ChannelError(.badRequest, "max is at least 0, the offset 0 to \(limits.maxSearchOffset)")
    }
    return (min(max, limits.maxPage), offset)
  }
}
