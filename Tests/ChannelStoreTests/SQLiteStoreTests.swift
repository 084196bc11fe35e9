import Channels
import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing
import XMPP

@testable import ChannelStoreSQLite

@Suite("SQLite") struct SQLiteStoreTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func open(
    _ change: (inout SQLiteStoreConfiguration) -> Void = { _ in }
  ) throws -> SQLiteChannelStore {
    var configuration = SQLiteStoreConfiguration(path: directory.database)
    change(&configuration)
    return try SQLiteChannelStore(configuration)
  }

  @Test func `commits are synced and logged ahead`() throws {
    let store = try open()
    let settings = try store.pool.writeWithoutTransaction { db in
      try ["synchronous", "journal_mode", "foreign_keys"].map { name in
        try String.fetchOne(db, sql: "PRAGMA \(name)")
      }
    }
    #expect(settings == ["2", "wal", "1"])
  }

  @Test func `a hundred concurrent writers share commits, and each is on disk when it hears so`() async throws {
    let store = try open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    let before = store.commitCount
    let acknowledged = try await withThrowingTaskGroup(of: (String, Int64).self) { group in
      for number in 0..<100 {
        group.addTask {
          let id = "\(number)"
          let sequence = try await store.write { store in
            try store.insert(entry(id, at: 1), rated: nil)
            return try store.append(
              .published(entry(id, at: 1)), of: postsNode, time: Timestamp(milliseconds: 1), to: [.anonymous])
          }
          return (id, sequence)
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.1] = $1.0 }
    }
    #expect(acknowledged.count == 100)
    #expect(store.commitCount - before < 100)
    // The files as they are now are what a killed process leaves: opened elsewhere, everything is there, in order.
    let copy = try TemporaryDirectory()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: directory.database + suffix, toPath: copy.database + suffix)
    }
    let reopened = try SQLiteChannelStore(SQLiteStoreConfiguration(path: copy.database))
    let events = try await reopened.read { try $0.events(in: .anonymous, after: 0, max: 1000).events }
    #expect(events.map(\.sequence) == acknowledged.keys.sorted())
    for event in events {
      guard case .published(let entry) = event.change else { continue }
      #expect(acknowledged[event.sequence] == entry.id)
    }
    let check = try await reopened.pool.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    #expect(check == "ok")
  }

  @Test func `a closed store that is opened again has everything`() async throws {
    let store = try open()
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1), rated: nil)
    }
    try store.close()
    let again = try open()
    #expect(try await again.read { try $0.entry("1", of: postsNode) } == entry("1", at: 1))
    #expect(await refusal { try await store.write { try $0.delete(postsNode) } } != nil)
  }

  @Test func `a full disk refuses the write and nothing else`() async throws {
    let store = try open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    try setMaxPages(0, beyondNowIn: store)
    let big = entry("big", at: 1, content: String(repeating: "x", count: 200_000))
    #expect(await refusal { try await store.write { try $0.insert(big, rated: nil) } } == .resourceConstraint)
    #expect(try await store.read { try $0.metadata(of: postsNode) } != nil)
    #expect(store.failure == nil)
    try setMaxPages(1000, beyondNowIn: store)
    try await store.write { try $0.insert(big, rated: nil) }
    #expect(try await store.read { try $0.entry("big", of: postsNode)?.id } == "big")
  }

  private func setMaxPages(_ count: Int, beyondNowIn store: SQLiteChannelStore) throws {
    try store.pool.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages + count)")
    }
  }

  @Test func `after the disk has failed nothing is acknowledged, and the operator hears it once`() async throws {
    let reporter = Reporter()
    let store = try open { $0.onDiskFailure = { reporter.append($0) } }
    try await store.write { try $0.insert(postsNode, metadata()) }
    for _ in 0..<2 {
      let code = await refusal {
        try await store.write { _ in throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC, message: "fsync") }
      }
      #expect(code == .internalServerError)
    }
    #expect(store.failure != nil)
    #expect(await refusal { try await store.write { try $0.delete(postsNode) } } == .internalServerError)
    #expect(try await store.read { try $0.metadata(of: postsNode) } != nil)
    #expect(reporter.texts == ["1034: fsync"])
  }

  @Test(arguments: [
    (ResultCode.SQLITE_FULL, ChannelError.Code.resourceConstraint, true, false),
    (.SQLITE_IOERR_NOMEM, .resourceConstraint, true, false), (.SQLITE_NOMEM, .resourceConstraint, true, false),
    (.SQLITE_CANTOPEN, .resourceConstraint, true, false), (.SQLITE_BUSY, .serviceUnavailable, true, false),
    (.SQLITE_CONSTRAINT_UNIQUE, .conflict, false, false), (.SQLITE_ERROR, .internalServerError, false, false),
    (.SQLITE_IOERR_FSYNC, .internalServerError, true, true), (.SQLITE_IOERR_WRITE, .internalServerError, true, true),
    (.SQLITE_CORRUPT, .internalServerError, true, true), (.SQLITE_READONLY, .internalServerError, true, true),
  ])
  func `an error of SQLite is told apart by what it endangers`(
    code: ResultCode, expected: ChannelError.Code, endsTransaction: Bool, stops: Bool
  ) {
    let failure = StoreFailure(DatabaseError(resultCode: code))
    #expect(failure.error.code == expected)
    #expect(failure.endsTransaction == endsTransaction)
    #expect((failure.disk != nil) == stops)
  }

  @Test func `writes beyond the bound are refused, not queued`() async throws {
    let store = try open { $0.maxPendingWrites = 1 }
    let (isRunning, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    async let first: Void = store.write { _ in
      isRunning.signal()
      mayEnd.wait()
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        isRunning.wait()
        continuation.resume()
      }
    }
    // One of the two waits, the other is refused at once; only then may the first end.
    let codes = await withTaskGroup(of: ChannelError.Code?.self) { group in
      for node in [postsNode, NodeID(channel: bob, name: "posts")] {
        group.addTask { await refusal { try await store.write { try $0.insert(node, metadata()) } } }
      }
      let refused = await group.next() ?? nil
      mayEnd.signal()
      return [refused, await group.next() ?? nil]
    }
    try await first
    #expect(codes == [.resourceConstraint, nil])
  }

  @Test func `another process that writes is waited for, but not for ever`() async throws {
    let store = try open { $0.busyTimeoutSeconds = 0.05 }
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: directory.database, configuration: configuration)
    try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
    #expect(await refusal { try await store.write { try $0.insert(postsNode, metadata()) } } == .serviceUnavailable)
    try await other.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
    try await store.write { try $0.insert(postsNode, metadata()) }
  }

  @Test func `a file that is no database, and a wrong configuration, are refused in words`() throws {
    try Data("this is no database, but a text of some length".utf8).write(
      to: URL(filePath: directory.database))
    let error = #expect(throws: ChannelError.self) { try open() }
    #expect(error?.description.contains(directory.database) == true)
    var configuration = SQLiteStoreConfiguration(path: "")
    configuration.maxReaders = 0
    configuration.maxBatch = 0
    configuration.busyTimeoutSeconds = .nan
    #expect(configuration.validate().count == 4)
    #expect(throws: ChannelError.self) { try SQLiteChannelStore(configuration) }
  }
}

/// Collects what it is told.
private final class Reporter: Sendable {
  private let collected = Mutex<[String]>([])
  var texts: [String] { collected.withLock { $0 } }
  func append(_ text: String) { collected.withLock { $0.append(text) } }
}
