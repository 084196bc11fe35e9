/// Counts the stanzas of both directions of a stream, keeps what the peer has not acknowledged, and tells after a resumption
/// what to send again: nothing is lost, and nothing comes twice.
///
/// The same for client and server. It holds whatever the caller sends: bytes, or stanzas.
///
/// **Spec**: XEP-0198 §3–§5.
public struct StreamCounter<Sent> {
  /// How many the peer has got of what we sent.
  public private(set) var acknowledged: UInt32
  /// How many we have got of what the peer sent.
  public private(set) var handled: UInt32
  /// The most that is kept unacknowledged; default 1,000.
  public let maxUnacknowledged: Int
  /// After how many stanzas the peer is asked how many it has got; default 10.
  public let askEvery: Int

  /// What was sent and not acknowledged is at `queue[first...]`: taking from the front costs nothing.
  private var queue: [Sent?] = []
  private var first = 0
  private var sinceAsked = 0
  private var isAsked = false

  /// A stream whose counting has begun: `enabled` has been sent, or received. Both numbers begin at 0, but for tests.
  public init(maxUnacknowledged: Int = 1000, askEvery: Int = 10, beginningAt start: UInt32 = 0) {
    acknowledged = start
    handled = start
    self.maxUnacknowledged = max(1, maxUnacknowledged)
    self.askEvery = max(1, askEvery)
  }

  /// How many were sent, modulo 2³².
  public var sent: UInt32 { acknowledged &+ UInt32(truncatingIfNeeded: unacknowledgedCount) }

  /// How many are kept.
  public var unacknowledgedCount: Int { queue.count - first }

  /// Whether one more may be sent. If not, the peer has not acknowledged for too long: who sends all the same loses it with
  /// the connection, so the stream is closed (``Overflow``) or sending waits.
  public var hasRoom: Bool { unacknowledgedCount < maxUnacknowledged }

  /// What happens to a stanza beyond ``maxUnacknowledged``.
  public struct Overflow: Error, Sendable, Hashable {}

  /// What is to be done after a stanza was sent.
  public enum Advice: Sendable, Hashable {
    case nothing
    /// Send `<r/>`.
    case ask
  }

  /// Notes a stanza that is being sent.
  public mutating func send(_ stanza: Sent) throws(Overflow) -> Advice {
    guard hasRoom else { throw Overflow() }
    queue.append(stanza)
    sinceAsked += 1
    guard sinceAsked >= askEvery, !isAsked || unacknowledgedCount * 2 >= maxUnacknowledged else { return .nothing }
    noteAsked()
    return .ask
  }

  /// Notes that `<r/>` was sent for another reason, such as that nothing has been said for a while.
  public mutating func noteAsked() {
    isAsked = true
    sinceAsked = 0
  }

  /// Notes a stanza of the peer's that has been handled.
  public mutating func noteHandled() { handled &+= 1 }

  /// The answer to the peer's `<r/>`.
  public var answer: StreamManagement { .answer(handled) }

  /// The peer has got so many: gives those that were kept until now.
  ///
  /// **Errors**: `undefined-condition` with `handled-count-too-high`, if it was never sent so many (XEP-0198 §4).
  @discardableResult
  public mutating func acknowledge(_ count: UInt32) throws(StreamError) -> [Sent] {
    let new = count &- acknowledged
    guard Int(new) <= unacknowledgedCount else {
      throw StreamError(
        .undefinedCondition, text: "\(count) stanzas are acknowledged, of \(sent)",
        application: XMLElement(
          "handled-count-too-high", namespace: StreamManagement.namespace,
          attributes: ["h": String(count), "send-count": String(sent)]))
    }
    acknowledged = count
    isAsked = false
    let taken = queue[first..<(first + Int(new))].compactMap(\.self)
    for index in first..<(first + Int(new)) { queue[index] = nil }
    first += Int(new)
    if first == queue.count {
      queue.removeAll(keepingCapacity: queue.capacity <= 64)
      first = 0
    } else if first > 256, first * 2 > queue.count {
      queue.removeFirst(first)
      first = 0
    }
    return taken
  }

  /// The stream goes on over a new connection, whose peer has got so many: gives what is to be sent again, in order. It
  /// stays kept, and is not to be given to ``send(_:)`` again.
  ///
  /// **Errors**: as ``acknowledge(_:)``.
  public mutating func resume(handledByPeer count: UInt32) throws(StreamError) -> [Sent] {
    try acknowledge(count)
    sinceAsked = 0
    isAsked = false
    return unacknowledged
  }

  /// What is kept, in order: for whoever decides what becomes of it when the stream is not resumed.
  public var unacknowledged: [Sent] { queue[first...].compactMap(\.self) }
}

extension StreamCounter: Sendable where Sent: Sendable {}
