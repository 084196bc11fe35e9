import AsyncHTTPClient
@testable import BuddycloudAPI
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite("GET /notifications/posts as an event stream, without a proxy")
struct EventStreamTests {
  @Test func `a stream begins with its position and then has every event, retractions too`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      var stream = try await EventStream(api, "/notifications/posts")
      #expect(stream.headers["Content-Type"] == "text/event-stream")
      #expect(try await stream.next() == "id: 0")
      try await api.untilHeld(1)
      let id = try await api.post(text: "line one\nline two")
      let post = try #require(try await stream.next())
      #expect(post.hasPrefix("id: 1\nevent: post\ndata: {"))
      #expect(post.contains(#""content":"line one\nline two""#))
      _ = try await api.send(.DELETE, "/alice@example.com/content/posts/\(id)", as: "alice")
      #expect(
        try await stream.next()
          == "id: 2\nevent: retract\ndata: {\"id\":\"\(id)\",\"source\":\"alice@example.com/posts\"}")
    }
  }

  @Test func `Last-Event-ID goes on where the client was, and wins over since`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      for text in ["one", "two", "three"] { try await api.post(text: text) }
      var stream = try await EventStream(
        api, "/notifications/posts?since=cursor:0", headers: [("Last-Event-ID", "2")])
      #expect(try await stream.next()?.contains("three") == true)
    }
  }

  @Test func `a quiet stream has comments`() async throws {
    try await TestAPI.run({ $0.realtime.keepAlive = .milliseconds(50) }) { api in
      var stream = try await EventStream(api, "/notifications/posts")
      #expect(try await stream.next() == "id: 0")
      #expect(try await stream.next() == ":")
      #expect(try await stream.next() == ":")
    }
  }

  @Test func `a stream ends after its lifetime, so that its client proves its credentials again`() async throws {
    try await TestAPI.run({ $0.realtime.streamLifetime = .milliseconds(300) }) { api in
      var stream = try await EventStream(api, "/notifications/posts")
      while try await stream.next() != nil {}
      try await api.untilHeld(0)
    }
  }

  @Test func `a stream that is far behind gets everything, in order, once`() async throws {
    try await TestAPI.run({ $0.realtime.maxEvents = 7 }) { api in
      try await api.register("alice")
      for number in 1...40 { try await api.post(text: "n\(number)") }
      var stream = try await EventStream(api, "/notifications/posts?since=cursor:0")
      for number in 41...45 { try await api.post(text: "n\(number)") }
      for number in 1...45 {
        let event = try #require(try await stream.next())
        #expect(event.contains("\"n\(number)\""))
      }
    }
  }

  @Test func `a malformed Last-Event-ID is refused before the stream begins`() async throws {
    try await TestAPI.run { api in
      let reply = try await api.send(
        .GET, "/notifications/posts", headers: [("Accept", "text/event-stream"), ("Last-Event-ID", "x")])
      #expect(reply.status == 400)
    }
  }
}

/// Reads an event stream block by block.
private struct EventStream {
  let headers: [String: String]
  private var body: HTTPClientResponse.Body.AsyncIterator
  private var buffer = ""

  init(_ api: TestAPI, _ path: String, headers: [(String, String)] = []) async throws {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(api.port)\(path)")
    request.headers.add(name: "Accept", value: "text/event-stream")
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await TestAPI.client.execute(request, timeout: .seconds(60))
    self.headers = Dictionary(response.headers.map { ($0.name, $0.value) }) { first, _ in first }
    body = response.body.makeAsyncIterator()
  }

  /// The next block without the empty line at its end; `nil` at the end of the stream.
  mutating func next() async throws -> String? {
    while true {
      if let end = buffer.firstRange(of: "\n\n") {
        defer { buffer.removeSubrange(..<end.upperBound) }
        return String(buffer[..<end.lowerBound])
      }
      guard let part = try await body.next() else { return nil }
      buffer += String(buffer: part)
    }
  }
}
