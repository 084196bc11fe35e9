import Channels
import Dispatch
import Foundation
import TestKit
import Testing
import XMPP

@testable import ChannelStorePostgreSQL

@Suite("PostgreSQL") struct PostgreSQLStoreTests {
  private let place: PostgreSQLPlace

  init() throws {
    place = try PostgreSQLPlace()
  }

  /// Publishes an entry to everybody; gives its sequence.
  static func publish(_ id: String, in store: any ChannelStore) async throws -> Int64 {
    try await store.write { store in
      try store.insert(entry(id, at: 1), rated: nil)
      return try store.append(
        .published(entry(id, at: 1)), of: postsNode, time: Timestamp(milliseconds: 1), to: [.anonymous])
    }
  }

  @Test func `a hundred concurrent writers share commits, and their events are in the order of the commits`()
    async throws
  {
    let store = try place.open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    let before = store.commitCount
    let acknowledged = try await withThrowingTaskGroup(of: (Int64, String).self) { group in
      for number in 0..<100 {
        group.addTask { (try await Self.publish("\(number)", in: store), "\(number)") }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(acknowledged.keys.sorted() == Array(1...100))
    #expect(store.commitCount - before < 100)
    let events = try await store.read { try $0.events(in: .anonymous, after: 0, max: 1000).events }
    #expect(events.map(\.sequence) == acknowledged.keys.sorted())
    for event in events {
      guard case .published(let entry) = event.change else { continue }
      #expect(acknowledged[event.sequence] == entry.id)
    }
  }

  @Test func `of several processes that write, no reader ever sees a number appear below one it has seen`() async throws
  {
    let stores = try (0..<3).map { _ in try place.open() }
    try await stores[0].write { try $0.insert(postsNode, metadata()) }
    let reader = Task {
      var seen: [Int64] = []
      while seen.count < 150, !Task.isCancelled {
        let cursor = seen.last ?? 0
        seen += try await stores[0].read { try $0.outbox(after: cursor, maxEvents: 10).map(\.event.sequence) }
      }
      return seen
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, store) in stores.enumerated() {
        group.addTask {
          for post in 0..<50 { _ = try await Self.publish("\(number)-\(post)", in: store) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await reader.value == Array(1...150))
    let chain = try await stores[1].read { try $0.outbox(after: 0, maxEvents: 1000).map(\.previous) }
    #expect(chain == Array(0...149))
  }

  @Test func `processes that start at once make the tables once`() async throws {
    let place = place
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let store = try place.open()
          #expect(try await store.read { try $0.outboxHead() } == 0)
        }
      }
      try await group.waitForAll()
    }
    let steps = try place.server.execute("SELECT count(*) FROM \(place.schema).store_migrations")
    #expect(steps == "\(Schema.steps.count)")
  }

  @Test func `tables of a newer program, and a database that is not in UTF-8, are refused in words`() throws {
    _ = try place.open()
    try place.server.execute("INSERT INTO \(place.schema).store_migrations VALUES ('99 from the future')")
    let newer = #expect(throws: ChannelError.self) { try place.open() }
    #expect(newer?.description.contains("newer version of this program (99 from the future)") == true)
    try place.server.execute(
      "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'", in: "postgres")
    let url = "postgresql://buddycloud@/latin?host=\(place.server.socketFolder)"
    let latin = #expect(throws: ChannelError.self) {
      try PostgreSQLChannelStore(PostgreSQLStoreConfiguration(connection: ConnectionString(url)))
    }
    #expect(latin?.description.contains("encoding is LATIN1, not UTF8") == true)
  }

  @Test func `a server that is not there, and a wrong configuration, are refused in words without the password`() throws
  {
    let nowhere = try ConnectionString("postgresql://alice:wherefore@/social?host=\(place.server.socketFolder)/none")
    let error = #expect(throws: ChannelError.self) {
      try PostgreSQLChannelStore(PostgreSQLStoreConfiguration(connection: nowhere))
    }
    #expect(error?.description.contains("dbname=social") == true)
    #expect(error?.description.contains("wherefore") == false)
    var configuration = PostgreSQLStoreConfiguration(connection: nowhere)
    configuration.poolSize = 1
    configuration.maxBatch = 0
    configuration.lockTimeoutSeconds = .nan
    #expect(configuration.validate().count == 3)
    #expect(throws: ChannelError.self) { try PostgreSQLChannelStore(configuration) }
  }

  @Test func `commits wait for the disk, also where the database is set up otherwise`() async throws {
    try place.server.execute("CREATE ROLE careless LOGIN SUPERUSER")
    try place.server.execute("ALTER ROLE careless SET synchronous_commit = off")
    let url = place.server.url(schema: place.schema).replacing("buddycloud@", with: "careless@")
    let store = try PostgreSQLChannelStore(PostgreSQLStoreConfiguration(connection: ConnectionString(url)))
    let setting = try await store.write { store in
      try #require(store as? PostgreSQLTransaction).row("SHOW synchronous_commit", [])?.text("synchronous_commit")
    }
    #expect(setting == "on")
  }

  @Test func `sessions that the server ends are opened again without anybody noticing`() async throws {
    let store = try place.open()
    try await store.write { try $0.insert(postsNode, metadata()) }
    for round in 0..<3 {
      try place.server.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '\(place.schema)'")
      #expect(try await store.read { try $0.metadata(of: postsNode) } == metadata())
      #expect(try await Self.publish("\(round)", in: store) == Int64(round + 1))
    }
  }

  @Test func `a closed store refuses, and one that is opened again has everything`() async throws {
    let store = try place.open()
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(entry("1", at: 1), rated: nil)
    }
    try store.close()
    #expect(await refusal { try await store.read { try $0.outboxHead() } } == .serviceUnavailable)
    #expect(await refusal { try await store.write { try $0.delete(postsNode) } } == .serviceUnavailable)
    let again = try place.open()
    #expect(try await again.read { try $0.entry("1", of: postsNode) } == entry("1", at: 1))
  }
}
