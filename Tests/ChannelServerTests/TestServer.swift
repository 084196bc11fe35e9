import ChannelServer
import ChannelStoreSQLite
import Channels
import Foundation
import Synchronization
import Testing
import XMPP

/// A channel server of `example.com` over a file that goes with it, with a clock that stands still.
final class TestServer: Sendable {
  let server: ChannelServer
  let store: any ChannelStore
  private let database: SQLiteChannelStore
  let directory: URL
  let clock: TestClock

  init(clock: TestClock = TestClock(), _ change: (inout ChannelServerConfiguration) -> Void = { _ in }) throws {
    self.clock = clock
    directory = FileManager.default.temporaryDirectory.appending(path: "channel-server-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    database = try SQLiteChannelStore(
      SQLiteStoreConfiguration(path: directory.appending(path: "channels.sqlite").path))
    store = database
    var configuration = ChannelServerConfiguration(domain: "example.com")
    configuration.passwords.iterations = 10_000
    change(&configuration)
    server = try ChannelServer(store: store, configuration: configuration, surroundings: clock.surroundings)
  }

  deinit {
    try? database.close()
    try? FileManager.default.removeItem(at: directory)
  }

  /// Registers users of `example.com`.
  func register(_ names: String...) async throws {
    for name in names {
      try await server.register(user: try jid(name), password: "secret of \(name)", email: "\(name)@mail.example")
    }
  }

  func session(_ name: String) throws -> any ChannelSession {
    server.trustedSession(user: try jid(name))
  }

  var anonymous: any ChannelSession { server.anonymousSession() }

  /// All of a queue.
  func events(_ queue: EventQueue) async throws -> [ChannelEvent] {
    try await server.events(in: queue, after: 0, max: 1000).events
  }
}

/// A wall clock and an uptime that move when they are told to, and bytes that never repeat.
final class TestClock: Sendable {
  private struct State {
    var now = Timestamp("2026-11-24T12:00:00Z")?.milliseconds ?? 0
    var uptime = Duration.zero
    var counter: UInt64 = 0
  }

  private let state = Mutex(State())

  var now: Timestamp { Timestamp(milliseconds: state.withLock(\.now)) }

  func advance(by duration: Duration) {
    state.withLock { state in
      state.now += duration.components.seconds * 1000
      state.uptime += duration
    }
  }

  func setWallClock(to time: Timestamp) {
    state.withLock { $0.now = time.milliseconds }
  }

  var surroundings: Surroundings {
    Surroundings(
      now: { self.now }, uptime: { self.state.withLock(\.uptime) },
      randomBytes: { count in
        self.state.withLock { state in
          state.counter += 1
          let number = withUnsafeBytes(of: state.counter.bigEndian) { Array($0) }
          return Array((number.reversed() + Array(repeating: 0xA5, count: count)).prefix(count))
        }
      }, sleep: { _ in throw CancellationError() })
  }
}

/// A user or channel of `example.com`, or an address as it stands.
func jid(_ name: String) throws -> JID {
  try JID(name.contains("@") ? name : "\(name)@example.com")
}

func posts(_ channel: String) throws -> NodeID {
  NodeID(channel: try jid(channel), name: "posts")
}

func node(_ channel: String, _ name: String) throws -> NodeID {
  NodeID(channel: try jid(channel), name: name)
}

/// An Atom entry with content, and a reply where an id is given.
func post(_ content: String, title: String? = nil, replyTo: String? = nil) -> XMLElement {
  var children = [XMLElement]()
  if let title { children.append(XMLElement("title", namespace: Namespaces.atom, text: title)) }
  children.append(XMLElement("content", namespace: Namespaces.atom, text: content))
  if let replyTo {
    children.append(XMLElement("in-reply-to", namespace: Namespaces.threads, attributes: ["ref": replyTo]))
  }
  return XMLElement("entry", namespace: Namespaces.atom, children: children.map { .element($0) })
}

/// The code of what an operation throws; `nil` where it throws nothing.
func refusal<Value>(_ operation: () async throws -> Value) async -> ChannelError.Code? {
  do {
    _ = try await operation()
    return nil
  } catch {
    return (error as? ChannelError)?.code ?? .internalServerError
  }
}

extension ChannelEvent {
  var published: Entry? {
    if case .published(let entry) = change { entry } else { nil }
  }
  var retracted: String? {
    if case .retracted(let id) = change { id } else { nil }
  }
}
