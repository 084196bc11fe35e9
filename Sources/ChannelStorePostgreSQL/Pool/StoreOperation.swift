import Channels
import Synchronization

/// An operation that waits for a thread.
protocol PendingOperation: Sendable {
  /// Whether anybody still waits for it.
  var isWanted: Bool { get }
  /// From now on it can't be cancelled; gives whether it isn't already.
  func commit() -> Bool
  /// Runs it. It may be run again.
  func run(_ transaction: PostgreSQLTransaction) throws
  /// Tells the caller: the outcome of the last run, or why it doesn't count.
  func finish(_ failure: ChannelError?)
}

/// A closure with the caller that waits for it.
final class StoreOperation<Value: Sendable>: PendingOperation {
  private typealias Continuation = CheckedContinuation<Result<Value, ChannelError>, Never>

  private enum State {
    /// Nobody waits yet.
    case made
    case waiting(Continuation)
    /// Somebody waits, and will have to until it is done.
    case committed(Continuation)
    case finished
  }

  private let body: @Sendable (PostgreSQLTransaction) throws -> Value
  private let state = Mutex(State.made)
  private let outcome = Mutex<Value?>(nil)

  init(_ body: @escaping @Sendable (PostgreSQLTransaction) throws -> Value) {
    self.body = body
  }

  /// Hands it over and waits for it. When the task is cancelled the caller is told at once, and the thread stops at its next
  /// statement.
  /// - Parameter submit: Gives it to a thread, or says why not.
  func value(_ submit: (any PendingOperation) -> ChannelError?) async throws(ChannelError) -> Value {
    let result: Result<Value, ChannelError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = state.withLock { state in
          if case .made = state {
            state = .waiting(continuation)
            return false
          }
          return true
        }
        if isCancelled {
          continuation.resume(returning: .failure(StoreFailure.cancelled))
        } else if let refusal = submit(self) {
          finish(refusal)
        }
      }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  var isWanted: Bool {
    state.withLock { state in
      if case .finished = state { return false }
      return true
    }
  }

  func commit() -> Bool {
    state.withLock { state in
      switch state {
      case .waiting(let continuation), .committed(let continuation):
        state = .committed(continuation)
        return true
      case .made, .finished: return false
      }
    }
  }

  func run(_ transaction: PostgreSQLTransaction) throws {
    let value = try body(transaction)
    outcome.withLock { $0 = value }
  }

  func finish(_ failure: ChannelError?) {
    let continuation = state.withLock { state -> Continuation? in
      defer { state = .finished }
      switch state {
      case .waiting(let continuation), .committed(let continuation): return continuation
      case .made, .finished: return nil
      }
    }
    let value = outcome.withLock { $0 }
    continuation?.resume(returning: failure.map { .failure($0) } ?? value.map { .success($0) } ?? .failure(.lost))
  }

  private func cancel() {
    let continuation = state.withLock { state -> Continuation? in
      switch state {
      case .made:
        state = .finished
        return nil
      case .waiting(let continuation):
        state = .finished
        return continuation
      case .committed, .finished: return nil
      }
    }
    continuation?.resume(returning: .failure(StoreFailure.cancelled))
  }
}

extension ChannelError {
  /// An operation that has neither a value nor an error.
  fileprivate static let lost = StoreFailure.failed
}
