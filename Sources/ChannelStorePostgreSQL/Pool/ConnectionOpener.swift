import Synchronization

/// Opens connections that are set up as the store needs them, with pauses while the database is away.
///
/// **Isolation**: thread-safe. Opening blocks the calling thread.
final class ConnectionOpener: Sendable {
  private let configuration: PostgreSQLStoreConfiguration
  private let backoff: Mutex<Backoff>
  private let start = ContinuousClock.now

  init(_ configuration: PostgreSQLStoreConfiguration) {
    self.configuration = configuration
    backoff = Mutex(
      Backoff(first: .milliseconds(100), longest: .seconds(configuration.maxReconnectDelaySeconds)))
  }

  /// Opens one.
  /// - Throws: `lost`, at once where it is too early to try again.
  func open() throws(PostgreSQLFailure) -> PostgreSQLConnection {
    let mayTry = backoff.withLock { $0.mayTry(at: start.duration(to: .now)) }
    guard mayTry else { throw PostgreSQLFailure(.lost, message: "the database was away a moment ago") }
    do throws(PostgreSQLFailure) {
      let connection = try connected()
      let wasAway = backoff.withLock { backoff in
        defer { backoff.succeeded() }
        return backoff.isAway
      }
      if wasAway { configuration.report(.reachable) }
      return connection
    } catch {
      let wasAway = backoff.withLock { backoff in
        defer { backoff.failed(at: start.duration(to: .now), chance: .random(in: 0...1)) }
        return backoff.isAway
      }
      if !wasAway { configuration.report(.unreachable(error.description)) }
      throw error
    }
  }

  private func connected() throws(PostgreSQLFailure) -> PostgreSQLConnection {
    let connection = try PostgreSQLConnection(
      configuration.connection,
      PostgreSQLConnection.Settings(
        connectTimeoutSeconds: configuration.connectTimeoutSeconds,
        statementTimeoutSeconds: configuration.statementTimeoutSeconds,
        lockTimeoutSeconds: configuration.lockTimeoutSeconds))
    guard connection.reported("server_encoding") == "UTF8" else {
      throw PostgreSQLFailure(
        .lost, message: "the database's encoding is \(connection.reported("server_encoding") ?? "unknown"), not UTF8")
    }
    // LIMIT: earlier versions have no `client_connection_check_interval`, by which a query of a client that went away ends.
    guard connection.serverVersion >= 140_000 else {
      throw PostgreSQLFailure(
        .lost, message: "the server is PostgreSQL \(connection.serverVersion / 10_000); 14 or later is needed")
    }
    do {
      try connection.command(sessionSettings)
    } catch {
      throw error as? PostgreSQLFailure ?? PostgreSQLFailure(.lost, message: "\(error)")
    }
    return connection
  }

  /// What every session is set to.
  ///
  /// Plans are made once for a statement, and do not depend on figures that the server has gathered at some moment: each
  /// statement has an index that fits, also in its order, and one node with a million entries must be read by it even where
  /// the others have ten. Searching is different (`PostgreSQLTransaction+Search.swift`).
  private var sessionSettings: String {
    """
    SET statement_timeout = \(Int(configuration.statementTimeoutSeconds * 1000));
    SET lock_timeout = \(Int(configuration.lockTimeoutSeconds * 1000));
    SET idle_in_transaction_session_timeout = \(60_000 + Int(configuration.statementTimeoutSeconds * 1000));
    SET client_connection_check_interval = 5000;
    SET standard_conforming_strings = on;
    SET jit = off;
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_sort = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
    """
  }
}
