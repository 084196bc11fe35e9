import Channels
import Dispatch
import Foundation

/// Threads that read, each with a connection of its own.
///
/// **Isolation**: thread-safe.
final class ReadPool: Sendable {
  private let operations: PendingOperations
  private let threadCount: Int
  private let report: @Sendable (PostgreSQLStoreReport) -> Void

  /// - Parameter running: Left by each thread at its end.
  init(_ opener: ConnectionOpener, _ configuration: PostgreSQLStoreConfiguration, running: DispatchGroup) {
    operations = PendingOperations("reads", maxPending: configuration.maxPendingReads)
    threadCount = configuration.poolSize - 1
    report = configuration.report
    for _ in 0..<threadCount {
      running.enter()
      Thread.detachNewThread { [self] in
        let slot = ConnectionSlot(opener)
        while let taken = operations.next(atMost: 1) {
          for operation in taken where operation.isWanted { run(operation, slot) }
          operations.done(taken.count)
        }
        running.leave()
      }
    }
  }

  /// Takes an operation, or says why not.
  func submit(_ operation: any PendingOperation) -> ChannelError? { operations.append(operation) }

  func close() { operations.close(threads: threadCount) }

  /// Runs it in a snapshot; once more where the connection turns out to be lost.
  private func run(_ operation: any PendingOperation, _ slot: ConnectionSlot) {
    for isLast in [false, true] {
      let failure: StoreFailure
      do {
        let connection = try slot.current()
        do {
          try connection.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
          try operation.run(PostgreSQLTransaction(connection) { operation.isWanted })
          // An operation that passed over an error has seen half of what there is.
          if let failure = connection.failure { throw failure }
          operation.finish(nil)
          // The caller need not wait for that.
          slot.rollBack()
          return
        } catch {
          failure = StoreFailure(connection.failure ?? error)
          if failure.remedy == .reconnect { slot.discard() } else { slot.rollBack() }
        }
      } catch {
        failure = StoreFailure(error)
      }
      if isLast || failure.remedy == .none {
        if let words = failure.report { report(.failure(words)) }
        operation.finish(failure.error)
        return
      }
    }
  }
}
