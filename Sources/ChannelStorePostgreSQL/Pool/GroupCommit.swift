import Channels
import Dispatch
import Foundation
import Synchronization

/// The one writer: it takes what waits, runs each operation in a savepoint of one transaction, commits, and only then
/// tells each how it went. While the server syncs one commit, the next batch gathers, so a hundred writers share a few.
///
/// Events have one order, in which they are committed, so writes that make events can't be committed side by side anyway; and
/// what an operation decides on may not change until its commit. So one transaction at a time is all that there could be, and
/// a lock makes it so also between processes. It is a table's lock, for a transaction that waits for an advisory lock has
/// chosen its snapshot before it waits.
///
/// **Isolation**: thread-safe. Operations run on a thread of its own.
final class GroupCommit: Sendable {
  /// How often a transaction is run again after a deadlock with somebody else's.
  private static let maxAttempts = 5

  private let operations: PendingOperations
  private let maxBatch: Int
  private let report: @Sendable (PostgreSQLStoreReport) -> Void
  private let commits = Atomic<Int>(0)

  /// - Parameter running: Left by the thread at its end.
  init(_ opener: ConnectionOpener, _ configuration: PostgreSQLStoreConfiguration, running: DispatchGroup) {
    operations = PendingOperations("writes", maxPending: configuration.maxPendingWrites)
    maxBatch = configuration.maxBatch
    report = configuration.report
    running.enter()
    Thread.detachNewThread { [self] in
      let slot = ConnectionSlot(opener)
      while let taken = operations.next(atMost: maxBatch) {
        let batch = taken.filter { $0.commit() }
        if !batch.isEmpty { write(batch, slot) }
        operations.done(taken.count)
      }
      running.leave()
    }
  }

  /// Transactions so far.
  var commitCount: Int { commits.load(ordering: .relaxed) }

  /// Takes an operation, or says why not.
  func submit(_ operation: any PendingOperation) -> ChannelError? { operations.append(operation) }

  func close() { operations.close(threads: 1) }

  private func write(_ batch: [any PendingOperation], _ slot: ConnectionSlot) {
    var attempt = 1
    while true {
      let failure: StoreFailure
      do {
        var transaction = BatchTransaction(try slot.current())
        do {
          try transaction.run(batch)
          commits.add(1, ordering: .relaxed)
          for (operation, failure) in zip(batch, transaction.failures) {
            if let words = failure?.report { report(.failure(words)) }
            operation.finish(failure?.error)
          }
          return
        } catch {
          failure = StoreFailure(error)
          if failure.remedy == .reconnect { slot.discard() } else { slot.rollBack() }
          if transaction.isCommitUnknown {
            batch.forEach { $0.finish(StoreFailure.unknownOutcome) }
            return
          }
        }
      } catch {
        failure = StoreFailure(error)
      }
      // Nothing was stored. A connection that was lost while nobody used it is noticed only now, and replaced once.
      let isLast = attempt >= (failure.remedy == .again ? Self.maxAttempts : 2)
      if isLast || failure.remedy == .none {
        if let words = failure.report { report(.failure(words)) }
        batch.forEach { $0.finish(failure.error) }
        return
      }
      if failure.remedy == .again { Thread.sleep(forTimeInterval: .random(in: 0...0.02) * Double(attempt)) }
      attempt += 1
    }
  }
}
