import FanoutBus
import GRIP
import HTTPTypes
import NIOCore

/// An item on one loop, with the bytes that its listeners get: made once per format, framing and response head.
///
/// **Isolation**: its loop. Each loop has its own copy: counting references of one buffer on two loops costs more than
/// copying it (75 against 13 ns per delivery).
final class EncodedItem {
  /// What makes two responses of one item differ.
  private struct ResponseKey: Hashable {
    var template: Int32
    var minorVersion: Int8
    var closes: Bool
    var isHead: Bool
  }

  let published: PublishedItem

  private var chunk: ByteBuffer?
  private var raw: ByteBuffer?
  private var frame: ByteBuffer?
  private var deflatedFrame: ByteBuffer?
  private var positioned: (prefix: String, channel: String, isDeflating: Bool, bytes: ByteBuffer)?
  private var responses: [ResponseKey: ByteBuffer] = [:]
  private var lastKey: ResponseKey?
  private var lastResponse = ByteBuffer()

  /// An item of which nothing is encoded yet.
  init(_ published: PublishedItem) {
    self.published = published
  }

  var item: GRIPItem { published.item }

  /// The bytes for a stream; `nil` where the item has none to send.
  func streamBytes(_ framing: StreamFraming) -> ByteBuffer? {
    guard case .send(let content, _)? = item.httpStream else { return nil }
    switch framing {
    case .chunked:
      if let chunk { return chunk }
      var buffer = ByteBuffer()
      buffer.reserveCapacity(content.count + 12)
      content.withBytes { buffer.writeChunk($0) }
      chunk = buffer
      return buffer
    case .untilClose:
      if let raw { return raw }
      var buffer = ByteBuffer()
      buffer.reserveCapacity(content.count)
      content.withBytes { _ = buffer.writeBytes($0) }
      raw = buffer
      return buffer
    }
  }

  /// The frame for a WebSocket; `nil` where the item has none to send.
  ///
  /// - Parameter deflater: the loop's, where the client has agreed to compressed messages: made once for all of them.
  func socketBytes(deflater: SocketDeflater?) -> ByteBuffer? {
    if let made = deflater == nil ? frame : deflatedFrame { return made }
    let encoded: ByteBuffer
    switch item.webSocket {
    case .send(let content, let isBinary, _)?:
      var payload = ByteBuffer()
      payload.reserveCapacity(content.count)
      content.withBytes { _ = payload.writeBytes($0) }
      encoded = SocketFrameEncoder.message(isBinary ? .binary : .text, payload, deflater: deflater)
    case .ping(let payload)?: encoded = SocketFrameEncoder.message(.ping, ByteBuffer(bytes: payload))
    case .pong(let payload)?: encoded = SocketFrameEncoder.message(.pong, ByteBuffer(bytes: payload))
    case .close?, .hint?, .refresh?, nil: return nil
    }
    if deflater == nil { frame = encoded } else { deflatedFrame = encoded }
    return encoded
  }

  /// The item with another content of its message for WebSockets; pings and pongs stay as they are.
  func replacingMessage(_ content: GRIPContent) -> EncodedItem {
    guard case .send(_, let isBinary, let filters)? = item.webSocket else { return self }
    var changed = item
    changed.webSocket = .send(content, isBinary: isBinary, contentFilters: filters)
    return EncodedItem(PublishedItem(changed))
  }

  /// The frame for a WebSocket, and behind it one that tells the client where it stands then: `PREFIX{"channel":…,"id":…}`.
  /// `nil` where the item has no id.
  ///
  /// - Parameter channel: as the origin names it.
  func positionedBytes(prefix: String, channel: String, deflater: SocketDeflater?) -> ByteBuffer? {
    guard let id = item.id, var frames = socketBytes(deflater: deflater) else { return nil }
    let isDeflating = deflater != nil
    // Clients of one origin have one prefix and one name for the channel.
    if let made = positioned, made.prefix == prefix, made.channel == channel, made.isDeflating == isDeflating {
      return made.bytes
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("channel")
    writer.string(channel)
    writer.name("id")
    writer.string(id)
    writer.endObject()
    var text = ByteBuffer(string: prefix)
    text.writeBytes(writer.bytes)
    frames.writeImmutableBuffer(SocketFrameEncoder.message(.text, text))
    positioned = (prefix, channel, isDeflating, frames)
    return frames
  }

  /// The whole response for a long-poll; `nil` where the item patches what cannot be patched so.
  ///
  /// - Parameters:
  ///   - message: this item's response.
  ///   - fields: the fields of the hold's own response, which the item's replace by name; those of `template`.
  ///   - template: their number, unchanged as long as the item is handed round.
  func response(
    _ message: GRIPHTTPResponseMessage, fields: HTTPFields, template: Int32, hold: PollResponse
  ) -> ByteBuffer? {
    let key = ResponseKey(
      template: template, minorVersion: Int8(hold.minorVersion), closes: hold.closes, isHead: hold.isHead)
    if hold.envelope != nil {
      // Hardly two holds have one callback.
      let body: [UInt8]? = if case .full(let content) = message.body { content.bytes } else { hold.patched(message) }
      return body.map { Self.encode(message, body: $0, fields: fields, hold: hold) }
    }
    guard case .full(let content) = message.body else {
      // A patched body differs from hold to hold.
      return hold.patched(message).map { Self.encode(message, body: $0, fields: fields, hold: hold) }
    }
    if key == lastKey { return lastResponse }
    let encoded = responses[key] ?? Self.encode(message, body: content.bytes, fields: fields, hold: hold)
    responses[key] = encoded
    lastKey = key
    lastResponse = encoded
    return encoded
  }

  /// Forgets responses: templates may change their numbers when the item is not handed round any more.
  func forgetResponses() {
    responses = [:]
    lastKey = nil
  }

  /// A response with a body of its own.
  static func encode(
    _ message: GRIPHTTPResponseMessage, body: [UInt8], fields: HTTPFields, hold: PollResponse
  ) -> ByteBuffer {
    hold.encode(
      status: message.status, reason: message.reason, fields: merged(message.headers, into: fields), body: body)
  }

  /// The hold's fields without those that the item names, then the item's; `Grip-…` ones are dropped, and
  /// `Grip-Expose-Headers` keeps only what it lists.
  ///
  /// **Spec**: GRIP proxy §8.3, with Q-13 corrected.
  static func merged(_ own: HTTPFields, into fields: HTTPFields) -> [HTTPField] {
    let named = Set(own.map(\.name.canonicalName))
    let exposed = Set(
      own.filter { $0.name.canonicalName == "grip-expose-headers" }
        .flatMap { $0.value.split(separator: ",") }
        .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() })
    let merged = fields.filter { !named.contains($0.name.canonicalName) } + own
    return merged.filter { field in
      let name = field.name.canonicalName
      return !name.hasPrefix("grip-") && (exposed.isEmpty || exposed.contains(name))
    }
  }
}

@available(*, unavailable)
extension EncodedItem: Sendable {}

extension GRIPContent {
  /// The bytes, without a copy where they are text.
  func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    switch self {
    case .binary(let bytes): bytes.withUnsafeBufferPointer(body)
    case .text(var text): text.withUTF8(body)
    }
  }
}
