import Channels
import Dispatch
import Synchronization

/// Operations that wait for threads, in order, bounded.
///
/// **Isolation**: thread-safe.
final class PendingOperations: Sendable {
  private struct State {
    var waiting: [any PendingOperation] = []
    /// Taken and not yet done.
    var runningCount = 0
    var isClosed = false
  }

  private let name: String
  private let maxPending: Int
  private let available = DispatchSemaphore(value: 0)
  private let state = Mutex(State())

  /// - Parameter name: Of what waits, in the plural, for the words of a refusal.
  init(_ name: String, maxPending: Int) {
    self.name = name
    self.maxPending = maxPending
  }

  /// Appends one, or says why not: `resourceConstraint` where too many wait.
  func append(_ operation: any PendingOperation) -> ChannelError? {
    let refusal = state.withLock { state -> ChannelError? in
      if state.isClosed { return StoreFailure.closed }
      guard state.waiting.count + state.runningCount < maxPending else {
        return ChannelError(.resourceConstraint, "\(maxPending) \(name) wait already: try again later")
      }
      state.waiting.append(operation)
      return nil
    }
    if refusal == nil { available.signal() }
    return refusal
  }

  /// Waits for the next ones, at most so many; `nil` when the queue is closed. Each has to be followed by ``done(_:)``.
  func next(atMost max: Int) -> [any PendingOperation]? {
    available.wait()
    return state.withLock { state in
      if state.isClosed { return nil }
      let taken = Array(state.waiting.prefix(max))
      state.waiting.removeFirst(taken.count)
      state.runningCount += taken.count
      // One signal for each that was appended; the first is used up.
      for _ in taken.dropFirst() { _ = available.wait(timeout: .now()) }
      return taken
    }
  }

  func done(_ count: Int) { state.withLock { $0.runningCount -= count } }

  /// Refuses what waits and what comes, and lets the threads end.
  /// - Parameter threads: How many wait at most.
  func close(threads: Int) {
    let waiting = state.withLock { state in
      defer {
        state.waiting = []
        state.isClosed = true
      }
      return state.waiting
    }
    waiting.forEach { $0.finish(StoreFailure.closed) }
    for _ in 0..<threads { available.signal() }
  }
}
