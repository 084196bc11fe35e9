package import NIOCore

/// What one client connection may do next: a pure machine, events in, actions out, time given.
///
/// It knows the order of requests and responses, when a connection persists (RFC 9112 §9.3) and the absolute time limits.
/// It knows no bytes: parsing, writing and origins are the handler's.
package struct DownstreamMachine: Sendable {
  /// Time limits of a client connection.
  package struct Timeouts: Sendable, Hashable {
    /// From the first byte of a head to its end. Default 10 s, then 408.
    package var head = TimeAmount.seconds(10)
    /// A connection without a request. Default 60 s, then it is closed.
    package var idle = TimeAmount.seconds(60)
    /// Time of reading a body before its rate counts. Default 10 s.
    package var bodyGrace = TimeAmount.seconds(10)
    /// The lowest average rate of a body after that, in bytes a second. Default 240, then 408.
    package var bodyBytesPerSecond = 240
    /// How long a client may leave a response unread while bytes wait for it. Default 60 s.
    package var stall = TimeAmount.seconds(60)
    /// How long input is read and dropped after a response that ends the connection, so that no reset overtakes it.
    /// Default 2 s.
    package var linger = TimeAmount.seconds(2)

    package init() {}
  }

  /// Where the connection is.
  package enum State: Sendable, Hashable {
    /// Between requests.
    case idle
    /// Some bytes of a head have come.
    case head
    /// A request is being served.
    case exchange
    /// Its response is in the hands of the hold table.
    case held
    /// The connection has become a WebSocket, which has its own rules.
    case socket
    /// The last response is written; what still comes is dropped.
    case lingering
    case closed
  }

  /// What to do when a time limit has passed.
  package enum TimeoutAction: Sendable, Hashable {
    case none
    /// Answer and end the connection.
    case refuse(HeadFault)
    case close(CloseReason)
  }

  /// What to do when a response has ended.
  package enum EndAction: Sendable, Hashable {
    /// Go on with the next request.
    case next
    /// Close the sending side when what is written has left (`outputClosed`), and the connection a moment later.
    case linger
    /// Close when what is written has left: the response must look cut off.
    case abort
  }

  package private(set) var state = State.idle
  /// When `deadlinePassed` is to be called; `nil` for never.
  package private(set) var deadline: NIODeadline?
  /// Whether the request's last byte has come.
  package private(set) var isRequestComplete = false
  /// Whether a final head has been written.
  package private(set) var isResponseStarted = false
  /// Whether `100 Continue` is owed before the body is read.
  package private(set) var owesContinue = false
  /// Requests begun.
  package private(set) var requestCount = 0

  private let timeouts: SharedTimeouts
  private var persists = false
  private var isDraining = false
  private var bodyBytes = 0
  private var bodyReading = TimeAmount.zero
  private var readingSince: NIODeadline?
  /// Since when what is written does not leave; `nil` where it does.
  private(set) var stalledSince: NIODeadline?

  package init(timeouts: Timeouts, now: NIODeadline) {
    self.init(timeouts: SharedTimeouts(timeouts), now: now)
  }

  /// A machine with the time limits that all connections of a loop share.
  init(timeouts: SharedTimeouts, now: NIODeadline) {
    self.timeouts = timeouts
    deadline = now + timeouts.values.idle
  }

  /// Bytes have come that belong to a head.
  package mutating func headBytesReceived(now: NIODeadline) {
    guard state == .idle else { return }
    state = .head
    deadline = now + timeouts.values.head
  }

  /// A head is complete.
  package mutating func headCompleted(wantsKeepAlive: Bool, expectsContinue: Bool, now: NIODeadline) {
    state = .exchange
    requestCount += 1
    persists = wantsKeepAlive
    owesContinue = expectsContinue
    isRequestComplete = false
    isResponseStarted = false
    bodyBytes = 0
    bodyReading = .zero
    readingSince = nil
    setDeadline()
  }

  /// A part of the body has come.
  package mutating func bodyReceived(count: Int, now: NIODeadline) {
    bodyBytes += count
  }

  /// Whether the handler is reading the body now. Time in which we do not read does not count against the client.
  ///
  /// - Returns: whether `100 Continue` must be written now.
  package mutating func bodyReadingChanged(isReading: Bool, now: NIODeadline) -> Bool {
    guard state == .exchange, !isRequestComplete else { return false }
    if isReading {
      if readingSince == nil { readingSince = now }
    } else if let since = readingSince {
      bodyReading = bodyReading + (now - since)
      readingSince = nil
    }
    setDeadline()
    guard isReading, owesContinue, !isResponseStarted else { return false }
    owesContinue = false
    return true
  }

  /// The request's last byte has come.
  package mutating func requestCompleted() {
    isRequestComplete = true
    owesContinue = false
    readingSince = nil
    setDeadline()
  }

  /// A final response head is about to be written.
  ///
  /// - Parameter isDelimited: whether its end can be seen without closing.
  /// - Returns: whether the connection ends after it, so that the head must say so.
  package mutating func responseStarted(isDelimited: Bool) -> Bool {
    isResponseStarted = true
    // A body that nobody will read, or that waits for 100 Continue, cannot be told from the next request.
    if !isDelimited || !isRequestComplete || isDraining { persists = false }
    owesContinue = false
    return !persists
  }

  /// Whether the connection would end after a response that is delimited.
  package var endsAfterResponse: Bool { !persists || isDraining || !isRequestComplete }

  /// What is written is not leaving (`true`), or leaves again.
  package mutating func writabilityChanged(isStalled: Bool, now: NIODeadline) {
    stalledSince = isStalled ? stalledSince ?? now : nil
    setDeadline()
  }

  /// The response is written.
  ///
  /// - Parameter isComplete: `false` where its source failed in the middle.
  package mutating func responseCompleted(isComplete: Bool, now: NIODeadline) -> EndAction {
    stalledSince = nil
    guard isComplete, persists, isRequestComplete, !isDraining else {
      state = .lingering
      deadline = now + timeouts.values.stall
      return isComplete ? .linger : .abort
    }
    state = .idle
    deadline = now + timeouts.values.idle
    return .next
  }

  /// The last byte has left, and the sending side is closed.
  package mutating func outputClosed(now: NIODeadline) {
    guard state == .lingering else { return }
    deadline = now + timeouts.values.linger
  }

  /// The hold table has the response now.
  package mutating func holdStarted() {
    state = .held
    deadline = nil
  }

  /// The table gave the exchange back (a retry).
  package mutating func holdReleased() {
    guard state == .held else { return }
    state = .exchange
    isResponseStarted = false
    setDeadline()
  }

  /// No request follows the present one.
  package mutating func lastResponse() { persists = false }

  /// A 101 is about to be written.
  package mutating func socketStarted() {
    state = .socket
    deadline = nil
  }

  /// The WebSocket is over; what is written still leaves.
  package mutating func socketEnded(now: NIODeadline) {
    guard state == .socket else { return }
    stalledSince = nil
    state = .lingering
    deadline = now + timeouts.values.stall
  }

  /// The edge stops: no further request. Returns whether the connection can be closed at once.
  package mutating func drainingStarted() -> Bool {
    isDraining = true
    return state == .idle || state == .head
  }

  /// The connection is gone.
  package mutating func closed() {
    state = .closed
    deadline = nil
  }

  /// The deadline has passed.
  package mutating func deadlinePassed(now: NIODeadline) -> TimeoutAction {
    guard let deadline, now >= deadline else { return .none }
    switch state {
    case .idle, .lingering: return .close(.timeout)
    case .head: return .refuse(HeadFault("the request head did not arrive in time", status: 408))
    case .exchange:
      if let stalledSince, now >= stalledSince + timeouts.values.stall { return .close(.slow) }
      if isBodyTooSlow(now: now) {
        return isResponseStarted
          ? .close(.timeout) : .refuse(HeadFault("the request body arrives too slowly", status: 408))
      }
      setDeadline(now: now)
      return .none
    case .held, .socket, .closed:
      self.deadline = nil
      return .none
    }
  }

  private func isBodyTooSlow(now: NIODeadline) -> Bool {
    guard !isRequestComplete, let readingSince else { return false }
    let reading = bodyReading + (now - readingSince) - timeouts.values.bodyGrace
    guard reading.nanoseconds > 0 else { return false }
    return Int64(bodyBytes) < Int64(timeouts.values.bodyBytesPerSecond) * (reading.nanoseconds / 1_000_000_000)
  }

  private mutating func setDeadline(now: NIODeadline? = nil) {
    guard state == .exchange else { return }
    var next: NIODeadline?
    if !isRequestComplete, let readingSince {
      let graceEnd = readingSince + (timeouts.values.bodyGrace - bodyReading)
      // After the grace the rate is looked at once a second.
      next = max(graceEnd, (now ?? readingSince)) + .seconds(1)
    }
    if let stalledSince {
      let end = stalledSince + timeouts.values.stall
      next = next.map { min($0, end) } ?? end
    }
    deadline = next
  }
}

/// Time limits behind a reference: a word for each connection instead of seven.
final class SharedTimeouts: Sendable {
  let values: DownstreamMachine.Timeouts

  init(_ values: DownstreamMachine.Timeouts) { self.values = values }
}
