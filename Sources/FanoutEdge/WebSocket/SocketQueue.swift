import NIOCore

/// What waits for one WebSocket's client, in order, and whether a message of the origin's is under way.
///
/// Nothing comes between the fragments of a message but pings and pongs of the origin's own: what is published meanwhile is
/// put behind its end. Deviates from Pushpin, which drops it. Pure.
/// **Bounds**: its owner's: it asks before it adds items, and stops reading the origin for its frames.
struct SocketQueue {
  /// One thing to send.
  enum Entry {
    /// Whole frames, encoded: an item's, or a delayed message's.
    case bytes(ByteBuffer)
    /// A frame of the origin's.
    case frame(SocketFrame)
    /// The end; nothing is added after it.
    case close(SocketClose)
  }

  private var entries = CircularBuffer<Entry>()
  /// What came while a message of the origin's was under way.
  private var deferred: [Entry] = []
  /// Whether the origin has begun a message and not ended it.
  private(set) var isMessageOpen = false
  /// Whether the end has been added.
  private(set) var isClosing = false
  /// Entries that are items.
  private(set) var itemCount = 0
  /// Bytes of all entries.
  private(set) var byteCount = 0
  /// Bytes of the items among them.
  private(set) var itemBytes = 0

  /// Whether nothing waits.
  var isEmpty: Bool { entries.isEmpty && deferred.isEmpty }
  /// Whether something may be sent now.
  var hasReady: Bool { !entries.isEmpty }
  /// Whether an item may be sent at once.
  var isIdle: Bool { isEmpty && !isMessageOpen && !isClosing }

  /// An item waits.
  mutating func add(item bytes: ByteBuffer) {
    guard !isClosing else { return }
    itemCount += 1
    itemBytes += bytes.readableBytes
    byteCount += bytes.readableBytes
    if isMessageOpen { deferred.append(.bytes(bytes)) } else { entries.append(.bytes(bytes)) }
  }

  /// A frame of the origin's waits.
  mutating func add(_ frame: SocketFrame) {
    guard !isClosing else { return }
    byteCount += frame.payload.readableBytes
    entries.append(.frame(frame))
    passed(frame)
  }

  /// A frame of the origin's was sent at once.
  mutating func passed(_ frame: SocketFrame) {
    guard frame.kind == .text || frame.kind == .binary else { return }
    isMessageOpen = !frame.isLast
    if frame.isLast { entries.append(contentsOf: takeDeferred()) }
  }

  /// The end comes after all that waits. A message that is under way is not finished any more.
  mutating func add(_ close: SocketClose) {
    guard !isClosing else { return }
    // What waits for the end of a message that will have none cannot be sent.
    for case .bytes(let bytes) in takeDeferred() { forget(bytes) }
    isClosing = true
    entries.append(.close(close))
  }

  /// Takes what comes next. Items that follow each other come as one, up to about `limit` bytes.
  mutating func next(limit: Int) -> Entry? {
    guard let first = entries.popFirst() else { return nil }
    switch first {
    case .bytes(var bytes):
      forget(bytes)
      while case .bytes(let following)? = entries.first, bytes.readableBytes + following.readableBytes <= limit {
        entries.removeFirst()
        forget(following)
        bytes.writeImmutableBuffer(following)
      }
      return .bytes(bytes)
    case .frame(let frame): byteCount -= frame.payload.readableBytes
    case .close: break
    }
    return first
  }

  /// Drops the items that wait, and says how many they were.
  mutating func dropItems() -> Int {
    let dropped = itemCount
    entries = CircularBuffer(entries.filter { if case .bytes = $0 { false } else { true } })
    deferred = []
    byteCount -= itemBytes
    itemCount = 0
    itemBytes = 0
    return dropped
  }

  /// Drops everything.
  mutating func removeAll() {
    self = SocketQueue()
    isClosing = true
  }

  private mutating func takeDeferred() -> [Entry] {
    defer { deferred = [] }
    return deferred
  }

  private mutating func forget(_ bytes: ByteBuffer) {
    itemCount -= 1
    itemBytes -= bytes.readableBytes
    byteCount -= bytes.readableBytes
  }
}
