import Channels
import GRIP
import XMPP

extension Entry {
  /// The entry as JSON (buddycloud-http-api.md §3.2). Keys without a value are left out.
  ///
  /// - Parameter hasSource: whether to say which node it is from, as cross-channel lists do.
  func json(hasSource: Bool = false) -> JSONValue {
    .object([
      "id": .string(id),
      "source": hasSource ? .string(node.path) : nil,
      "author": .string(author.description),
      "published": .string(published.description),
      "updated": .string(updated.description),
      "title": ownTitle.map { .string($0) },
      "content": content.map { .string($0) } ?? .null,
      "media": media.isEmpty
        ? nil
        : .array(media.map { .object(["id": .string($0.id), "channel": .string($0.channel)]) }),
      "replyTo": inReplyTo.map { .string($0) },
    ])
  }

  /// The title where it says more than the content does.
  private var ownTitle: String? {
    guard let title, !title.isEmpty, title != content, title != content.map(Self.teaser) else { return nil }
    return title
  }

  /// A title for a content: all of it when it is shorter than 40 characters, else the first 39 and `…`.
  static func teaser(_ content: String) -> String {
    content.count < 40 ? content : content.prefix(39) + "…"
  }
}
