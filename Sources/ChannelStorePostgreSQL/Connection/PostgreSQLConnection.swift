import CPostgreSQL
import Foundation

/// A connection, with the statements that were prepared on it.
///
/// **Isolation**: one thread at a time. Calls block until the server has answered, at most for the time that is allowed.
///
/// **Errors**: `PostgreSQLFailure`. After a failure all further statements fail alike, until ``forgetFailure()``: an
/// operation that passes over an error must not count as done.
final class PostgreSQLConnection {
  /// How sessions are set up.
  struct Settings: Sendable {
    var connectTimeoutSeconds: Int
    var statementTimeoutSeconds: Double
    var lockTimeoutSeconds: Double
  }

  /// What is prepared under one name.
  private struct Statement: Hashable {
    var sql: String
    var types: [Oid]
  }

  /// LIMIT: statements that are kept prepared. The store has about a hundred.
  private static let maxPrepared = 400

  private let handle: OpaquePointer
  private let settings: Settings
  private var prepared: [Statement: String] = [:]
  /// What went wrong since the last `forgetFailure`.
  private(set) var failure: PostgreSQLFailure?

  /// Connects.
  init(_ string: ConnectionString, _ settings: Settings) throws(PostgreSQLFailure) {
    self.settings = settings
    // What stands before `dbname`, which is the whole string, is the default; what stands after it is not negotiable.
    let keywords: [(String, String)] = [
      ("connect_timeout", "\(settings.connectTimeoutSeconds)"), ("tcp_user_timeout", "15000"),
      ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("fallback_application_name", "buddycloud"), ("dbname", string.exposed), ("client_encoding", "UTF8"),
    ]
    let opened = Self.withCStrings(keywords.map(\.0)) { names in
      Self.withCStrings(keywords.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
    }
    guard let opened else { throw PostgreSQLFailure(.lost, message: "not enough memory") }
    handle = opened
    // From here on `deinit` ends it.
    guard PQstatus(opened) == CONNECTION_OK else { throw PostgreSQLFailure(.lost, message: Self.message(of: opened)) }
    PQsetnonblocking(opened, 1)
    // Otherwise libpq writes them to standard error.
    PQsetNoticeReceiver(opened, { _, _ in }, nil)
  }

  deinit { PQfinish(handle) }

  /// As the server numbers it: 150018 for 15.18.
  var serverVersion: Int { Int(PQserverVersion(handle)) }

  /// What the server has reported of a setting, such as `server_encoding`.
  func reported(_ name: String) -> String? { PQparameterStatus(handle, name).map { String(cString: $0) } }

  /// Whether it can still be used.
  var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }

  /// Begins anew after a failure.
  func forgetFailure() { failure = nil }

  /// Runs a statement that is prepared at its first use.
  func execute(_ sql: String, _ parameters: [PostgreSQLParameter]) throws -> PostgreSQLResult {
    try parameters.withLibpq { types, values, lengths, formats in
      let name = try name(of: sql, types)
      return try recorded {
        try send {
          PQsendQueryPrepared(handle, name, Int32(values.count), values, lengths, formats, 1)
        }
        return PostgreSQLResult(try answer())
      }
    }
  }

  /// Runs a statement that is planned for these very values.
  func executeOnce(_ sql: String, _ parameters: [PostgreSQLParameter]) throws -> PostgreSQLResult {
    try parameters.withLibpq { types, values, lengths, formats in
      try recorded {
        try send {
          PQsendQueryParams(handle, sql, Int32(values.count), types, values, lengths, formats, 1)
        }
        return PostgreSQLResult(try answer())
      }
    }
  }

  /// Runs commands without values, in one message; gives the last one's tag, such as `COMMIT`.
  @discardableResult func command(_ sql: String, within seconds: Double? = nil) throws -> String {
    try recorded {
      try send { PQsendQuery(handle, sql) }
      let result = PostgreSQLResult(try answer(within: seconds))
      return result.tag
    }
  }

  /// The name under which a statement is prepared.
  private func name(of sql: String, _ types: [Oid]) throws -> String {
    let statement = Statement(sql: sql, types: types)
    if let name = prepared[statement] { return name }
    if prepared.count >= Self.maxPrepared {
      try command("DEALLOCATE ALL")
      prepared = [:]
    }
    let name = "s\(prepared.count)"
    try recorded {
      try send { PQsendPrepare(handle, name, sql, Int32(types.count), types) }
      PQclear(try answer())
    }
    prepared[statement] = name
    return name
  }

  private func recorded<Value>(_ body: () throws -> Value) throws -> Value {
    if let failure { throw failure }
    do {
      return try body()
    } catch {
      failure = error as? PostgreSQLFailure
      throw error
    }
  }

  private func send(_ body: () -> Int32) throws(PostgreSQLFailure) {
    guard body() == 1 else { throw PostgreSQLFailure(.lost, message: Self.message(of: handle)) }
  }

  /// Waits for the whole answer; gives its last result.
  private func answer(within seconds: Double? = nil) throws(PostgreSQLFailure) -> OpaquePointer {
    // The server ends a statement that takes too long; this is for a server that doesn't answer at all.
    let patience = Duration.seconds((seconds ?? settings.statementTimeoutSeconds) + 5)
    let deadline = ContinuousClock.now + patience
    var last: OpaquePointer?
    var problem: PostgreSQLFailure?
    while true {
      do {
        try wait(until: deadline)
      } catch {
        PQclear(last)
        guard var problem else { throw error }
        if !isAlive { problem.kind = .lost }
        throw problem
      }
      guard let result = PQgetResult(handle) else { break }
      PQclear(last)
      last = result
      let status = PQresultStatus(result)
      if status != PGRES_TUPLES_OK, status != PGRES_COMMAND_OK, problem == nil {
        problem = PostgreSQLFailure(result: result)
      }
    }
    if var problem {
      PQclear(last)
      if !isAlive { problem.kind = .lost }
      throw problem
    }
    guard let last else { throw PostgreSQLFailure(.lost, message: Self.message(of: handle)) }
    return last
  }

  /// Sends what is not sent yet and reads, until a result is complete.
  private func wait(until deadline: ContinuousClock.Instant) throws(PostgreSQLFailure) {
    while true {
      let unsent = PQflush(handle)
      guard unsent >= 0 else { throw PostgreSQLFailure(.lost, message: Self.message(of: handle)) }
      if unsent == 0, PQisBusy(handle) == 0 { return }
      let left = (deadline - .now).components
      let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
      guard milliseconds > 0 else { throw PostgreSQLFailure(.timedOut, message: "the server did not answer in time") }
      var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN | (unsent == 1 ? POLLOUT : 0)), revents: 0)
      let ready = poll(&descriptor, 1, Int32(clamping: milliseconds))
      guard ready > 0 || ready == 0 || errno == EINTR else {
        throw PostgreSQLFailure(.lost, message: String(cString: strerror(errno)))
      }
      // After a failure the next result is the error.
      if ready > 0, PQconsumeInput(handle) == 0 { return }
    }
  }

  private static func message(of handle: OpaquePointer) -> String {
    PQerrorMessage(handle).map { String(cString: $0) } ?? "no message"
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies.map { UnsafePointer($0) } + [nil])
  }
}

extension PostgreSQLResult {
  /// What kind of command it answers, such as `COMMIT` or `INSERT 0 1`.
  var tag: String { PQcmdStatus(handle).map { String(cString: $0) } ?? "" }
}
