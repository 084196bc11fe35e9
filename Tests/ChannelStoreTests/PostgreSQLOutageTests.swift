import Channels
import Foundation
import Synchronization
import TestKit
import Testing
import XMPP

@testable import ChannelStorePostgreSQL

/// A database that goes away, and a connection that is cut at the worst moment.
@Suite("PostgreSQL: outages", .serialized) struct PostgreSQLOutageTests {
  private let server: PostgreSQLServer
  private let place: PostgreSQLPlace

  init() throws {
    server = try PostgreSQLServer()
    place = try PostgreSQLPlace(server)
  }

  @Test(arguments: [SIGINT, SIGQUIT, SIGKILL])
  func `while the server is away everything fails at once, and after it came back nothing does`(signal: Int32)
    async throws
  {
    let reports = Reports()
    let store = try place.open {
      $0.report = reports.append
      $0.maxReconnectDelaySeconds = 0.2
    }
    try await store.write { try $0.insert(postsNode, metadata()) }
    #expect(try await PostgreSQLStoreTests.publish("before", in: store) == 1)
    if signal == SIGKILL { try server.kill() } else { try server.stop(signal) }
    for _ in 0..<5 {
      let write = await refusal { try await PostgreSQLStoreTests.publish("meanwhile", in: store) }
      #expect(write == .serviceUnavailable)
      #expect(await refusal { try await store.read { try $0.outboxHead() } } == .serviceUnavailable)
    }
    #expect(reports.all.count == 1)
    try server.start()
    let deadline = Deadline(in: .seconds(20))
    while await refusal({ try await store.read { try $0.outboxHead() } }) != nil, !deadline.hasPassed {}
    #expect(try await store.read { try $0.outboxHead() } == 1)
    #expect(try await PostgreSQLStoreTests.publish("after", in: store) == 2)
    #expect(try await store.read { try $0.entry("meanwhile", of: postsNode) } == nil)
    #expect(reports.all.suffix(1) == [.reachable])
    #expect(reports.all.count == 2)
  }

  @Test(arguments: CommitCutter.Moment.allCases)
  func `a commit whose answer is lost is neither called done nor repeated`(moment: CommitCutter.Moment) async throws {
    let proxy = try CommitCutter(to: server, at: moment)
    var configuration = PostgreSQLStoreConfiguration(
      connection: try ConnectionString(
        "postgresql://buddycloud@\(proxy.address)/buddycloud?options=-csearch_path%3D\(place.schema)&sslmode=disable"))
    configuration.poolSize = 2
    let store = try PostgreSQLChannelStore(configuration)
    try await store.write { try $0.insert(postsNode, metadata()) }
    #expect(try await PostgreSQLStoreTests.publish("before", in: store) == 1)
    proxy.arm()
    do {
      _ = try await PostgreSQLStoreTests.publish("uncertain", in: store)
      Issue.record("it was acknowledged")
    } catch {
      #expect((error as? ChannelError)?.code == .serviceUnavailable)
      #expect("\(error)".contains("may have been stored or not"))
    }
    // The session may still be at its commit.
    let deadline = Deadline(in: .seconds(20))
    var isThere = false
    repeat {
      isThere = try await store.read { try $0.entry("uncertain", of: postsNode) } != nil
    } while moment == .afterTheCommit && !isThere && !deadline.hasPassed
    #expect(isThere == (moment == .afterTheCommit))
    let next: Int64 = isThere ? 3 : 2
    #expect(try await PostgreSQLStoreTests.publish("after", in: store) == next)
    let sequences = try await store.read { try $0.events(in: .anonymous, after: 0, max: 10).events.map(\.sequence) }
    #expect(sequences == Array(1...next))
  }

  @Test func `a connection that is cut before the commit is replaced, and the operation run once more`() async throws {
    let store = try place.open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    let server = server
    let (isFirstWrite, isFirstRead) = (Once(), Once())
    let sequence = try await store.write { store in
      try store.insert(entry("1", at: 1), rated: nil)
      if isFirstWrite.take() { try Self.endSessions(of: server) }
      return try store.append(
        .published(entry("1", at: 1)), of: postsNode, time: Timestamp(milliseconds: 1), to: [.anonymous])
    }
    #expect(sequence == 1)
    #expect(try await store.read { try $0.events(in: .anonymous, after: 0, max: 10).events.count } == 1)
    let head = try await store.read { store in
      if isFirstRead.take() { try Self.endSessions(of: server) }
      return try store.outboxHead()
    }
    #expect(head == 1)
    #expect(!isFirstWrite.take() && !isFirstRead.take())
  }

  private static func endSessions(of server: PostgreSQLServer) throws {
    try server.execute(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE state LIKE 'idle%' AND pid <> pg_backend_pid()"
    )
  }
}

/// What is done once.
private final class Once: Sendable {
  private let isTaken = Atomic<Bool>(false)

  func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}
