import AsyncHTTPClient
import ChannelServer
import ChannelStoreSQLite
import Channels
import Foundation
import GRIP
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import PubControl
import ServiceLifecycle
import Testing
import XMPP

@testable import BuddycloudAPI

/// An API of `example.com` on a free port of loopback, over a channel server with a file of its own.
struct TestAPI: Sendable {
  /// The secret that the proxy of these tests signs with.
  static let proxyKey = Array("the secret of the proxy".utf8)
  static let proxyIssuer = "pushpin"

  /// Never shut down: it lives as long as the tests. The shared client allows eight connections to a host.
  static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 500
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  let server: APIServer
  let channels: ChannelServer
  let port: Int
  /// What publishes to the proxies of this API.
  let relays: [ProxyRelay]

  /// Starts an API, runs `body`, and stops it.
  static func run(
    publisher: PubControl? = nil, time: TimeSource = .system,
    channels changeChannels: (inout ChannelServerConfiguration) -> Void = { _ in },
    _ change: (inout APIConfiguration) -> Void = { _ in },
    body: @escaping @Sendable (TestAPI) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "api-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let store = try SQLiteChannelStore(
      SQLiteStoreConfiguration(path: directory.appending(path: "buddycloud.sqlite").path))
    defer { try? store.close() }
    try await run(
      store: store, publisher: publisher, time: time, channels: changeChannels, change, body: body)
  }

  /// The same over a store that is there.
  static func run(
    store: SQLiteChannelStore, publisher: PubControl? = nil, time: TimeSource = .system,
    channels changeChannels: (inout ChannelServerConfiguration) -> Void = { _ in },
    _ change: (inout APIConfiguration) -> Void = { _ in },
    body: @escaping @Sendable (TestAPI) async throws -> Void
  ) async throws {
    var settings = ChannelServerConfiguration(domain: "example.com")
    settings.passwords.iterations = 10_000
    settings.announcements.isEnabled = false
    changeChannels(&settings)
    let channels = try ChannelServer(store: store, configuration: settings)
    var configuration = APIConfiguration(domain: "example.com")
    change(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let proxy = GRIPEndpoint(
      controlURI: "http://127.0.0.1:5561", verifyKey: GRIPKey(secret: proxyKey), verifyIssuer: proxyIssuer)
    let server = APIServer(
      configuration: configuration, channels: channels, events: channels, trusted: [proxy],
      nextLinkKey: Array(repeating: 7, count: 32), logger: logger, time: time)
    let (ports, port) = AsyncStream<Int>.makeStream()
    let application = server.application(host: "127.0.0.1", port: 0, publisher: publisher) { port.yield($0) }
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let running = try #require(await ports.first { _ in true })
      let api = TestAPI(
        server: server, channels: channels, port: running,
        relays: publisher.map { server.relays(to: $0).compactMap { $0 as? ProxyRelay } } ?? [])
      do {
        try await body(api)
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Registers users with the password `secret`.
  func register(_ names: String...) async throws {
    for name in names {
      try await channels.addAccount(user: try JID("\(name)@example.com"), password: "secret", email: "")
    }
  }

  /// Sends a request and reads the whole answer.
  func send(
    _ method: HTTPMethod, _ path: String, as user: String? = nil, password: String = "secret",
    headers: [(String, String)] = [], body: String? = nil
  ) async throws -> Reply {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    request.method = method
    if let user { request.headers.add(name: "Authorization", value: Self.basic(user, password)) }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await Self.client.execute(request, timeout: .seconds(60))
    let bytes = try await response.body.collect(upTo: 1 << 24)
    return Reply(
      status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
      body: String(buffer: bytes))
  }

  /// `GET` for JSON.
  func get(_ path: String, as user: String? = nil, headers: [(String, String)] = []) async throws -> Reply {
    try await send(.GET, path, as: user, headers: [("Accept", "application/json")] + headers)
  }

  /// `POST` of JSON.
  func post(
    _ path: String, as user: String? = nil, _ body: String, headers: [(String, String)] = []
  ) async throws -> Reply {
    try await send(.POST, path, as: user, headers: [("Content-Type", "application/json")] + headers, body: body)
  }

  /// Posts a text into a channel's posts and gives the entry's id.
  @discardableResult
  func post(text: String, to channel: String = "alice@example.com", as user: String = "alice") async throws -> String {
    let reply = try await post("/\(channel)/content/posts", as: user, JSONValue.object(["content": .string(text)]).text)
    try #require(reply.status == 201, "\(reply.body)")
    return try #require(reply.json["id"]?.string)
  }

  /// The field that a proxy signs with.
  var signature: (String, String) {
    get throws {
      let expires = Int64(Date().timeIntervalSince1970) + 600
      return (
        "Grip-Sig",
        try GRIPSignature.sign(issuer: Self.proxyIssuer, expires: expires, key: GRIPKey(secret: Self.proxyKey))
      )
    }
  }

  /// Waits until so many requests are held.
  func untilHeld(_ count: Int) async throws {
    try await eventually { server.services.hub.count == count }
  }

  static func basic(_ user: String, _ password: String) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }
}

/// An answer.
struct Reply: Sendable {
  var status: Int
  var headers: [(name: String, value: String)]
  var body: String

  /// The first field with this name.
  subscript(name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// All but what the connection needs, and the time.
  var meaningful: [String] {
    headers.filter { !["date", "connection", "transfer-encoding", "keep-alive"].contains($0.name.lowercased()) }
      .map { "\($0.name): \($0.value)" }
  }

  /// The body as JSON; `null` where it is none.
  var json: JSONValue { JSONValue(parsing: Array(body.utf8)) ?? .null }
}

extension JSONValue {
  /// A member of an object.
  subscript(name: String) -> JSONValue? {
    guard case .object(let object) = self else { return nil }
    return object[name]
  }

  /// An element of an array.
  subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The elements of an array.
  var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }
}

/// Waits until a condition holds; fails after half a minute.
func eventually(_ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(30)
  while try await !condition() {
    try #require(ContinuousClock.now < deadline, "it did not come about")
    try await Task.sleep(for: .milliseconds(2))
  }
}
