import NIOCore

/// The body of a request on its way to an origin: kept from its beginning while it is small enough to be sent again.
struct RequestBody {
  /// How the client framed it.
  let framing: BodyFraming
  /// All that has come, `nil` once it is too much.
  private(set) var kept: ByteBuffer?
  /// What came before there was a connection to send it on, and is too much to be kept.
  private var unsent: ByteBuffer?
  private(set) var isComplete = false
  private(set) var count = 0
  private let limit: Int

  /// - Parameter limit: bytes that are kept.
  init(framing: BodyFraming, limit: Int) {
    self.framing = framing
    self.limit = limit
    kept = ByteBuffer()
    isComplete = framing == .none || framing == .length(0)
  }

  /// A whole body, for a retry.
  init(complete bytes: [UInt8]) {
    framing = bytes.isEmpty ? .none : .length(bytes.count)
    kept = ByteBuffer(bytes: bytes)
    count = bytes.count
    limit = bytes.count
    isComplete = true
  }

  /// Whether all of it is at hand.
  var isReplayable: Bool { isComplete && kept != nil }

  /// Adds a part. It is the caller's to send it on where sending has begun.
  mutating func append(_ bytes: ByteBuffer, hasSendingBegun: Bool) {
    count += bytes.readableBytes
    if count > limit {
      if !hasSendingBegun {
        var all = unsent ?? kept ?? ByteBuffer()
        unsent = nil
        all.writeImmutableBuffer(bytes)
        unsent = all
      }
      kept = nil
    } else {
      kept?.writeImmutableBuffer(bytes)
    }
  }

  /// What is to be sent first on a new connection.
  mutating func takeBeginning() -> ByteBuffer? {
    defer { unsent = nil }
    return unsent ?? kept
  }

  mutating func complete() { isComplete = true }

  /// How it is framed towards an origin. A chunked body that is whole gets its length.
  var originFraming: BodyFraming {
    if framing == .chunked, isReplayable { return .length(count) }
    return framing
  }
}
