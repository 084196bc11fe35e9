import GRIP
import NIOCore

/// What a client has sent and an origin has not accepted yet (GRIP proxy §15.5). Pure.
///
/// **Bounds**: `count` against the owner's limit; it stops reading the client there.
struct OverHTTPBuffer {
  /// A message, ping or pong of the client's; or what is left of one that was accepted in part.
  struct Message {
    var kind: SocketFrame.Kind
    var content: ByteBuffer
  }

  /// What a request offers.
  struct Offer: Equatable {
    /// Messages from the head of the buffer.
    var messages = 0
    /// Their content.
    var bytes = 0
    /// Whether `CLOSE` follows them.
    var hasClose = false
    /// The content of that: code and reason.
    var closeBytes = 0
    /// Content that was offered before.
    var replayedBytes = 0
    /// Whether more was there than went in.
    var isPartial = false

    /// All content that can be accepted.
    var total: Int { bytes + closeBytes }
  }

  /// What an answer means for what was offered.
  enum Acceptance: Equatable {
    case accepted
    /// The close could not be taken yet; it is offered again.
    case closePostponed(hasProgress: Bool)
    /// The origin broke the rules.
    case wrong(String)
  }

  private var messages = CircularBuffer<Message>()
  private var incomplete: Message?
  private(set) var close: SocketClose?
  /// Messages at the head that were offered before.
  private var offeredCount = 0
  private var offeredBytes = 0
  /// Bytes of all messages, complete or not.
  private(set) var count = 0
  /// Whether the close was offered, or need not be.
  private var isCloseOffered = false

  /// Bytes of a message whose end has not come.
  var incompleteBytes: Int { incomplete?.content.readableBytes ?? 0 }
  /// Whether there is something that no request has offered.
  var hasNew: Bool { messages.count > offeredCount || (close != nil && !isCloseOffered) }
  /// Whether messages have been offered that are still here.
  var hasOffered: Bool { offeredCount > 0 || isCloseOffered }

  /// A frame of the client's: fragments are joined, a ping between them goes before their message.
  mutating func add(_ frame: SocketFrame) {
    count += frame.payload.readableBytes
    guard frame.kind == .text || frame.kind == .binary else {
      return messages.append(Message(kind: frame.kind, content: frame.payload))
    }
    var message = frame.isFirst ? Message(kind: frame.kind, content: ByteBuffer()) : incomplete
    incomplete = nil
    if frame.isFirst, frame.isLast {
      message?.content = frame.payload
    } else {
      message?.content.writeImmutableBuffer(frame.payload)
    }
    guard let message else { return }
    if frame.isLast { messages.append(message) } else { incomplete = message }
  }

  /// The client's close frame comes behind all that it has sent.
  mutating func add(_ close: SocketClose) {
    count -= incompleteBytes
    incomplete = nil
    self.close = close
    isCloseOffered = false
  }

  /// Drops what no request has to carry any more.
  mutating func removeAll() {
    self = OverHTTPBuffer()
  }

  /// What the next request offers, and its body.
  ///
  /// - Parameter isOneEvent: whether it may carry one event only, an empty one too (Q-05 corrected).
  mutating func offer(isOneEvent: Bool) -> (offer: Offer, body: [UInt8]) {
    var offer = Offer()
    var body: [UInt8] = []
    for message in messages {
      if isOneEvent, offer.messages == 1 { break }
      let content = message.content.readableBytesView
      let type: StaticString =
        switch message.kind {
        case .text: "TEXT"
        case .binary: "BINARY"
        case .ping: "PING"
        case .pong: "PONG"
        }
      // An empty message as Pushpin 1.36 writes it, which every reader takes.
      GRIPWebSocketEvent.write(type, content, isCounted: false, to: &body)
      offer.messages += 1
      offer.bytes += content.count
    }
    let hasAll = offer.messages == messages.count
    if let close, hasAll, !isOneEvent || offer.messages == 0 {
      let content = Self.content(of: close)
      GRIPWebSocketEvent.write("CLOSE", content, isCounted: false, to: &body)
      offer.hasClose = true
      offer.closeBytes = content.count
      isCloseOffered = true
    }
    offer.isPartial = !hasAll || (close != nil && !offer.hasClose)
    offer.replayedBytes = min(offeredBytes, offer.bytes)
    offeredCount = max(offeredCount, offer.messages)
    offeredBytes = max(offeredBytes, offer.bytes)
    return (offer, body)
  }

  /// The origin has answered: what it accepted is forgotten.
  ///
  /// - Parameter accepted: `Content-Bytes-Accepted`; `nil` accepts all.
  mutating func answered(_ offer: Offer, accepted: Int?) -> Acceptance {
    let accepted = accepted ?? offer.total
    guard accepted >= 0, accepted <= offer.total else {
      return .wrong("it accepted \(accepted) bytes of \(offer.total)")
    }
    if offer.isPartial, offer.total > 0, accepted == 0 {
      return .wrong("it accepted nothing of an event that is not the last")
    }
    if accepted >= offer.bytes {
      if offer.hasClose, accepted != offer.total { return .wrong("it accepted a part of a close") }
      for _ in 0..<offer.messages { count -= messages.popFirst()?.content.readableBytes ?? 0 }
      offeredCount = max(0, offeredCount - offer.messages)
      offeredBytes = max(0, offeredBytes - offer.bytes)
      if offer.hasClose { close = nil }
      return .accepted
    }
    consume(accepted)
    guard offer.hasClose else { return .accepted }
    isCloseOffered = false
    return .closePostponed(hasProgress: accepted > 0)
  }

  /// Forgets so much content from the head. Empty messages go with content that is behind them.
  private mutating func consume(_ bytes: Int) {
    var rest = bytes
    count -= bytes
    offeredBytes -= bytes
    while rest > 0, let length = messages.first?.content.readableBytes {
      if length <= rest {
        rest -= length
        messages.removeFirst()
        offeredCount = max(0, offeredCount - 1)
      } else {
        messages[messages.startIndex].content.moveReaderIndex(forwardBy: rest)
        rest = 0
      }
    }
  }

  private static func content(of close: SocketClose) -> [UInt8] {
    guard let code = close.code else { return [] }
    return [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(close.reason.utf8)
  }
}
