package import Channels
import Dispatch

/// A `ChannelStore` in a PostgreSQL database: one writer that commits in groups, a pool of readers, each a thread with a
/// connection that is opened again when it was lost.
package final class PostgreSQLChannelStore: ChannelStore {
  private let writer: GroupCommit
  private let readers: ReadPool
  private let running = DispatchGroup()

  /// Connects, makes the tables where they are missing, and brings them up to date. Blocks until that is done.
  /// - Throws: `internalServerError` with the reason, fit for the operator.
  package init(_ configuration: PostgreSQLStoreConfiguration) throws(ChannelError) {
    let problems = configuration.validate()
    guard problems.isEmpty else {
      throw ChannelError(.internalServerError, problems.joined(separator: "; "))
    }
    let opener = ConnectionOpener(configuration)
    do {
      let connection = try opener.open()
      try Migrations(connection).run()
      try Self.durabilityWarning(connection).map { configuration.report(.warning($0)) }
    } catch {
      throw ChannelError(.internalServerError, "can't open the database \(configuration.connection): \(error)")
    }
    writer = GroupCommit(opener, configuration, running: running)
    readers = ReadPool(opener, configuration, running: running)
  }

  deinit {
    writer.close()
    readers.close()
  }

  /// Always `nil`: a server whose disk has failed ends by itself, and does not lie after its restart.
  package var failure: ChannelError? { nil }

  /// Transactions that were committed since the store was opened.
  package var commitCount: Int { writer.commitCount }

  /// Ends all connections, after what is under way; what waits fails.
  /// - Throws: `serviceUnavailable` where that takes more than half a minute.
  package func close() throws(ChannelError) {
    writer.close()
    readers.close()
    guard running.wait(timeout: .now() + 30) == .success else {
      throw ChannelError(.serviceUnavailable, "the database still works on something")
    }
  }

  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelReader) throws -> Value
  ) async throws(ChannelError) -> Value {
    try await StoreOperation { try body($0) }.value(readers.submit)
  }

  package func write<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelWriter) throws -> Value
  ) async throws(ChannelError) -> Value {
    try await StoreOperation { try body($0) }.value(writer.submit)
  }

  private static func durabilityWarning(_ connection: PostgreSQLConnection) throws -> String? {
    let row = try connection.execute("SELECT current_setting('fsync') AS fsync", []).rows.first
    return try row?.text("fsync") == "off"
      ? "the database server runs with fsync=off: a crash of its machine can lose what was acknowledged" : nil
  }
}
