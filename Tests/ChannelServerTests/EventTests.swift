import ChannelServer
import ChannelStoreSQLite
import Channels
import Foundation
import Synchronization
import Testing
import XMPP

@Suite("Events") struct EventTests {
  @Test func `a viewer's queue is what they may hear`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet", "paris")
    try await test.session("juliet").configure(node("juliet", "status"), NodeConfiguration(accessModel: .authorize))
    let (romeo, juliet) = (try test.session("romeo"), try test.session("juliet"))
    #expect(try await test.anonymous.queue(for: nil) == .anonymous)
    #expect(try await romeo.queue(for: nil) == .user(jid("romeo")))
    #expect(try await romeo.queue(for: posts("juliet")) == .node(posts("juliet")))
    #expect(try await test.anonymous.queue(for: posts("juliet")) == .node(posts("juliet")))
    #expect(
      try await juliet.queue(for: node("juliet", "status")) == .member(jid("juliet"), node("juliet", "status")))
    #expect(await refusal { try await romeo.queue(for: node("juliet", "status")) } == .closedNode)
    #expect(await refusal { try await test.anonymous.queue(for: node("juliet", "status")) } == .notAuthorized)
    #expect(await refusal { try await romeo.queue(for: posts("nobody")) } == .itemNotFound)
  }

  @Test func `a cursor gets all that came after it, once, in order, whatever the size of the parts`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    for number in 0..<10 { _ = try await session.publish(post("\(number)"), to: posts("romeo")) }
    for size in 1...11 {
      var cursor: Int64 = 0
      var contents: [String?] = []
      while true {
        let page = try await test.server.events(in: .anonymous, after: cursor, max: size)
        guard let last = page.events.last else {
          #expect(page.head == cursor)
          break
        }
        #expect(!page.isReset)
        contents += page.events.map(\.published?.content)
        cursor = last.sequence
      }
      #expect(contents == (0..<10).map(String.init))
    }
  }

  @Test func `who catches up after a retraction gets no content of what is gone`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let gone = try await session.publish(post("gone"), to: posts("romeo"))
    let kept = try await session.publish(post("kept"), to: posts("romeo"))
    try await session.retract(gone.id, from: posts("romeo"))
    let events = try await test.events(.anonymous)
    #expect(events.map(\.published) == [nil, kept, nil])
    #expect(events.map(\.retracted) == [gone.id, nil, gone.id])
  }

  @Test func `a channel made private takes back what it said in public`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet", "paris")
    for name in ["juliet", "paris"] { _ = try await test.session(name).subscribe(to: posts("romeo")) }
    let romeo = try test.session("romeo")
    let entry = try await romeo.publish(post("x"), to: posts("romeo"))
    try await romeo.configure(posts("romeo"), NodeConfiguration(accessModel: .authorize))
    try await romeo.setAffiliation(.outcast, of: jid("paris"), in: posts("romeo"))
    #expect(try await test.events(.anonymous).map(\.published) == [nil])
    #expect(try await test.events(.node(posts("romeo"))).map(\.published) == [nil])
    #expect(try await test.events(.user(jid("paris"))).map(\.published) == [nil])
    #expect(try await test.events(.user(jid("juliet"))).map(\.published) == [entry])
  }

  @Test func `who listened while a channel was open hears nothing once it is for local users only`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet")
    let romeo = try test.session("romeo")
    let opened = try await test.anonymous.queue(for: posts("romeo"))
    _ = try await romeo.publish(post("open"), to: posts("romeo"))
    try await romeo.configure(posts("romeo"), NodeConfiguration(accessModel: .local))
    let entry = try await romeo.publish(post("local"), to: posts("romeo"))
    #expect(try await test.events(opened).map(\.published) == [nil])
    #expect(await refusal { try await test.anonymous.queue(for: posts("romeo")) } == .notAuthorized)
    // Also who does not follow, and the queue of an earlier hold gets nothing published either.
    let heard = try await test.session("juliet").queue(for: posts("romeo"))
    #expect(try await test.events(heard).map(\.published) == [entry])
    #expect(try await test.server.outbox(after: 1, maxEvents: 10).allSatisfy { $0.queue != opened })
  }

  @Test func `what another process commits is heard, too`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let other = try ChannelServer(store: test.store, configuration: ChannelServerConfiguration(domain: "example.com"))
    var heard = test.server.commits().makeAsyncIterator()
    _ = try await other.trustedSession(user: jid("romeo")).publish(post("x"), to: posts("romeo"))
    try await test.server.signalForeignCommits()
    #expect(await heard.next() == (try await test.server.outboxHead()))
  }

  @Test func `a cursor from another database is reset`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    _ = try await test.session("romeo").publish(post("x"), to: posts("romeo"))
    let head = try await test.server.outboxHead()
    let page = try await test.server.events(in: .anonymous, after: head + 100, max: 10)
    #expect(page == EventPage(events: [], head: head, isReset: true))
  }

  @Test func `old events are removed by age and by count, and their cursors are told`() async throws {
    let test = try TestServer { configuration in
      configuration.retention.age = .seconds(3600)
      configuration.retention.maxEvents = 3
    }
    try await test.register("romeo")
    let session = try test.session("romeo")
    for number in 0..<5 { _ = try await session.publish(post("\(number)"), to: posts("romeo")) }
    #expect(try await test.server.removeOldEvents() == 2)
    let page = try await test.server.events(in: .anonymous, after: 0, max: 10)
    #expect(page.isReset)
    #expect(page.events.map(\.published?.content) == ["2", "3", "4"])
    test.clock.advance(by: .seconds(3601))
    _ = try await session.publish(post("5"), to: posts("romeo"))
    await test.server.maintain { Issue.record("\($0)") }
    #expect(try await test.events(.anonymous).map(\.published?.content) == ["5"])
    #expect(try await session.entries(of: posts("romeo"), page: PageRequest()).count == 6)
  }

  @Test func `a listener hears the newest commit, and a slow one misses only what is older`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    let stream = test.server.commits()
    for number in 0..<3 { _ = try await session.publish(post("\(number)"), to: posts("romeo")) }
    var iterator = stream.makeAsyncIterator()
    #expect(await iterator.next() == (try await test.server.outboxHead()))
    _ = try await session.publish(post("3"), to: posts("romeo"))
    #expect(await iterator.next() == (try await test.server.outboxHead()))
  }

  @Test func `the fault point is passed after the commit and before any listener`() async throws {
    let recorder = Recorder()
    let test = try TestServer { $0.afterCommitBeforeRelay = { recorder.append($0) } }
    try await test.register("romeo")
    _ = try await test.session("romeo").publish(post("x"), to: posts("romeo"))
    #expect(recorder.sequences == [try await test.server.outboxHead()])
  }

  @Test func `a relay's position outlives the server`() async throws {
    let test = try TestServer()
    #expect(try await test.server.relayPosition("edge") == nil)
    try await test.server.setRelayPosition("edge", to: 42)
    let other = try ChannelServer(store: test.store, configuration: ChannelServerConfiguration(domain: "example.com"))
    #expect(try await other.relayPosition("edge") == 42)
  }

  @Test func `a process that dies between commit and relay loses nothing that it acknowledged`() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "channel-crash-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      try await CrashingServer.run(in: path)
    }
    let ledger = try String(contentsOf: directory.appending(path: "ledger"), encoding: .utf8)
    let acknowledged = ledger.split(separator: "\n").map(String.init)
    #expect(acknowledged.count == 4)
    let store = try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory.appending(path: "db").path))
    let events = try await store.read { try $0.outbox(after: 0, maxEvents: 100) }.filter { $0.queue == .anonymous }
    // The fifth was committed, but nobody heard so.
    #expect(events.count == 5)
    #expect(events.prefix(4).compactMap(\.event.published?.id) == acknowledged)
    let entries = try await store.read { try $0.entries(of: posts("romeo"), page: PageRequest(max: 10)).count }
    #expect(entries == 5)
  }
}

/// Publishes, writes down what was acknowledged, and is killed at its fifth commit.
enum CrashingServer {
  static func run(in directory: String) async throws {
    var configuration = ChannelServerConfiguration(domain: "example.com")
    configuration.passwords.iterations = 10_000
    let recorder = Recorder()
    configuration.afterCommitBeforeRelay = { sequence in
      recorder.append(sequence)
      if recorder.sequences.count == 5 { kill(getpid(), SIGKILL) }
    }
    let store = try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory + "/db"))
    let server = try ChannelServer(store: store, configuration: configuration)
    try await server.register(user: jid("romeo"), password: "x", email: "")
    let session = server.trustedSession(user: try jid("romeo"))
    var ledger = ""
    for number in 0..<10 {
      ledger += try await session.publish(post("\(number)"), to: posts("romeo")).id + "\n"
      try ledger.write(toFile: directory + "/ledger", atomically: true, encoding: .utf8)
    }
  }
}

final class Recorder: Sendable {
  private let collected = Mutex<[Int64]>([])
  var sequences: [Int64] { collected.withLock { $0 } }
  func append(_ sequence: Int64) { collected.withLock { $0.append(sequence) } }
}
