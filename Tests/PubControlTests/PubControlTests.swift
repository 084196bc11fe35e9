import AsyncHTTPClient
import GRIP
import NIOCore
import Synchronization
import Testing

@testable import PubControl

/// An item with an id, or without.
func item(_ text: String, id: String? = "1") -> GRIPItem {
  GRIPItem(channel: "c", id: id, httpStream: .send(.text(text)))
}

/// A client that does not repeat connecting by itself, for as long as `body` runs.
func withHTTPClient<Result>(
  _ configuration: HTTPClient.Configuration = PubControl.httpClientConfiguration,
  _ body: (HTTPClient) async throws -> Result
) async throws -> Result {
  let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  do {
    let result = try await body(client)
    try await client.shutdown()
    return result
  } catch {
    try await client.shutdown()
    throw error
  }
}

/// Options whose waits take no time and whose attempts do not time out.
func quickOptions(_ clock: ScriptedClock = ScriptedClock(patience: .seconds(9))) -> PubControl.Options {
  var options = PubControl.Options()
  options.clock = clock
  options.jitter = { 1 }
  options.now = { 1_000_000 }
  // Far beyond what a busy machine takes for a refused connection.
  options.timeout = .seconds(60)
  return options
}

@Suite("Publishing")
struct PubControlTests {
  @Test func `a publish is a POST of JSON with its length in bytes`() async throws {
    let proxy = try await ProxyDouble.listening()
    let outcomes = try await withHTTPClient { client in
      try await PubControl(endpoints: [GRIPEndpoint(controlURI: proxy.uri + "/")], httpClient: client).publish([
        item("é€😀")
      ])
    }
    #expect(outcomes.count == 1)
    #expect(outcomes.first?.failure == nil)
    #expect(outcomes.first?.endpoint == proxy.uri)
    let request = try #require(proxy.received.first)
    #expect(request.method == "POST")
    #expect(request.uri == "/publish/")
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["content-length"] == String(request.body.utf8.count))
    #expect(request.headers["transfer-encoding"] == nil)
    #expect(request.headers["authorization"] == nil)
    #expect(request.body == #"{"items":[{"channel":"c","id":"1","formats":{"http-stream":{"content":"é€😀"}}}]}"#)
    try await proxy.stop()
  }

  @Test func `the shared client needs no closing`() async throws {
    let proxy = try await ProxyDouble.listening()
    let outcomes = try await PubControl(endpoints: [GRIPEndpoint(controlURI: proxy.uri)]).publish([item("a")])
    #expect(outcomes.allSatisfy { $0.failure == nil })
    try await proxy.stop()
  }

  @Test func `one endpoint's failure hides no other's success`() async throws {
    let good = try await ProxyDouble.listening()
    let bad = try await ProxyDouble.listening { _ in .answer(400, body: "Invalid format.\n") }
    let closed = try await ProxyDouble.closedPort()
    let uris = [bad.uri, good.uri, "http://127.0.0.1:\(closed)", "nonsense"]
    let outcomes = try await withHTTPClient { client in
      try await PubControl(
        endpoints: uris.map { GRIPEndpoint(controlURI: $0) }, httpClient: client, options: quickOptions()
      ).publish([item("a")])
    }
    #expect(outcomes.map(\.endpoint) == uris)
    guard case .rejected(400, "Invalid format.")? = outcomes[0].failure, outcomes[1].failure == nil,
      case .transport? = outcomes[2].failure, case .transport? = outcomes[3].failure
    else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(good.received.count == 1)
    #expect(bad.received.count == 1)
    try await good.stop()
    try await bad.stop()
  }

  @Test func `the endpoints are asked at the same time`() async throws {
    let first = try await ProxyDouble.listening { _ in .hold }
    let second = try await ProxyDouble.listening { _ in .hold }
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: [first, second].map { GRIPEndpoint(controlURI: $0.uri) }, httpClient: client, options: quickOptions()
      )
      async let outcomes = control.publish([item("a")])
      // Neither is answered before both have been asked.
      for proxy in [first, second] { for await _ in proxy.arrivals { break } }
      first.answerHeld(.answer(200))
      second.answerHeld(.answer(200))
      let results = try await outcomes
      #expect(results.allSatisfy { $0.failure == nil })
    }
    try await first.stop()
    try await second.stop()
  }

  @Test func `one endpoint is published to by its index`() async throws {
    let first = try await ProxyDouble.listening()
    let second = try await ProxyDouble.listening()
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: [first, second].map { GRIPEndpoint(controlURI: $0.uri) }, httpClient: client)
      let result = try await control.publish([item("a")], toEndpoint: 1)
      #expect(result.endpoint == second.uri)
    }
    #expect(first.received.isEmpty)
    #expect(second.received.count == 1)
    try await first.stop()
    try await second.stop()
  }

  @Test func `publishes one after another arrive in order and share a connection`() async throws {
    let proxy = try await ProxyDouble.listening()
    try await withHTTPClient { client in
      let control = PubControl(endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client)
      for number in 0..<50 {
        let result = try await control.publish([item("n\(number)!")], toEndpoint: 0)
        #expect(result.failure == nil)
      }
    }
    #expect(proxy.received.count == 50)
    for (number, request) in proxy.received.enumerated() { #expect(request.body.contains("n\(number)!")) }
    #expect(proxy.connections == 1)
    try await proxy.stop()
  }

  @Test func `without items nothing is sent, and an item that cannot be written sends nothing`() async throws {
    let proxy = try await ProxyDouble.listening()
    try await withHTTPClient { client in
      let control = PubControl(endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client)
      let result = try await control.publish([])
      #expect(result[0].failure == nil)
      await #expect(throws: GRIPEncodingError("item 1: an item has no format")) {
        try await control.publish([item("a"), GRIPItem(channel: "c")])
      }
      await #expect(throws: GRIPEncodingError.self) {
        try await control.publish([GRIPItem(channel: "\n")], toEndpoint: 0)
      }
    }
    #expect(proxy.received.isEmpty)
    try await proxy.stop()
  }

  @Test func `a batch is cut by items and by bytes, and its parts arrive in order`() async throws {
    let proxy = try await ProxyDouble.listening()
    var options = quickOptions()
    options.batchItems = 3
    options.batchBytes = 400
    let sizes = [1, 1, 1, 1, 200, 200, 200, 1, 1000, 1]
    let items = sizes.enumerated().map { item(String(repeating: "x", count: $1), id: "\($0)") }
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client, options: options)
      let result = try await control.publish(items)
      #expect(result[0].failure == nil)
    }
    let batches = try proxy.received.map { try GRIPItem.decodeBatch($0.body.utf8) }
    #expect(batches.flatMap { $0 } == items)
    for batch in batches { #expect(batch.count <= 3) }
    for request in proxy.received { #expect(request.body.utf8.count <= 400 || request.body.contains("\"8\"")) }
    #expect(batches.first { $0.contains { $0.id == "8" } }?.count == 1)
    try await proxy.stop()
  }

  @Test func `a part that fails is the last`() async throws {
    let proxy = try await ProxyDouble.listening { $0 == 2 ? .answer(400) : .answer(200) }
    var options = quickOptions()
    options.batchItems = 1
    let outcome = try await withHTTPClient { client in
      try await PubControl(endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client, options: options)
        .publish([item("a"), item("b"), item("c")], toEndpoint: 0)
    }
    guard case .rejected(400, _)? = outcome.failure else {
      Issue.record("\(outcome)")
      return
    }
    #expect(proxy.received.count == 2)
    try await proxy.stop()
  }

  @Test func `more publishes than may be pending are refused, and make room again`() async throws {
    let proxy = try await ProxyDouble.listening { $0 == 1 ? .hold : .answer(200) }
    var options = quickOptions()
    options.pendingPublishes = 1
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client, options: options)
      async let first = control.publish([item("a")], toEndpoint: 0)
      for await _ in proxy.arrivals { break }
      guard case .overloaded(pending: 1)? = try await control.publish([item("b")], toEndpoint: 0).failure else {
        Issue.record("the second publish was taken")
        return
      }
      proxy.answerHeld(.answer(200))
      let held = try await first
      #expect(held.failure == nil)
      let result = try await control.publish([item("c")], toEndpoint: 0)
      #expect(result.failure == nil)
    }
    #expect(proxy.received.count == 2)
    try await proxy.stop()
  }

  @Test func `a publish that is cancelled ends`() async throws {
    let proxy = try await ProxyDouble.listening { _ in .hold }
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: [GRIPEndpoint(controlURI: proxy.uri)], httpClient: client, options: quickOptions())
      let task = Task { try await control.publish([item("a")], toEndpoint: 0) }
      for await _ in proxy.arrivals { break }
      task.cancel()
      guard case .cancelled? = try await task.value.failure else {
        Issue.record("the publish was not cancelled")
        return
      }
    }
    try await proxy.stop()
  }
}
