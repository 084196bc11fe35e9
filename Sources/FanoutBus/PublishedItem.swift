package import GRIP

/// An item on its way to the listeners, shared by every loop that it passes.
///
/// **Why**: a `GRIPItem` is a large value; a reference is what crosses loops and waits in queues.
package final class PublishedItem: Sendable {
  /// The item as its publisher sent it.
  package let item: GRIPItem
  /// What counts against the bounds of queues: the bytes of all contents, and a fixed sum for the rest.
  package let weight: Int
  /// The trace that its publisher wants recorded; `nil` for nearly all.
  package let trace: String?

  /// Wraps an item.
  package convenience init(_ item: GRIPItem) {
    self.init(item, trace: nil)
  }

  /// Wraps an item of a trace.
  package init(_ item: GRIPItem, trace: String?) {
    self.item = item
    self.trace = trace
    self.weight = Self.weight(of: item)
  }

  /// The item's channel.
  package var channel: String { item.channel }

  private static func weight(of item: GRIPItem) -> Int {
    var bytes = 256 + item.channel.utf8.count
    if case .send(let message)? = item.httpResponse {
      switch message.body {
      case .full(let content): bytes += content.count
      case .patch(let json): bytes += json.utf8.count
      }
    }
    if case .send(let content, _)? = item.httpStream { bytes += content.count }
    if case .send(let content, _, _)? = item.webSocket { bytes += content.count }
    return bytes
  }
}

extension GRIPContent {
  /// The number of bytes that reach the client.
  package var count: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    }
  }
}
