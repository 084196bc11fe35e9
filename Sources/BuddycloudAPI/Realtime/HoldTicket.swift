import Synchronization
import XMPP

/// An event in the queue that a ticket listens to.
struct DirectEvent: Sendable {
  var sequence: Int64
  /// The event before it in that queue.
  var previous: Int64
  var representation: EventRepresentation
}

/// A request that this process holds: where its events arrive until the request has taken them.
///
/// At most 16 events wait; when more come, the ticket says `.gap` and the request reads the queue itself. So a reader that does not
/// read costs a bounded amount.
final class HoldTicket: Sendable {
  /// Who listens; `nil` for nobody known.
  let viewer: JID?

  /// What a wait ended with.
  enum Wake: Sendable {
    /// Events in order.
    case events([DirectEvent])
    /// Events passed by: read the queue.
    case gap
    /// Ask again whether the client may hear the queue.
    case accessReduced
    case timeout
    /// The client is gone, or the server stops.
    case ended
  }

  private struct State {
    var events: [DirectEvent] = []
    var hasGap = false
    var isEnded = false
    var isInDoubt = false
    var waiting: CheckedContinuation<Wake, Never>?
    var deadline = Duration.zero
  }

  private static let maxEvents = 16
  private let state = Mutex(State())

  /// A ticket on which nothing has arrived.
  init(viewer: JID? = nil) {
    self.viewer = viewer
  }

  /// Waits for the next thing to happen, until `deadline` (monotonic time).
  func next(until deadline: Duration) async -> Wake {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let wake = state.withLock { state -> Wake? in
          if let wake = Self.take(&state) { return wake }
          state.waiting = continuation
          state.deadline = deadline
          return nil
        }
        if let wake { continuation.resume(returning: wake) }
      }
    } onCancel: {
      end()
    }
  }

  /// An event of the queue.
  func deliver(_ event: DirectEvent) {
    change { state in
      if state.events.count < Self.maxEvents {
        state.events.append(event)
      } else {
        state.events.removeAll()
        state.hasGap = true
      }
    }
  }

  /// Something may have happened that was not delivered.
  func signalGap() {
    change { $0.hasGap = true }
  }

  /// Somebody may hear less than before; perhaps this client.
  func doubt() {
    change { $0.isInDoubt = true }
  }

  /// Ends the request.
  func end() {
    change { $0.isEnded = true }
  }

  /// Whether the client is gone or the server stops.
  var isEnded: Bool { state.withLock(\.isEnded) }

  /// Whether somebody waits.
  var isWaiting: Bool { state.withLock { $0.waiting != nil } }

  /// Lets a wait end whose time is over.
  func expire(at now: Duration) {
    let waiting = state.withLock { state -> CheckedContinuation<Wake, Never>? in
      guard state.waiting != nil, state.deadline <= now else { return nil }
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(returning: .timeout)
  }

  private func change(_ body: (inout State) -> Void) {
    let resumption = state.withLock { state -> (CheckedContinuation<Wake, Never>, Wake)? in
      body(&state)
      guard let waiting = state.waiting, let wake = Self.take(&state) else { return nil }
      state.waiting = nil
      return (waiting, wake)
    }
    resumption?.0.resume(returning: resumption?.1 ?? .ended)
  }

  private static func take(_ state: inout State) -> Wake? {
    if state.isEnded { return .ended }
    if state.isInDoubt {
      state.isInDoubt = false
      return .accessReduced
    }
    if state.hasGap {
      state.hasGap = false
      state.events.removeAll()
      return .gap
    }
    guard !state.events.isEmpty else { return nil }
    defer { state.events.removeAll() }
    return .events(state.events)
  }
}
