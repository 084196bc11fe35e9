import Channels
import GRIP
import Hummingbird
import XMPP

/// `/sync` (buddycloud-http-api.md §4.6).
enum SyncRoutes {
  static let routes = [Route(.get, "/sync", sync)]

  @Sendable private static func sync(_ call: APICall) async throws -> Response {
    let session = try await call.userSession()
    let shape = "/sync?since=2013-05-13T20:17:56.537Z&max=31"
    guard let text = call.target.parameter("since") else {
      throw APIError(.badRequest, "since is missing; ask \(shape)")
    }
    // A plus sign that was not encoded arrives as a blank.
    guard let since = Timestamp(text) ?? Timestamp(String(text.map { $0 == " " ? "+" : $0 })) else {
      throw APIError(.badRequest, "since is not a date and time; ask \(shape)")
    }
    guard let max = try call.number("max", in: 1...100) else {
      throw APIError(.badRequest, "max is missing; ask \(shape)")
    }
    let nodes = try await call.run { try await session.recentEntries(since: since, maxPerNode: max) }
    let isSummary = ["summary", "counters"].contains { call.target.parameter($0) == "true" }
    var members: [(String, JSONValue)] = []
    for (node, entries) in nodes {
      let value: JSONValue =
        isSummary
        ? await summary(of: entries, in: node, for: session, now: call.services.time.wall())
        : .array(entries.map { $0.json() })
      members.append((node.description, value))
    }
    return .json(.object(members: members))
  }

  /// The counts of 2014 and those that were there before, in one.
  private static func summary(
    of entries: [Entry], in node: NodeID, for session: any ChannelSession, now: Timestamp
  ) async -> JSONValue {
    let user = session.user?.bare
    let foreign = entries.filter { $0.author != user }
    let mentions = foreign.filter { entry in
      user.map { Mention.isFound(of: $0.description, in: entry.content ?? "") } ?? false
    }
    let weekAgo = Timestamp(milliseconds: now.milliseconds - 7 * 86_400_000)
    let newest = entries.map(\.updated).max().map { JSONValue.string($0.description) }
    return .object([
      "mentionsCount": .number(mentions.count),
      "totalCount": .number(foreign.count),
      "repliesCount": .number(await replies(to: user, among: foreign, all: entries, in: node, session)),
      "postsThisWeek": .array(
        entries.filter { $0.published >= weekAgo }.map { .string($0.published.description) }),
      "lastMention": mentions.map(\.updated).max().map { .string($0.description) },
      "lastPost": newest,
      "lastUpdated": newest,
    ])
  }

  /// How many of these entries answer a post of the user. Parents that are not among the entries are fetched, each once.
  private static func replies(
    to user: JID?, among foreign: [Entry], all: [Entry], in node: NodeID, _ session: any ChannelSession
  ) async -> Int {
    guard let user else { return 0 }
    var isOwn = Dictionary(all.map { ($0.id, $0.author == user) }) { first, _ in first }
    var count = 0
    for parent in foreign.compactMap(\.inReplyTo) {
      if isOwn[parent] == nil {
        // A parent that is gone is nobody's.
        isOwn[parent] = (try? await session.entry(parent, of: node))?.author == user
      }
      if isOwn[parent] == true { count += 1 }
    }
    return count
  }
}

/// Finding a user's address in a text.
enum Mention {
  /// Whether the text has the address as a word of its own: not as a part of a longer one.
  static func isFound(of address: String, in text: String) -> Bool {
    let text = Array(text.lowercased().utf8)
    let address = Array(address.lowercased().utf8)
    guard !address.isEmpty, text.count >= address.count else { return false }
    for start in 0...(text.count - address.count)
    where text[start] == address[0] && text[start..<start + address.count].elementsEqual(address) {
      let before = start > 0 ? text[start - 1] : nil
      let end = start + address.count
      let after = end < text.count ? text[end] : nil
      let next = end + 1 < text.count ? text[end + 1] : nil
      let isEnd = after.map { !isWord($0) && ($0 != UInt8(ascii: ".") || !(next.map(isWord) ?? false)) } ?? true
      let isStart = before.map { !isWord($0) && !Array("%&.".utf8).contains($0) } ?? true
      if isStart && isEnd { return true }
    }
    return false
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
}
