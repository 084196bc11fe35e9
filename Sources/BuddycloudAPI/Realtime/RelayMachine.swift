import Channels

/// What a relay does next, as a pure state: which events are tried, when again, and which are given up.
struct RelayMachine: Sendable {
  /// What to do after a failure.
  enum AfterFailure: Sendable, Hashable {
    /// Try again after a while, with fewer events at once.
    case retry(after: Duration)
    /// These first events are lost for this proxy; then try again after a while.
    case giveUp(events: Int, through: Int64, retryAfter: Duration)
  }

  private let configuration: APIConfiguration.Relay
  private var failingSince: Duration?
  private var failures = 0
  private var isSingle = false

  /// A machine that has not failed yet.
  init(configuration: APIConfiguration.Relay) {
    self.configuration = configuration
  }

  /// How many events to read for the next attempt: one after the proxy has refused a batch, to find the one at fault.
  var batchEvents: Int { isSingle ? 1 : configuration.maxBatchEvents }

  /// The proxy took a batch.
  mutating func batchConfirmed() {
    failingSince = nil
    failures = 0
    isSingle = false
  }

  /// The proxy did not take a batch.
  ///
  /// An event is given up when the proxy has failed for the retry window *and* the event is older than that; so what a server wrote
  /// just before it was killed is tried for the whole window after its restart. What the proxy refuses as malformed is given up at
  /// once, alone.
  ///
  /// - Parameters:
  ///   - batch: the events (sequence and time), oldest first; each sequence once.
  ///   - isPermanent: whether trying again cannot help.
  ///   - now: monotonic time.
  ///   - wall: wall time.
  mutating func batchFailed(
    _ batch: [(sequence: Int64, time: Timestamp)], isPermanent: Bool, now: Duration, wall: Timestamp
  ) -> AfterFailure {
    let since = failingSince ?? now
    failingSince = since
    failures += 1
    let shift = min(failures - 1, 20)
    let delay = min(configuration.maxDelay, configuration.minDelay * (1 << shift))
    if isPermanent {
      guard batch.count == 1, let event = batch.first else {
        isSingle = true
        return .retry(after: configuration.minDelay)
      }
      return .giveUp(events: 1, through: event.sequence, retryAfter: .zero)
    }
    guard now - since >= configuration.retryWindow else { return .retry(after: delay) }
    let window = configuration.retryWindow.components.seconds * 1000
    let old = batch.prefix { wall.milliseconds - $0.time.milliseconds >= window }
    guard let last = old.last else { return .retry(after: delay) }
    return .giveUp(events: old.count, through: last.sequence, retryAfter: delay)
  }
}
