import FanoutBus
import GRIP
import NIOCore

/// Items of one channel that are handed round together: one, or several that have piled up, written as one.
///
/// **Isolation**: its loop.
final class Fanout {
  let items: [EncodedItem]
  /// Whether any item has a format for streams, for long-polls, or for WebSockets.
  let hasStream: Bool
  let hasPoll: Bool
  let hasSocket: Bool
  /// Whether every item is plain bytes for streams, so that a listener without filters gets all of them in one write.
  let isPlain: Bool
  /// The same for WebSockets.
  let isSocketPlain: Bool
  /// Whether each item follows the one before, so that who follows the first follows all.
  let isChain: Bool
  /// Where a reliable listener must stand to get them.
  let previousID: String?
  /// Where it stands then.
  let lastID: String?
  /// What one receiver counts for in the rate of deliveries.
  let blocks: Int
  /// Which part of the work has been started.
  var phase = Phase.new

  /// Where the walk over the listeners is.
  enum Phase { case new, streams, polls, sockets }

  private var chunked: ByteBuffer?
  private var raw: ByteBuffer?
  private var frames: ByteBuffer?
  private var deflatedFrames: ByteBuffer?

  /// Items in their order, at least one.
  init(_ items: [EncodedItem], blocks: Int) {
    self.items = items
    self.blocks = blocks
    hasStream = items.contains { $0.item.httpStream != nil }
    hasPoll = items.contains { $0.item.httpResponse != nil }
    isPlain = items.allSatisfy {
      if case .send(_, contentFilters: nil)? = $0.item.httpStream { true } else { false }
    }
    hasSocket = items.contains { $0.item.webSocket != nil }
    isSocketPlain = items.allSatisfy {
      switch $0.item.webSocket {
      case .send(_, _, contentFilters: nil)?, .ping?, .pong?: true
      default: false
      }
    }
    isChain = zip(items, items.dropFirst()).allSatisfy { $0.item.id != nil && $0.item.id == $1.item.previousID }
    previousID = items.first?.item.previousID
    lastID = items.last?.item.id
  }

  /// The bytes of all items for a stream.
  func streamBytes(_ framing: StreamFraming) -> ByteBuffer {
    switch framing {
    case .chunked:
      if let chunked { return chunked }
      let bytes = joined(framing)
      chunked = bytes
      return bytes
    case .untilClose:
      if let raw { return raw }
      let bytes = joined(framing)
      raw = bytes
      return bytes
    }
  }

  /// The frames of all items for a WebSocket.
  ///
  /// - Parameter deflater: the loop's, where the client has agreed to compressed messages.
  func socketBytes(deflater: SocketDeflater?) -> ByteBuffer {
    if let made = deflater == nil ? frames : deflatedFrames { return made }
    var buffer = items.count == 1 ? items[0].socketBytes(deflater: deflater) ?? ByteBuffer() : ByteBuffer()
    if items.count > 1 {
      for item in items {
        if let bytes = item.socketBytes(deflater: deflater) { buffer.writeImmutableBuffer(bytes) }
      }
    }
    if deflater == nil { frames = buffer } else { deflatedFrames = buffer }
    return buffer
  }

  private func joined(_ framing: StreamFraming) -> ByteBuffer {
    if items.count == 1 { return items[0].streamBytes(framing) ?? ByteBuffer() }
    var buffer = ByteBuffer()
    for item in items {
      if let bytes = item.streamBytes(framing) { buffer.writeImmutableBuffer(bytes) }
    }
    return buffer
  }
}

@available(*, unavailable)
extension Fanout: Sendable {}
