import Channels
import GRIP
import Hummingbird
import XMPP

/// `/search` (buddycloud-http-api.md §4.8).
enum SearchRoutes {
  static let routes = [Route(.get, "/search", search)]

  @Sendable private static func search(_ call: APICall) async throws -> Response {
    let shape = "/search?type=metadata&q=TEXT or /search?type=content&q=TEXT"
    guard let type = call.target.parameter("type") else {
      throw APIError(.badRequest, "type is missing; ask \(shape)")
    }
    guard let text = call.target.parameter("q"), !text.isEmpty else {
      throw APIError(.badRequest, "q is missing; ask \(shape)")
    }
    let max = try call.number("max", in: 1...100) ?? 30
    let index = try call.number("index", in: 0...1_000_000) ?? 0
    let session = try await call.session()
    switch type {
    case "metadata":
      let found = try await call.run { try await session.searchChannels(text, max: max, offset: index) }
      let items = found.channels.map { channel, metadata in
        JSONValue.object([
          "jid": .string(channel.description),
          "description": .string(metadata.description),
          "creationDate": .string(metadata.creationDate.description),
          "title": .string(metadata.title),
          "channelType": metadata.channelType.map { .string($0.rawValue) } ?? .null,
          "defaultAffiliation": .string(metadata.defaultAffiliation.rawValue),
        ])
      }
      return page(items, index: index, count: found.count)
    case "content":
      let found = try await call.run { try await session.searchEntries(text, max: max, offset: index) }
      return page(found.entries.map(post), index: index, count: found.count)
    default:
      throw APIError(.badRequest, "type '\(type)' is not known; ask \(shape)")
    }
  }

  private static func post(_ entry: Entry) -> JSONValue {
    .object([
      "id": .string(entry.id),
      "author": .string(entry.author.description),
      "content": entry.content.map { .string($0) } ?? .null,
      "updated": .string(entry.updated.description),
      "published": .string(entry.published.description),
      "parent_fullid": .string(entry.node.description),
      "parent_simpleid": .string(entry.node.channel.description),
      "in_reply_to": entry.inReplyTo.map { .string($0) } ?? .null,
    ])
  }

  /// - Parameter index: the position of the first item, a string where there is one.
  private static func page(_ items: [JSONValue], index: Int, count: Int) -> Response {
    .json(
      .object([
        "items": .array(items),
        "rsm": .object([
          "index": items.isEmpty ? .number(0) : .string(String(index)), "count": .string(String(count)),
        ]),
      ]))
  }
}
