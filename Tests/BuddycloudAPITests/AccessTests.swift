import Channels
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOHTTP1
import Synchronization
import Testing
import XMPP

@testable import BuddycloudAPI

@Suite("Who may come in, and how often")
struct AccessTests {
  @Test func `OPTIONS is answered everywhere, without looking at credentials`() async throws {
    try await TestAPI.run { api in
      for path in ["/", "/account", "/alice@example.com/content/posts", "/no/such/thing", "/notifications/posts"] {
        let reply = try await api.send(
          .OPTIONS, path, headers: [("Authorization", "nonsense"), ("Origin", "https://web.example.com")])
        #expect(reply.status == 200)
        #expect(reply["Access-Control-Max-Age"] == "86400")
        #expect(reply["Access-Control-Allow-Origin"] == "https://web.example.com")
        #expect(reply["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE")
      }
    }
  }

  @Test func `CORS fields are on every answer, whatever its status`() async throws {
    try await TestAPI.run({ $0.realtime.requireProxy = true }) { api in
      try await api.register("alice")
      for (path, status) in [
        ("/", 204), ("/subscribed", 401), ("/nobody@example.com/content/posts", 404), ("/nothing", 404),
        ("/search", 400), ("/notifications/posts", 501), ("/alice@example.com/content/posts", 200),
      ] {
        let reply = try await api.get(path, headers: [("Origin", "https://web.example.com")])
        #expect(reply.status == status)
        #expect(reply["Access-Control-Allow-Origin"] == "https://web.example.com")
        #expect(reply["Access-Control-Expose-Headers"] == "Location, X-Session-Id")
      }
    }
  }

  @Test func `with a list of origins others get no CORS fields, not even inside a hold`() async throws {
    try await TestAPI.run({ $0.allowedOrigins = ["https://web.example.com"] }) { api in
      let foreign = try await api.get("/", headers: [("Origin", "https://evil.example")])
      #expect(foreign["Access-Control-Allow-Origin"] == nil)
      let own = try await api.get("/", headers: [("Origin", "https://web.example.com")])
      #expect(own["Access-Control-Allow-Origin"] == "https://web.example.com")
      let hold = try await api.get(
        "/notifications/posts", headers: [try api.signature, ("Origin", "https://evil.example")])
      #expect(!hold.body.contains("Access-Control-Allow-Origin"))
    }
  }

  @Test func `HEAD has the fields of GET and no body`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "hello")
      let path = "/alice@example.com/content/posts"
      let head = try await api.send(.HEAD, path)
      let get = try await api.send(.GET, path)
      #expect(head.status == 200)
      #expect(head.body.isEmpty)
      #expect(head.meaningful == get.meaningful)
    }
  }

  @Test func `answers to credentials are not kept by caches`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      #expect(
        try await api.get("/alice@example.com/content/posts", as: "alice")["Cache-Control"] == "private, no-store")
      #expect(try await api.get("/alice@example.com/content/posts")["Cache-Control"] == nil)
    }
  }

  @Test func `too many wrong passwords are 429 with a time, for that account from that address only`() async throws {
    try await TestAPI.run({ $0.rates.loginFailuresPerMinute = 3 }) { api in
      try await api.register("alice", "bob")
      for _ in 1...3 {
        #expect(try await api.send(.GET, "/", as: "alice", password: "wrong").status == 401)
      }
      let reply = try await api.send(.GET, "/", as: "alice", password: "wrong")
      #expect(reply.status == 429)
      let seconds = try #require(reply["Retry-After"].flatMap { Int($0) })
      #expect((1...60).contains(seconds))
      #expect(try await api.get("/", as: "bob").status == 204)
      let elsewhere = [try api.signature, ("X-Forwarded-For", "192.0.2.7")]
      #expect(try await api.get("/", as: "alice", headers: elsewhere).status == 204)
    }
  }

  @Test func `an address that no proxy has signed for is not believed`() async throws {
    try await TestAPI.run({ $0.rates.registrationsPerHour = 2 }) { api in
      var statuses: [Int] = []
      for number in 1...4 {
        let reply = try await api.post(
          "/account", #"{"username":"user\#(number)","password":"p","email":"a@b.example"}"#,
          headers: [("X-Forwarded-For", "192.0.2.\(number)")])
        statuses.append(reply.status)
      }
      #expect(statuses == [200, 200, 429, 429])
    }
  }

  @Test func `a server whose store has failed is alive but not ready, although it reads`() async throws {
    try await TestAPI.run { api in
      let service = CountingService(api.channels)
      let server = APIServer(
        configuration: APIConfiguration(domain: "example.com"), channels: service, events: api.channels, trusted: [],
        nextLinkKey: Array(repeating: 7, count: 32), logger: Logger(label: "test"))
      try await server.application(host: "127.0.0.1", port: 0).test(.live) { client in
        #expect(try await client.executeRequest(uri: "/readyz", method: .get, headers: [:], body: nil).status == .ok)
        service.reported.withLock { $0 = ChannelError(.internalServerError, "fsync") }
        #expect(try await client.executeRequest(uri: "/healthz", method: .get, headers: [:], body: nil).status == .ok)
        let reply = try await client.executeRequest(uri: "/readyz", method: .get, headers: [:], body: nil)
        #expect(reply.status == .serviceUnavailable)
      }
    }
  }

  @Test func `too many posts are 429`() async throws {
    try await TestAPI.run({ $0.rates.publishesPerMinute = 2 }) { api in
      try await api.register("alice")
      try await api.post(text: "one")
      try await api.post(text: "two")
      let reply = try await api.post("/alice@example.com/content/posts", as: "alice", #"{"content":"three"}"#)
      #expect(reply.status == 429)
      #expect(reply["Retry-After"] != nil)
    }
  }

  @Test func `a body that does not arrive is 408`() async throws {
    try await TestAPI.run({ $0.limits.bodyTimeout = .milliseconds(100) }) { api in
      let answer = try await RawConnection.exchange(
        port: api.port,
        "POST /account HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", until: "408 Request Timeout")
      #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
    }
  }

  @Test(arguments: ["close", "Close", "foo, CLOSE"])
  func `Connection close is honoured in every spelling`(option: String) async throws {
    try await TestAPI.run { api in
      let answer = try await RawConnection.exchange(
        port: api.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: \(option)\r\n\r\n", until: nil)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `too many fields, and fields that are too long, are refused`() async throws {
    try await TestAPI.run { api in
      let many = (1...150).map { "X-\($0): 1\r\n" }.joined()
      let long = "X-Long: \(String(repeating: "x", count: 40_000))\r\n"
      for fields in [many, long] {
        let answer = try await RawConnection.exchange(
          port: api.port, "GET / HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n", until: nil)
        #expect(answer.hasPrefix("HTTP/1.1 4"))
      }
    }
  }
}

@Suite("The cache of logins (buddycloud-http-api.md §2.6)")
struct LoginCacheTests {
  private func credentials(_ password: String = "secret", user: String = "alice") throws -> BasicCredentials {
    try BasicCredentials(TestAPI.basic(user, password), domain: "example.com")
  }

  @Test func `a login is checked once, then when it was quiet too long, and at last when it is too old`() async throws {
    let clock = ManualTime()
    try await TestAPI.run { api in
      try await api.register("alice")
      var configuration = APIConfiguration(domain: "example.com")
      configuration.sessionExpirationTime = .seconds(10)
      configuration.sessionMaxAge = .seconds(25)
      let service = CountingService(api.channels)
      let cache = LoginCache(configuration: configuration, service: service, now: { clock.now })
      var checks: [Int] = []
      for step in [0, 9, 9, 9, 9, 11] {
        clock.advance(by: .seconds(step))
        _ = try await cache.session(for: credentials(), peer: "p")
        checks.append(service.count)
      }
      #expect(checks == [1, 1, 1, 2, 2, 3])
    }
  }

  @Test func `requests that come together wait for one check`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      let service = CountingService(api.channels)
      let cache = LoginCache(
        configuration: APIConfiguration(domain: "example.com"), service: service, now: { .zero })
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1...20 {
          group.addTask { _ = try await cache.session(for: credentials(), peer: "p") }
        }
        try await group.waitForAll()
      }
      #expect(service.count == 1)
    }
  }

  @Test func `guesses that come all at once are no more than those that come one by one`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      var configuration = APIConfiguration(domain: "example.com")
      configuration.rates.loginFailuresPerMinute = 3
      let service = CountingService(api.channels)
      let cache = LoginCache(configuration: configuration, service: service, now: { .zero })
      await withTaskGroup(of: Void.self) { group in
        for number in 1...20 {
          group.addTask { _ = try? await cache.session(for: credentials("guess \(number)"), peer: "p") }
        }
      }
      #expect(service.count == 3)
      // Right ones cost nothing.
      for _ in 1...10 {
        _ = try await cache.session(for: credentials(), peer: "q")
        await cache.forget(try JID("alice@example.com"))
      }
    }
  }

  @Test func `the login that was quiet longest makes room, and forgetting forgets all of a user`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob", "carol")
      let clock = ManualTime()
      var configuration = APIConfiguration(domain: "example.com")
      configuration.limits.maxSessions = 2
      let service = CountingService(api.channels)
      let cache = LoginCache(configuration: configuration, service: service, now: { clock.now })
      for user in ["alice", "bob", "alice", "carol", "alice"] {
        clock.advance(by: .seconds(1))
        _ = try await cache.session(for: credentials(user: user), peer: "p")
      }
      #expect(service.count == 3)
      _ = try await cache.session(for: credentials(user: "bob"), peer: "p")
      #expect(service.count == 4)
      await cache.forget(try JID("bob@example.com"))
      _ = try await cache.session(for: credentials(user: "bob"), peer: "p")
      #expect(service.count == 5)
    }
  }

  @Test(
    arguments: [
      ("alice:secret", "alice@example.com", "secret"), ("alice@other.example:a:b:c", "alice@other.example", "a:b:c"),
      ("alice@example.com/http:x", "alice@example.com", "x"), ("jürgen:pässword", "jürgen@example.com", "pässword"),
      ("alice:", "alice@example.com", ""),
    ])
  func `credentials are read`(text: String, user: String, password: String) throws {
    let encoded = Data(text.utf8).base64EncodedString()
    for field in ["Basic \(encoded)", "basic  \(encoded)", "BASIC \(encoded.replacing("=", with: ""))"] {
      let credentials = try BasicCredentials(field, domain: "example.com")
      #expect(credentials.user.description == user)
      #expect(credentials.password == password)
    }
  }
}

/// A channel service that counts checks of passwords.
private final class CountingService: ChannelService {
  private let service: any ChannelService
  private let checks = Mutex(0)

  init(_ service: any ChannelService) {
    self.service = service
  }

  var count: Int { checks.withLock { $0 } }
  var domain: String { service.domain }
  var topicsDomain: String { service.topicsDomain }

  /// Set to let the service report so.
  let reported = Mutex<ChannelError?>(nil)
  var failure: ChannelError? { reported.withLock { $0 } ?? service.failure }

  func anonymousSession() -> any ChannelSession { service.anonymousSession() }

  func session(user: JID, password: String) async throws(ChannelError) -> any ChannelSession {
    checks.withLock { $0 += 1 }
    return try await service.session(user: user, password: password)
  }

  func register(user: JID, password: String, email: String) async throws(ChannelError) {
    try await service.register(user: user, password: password, email: email)
  }

  func changePassword(of user: JID, to password: String) async throws(ChannelError) {
    try await service.changePassword(of: user, to: password)
  }

  func removeAccount(_ user: JID) async throws(ChannelError) {
    try await service.removeAccount(user)
  }

  func authorize(_ user: JID?, toHear queue: EventQueue) async throws(ChannelError) {
    try await service.authorize(user, toHear: queue)
  }

  func events(in queue: EventQueue, after cursor: Int64, max: Int) async throws(ChannelError) -> EventPage {
    try await service.events(in: queue, after: cursor, max: max)
  }
}
