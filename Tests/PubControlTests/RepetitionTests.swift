import AsyncHTTPClient
import GRIP
import NIOCore
import Synchronization
import Testing

@testable import PubControl

@Suite("Repeating a publish")
struct RepetitionTests {
  /// Publishes to one endpoint and gives the failure.
  private static func publish(
    _ items: [GRIPItem], to uri: String, options: PubControl.Options
  ) async throws -> PublishFailure? {
    try await withHTTPClient { client in
      try await PubControl(endpoints: [GRIPEndpoint(controlURI: uri)], httpClient: client, options: options)
        .publish(items, toEndpoint: 0).failure
    }
  }

  @Test(arguments: [200, 202, 204]) func `any 2xx is success`(status: Int) async throws {
    let proxy = try await ProxyDouble.listening { _ in .answer(status, body: "") }
    #expect(try await Self.publish([item("a")], to: proxy.uri, options: quickOptions()).isTaken)
    try await proxy.stop()
  }

  @Test(arguments: [400, 404, 405, 411, 413, 302, 301]) func `a refusal is not repeated`(status: Int) async throws {
    let proxy = try await ProxyDouble.listening { number in
      number == 1 ? .answer(status, headers: ["Location": "/elsewhere"], body: "no\n") : .answer(200)
    }
    guard case .rejected(status, _)? = try await Self.publish([item("a")], to: proxy.uri, options: quickOptions())
    else {
      Issue.record("\(status) was not a refusal")
      return
    }
    #expect(proxy.received.filter { $0.uri == "/publish/" }.count == 1)
    try await proxy.stop()
  }

  @Test(arguments: [408, 429, 500, 502, 503]) func `what may pass is repeated where every item has an id`(
    status: Int
  ) async throws {
    let proxy = try await ProxyDouble.listening { $0 < 3 ? .answer(status) : .answer(200) }
    #expect(try await Self.publish([item("a"), item("b", id: "2")], to: proxy.uri, options: quickOptions()).isTaken)
    #expect(proxy.received.count == 3)
    #expect(Set(proxy.received.map(\.body)).count == 1)
    try await proxy.stop()
  }

  @Test func `an item without an id is not sent twice: it would be delivered twice`() async throws {
    for reply in [ProxyDouble.Reply.answer(503), .hangUp] {
      let proxy = try await ProxyDouble.listening { _ in reply }
      let items = [item("a"), item("b", id: nil)]
      #expect(try await Self.publish(items, to: proxy.uri, options: quickOptions()).isTaken == false)
      #expect(proxy.received.count == 1)
      try await proxy.stop()
    }
  }

  @Test func `a connection that breaks after the request is repeated with ids`() async throws {
    let proxy = try await ProxyDouble.listening { $0 == 1 ? .hangUp : .answer(200) }
    #expect(try await Self.publish([item("a")], to: proxy.uri, options: quickOptions()).isTaken)
    #expect(proxy.received.count == 2)
    try await proxy.stop()
  }

  @Test func `a refused connection is always repeated, also without ids`() async throws {
    let port = try await ProxyDouble.closedPort()
    let started = Mutex<ProxyDouble?>(nil)
    let clock = ScriptedClock(patience: .seconds(9)) {
      // The proxy comes up while the publisher waits.
      let isRunning = started.withLock { $0 != nil }
      guard !isRunning, let proxy = try? await ProxyDouble.listening(port: port) else { return }
      started.withLock { $0 = proxy }
    }
    #expect(
      try await Self.publish([item("a", id: nil)], to: "http://127.0.0.1:\(port)", options: quickOptions(clock)).isTaken
    )
    let proxy = try #require(started.withLock { $0 })
    #expect(proxy.received.count == 1)
    try await proxy.stop()
  }

  @Test func `attempts are counted, waits double up to the longest and take the jitter`() async throws {
    let proxy = try await ProxyDouble.listening { _ in .answer(503, body: "busy") }
    let clock = ScriptedClock(patience: .seconds(9))
    var options = quickOptions(clock)
    options.attempts = 6
    options.backoff = .milliseconds(200)
    options.longestBackoff = .seconds(1)
    options.jitter = { 0.5 }
    guard case .rejected(503, "busy")? = try await Self.publish([item("a")], to: proxy.uri, options: options) else {
      Issue.record("the publish did not end with the refusal")
      return
    }
    #expect(proxy.received.count == 6)
    #expect(clock.shortSleeps == [100, 200, 400, 500, 500].map { .milliseconds($0) })
    try await proxy.stop()
  }

  @Test(arguments: [(429, "7", 7), (503, "Sun, 06 Nov 1994 08:49:47 GMT", 10), (503, "soon", 0)])
  func `a Retry-After is waited for, and the usual time after it`(status: Int, text: String, seconds: Int) async throws
  {
    let proxy = try await ProxyDouble.listening { number in
      number == 1 ? .answer(status, headers: ["Retry-After": text]) : .answer(200)
    }
    let clock = ScriptedClock(patience: .seconds(3600))
    var options = quickOptions(clock)
    // The time that an attempt has is no wait.
    options.timeout = .seconds(7200)
    options.backoff = .milliseconds(200)
    options.jitter = { 1 }
    options.now = { 784_111_777 }
    #expect(try await Self.publish([item("a")], to: proxy.uri, options: options).isTaken)
    #expect(proxy.received.count == 2)
    #expect(clock.shortSleeps == [.seconds(seconds) + .milliseconds(200)])
    try await proxy.stop()
  }

  @Test func `a Retry-After beyond the bound ends the publish with the answer`() async throws {
    let proxy = try await ProxyDouble.listening { _ in .answer(503, headers: ["Retry-After": "31"], body: "later") }
    guard case .rejected(503, "later")? = try await Self.publish([item("a")], to: proxy.uri, options: quickOptions())
    else {
      Issue.record("the publish did not end with the refusal")
      return
    }
    #expect(proxy.received.count == 1)
    try await proxy.stop()
  }

  @Test(arguments: [301, 302, 303]) func `a client that follows redirects takes no other answer for success`(
    status: Int
  ) async throws {
    let proxy = try await ProxyDouble.listening { number in
      number == 1 ? .answer(status, headers: ["Location": "/elsewhere"]) : .answer(200)
    }
    let failure = try await withHTTPClient(HTTPClient.Configuration()) { client in
      try await PubControl(
        endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client, options: quickOptions()
      ).publish([item("a")], toEndpoint: 0).failure
    }
    guard case .rejected(status, _)? = failure else {
      Issue.record("\(failure.debugDescription)")
      return
    }
    try await proxy.stop()
  }

  @Test func `a proxy that cannot be reached is told as such by a client that keeps trying`() async throws {
    let port = try await ProxyDouble.closedPort()
    var options = quickOptions()
    options.attempts = 1
    options.timeout = .seconds(8)
    options.clock = ScriptedClock(patience: .zero)
    let failure = try await withHTTPClient(HTTPClient.Configuration()) { client in
      try await PubControl(
        endpoints: [GRIPEndpoint(controlURI: "http://127.0.0.1:\(port)")], httpClient: client, options: options
      ).publish([item("a")], toEndpoint: 0).failure
    }
    guard case .transport(let text)? = failure else {
      Issue.record("\(failure.debugDescription)")
      return
    }
    #expect(text.contains("refused"))
  }

  @Test func `one attempt never repeats`() async throws {
    let proxy = try await ProxyDouble.listening { _ in .hangUp }
    var options = quickOptions()
    options.attempts = 1
    guard case .transport? = try await Self.publish([item("a")], to: proxy.uri, options: options) else {
      Issue.record("no transport failure")
      return
    }
    #expect(proxy.received.count == 1)
    try await proxy.stop()
  }

  @Test func `no answer in time is a time-out`() async throws {
    let proxy = try await ProxyDouble.listening { _ in .hold }
    var options = quickOptions(ScriptedClock(patience: .seconds(3600)))
    options.timeout = .seconds(10)
    guard case .timeout? = try await Self.publish([item("a", id: nil)], to: proxy.uri, options: options) else {
      Issue.record("no time-out")
      return
    }
    try await proxy.stop()
  }

  @Test func `what the client knows of a request decides`() {
    func stage(_ error: any Error) -> PublishAttempt.Stage? {
      guard case .failed(_, let stage, _) = PublishAttempt(error: error) else { return nil }
      return stage
    }
    let unsent: [any Error] = [
      HTTPClientError.connectTimeout, HTTPClientError.tlsHandshakeTimeout, HTTPClientError.getConnectionFromPoolTimeout,
      IOError(errnoCode: 111, reason: "connect"),
    ]
    for error in unsent { #expect(stage(error) == .unsent, "\(error)") }
    let unknown: [any Error] = [
      HTTPClientError.remoteConnectionClosed, HTTPClientError.readTimeout, HTTPClientError.deadlineExceeded,
      IOError(errnoCode: 104, reason: "read"), IOError(errnoCode: 32, reason: "write"), CancellationError(),
    ]
    for error in unknown { #expect(stage(error) == .unknown, "\(error)") }
    let final: [any Error] = [HTTPClientError.invalidURL, HTTPClientError.emptyHost, HTTPClientError.alreadyShutdown]
    for error in final { #expect(stage(error) == .final, "\(error)") }
  }
}

extension PublishFailure? {
  /// Whether there is no failure.
  fileprivate var isTaken: Bool {
    guard case .none = self else { return false }
    return true
  }
}
