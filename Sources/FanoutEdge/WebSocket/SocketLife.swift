package import NIOCore

/// What is known of a client's life by time: when it was last heard, what it has been asked, what it owes. Pure.
package struct SocketLife {
  /// What to do when a deadline has passed.
  package enum Action: Hashable {
    case none
    /// Ask whether it lives.
    case ping(ByteBuffer)
    /// It did not answer.
    case unresponsive
    /// It does not read.
    case slow
    /// A close frame has not been answered.
    case closeOverdue
  }

  private var lastHeard: NIODeadline
  private var pinged: NIODeadline?
  private var pingNumber: UInt32 = 0
  private var queuedAtPing = 0
  private var closeBegan: NIODeadline?
  private var stalledSince: NIODeadline?

  package init(now: NIODeadline) { lastHeard = now }

  /// Whether a ping waits for its answer.
  var isAsked: Bool { pinged != nil }

  /// Bytes have come.
  package mutating func heard(now: NIODeadline) {
    lastHeard = now
    pinged = nil
  }

  /// One side has sent a close frame.
  package mutating func closeBegun(now: NIODeadline) { closeBegan = now }

  /// What is written is not leaving (`true`), or leaves again.
  package mutating func writabilityChanged(isStalled: Bool, now: NIODeadline) {
    stalledSince = isStalled ? stalledSince ?? now : nil
  }

  /// Whether a pong answers a ping of the edge's own. All others are somebody else's.
  package func isAnswer(_ payload: ByteBuffer) -> Bool {
    pingNumber > 0 && payload.readableBytes == Self.mark.utf8.count + 4
      && payload == Self.payload(pingNumber)
  }

  private static let mark: StaticString = "edge"

  private static func payload(_ number: UInt32) -> ByteBuffer {
    var buffer = ByteBuffer(staticString: mark)
    buffer.writeInteger(number)
    return buffer
  }

  /// The next time to look.
  package func deadline(_ settings: EdgeConfiguration.Sockets, stall: TimeAmount, isOpen: Bool) -> NIODeadline? {
    var next = closeBegan.map { $0 + settings.closeTimeout }
    func take(_ deadline: NIODeadline) { next = next.map { min($0, deadline) } ?? deadline }
    if let stalledSince { take(stalledSince + stall) }
    if isOpen, settings.pingInterval > .zero {
      take(pinged.map { $0 + settings.pingGrace } ?? lastHeard + settings.pingInterval)
    }
    return next
  }

  /// A deadline has passed.
  ///
  /// - Parameters:
  ///   - isReading: whether the client is being read. What is not read cannot be heard.
  ///   - queued: bytes that the client's system has not confirmed. As long as they get less, a slow line is all that is
  ///     wrong: the ping is behind them.
  package mutating func passed(
    _ settings: EdgeConfiguration.Sockets, stall: TimeAmount, isOpen: Bool, isReading: Bool, queued: Int,
    now: NIODeadline
  ) -> Action {
    if let closeBegan, now >= closeBegan + settings.closeTimeout { return .closeOverdue }
    if let stalledSince, now >= stalledSince + stall { return .slow }
    guard isOpen, settings.pingInterval > .zero else { return .none }
    // Behind what waits a ping would come too late, and its answer later still: that time is `stall`'s.
    guard isReading, stalledSince == nil else {
      heard(now: now)
      return .none
    }
    if let pinged {
      guard now >= pinged + settings.pingGrace else { return .none }
      guard queued > 0, queued < queuedAtPing else { return .unresponsive }
      self.pinged = now
      queuedAtPing = queued
      return .none
    }
    guard now >= lastHeard + settings.pingInterval else { return .none }
    pinged = now
    queuedAtPing = queued
    pingNumber &+= 1
    return .ping(Self.payload(pingNumber))
  }
}

extension StaticString {
  fileprivate var utf8: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
