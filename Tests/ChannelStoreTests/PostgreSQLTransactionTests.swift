import Channels
import Dispatch
import Synchronization
import TestKit
import Testing
import XMPP

@testable import ChannelStorePostgreSQL

/// What happens to operations that fail, wait, or are not wanted any more.
@Suite("PostgreSQL: transactions") struct PostgreSQLTransactionTests {
  private let place: PostgreSQLPlace

  init() throws {
    place = try PostgreSQLPlace()
  }

  @Test(arguments: ["40001", "40P01"])
  func `an operation that met a deadlock is run again, with its companions, and counts once`(state: String) async throws
  {
    let store = try place.open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    let attempts = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          _ = try await store.write { store in
            try store.insert(entry("\(number)", at: 1), rated: nil)
            if number == 7, attempts.next() < 3 {
              throw PostgreSQLFailure(.refused, state: state, message: "met another")
            }
            return try store.append(
              .retracted(id: "\(number)"), of: postsNode, time: Timestamp(milliseconds: 1), to: [.anonymous])
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(attempts.count == 3)
    let page = try await store.read { try $0.events(in: .anonymous, after: 0, max: 100) }
    #expect(page.events.map(\.sequence) == Array(1...20))
  }

  @Test func `one that meets deadlocks for ever is refused as busy`() async throws {
    let store = try place.open()
    let code = await refusal {
      try await store.write { _ in throw PostgreSQLFailure(.refused, state: "40001", message: "met another") }
    }
    #expect(code == .serviceUnavailable)
    try await store.write { try $0.insert(postsNode, metadata()) }
  }

  @Test(arguments: [1, 10])
  func `an operation that passes over an error of the database has done nothing`(companions: Int) async throws {
    let store = try place.open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    let codes = await withTaskGroup(of: ChannelError.Code?.self) { group in
      for number in 0..<companions {
        group.addTask {
          await refusal {
            try await store.write { store in
              try store.insert(entry("\(number)", at: 1), rated: nil)
              if number == 0 { _ = try? (store as? PostgreSQLTransaction)?.run("SELECT 1 / 0", []) }
            }
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes.compactMap { $0 } == [.badRequest])
    let kept = try await store.read { try $0.entries(of: postsNode, page: PageRequest(max: 100)).map(\.id) }
    #expect(Set(kept) == Set((1..<companions).map(String.init)))
    let read = await refusal {
      try await store.read { store in
        _ = try? (store as? PostgreSQLTransaction)?.run("SELECT 1 / 0", [])
      }
    }
    #expect(read == .badRequest)
  }

  @Test func `what the server doesn't understand is told to the operator, not to the peer`() async throws {
    let reports = Reports()
    let store = try place.open { $0.report = reports.append }
    do {
      try await store.write { store in
        _ = try #require(store as? PostgreSQLTransaction).run("SELECT * FROM nothing_like_it", [])
      }
      Issue.record("it was accepted")
    } catch {
      #expect(error == ChannelError(.internalServerError, "the store failed"))
    }
    #expect(reports.all == [.failure("42P01: relation \"nothing_like_it\" does not exist")])
  }

  @Test func `another process that writes is waited for, but not for ever`() async throws {
    let store = try place.open { $0.lockTimeoutSeconds = 0.1 }
    let other = try place.open()
    let (isRunning, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    async let first: Void = other.write { store in
      try store.insert(postsNode, metadata())
      isRunning.signal()
      mayEnd.wait()
    }
    await wait(for: isRunning)
    #expect(await refusal { try await store.write { try $0.delete(postsNode) } } == .serviceUnavailable)
    // Readers don't wait.
    #expect(try await store.read { try $0.metadata(of: postsNode) } == nil)
    mayEnd.signal()
    try await first
    try await store.write { try $0.delete(postsNode) }
  }

  @Test func `a statement that takes too long ends, and the operation with it`() async throws {
    let store = try place.open { $0.statementTimeoutSeconds = 0.1 }
    let code = await refusal {
      try await store.read { store in
        _ = try #require(store as? PostgreSQLTransaction).row("SELECT pg_sleep(60)", [])
      }
    }
    #expect(code == .serviceUnavailable)
    #expect(try await store.read { try $0.outboxHead() } == 0)
  }

  @Test func `writes and reads beyond their bounds are refused, not queued`() async throws {
    let store = try place.open {
      $0.maxPendingWrites = 1
      $0.maxPendingReads = 1
    }
    let (isRunning, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let block: @Sendable () -> Void = {
      isRunning.signal()
      mayEnd.wait()
    }
    async let write: Void = store.write { _ in block() }
    async let read: Void = store.read { _ in block() }
    await wait(for: isRunning)
    await wait(for: isRunning)
    #expect(await refusal { try await store.write { try $0.insert(postsNode, metadata()) } } == .resourceConstraint)
    #expect(await refusal { try await store.read { try $0.outboxHead() } } == .resourceConstraint)
    mayEnd.signal()
    mayEnd.signal()
    try await write
    try await read
  }

  @Test func `a cancelled read is told so at once, one that waits never runs, and a write that has begun counts`()
    async throws
  {
    let store = try place.open { $0.poolSize = 2 }
    let (isRunning, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let running = Task<Void, any Error> {
      try await store.read { store in
        isRunning.signal()
        mayEnd.wait()
        _ = try store.outboxHead()
        _ = Issue.record("it went on")
      }
    }
    await wait(for: isRunning)
    let waiting = Task<Void, any Error> {
      try await store.read { _ in _ = Issue.record("it ran") }
    }
    for task in [running, waiting] {
      task.cancel()
      #expect(await refusal { try await task.value } == .serviceUnavailable)
    }
    mayEnd.signal()
    #expect(try await store.read { try $0.outboxHead() } == 0)

    let write = Task<Void, any Error> {
      try await store.write { store in
        isRunning.signal()
        mayEnd.wait()
        try store.insert(postsNode, metadata())
      }
    }
    await wait(for: isRunning)
    write.cancel()
    mayEnd.signal()
    try await write.value
    #expect(try await store.read { try $0.metadata(of: postsNode) } == metadata())
  }

  @Test func `a text with a NUL is refused, and so is a name that no index takes`() async throws {
    let store = try place.open()
    let account = Account(
      user: alice, email: "a\u{0}b", credentials: .init(salt: [], iterations: 1, storedKey: [], serverKey: []),
      created: Timestamp(milliseconds: 1))
    #expect(await refusal { try await store.write { try $0.insert(account) } } == .badRequest)
    #expect(await refusal { try await store.read { try $0.relayPosition("\u{0}") } } == .badRequest)
    var generator = SystemRandomNumberGenerator()
    let long = String(
      (0..<9000).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement(using: &generator) ?? "a" })
    #expect(
      await refusal { try await store.write { try $0.setRelayPosition(long, to: 1) } } == .policyViolation)
  }

  private func wait(for semaphore: DispatchSemaphore) async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        semaphore.wait()
        continuation.resume()
      }
    }
  }
}

/// Counts.
private final class Counter: Sendable {
  private let state = Mutex(0)
  var count: Int { state.withLock { $0 } }
  func next() -> Int {
    state.withLock { count in
      count += 1
      return count
    }
  }
}

/// Collects what an operator is told.
final class Reports: Sendable {
  private let collected = Mutex<[PostgreSQLStoreReport]>([])
  var all: [PostgreSQLStoreReport] { collected.withLock { $0 } }
  @Sendable func append(_ report: PostgreSQLStoreReport) { collected.withLock { $0.append(report) } }
}
