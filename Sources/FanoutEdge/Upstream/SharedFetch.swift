import NIOCore

/// One response of an origin, read by several that asked for the same while it was on its way.
///
/// Everybody gets all of it at a pace of their own. Up to `limit` bytes are kept from the beginning, so that more may join;
/// a longer response goes on at the pace of the slowest, whom nobody waits for longer than `sharePatience`.
/// **Bounds**: with one reader nothing is read ahead of it; with several at most `limit` bytes, once for all of them.
/// **Spec**: GRIP proxy §6.4.
/// **Isolation**: its event loop, every member.
final class SharedFetch: OriginResponder, DeadlineOwner {
  private enum End {
    case complete
    case failed(OriginFailure)
  }

  private let loop: LoopContext
  private let key: LinkPlace.Key
  private let limit: Int
  private var fetch: OriginFetch?
  private var readers: [SharedReader] = []
  private var head: (head: ResponseHead, framing: BodyFraming)?
  private var parts: [ByteBuffer] = []
  /// Parts that everybody has had.
  private var dropped = 0
  private var keptBytes = 0
  private var totalBytes = 0
  private var end: End?
  private var deadlineKey: Int32 = -1
  private var isDeadlineSet = false
  /// Which of the targets answered.
  private(set) var targetIndex = 0

  init(loop: LoopContext, key: LinkPlace.Key, limit: Int) {
    self.loop = loop
    self.key = key
    self.limit = limit
  }

  /// Asks.
  func start(_ request: OriginFetch.Request) {
    let fetch = OriginFetch(loop: loop, request: request, receiver: self)
    self.fetch = fetch
    deadlineKey = loop.deadlines.add(self)
    fetch.start()
  }

  /// Whether who comes now can still have all of it.
  var isJoinable: Bool { end == nil && totalBytes <= limit && !readers.isEmpty }

  /// Adds a reader. It hears nothing before the present turn of the loop is over.
  func join(_ responder: any OriginResponder) -> SharedReader {
    let reader = SharedReader(responder, fetch: self)
    readers.append(reader)
    if head != nil {
      let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
      let boundReader = NIOLoopBound(reader, eventLoop: loop.eventLoop)
      loop.eventLoop.execute { bound.value.advance(boundReader.value) }
    }
    return reader
  }

  // MARK: The origin's side

  func originAcquired(_ origin: OriginConnection) {}
  func originWritable() {}

  func originFailed(_ failure: OriginFailure) { ended(.failed(failure)) }

  func responseEnded() { ended(.complete) }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    self.head = (head, framing)
    targetIndex = fetch?.targetIndex ?? 0
    advanceAll()
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    parts.append(bytes)
    keptBytes += bytes.readableBytes
    totalBytes += bytes.readableBytes
    if totalBytes > limit { loop.shares.remove(self, key: key) }
    advanceAll()
  }

  func responseReadPaused() {
    for reader in readers { reader.responder.responseReadPaused() }
  }

  var acceptsResponseBody: Bool {
    if readers.count == 1, let reader = readers.first {
      return reader.isCaughtUp(count: dropped + parts.count) && reader.responder.acceptsResponseBody
    }
    return keptBytes < limit
  }

  private func ended(_ end: End) {
    self.end = end
    fetch = nil
    loop.shares.remove(self, key: key)
    loop.deadlines.remove(&deadlineKey)
    advanceAll()
  }

  // MARK: The readers' side

  /// A reader takes bytes again, or is new.
  func advance(_ reader: SharedReader) {
    deliver(to: reader)
    if !reader.isOver { reader.responder.responseReadPaused() }
    settle()
  }

  /// A reader does not want it any more.
  func leave(_ reader: SharedReader) {
    readers.removeAll { $0 === reader }
    guard readers.isEmpty else { return settle() }
    fetch?.cancel()
    fetch = nil
    parts = []
    loop.shares.remove(self, key: key)
    loop.deadlines.remove(&deadlineKey)
  }

  private func advanceAll() {
    for reader in readers { deliver(to: reader) }
    settle()
  }

  private func deliver(to reader: SharedReader) {
    guard !reader.isOver, !reader.isReading else { return }
    reader.isReading = true
    defer { reader.isReading = false }
    while !reader.isOver {
      if !reader.hasHead, let head {
        reader.hasHead = true
        reader.responder.responseHeadReceived(head.head, framing: head.framing)
      } else if reader.hasHead, reader.position < dropped + parts.count {
        guard reader.responder.acceptsResponseBody else { return }
        let part = parts[reader.position - dropped]
        reader.position += 1
        reader.responder.responseBodyReceived(part)
      } else {
        guard let end else { return }
        reader.isOver = true
        readers.removeAll { $0 === reader }
        switch end {
        case .complete: reader.responder.responseEnded()
        case .failed(let failure): reader.responder.originFailed(failure)
        }
      }
    }
  }

  /// Forgets what everybody has had, and reads on where that makes room.
  private func settle() {
    if end != nil || totalBytes > limit {
      let first = readers.map(\.position).min() ?? dropped + parts.count
      while dropped < first, !parts.isEmpty {
        keptBytes -= parts.removeFirst().readableBytes
        dropped += 1
      }
    }
    guard end == nil else { return }
    let accepts = acceptsResponseBody
    let count = dropped + parts.count
    let isBlocking = !accepts && readers.count > 1 && readers.contains { $0.isCaughtUp(count: count) }
    if isBlocking != isDeadlineSet {
      isDeadlineSet = isBlocking
      loop.deadlines.set(deadlineKey, to: isBlocking ? loop.eventLoop.now + loop.configuration.sharePatience : nil)
    }
    if accepts { fetch?.resume() }
  }

  /// Others have waited long enough for the slowest.
  func deadlinePassed(now: NIODeadline) {
    isDeadlineSet = false
    guard let slowest = readers.map(\.position).min() else { return }
    for reader in readers where reader.position == slowest {
      reader.isOver = true
      readers.removeAll { $0 === reader }
      reader.responder.originFailed(OriginFailure(.timeout, "its reader keeps others waiting"))
    }
    settle()
  }
}

@available(*, unavailable)
extension SharedFetch: Sendable {}

/// One reader's place in a shared response.
///
/// **Isolation**: its event loop.
final class SharedReader {
  fileprivate let responder: any OriginResponder
  fileprivate let fetch: SharedFetch
  fileprivate var position = 0
  fileprivate var hasHead = false
  fileprivate var isOver = false
  fileprivate var isReading = false

  fileprivate init(_ responder: any OriginResponder, fetch: SharedFetch) {
    self.responder = responder
    self.fetch = fetch
  }

  /// Which of the targets answered.
  var targetIndex: Int { fetch.targetIndex }

  fileprivate func isCaughtUp(count: Int) -> Bool { position == count }

  /// The responder takes body bytes again.
  func resume() {
    if !isOver { fetch.advance(self) }
  }

  /// The responder hears nothing more.
  func cancel() {
    guard !isOver else { return }
    isOver = true
    fetch.leave(self)
  }
}

@available(*, unavailable)
extension SharedReader: Sendable {}

/// The responses of one event loop that more may join.
///
/// **Isolation**: its event loop.
final class SharedFetches {
  private var fetches: [LinkPlace.Key: SharedFetch] = [:]

  /// Joins a response that is on its way, or asks for it.
  ///
  /// - Parameter limit: bytes that are kept for those who join.
  func read(
    _ key: LinkPlace.Key, loop: LoopContext, limit: Int, responder: any OriginResponder,
    request: () -> OriginFetch.Request
  ) -> SharedReader {
    if let fetch = fetches[key], fetch.isJoinable {
      loop.counters.joins += 1
      return fetch.join(responder)
    }
    let fetch = SharedFetch(loop: loop, key: key, limit: limit)
    fetches[key] = fetch
    let reader = fetch.join(responder)
    fetch.start(request())
    return reader
  }

  fileprivate func remove(_ fetch: SharedFetch, key: LinkPlace.Key) {
    if fetches[key] === fetch { fetches[key] = nil }
  }
}

@available(*, unavailable)
extension SharedFetches: Sendable {}
