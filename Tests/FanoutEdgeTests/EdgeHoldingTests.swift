import FanoutEdge
import GRIP
import NIOCore
import Synchronization
import Testing

@Suite("GRIP §6: handing over to the hold table")
struct EdgeHoldingTests {
  static let poll =
    "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nContent-Type: application/json\r\nGrip-Hold: response\r\nGrip-Channel: room; prev-id=7\r\nGrip-Timeout: 20\r\nConnection: keep-alive\r\n\r\n{}"
  static let stream =
    "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nContent-Type: text/event-stream\r\nGrip-Hold: stream\r\nGrip-Channel: room\r\n\r\nhello"

  @Test func `an instruction reaches the table with the response that is left for the client`() async throws {
    try await EdgeFixture.run(
      routes: ["*,id=main,prefix=p- ORIGIN"],
      origin: { _ in .bytes(Self.poll) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET /x?token=secret HTTP/1.1\r\nHost: a\r\n\r\n")
        try await fixture.holds.wait(for: 1)
        let hold = try #require(fixture.holds.holds.first)
        #expect(hold.uri == "/x")
        #expect(hold.routeID == "main")
        #expect(hold.channelPrefix == "p-")
        #expect(hold.instruction.hold == .response(timeout: .seconds(20)))
        #expect(hold.instruction.channels == [GRIPChannel("room", previousID: "7")])
        #expect(hold.headers == ["Content-Type: application/json"])
        #expect(hold.body == "{}")
        #expect(hold.descriptor >= 0)
        #expect(!hold.closesAfterResponse && !hold.isHead && !hold.isRetry && hold.minorVersion == 1)
        #expect(await fixture.edge.counters().held == 1)
        #expect(try await client.received.isEmpty)
        await client.close()
        for _ in 0..<300 where fixture.holds.gone == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(fixture.holds.gone == 1)
        #expect(await fixture.edge.counters().held == 0)
      })
  }

  @Test func `after a long-poll's answer the connection serves what was sent meanwhile`() async throws {
    try await EdgeFixture.run(
      origin: { request in .bytes(request.uri == "/poll" ? Self.poll : response(body: "[\(request.uri)]")) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET /poll HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHo")
        try await fixture.holds.wait(for: 1)
        try await client.send("st: a\r\n\r\n")
        try await fixture.holds.withSink { sink in
          sink.writeThroughPipeline(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nitem"))
          sink.responseCompleted()
        }
        let answer = try await client.receive(until: "[/next]")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nitemHTTP/1.1 200 Fine\r\n"))
        #expect(await fixture.edge.counters().held == 0)
      })
  }

  @Test func `a retry asks the origin the same again, with the last ids and a signature`() async throws {
    try await EdgeFixture.run(
      origin: { request in .bytes(request.values("Grip-Last").isEmpty ? Self.poll : response(body: "news")) },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("PUT /x HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nContent-Length: 4\r\n\r\nbody")
        try await fixture.holds.wait(for: 1)
        try await fixture.holds.withSink { $0.retry(lastIDs: [(channel: "room", id: "7")]) }
        let answer = try await client.receive(until: "news")
        #expect(answer.hasPrefix("HTTP/1.1 200 Fine\r\n"))
        let requests = fixture.origin.requests
        #expect(requests.count == 2)
        #expect(requests[1].method == "PUT" && requests[1].uri == "/x" && requests[1].body == "body")
        #expect(requests[1].values("X-Own") == ["1"])
        #expect(requests[1].values("Grip-Last") == ["room; last-id=7"])
        #expect(requests[1].values("Grip-Sig").count == 1)
      })
  }

  @Test func `a stream that ends is ended as chunks, and cut where it failed`() async throws {
    try await EdgeFixture.run(
      origin: { _ in .bytes(Self.stream) },
      { fixture in
        for isComplete in [true, false] {
          let client = try await RawClient.connect(port: fixture.port)
          let count = fixture.holds.holds.count
          try await client.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\n")
          try await fixture.holds.wait(for: count + 1)
          #expect(fixture.holds.holds.last?.body == "hello")
          try await fixture.holds.withSink { sink in
            sink.writeThroughPipeline(ByteBuffer(string: "head\r\n\r\n5\r\nhello\r\n"))
            sink.streamEnded(isComplete: isComplete)
          }
          if isComplete {
            _ = try await client.receive(until: "hello\r\n0\r\n\r\n")
          } else {
            let all = try await client.receiveAll()
            #expect(all == "head\r\n\r\n5\r\nhello\r\n")
          }
          await client.close()
        }
      })
  }

  @Test func `a response without a hold reaches the client without instructions`() async throws {
    try await EdgeFixture.run(
      origin: { _ in .bytes(response(200, ["Grip-Status: 404 Nope", "Grip-Channel: c", "X-A: 1"], body: "text")) },
      { fixture in
        let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer == "HTTP/1.1 404 Nope\r\nX-A: 1\r\nContent-Length: 4\r\nConnection: close\r\n\r\ntext")
      })
  }

  @Test(arguments: [
    ["Grip-Hold: perhaps"], ["Grip-Hold: response", "Grip-Timeout: soon"],
    ["Grip-Hold: stream", "Grip-Keep-Alive: ;timeout=5"],
    ["Grip-Status: 99999"], ["Content-Type: application/grip-instruct"],
    ["Content-Type: Application/Grip-Instruct; charset=utf-8"],
  ])
  func `a broken instruction is a 502, and a debug route says why`(headers: [String]) async throws {
    try await EdgeFixture.run(
      routes: ["quiet ORIGIN", "loud,debug ORIGIN"],
      origin: { _ in .bytes(response(200, headers, body: "not json")) },
      { fixture in
        let quiet = try await fixture.exchange("GET / HTTP/1.1\r\nHost: quiet\r\nConnection: close\r\n\r\n")
        #expect(quiet.hasPrefix("HTTP/1.1 502 ") && quiet.hasSuffix("Error while proxying to origin.\n"))
        let loud = try await fixture.exchange("GET / HTTP/1.1\r\nHost: loud\r\nConnection: close\r\n\r\n")
        #expect(loud.contains("Failed to parse accept instructions: "))
        #expect(fixture.holds.holds.isEmpty)
      })
  }

  @Test func `a request too large to be asked again cannot be held`() async throws {
    try await EdgeFixture.run(
      configure: { $0.maxReplayBytes = 1000 },
      origin: { _ in .bytes(Self.poll) },
      { fixture in
        let answer = try await fixture.exchange(
          "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n"
            + String(repeating: "x", count: 2000))
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.hasSuffix("Request too large to accept GRIP instruct.\n"))
      })
  }

  @Test func `an instruction that is too large is a 502, a long start of a stream is not`() async throws {
    let long = String(repeating: "y", count: 5000)
    try await EdgeFixture.run(
      configure: { $0.maxInstructionBytes = 2000 },
      origin: { request in
        .bytes(
          response(
            200, [request.uri == "/stream" ? "Grip-Hold: stream" : "Grip-Hold: response", "Grip-Channel: c", "X-A: 1"],
            body: long))
      },
      { fixture in
        let refused = try await fixture.exchange("GET /poll HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(refused.hasPrefix("HTTP/1.1 502 "))
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        try await fixture.holds.wait(for: 1)
        let start = try await client.receive { $0.utf8.filter { $0 == UInt8(ascii: "y") }.count == 5000 }
        #expect(start.hasPrefix("HTTP/1.1 200 Fine\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n"))
        #expect(fixture.holds.holds.first?.isStarted == true)
      })
  }

  @Test func `a next link is fetched through the same route, signed, and without the client's fields`() async throws {
    try await EdgeFixture.run(
      routes: ["*,path_beg=/api/,replace_beg=/ ORIGIN"],
      origin: { request in
        request.uri.hasPrefix("/next")
          ? .bytes(
            response(
              200, ["Grip-Hold: stream", "Grip-Channel: room; prev-id=9", "Grip-Link: <after?9>; rel=next"],
              body: "missed"))
          : .bytes(Self.stream)
      },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET /api/feed HTTP/1.1\r\nHost: a\r\nCookie: secret\r\nAuthorization: x\r\n\r\n")
        try await fixture.holds.wait(for: 1)
        let recorder = LinkRecorder()
        for link in [
          "next?x=1", "/api/next?x=2", "http://a/api/next?x=3", "mailto:x",
        ] {
          try await fixture.holds.withSink { sink in
            _ = sink.fetch(link: link, lastIDs: [(channel: "room", id: "7")], receiver: recorder.receiver())
          }
          try await recorder.wait()
        }
        let next = fixture.origin.requests.filter { $0.uri.hasPrefix("/next") }
        #expect(next.map(\.uri) == ["/next?x=1", "/next?x=2", "/next?x=3"])
        #expect(next.allSatisfy { $0.values("Grip-Last") == ["room; last-id=7"] && $0.values("Grip-Sig").count == 1 })
        #expect(
          next.allSatisfy { $0.values("Cookie").isEmpty && $0.values("Authorization").isEmpty && $0.method == "GET" })
        let outcomes = recorder.outcomes
        #expect(outcomes.prefix(3) == ["missed then room 9", "missed then room 9", "missed then room 9"])
        #expect(outcomes.dropFirst(3) == ["failed for good: the link is no http URI"])
      })
  }

  @Test func `a next link that fails says whether asking again may help`() async throws {
    try await EdgeFixture.run(
      origin: { request in
        switch request.uri {
        case "/s": .bytes(Self.stream)
        case "/503": .bytes(response(503))
        case "/404": .bytes(response(404))
        case "/die": .close
        default: .bytes(response(200, ["Grip-Hold: perhaps"]))
        }
      },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\n")
        try await fixture.holds.wait(for: 1)
        let recorder = LinkRecorder()
        for link in ["/503", "/404", "/die", "/bad"] {
          try await fixture.holds.withSink { sink in
            _ = sink.fetch(link: link, lastIDs: [], receiver: recorder.receiver())
          }
          try await recorder.wait()
        }
        #expect(recorder.outcomes.map { $0.hasPrefix("failed for now") } == [true, false, true, false])
      })
  }
}

/// Remembers what link fetches gave.
private final class LinkRecorder: Sendable {
  private let state = Mutex<(outcomes: [String], started: Int)>(([], 0))

  var outcomes: [String] { state.withLock { $0.outcomes } }

  func receiver() -> any LinkReceiver {
    state.withLock { $0.started += 1 }
    return Receiver(recorder: self)
  }

  func wait() async throws {
    for _ in 0..<500 where state.withLock({ $0.outcomes.count < $0.started }) {
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private final class Receiver: LinkReceiver {
    private let recorder: LinkRecorder
    private var body = ""

    init(recorder: LinkRecorder) { self.recorder = recorder }

    func bodyReceived(_ bytes: ByteBuffer, resume: @escaping () -> Void) {
      body += String(buffer: bytes)
      resume()
    }

    func completed(_ result: Result<GRIPInstruction, LinkFailure>) {
      let text =
        switch result {
        case .success(let instruction):
          "\(body) then \(instruction.channels.map { "\($0.name) \($0.previousID ?? "-")" }.joined())"
        case .failure(let failure): "failed for \(failure.isRetryable ? "now" : "good"): \(failure.text)"
        }
      recorder.state.withLock { $0.outcomes.append(text) }
    }
  }
}
