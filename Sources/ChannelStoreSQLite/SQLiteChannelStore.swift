package import Channels
import GRDB
import Synchronization

/// A `ChannelStore` in one SQLite file: write-ahead log, `synchronous=FULL`, one writer that commits in groups, a pool of
/// readers.
package final class SQLiteChannelStore: ChannelStore {
  let pool: DatabasePool
  let writer: GroupCommit
  private let maxPendingReads: Int
  private let pendingReads = Atomic<Int>(0)

  /// Opens the file, creates it where it is missing, and brings its tables up to date.
  /// - Throws: `internalServerError` with the reason, fit for the operator.
  package init(_ configuration: SQLiteStoreConfiguration) throws(ChannelError) {
    let problems = configuration.validate()
    guard problems.isEmpty else {
      throw ChannelError(.internalServerError, problems.joined(separator: "; "))
    }
    do {
      pool = try Self.open(configuration)
    } catch {
      throw ChannelError(.internalServerError, "can't open the database \(configuration.path): \(error)")
    }
    writer = GroupCommit(pool: pool, configuration: configuration)
    maxPendingReads = configuration.maxPendingReads
  }

  private static func open(_ configuration: SQLiteStoreConfiguration) throws -> DatabasePool {
    var settings = Configuration()
    settings.maximumReaderCount = configuration.maxReaders
    settings.busyMode = .timeout(configuration.busyTimeoutSeconds)
    settings.label = "channel-store"
    let pool = try DatabasePool(path: configuration.path, configuration: settings)
    // GRDB sets NORMAL when it turns the write-ahead log on: then a commit survives a crash of the process, but not of
    // the machine.
    try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    try Schema.migrator.migrate(pool)
    return pool
  }

  /// Why the store acknowledges nothing any more; `nil` in health.
  package var failure: ChannelError? { writer.failure }

  /// Transactions that were committed since the store was opened.
  package var commitCount: Int { writer.commitCount }

  /// Ends all connections. Operations still under way fail.
  package func close() throws(ChannelError) {
    do {
      try pool.close()
    } catch {
      throw StoreFailure(error).error
    }
  }

  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelReader) throws -> Value
  ) async throws(ChannelError) -> Value {
    let waiting = pendingReads.wrappingAdd(1, ordering: .relaxed).newValue
    defer { pendingReads.wrappingSubtract(1, ordering: .relaxed) }
    guard waiting <= maxPendingReads else {
      throw ChannelError(.resourceConstraint, "\(maxPendingReads) reads wait already: try again later")
    }
    do {
      return try await pool.read { db in try body(SQLiteTransaction(db)) }
    } catch is CancellationError {
      throw ChannelError(.serviceUnavailable, "the request was cancelled")
    } catch {
      let failure = StoreFailure(error)
      throw failure.disk == nil ? failure.error : ChannelError(.internalServerError, "the store can't be read")
    }
  }

  package func write<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelWriter) throws -> Value
  ) async throws(ChannelError) -> Value {
    try await writer.write(body)
  }
}
