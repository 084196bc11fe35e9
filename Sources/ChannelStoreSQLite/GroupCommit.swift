import Channels
import Dispatch
import GRDB
import Synchronization

/// The one writer: it takes what waits, runs each operation in a savepoint of one transaction, commits, and only then
/// tells each how it went. While one `fsync` runs, the next batch gathers, so a hundred writers share a few of them.
///
/// **Isolation**: thread-safe. Operations run on a queue of its own, never on the caller's thread.
final class GroupCommit: Sendable {
  private struct State {
    var pending: [any PendingWrite] = []
    var isDraining = false
    /// Set once the disk has failed.
    var failure: ChannelError?
    var commitCount = 0
  }

  private let pool: DatabasePool
  private let maxPending: Int
  private let maxBatch: Int
  private let onDiskFailure: @Sendable (String) -> Void
  private let queue = DispatchQueue(label: "channel-store.writer")
  private let state = Mutex(State())

  init(pool: DatabasePool, configuration: SQLiteStoreConfiguration) {
    self.pool = pool
    maxPending = configuration.maxPendingWrites
    maxBatch = configuration.maxBatch
    onDiskFailure = configuration.onDiskFailure
  }

  /// Why nothing is acknowledged any more; `nil` in health.
  var failure: ChannelError? { state.withLock(\.failure) }

  /// Transactions so far.
  var commitCount: Int { state.withLock(\.commitCount) }

  /// Runs an operation in one of the next transactions, and returns after its commit.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelWriter) throws -> Value
  ) async throws(ChannelError) -> Value {
    let result: Result<Value, ChannelError> = await withCheckedContinuation { continuation in
      enqueue(WriteOperation(body: body, continuation: continuation))
    }
    return try result.get()
  }

  private func enqueue(_ operation: any PendingWrite) {
    let (refusal, startsDraining) = state.withLock { state -> (ChannelError?, Bool) in
      if let failure = state.failure { return (failure, false) }
      guard state.pending.count < maxPending else {
        return (ChannelError(.resourceConstraint, "\(maxPending) writes wait already: try again later"), false)
      }
      state.pending.append(operation)
      defer { state.isDraining = true }
      return (nil, !state.isDraining)
    }
    if let refusal { operation.finish(refusal) }
    if startsDraining { queue.async { self.drain() } }
  }

  private func drain() {
    while true {
      let (batch, failure) = state.withLock { state -> ([any PendingWrite], ChannelError?) in
        let batch = Array(state.pending.prefix(maxBatch))
        state.pending.removeFirst(batch.count)
        if batch.isEmpty { state.isDraining = false }
        return (batch, state.failure)
      }
      if batch.isEmpty { return }
      if let failure {
        batch.forEach { $0.finish(failure) }
      } else {
        commit(batch)
      }
    }
  }

  private func commit(_ batch: [any PendingWrite]) {
    do {
      try pool.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          for operation in batch { try operation.run(db) }
          return .commit
        }
      }
      state.withLock { $0.commitCount += 1 }
      batch.forEach { $0.finish(nil) }
    } catch {
      let failure = StoreFailure(error)
      if let disk = failure.disk { stop(disk) }
      batch.forEach { $0.finish(failure.error) }
    }
  }

  /// Ends all acknowledging.
  func stop(_ disk: String) {
    let isFirst = state.withLock { state in
      defer { state.failure = StoreFailure.stopped }
      return state.failure == nil
    }
    if isFirst { onDiskFailure(disk) }
  }
}

/// An operation that waits for its transaction.
private protocol PendingWrite: Sendable {
  /// Runs it in a savepoint. Throws only what ends the whole transaction.
  func run(_ db: Database) throws
  /// Tells the caller: the outcome of the run, or why there was no commit.
  func finish(_ failure: ChannelError?)
}

private final class WriteOperation<Value: Sendable>: PendingWrite {
  private let body: @Sendable (any ChannelWriter) throws -> Value
  private let continuation: CheckedContinuation<Result<Value, ChannelError>, Never>
  private let outcome = Mutex<Result<Value, ChannelError>?>(nil)

  init(
    body: @escaping @Sendable (any ChannelWriter) throws -> Value,
    continuation: CheckedContinuation<Result<Value, ChannelError>, Never>
  ) {
    self.body = body
    self.continuation = continuation
  }

  func run(_ db: Database) throws {
    var result: Result<Value, ChannelError>?
    do {
      try db.inSavepoint {
        result = .success(try body(SQLiteTransaction(db)))
        return .commit
      }
    } catch {
      let failure = StoreFailure(error)
      if failure.endsTransaction || !db.isInsideTransaction { throw error }
      result = .failure(failure.error)
    }
    outcome.withLock { $0 = result }
  }

  func finish(_ failure: ChannelError?) {
    if let failure {
      continuation.resume(returning: .failure(failure))
    } else {
      let result = outcome.withLock { $0 }
      continuation.resume(returning: result ?? .failure(ChannelError(.internalServerError, "the store failed")))
    }
  }
}
