import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §18 SockJS: clients that poll")
struct SockJSPollingTests {
  private static let routes = ["*,no_grip,sockjs=/sj ORIGIN"]

  private static func run(
    routes: [String] = routes, configure: (inout EdgeConfiguration) -> Void = { _ in },
    origin script: @escaping @Sendable (String) -> SocketOriginDouble.Answer = { _ in .accept() },
    _ test: (SocketEdge, SockJSClient) async throws -> Void
  ) async throws {
    try await SocketEdge.run(
      routes: routes,
      configure: {
        // The requests of one session meet, whichever loop they come to.
        $0.loopCount = 3
        $0.sockjs.sessionTimeout = .seconds(60)
        configure(&$0)
      }, origin: script
    ) { try await test($0, SockJSClient(port: $0.port)) }
  }

  @Test func `a session opens, takes messages and gives those of its origin`() async throws {
    try await Self.run { edge, client in
      let opened = try await client.poll([
        "Origin: https://app.test", "Cookie: a=b", "Content-Type: text/plain", "X-Own: 1",
      ])
      #expect(opened.status == 200 && opened.body == "o\n")
      #expect(opened.field("Content-Type") == "text/plain")
      #expect(opened.field("Cache-Control") == "no-store, no-cache, must-revalidate, max-age=0")
      #expect(opened.field("Access-Control-Allow-Origin") == "https://app.test")
      #expect(opened.field("Access-Control-Allow-Credentials") == "true")
      let origin = try await edge.origin.peer()
      #expect(origin.head.hasPrefix("GET /sj HTTP/1.1\r\n"))
      #expect(origin.field("Cookie") == "a=b" && origin.field("Origin") == "https://app.test")
      #expect(origin.field("X-Own") == "1" && origin.field("Content-Type") == nil)
      let sent = try await client.send(#"["a","b\u00e9"]"#)
      #expect(sent.status == 200 && sent.body == "ok")
      #expect(try await origin.wait(for: 2) == [.text("a"), .text("bé")])
      let polls = try await client.poll { $0.contains("bé") }
      let lines = polls.joined()
      #expect(lines == "a[\"a\",\"bé\"]\n" || lines == "a[\"a\"]\na[\"bé\"]\n")
      #expect(polls.allSatisfy { $0.hasSuffix("\n") })
    }
  }

  @Test func `many sessions stay apart on three event loops`() async throws {
    try await Self.run { edge, client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<12 {
          group.addTask {
            var own = client
            own.session = "s\(number)"
            try await Self.converse(own)
          }
        }
        try await group.waitForAll()
      }
      #expect(await edge.edge.counters().sockets == 12)
      let listed = await edge.edge.surveyConnections([ConnectionReport]()) { $0.append($1) }
      #expect(listed.filter { $0.transport == "sockjs" && $0.state == "held" }.count == 12)
    }
  }

  private static func converse(_ client: SockJSClient) async throws {
    #expect(try await client.poll().body == "o\n")
    for message in 0..<3 {
      #expect(try await client.send("[\"\(client.session).\(message)\"]").body == "ok")
      #expect(try await client.poll().body == "a[\"\(client.session).\(message)\"]\n")
    }
  }

  @Test func `the end comes behind what waits, and again to who asks again, until it is forgotten`() async throws {
    try await Self.run(configure: { $0.sockjs.linger = .seconds(4) }) { edge, client in
      #expect(try await client.poll().body == "o\n")
      let origin = try await edge.origin.peer()
      try await origin.send("last")
      try await origin.sendClose(4001, "bye")
      #expect(try await origin.wait(for: 1) == [.close(4001, "bye")])
      let bodies = try await client.poll { $0.hasPrefix("c") }
      #expect(bodies == ["a[\"last\"]\n", "c[4001,\"bye\"]\n"])
      #expect(try await client.poll().body == "c[4001,\"bye\"]\n")
      #expect(try await client.send(#"["late"]"#).body == "c[4001,\"bye\"]\n")
      _ = try await client.poll { $0 == "o\n" }
      #expect(try await edge.origin.peer(1).head.hasPrefix("GET /sj "))
    }
  }

  @Test func `only one poll waits, and one that is broken off loses nothing`() async throws {
    try await Self.run { edge, client in
      #expect(try await client.poll().body == "o\n")
      let origin = try await edge.origin.peer()
      let first = try await client.beginPoll()
      // The first one waits when the second is refused; should it overtake, it is refused itself.
      var second = try await client.beginPoll()
      let refusal = #"c[2010,"Another connection still open"]"#
      let early = try await Self.firstAnswer(first, second)
      #expect(early.text.contains(refusal))
      let waiting = early.isFirst ? second : first
      try await origin.send("kept")
      #expect(try await SockJSClient.answer(to: waiting).body == "a[\"kept\"]\n")
      second = try await client.beginPoll()
      await second.close()
      // What is written to a connection that is gone cannot be taken back.
      try await edge.wait { $0.connections == 0 }
      try await origin.send("not lost")
      let bodies = try await client.poll { !$0.hasPrefix("c[2010") }
      #expect(bodies.last == "a[\"not lost\"]\n")
    }
  }

  private static func firstAnswer(
    _ one: RawClient, _ other: RawClient
  ) async throws -> (text: String, isFirst: Bool) {
    for _ in 0..<2000 {
      let (first, second) = (try await one.received, try await other.received)
      if first.hasSuffix("]\n") { return (first, true) }
      if second.hasSuffix("]\n") { return (second, false) }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw RawClient.Timeout(received: "")
  }

  @Test func `who does not poll is gone, and who waits hears a heartbeat`() async throws {
    try await Self.run(configure: {
      $0.sockjs.sessionTimeout = .seconds(4)
      $0.sockjs.heartbeat = .milliseconds(200)
    }) { edge, client in
      #expect(try await client.poll().body == "o\n")
      #expect(try await client.poll().body == "h\n")
      let origin = try await edge.origin.peer()
      try await origin.waitForClose()
      let answer = try await client.send(#"["a"]"#)
      #expect(answer.status == 404 && answer.body == "Not Found\n")
      try await edge.wait { $0.sockets == 0 && $0.originSockets == 0 }
    }
  }

  @Test func `an origin that breaks off ends the session`() async throws {
    try await Self.run { edge, client in
      #expect(try await client.poll().body == "o\n")
      let origin = try await edge.origin.peer()
      let waiting = try await client.beginPoll()
      // It waits when a second one is refused.
      _ = try await client.poll { $0.hasPrefix("c[2010") }
      await origin.disconnect()
      let answer = try await SockJSClient.answer(to: waiting)
      #expect(answer.status == 410 && answer.body == "Session terminated\n")
    }
  }

  @Test func `a refusal of the origin, and its absence, are answers to the poll`() async throws {
    try await Self.run(
      routes: ["*,no_grip,sockjs=/sj ORIGIN", "*,path_beg=/dead,sockjs=/dead 127.0.0.1:1"],
      origin: { _ in .bytes("HTTP/1.1 403 Forbidden\r\nX-A: b\r\nContent-Length: 3\r\n\r\nno\n") }
    ) { _, client in
      let refused = try await client.poll(["Origin: http://o"])
      #expect(refused.status == 403 && refused.body == "no\n" && refused.field("X-A") == "b")
      #expect(refused.field("Access-Control-Allow-Origin") == "http://o")
      #expect(try await client.poll().status == 403)
      var dead = client
      dead.base = "/dead"
      let answer = try await dead.poll()
      #expect(answer.status == 502 && answer.body == "Error while proxying to origin.\n")
    }
  }

  @Test func `what cannot be read is refused`() async throws {
    try await Self.run(configure: {
      $0.sockjs.maxRequestBytes = 1000
    }) { _, client in
      let unknown = try await client.send(#"["a"]"#)
      #expect(unknown.status == 404 && unknown.body == "Not Found\n")
      #expect(try await client.poll().body == "o\n")
      for body in ["", #"["a"#, #""a""#, #"["a",1]"#] {
        let answer = try await client.send(body)
        #expect(answer.status == 400 && answer.body == "Payload expected\n", "\(body)")
      }
      #expect(try await client.send("[]").body == "ok")
      let large = try await client.send(#"[""# + String(repeating: "x", count: 1000) + #""]"#)
      #expect(large.status == 400 && large.body == "Request too large.\n")
      let chunked = try await client.begin("POST", "/sj/0/s1/xhr_send", ["Transfer-Encoding: chunked"])
      try await chunked.send("3e9\r\n" + String(repeating: "x", count: 1001))
      #expect(try await SockJSClient.answer(to: chunked).body == "Request too large.\n")
    }
  }

  @Test func `there are not more sessions than the edge lets there be`() async throws {
    try await Self.run(configure: {
      $0.loopCount = 1
      $0.sockjs.maxSessions = 2
    }) { _, client in
      for (name, status) in [("a", 200), ("b", 200), ("c", 503), ("a", 200)] {
        var own = client
        own.session = name
        if name == "a", status == 200 { _ = try await own.send(#"["x"]"#) }
        #expect(try await own.poll().status == status, "\(name)")
      }
    }
  }

  @Test func `what waits is bounded by not reading the origin, and comes whole and in order`() async throws {
    try await Self.run(configure: { $0.sockjs.maxQueuedBytes = 2048 }) { edge, client in
      #expect(try await client.poll().body == "o\n")
      let origin = try await edge.origin.peer()
      let filler = String(repeating: "y", count: 10_000)
      let count = 200
      for number in 0..<count { origin.post(bytes: origin.frame(1, Array("\(number) \(filler)".utf8))) }
      var numbers: [String] = []
      while numbers.count < count {
        let body = try await client.poll().body
        #expect(body.hasPrefix("a["))
        #expect(body.utf8.count < 300_000)
        numbers += body.components(separatedBy: "\"").filter { $0.hasSuffix("y") }.map {
          String($0.prefix { $0 != " " })
        }
      }
      #expect(numbers == (0..<count).map(String.init))
    }
  }

  @Test func `a message in fragments arrives whole, and one that is too large ends the session`() async throws {
    try await Self.run(configure: { $0.sockjs.maxMessageBytes = 1000 }) { edge, client in
      #expect(try await client.poll().body == "o\n")
      let origin = try await edge.origin.peer()
      try await origin.send(bytes: origin.frame(1, Array("fr".utf8), first: 0) + origin.frame(0, Array("ag".utf8)))
      #expect(try await client.poll().body == "a[\"frag\"]\n")
      try await origin.send(bytes: origin.frame(2, [0x61, 0xFF]))
      #expect(try await client.poll().body == "a[\"a\u{FFFD}\"]\n")
      try await origin.send(String(repeating: "z", count: 1001))
      #expect(try await client.poll().body.hasPrefix("c[1009,"))
      try await origin.waitForClose()
    }
  }

  @Test func `an edge that stops says so to who waits`() async throws {
    try await Self.run { edge, client in
      #expect(try await client.poll().body == "o\n")
      let waiting = try await client.beginPoll()
      _ = try await client.poll { $0.hasPrefix("c[2010") }
      #expect(await edge.edge.busyCount() == 0)
      await edge.edge.shutdown(graceful: true)
      #expect(try await SockJSClient.answer(to: waiting).body.hasPrefix("c[1001,"))
    }
  }
}
