import Channels
import Dispatch
import Synchronization

/// A few threads for work that takes long, so that no event loop and none of Swift's own few threads does it.
///
/// **Isolation**: thread-safe. What waits is bounded; more is refused with `resourceConstraint`.
final class WorkPool: Sendable {
  private struct State {
    var running = 0
    var waiting: [@Sendable () -> Void] = []
    var acceptedCount = 0
  }

  private let maxRunning: Int
  private let maxWaiting: Int
  private let queue: DispatchQueue
  private let state = Mutex(State())

  init(_ label: String, maxRunning: Int, maxWaiting: Int) {
    queue = DispatchQueue(label: label, attributes: .concurrent)
    self.maxRunning = maxRunning
    self.maxWaiting = maxWaiting
  }

  /// Jobs that were taken so far.
  var acceptedCount: Int { state.withLock(\.acceptedCount) }

  /// Runs the work on a thread of the pool.
  func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(ChannelError) -> Value {
    let value: Value? = await withCheckedContinuation { continuation in
      let job: @Sendable () -> Void = { continuation.resume(returning: work()) }
      let (isRefused, starts) = state.withLock { state in
        if state.running < maxRunning {
          state.running += 1
          state.acceptedCount += 1
          return (false, true)
        }
        guard state.waiting.count < maxWaiting else { return (true, false) }
        state.waiting.append(job)
        state.acceptedCount += 1
        return (false, false)
      }
      if isRefused { continuation.resume(returning: nil) }
      if starts { queue.async { self.work(from: job) } }
    }
    guard let value else {
      throw ChannelError(.resourceConstraint, "too many passwords are being checked: try again later")
    }
    return value
  }

  private func work(from first: @Sendable () -> Void) {
    first()
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.waiting.isEmpty {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}
