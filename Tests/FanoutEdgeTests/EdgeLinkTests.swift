import FanoutBus
import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §6.4, §9.5, §9.7, §13.6 what the edge asks by itself")
struct EdgeLinkTests {
  private static func stream(_ fields: String..., body: String = "open\n") -> FakeOrigin.Reply {
    .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: room"] + fields, body: body))
  }

  private func wait(_ what: Comment, _ condition: () async -> Bool) async throws {
    for _ in 0..<2000 {
      if await condition() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what)
  }

  // MARK: Gone links

  @Test func `a gone link is called once however a hold ends`() async throws {
    try await WholeEdge.run(
      loopCount: 1,
      origin: { request in
        if request.method == "POST" { return .bytes(response(204)) }
        let hold = request.uri.hasPrefix("/poll") ? "response" : "stream"
        return .bytes(
          response(
            200,
            [
              "Grip-Hold: \(hold)", "Grip-Channel: \(request.uri.dropFirst())",
              "Grip-Link: <gone?\(request.uri)>; rel=gone",
            ],
            body: "open\n"))
      }
    ) { whole in
      let left = try await whole.holding(WholeEdge.get("/left", "Cookie: secret"))
      let closed = try await whole.holding(WholeEdge.get("/closed"), count: 2)
      let poll = try await whole.holding(WholeEdge.get("/poll"), count: 3)
      await left.close()
      try whole.bus.publish([GRIPItem(channel: "closed", httpStream: .close)])
      try whole.publish("poll", "hello")
      _ = try await poll.receive(until: "hello")
      try await wait("three calls") { whole.origin.requests.count { $0.method == "POST" } == 3 }
      let calls = whole.origin.requests.filter { $0.method == "POST" }
      #expect(Set(calls.map(\.uri)) == ["/gone?/left", "/gone?/closed", "/gone?/poll"])
      #expect(calls.allSatisfy { $0.values("Grip-Sig").count == 1 && $0.values("Cookie").isEmpty && $0.body.isEmpty })
      #expect(calls.allSatisfy { $0.values("Content-Length") == ["0"] })
      let counters = await whole.edge.counters()
      #expect(counters.goneCalls == 3 && counters.failedGoneCalls == 0)
      await closed.close()
      await poll.close()
    }
  }

  @Test func `a retry ends a hold too, and a gone link that fails is counted and not repeated`() async throws {
    try await WholeEdge.run(
      loopCount: 1,
      origin: { request in
        if request.method == "POST" { return .bytes(response(500)) }
        return .bytes(
          response(
            200, ["Grip-Hold: response", "Grip-Channel: room", "Grip-Link: </gone>; rel=gone"], body: "{}"))
      }
    ) { whole in
      let client = try await whole.holding(WholeEdge.get("/poll"))
      try whole.bus.publish([GRIPItem(channel: "room", httpResponse: .hint)])
      try await wait("a failed call") { await whole.edge.counters().failedGoneCalls == 1 }
      try await whole.wait(holds: 1)
      #expect(whole.origin.requests.count { $0.method == "POST" } == 1)
      await client.close()
      try await wait("the second hold's call") { await whole.edge.counters().failedGoneCalls == 2 }
    }
  }

  // MARK: External links

  @Test func `a link to another place is asked there, without a signature`() async throws {
    let other = FakeOrigin { _ in
      .bytes(
        response(
          200, ["Grip-Hold: stream", "Grip-Channel: room; prev-id=9", "Grip-Link: <more>; rel=next"], body: "missed\n"))
    }
    try await other.start()
    let port = other.port
    try await WholeEdge.run(
      loopCount: 1,
      origin: { _ in
        .bytes(
          response(
            200,
            [
              "Grip-Hold: stream", "Grip-Channel: room; prev-id=7",
              "Grip-Link: <http://127.0.0.1:\(port)/a/b?c>; rel=next",
            ], body: "open\n"))
      }
    ) { whole in
      let client = try await whole.holding(WholeEdge.get("/s"))
      try whole.bus.publish([GRIPItem(channel: "room", httpStream: .hint)])
      _ = try await client.receive(until: "missed")
      let request = try #require(other.requests.first)
      #expect(request.uri == "/a/b?c")
      #expect(request.values("Host") == ["127.0.0.1:\(port)"])
      #expect(request.values("Grip-Last") == ["room; last-id=7"])
      #expect(request.values("Grip-Sig").isEmpty)
      // A relative link of the answer is relative to where that came from.
      try whole.bus.publish([GRIPItem(channel: "room", httpStream: .hint)])
      try await wait("the second page") { other.requests.count == 2 }
      #expect(other.requests.last?.uri == "/a/more")
      await client.close()
    }
    await other.stop()
  }

  @Test func `a target that is not trusted cannot send the edge to a private address, a trusted one can`() throws {
    let base = RequestHead(method: "GET", target: "/s", authority: "a.test")
    func place(_ link: String, isUntrusted: Bool) throws -> LinkPlace {
      let target = OriginTarget(host: "10.0.0.1", port: 80, isUntrusted: isUntrusted)
      return try LinkPlace(
        link, base: base, scheme: "http", route: Route(host: nil, targets: [target]), answeredBy: target)
    }
    let external = try place("http://127.0.0.1:81/x", isUntrusted: true)
    #expect(external.route == nil)
    #expect(external.targets == [OriginTarget(host: "127.0.0.1", port: 81, isUntrusted: true)])
    let secure = try #require(try place("https://[::1]/x", isUntrusted: false).targets.first)
    #expect(secure.isSecure && !secure.isUntrusted && secure.host == "::1" && secure.port == 443)
    #expect(try place("http://A.test:80/x", isUntrusted: true).route != nil)
    #expect(throws: LinkFailure.self) { try place("ftp://b/x", isUntrusted: false) }
    #expect(throws: LinkFailure.self) { try place("http://b:0/x", isUntrusted: false) }
  }

  // MARK: Sharing

  @Test func `streams at one position read one response, those with another query their own`() async throws {
    let page = String(repeating: "0123456789", count: 5000) + "end\n"
    try await WholeEdge.run(
      loopCount: 1,
      origin: { request in
        if request.uri.hasPrefix("/next") {
          return .bytes(
            response(
              200, ["Grip-Hold: stream", "Grip-Channel: room; prev-id=8", "Grip-Link: <\(request.uri)>; rel=next"],
              body: request.uri + page))
        }
        let link = request.uri == "/alone" ? "/next?alone" : "/next?all"
        return Self.stream("Grip-Channel: room; prev-id=7", "Grip-Link: <\(link)>; rel=next")
      }
    ) { whole in
      var clients: [RawClient] = []
      for number in 1...20 { clients.append(try await whole.holding(WholeEdge.get("/s"), count: number)) }
      let alone = try await whole.holding(WholeEdge.get("/alone"), count: 21)
      try whole.bus.publish([GRIPItem(channel: "room", httpStream: .hint)])
      for client in clients {
        let text = try await client.receive(until: "end\n", seconds: 20)
        #expect(text.contains("/next?all0123"))
      }
      let own = try await alone.receive(until: "end\n", seconds: 20)
      #expect(own.contains("/next?alone0123"))
      let links = whole.origin.requests.map(\.uri).filter { $0.hasPrefix("/next") }
      #expect(links.count { $0 == "/next?alone" } == 1)
      #expect(links.count { $0 == "/next?all" } == 1)
      #expect(await whole.edge.counters().joins == 19)
      try whole.publish("room", id: "9", previousID: "8", "nine")
      for client in clients {
        _ = try await client.receive(until: "nine")
        await client.close()
      }
      await alone.close()
    }
  }

  @Test func `a long response goes on at the pace of those who read, and who does not is left behind`() async throws {
    let count = 3_000_000
    try await WholeEdge.run(
      loopCount: 1, configure: { $0.sharePatience = .milliseconds(300) },
      origin: { request in
        request.uri.hasPrefix("/next")
          ? .bytes(
            response(200, ["Grip-Hold: stream", "Grip-Channel: room"], body: String(repeating: "x", count: count)))
          : Self.stream("Grip-Link: </next>; rel=next")
      }
    ) { whole in
      let reading = try await whole.holding(WholeEdge.get("/s"))
      let idle = try await RawClient.connect(port: whole.port, receiveBuffer: 4096, readsAtOnce: false)
      try await idle.send(WholeEdge.get("/s"))
      try await whole.wait(holds: 2)
      try whole.bus.publish([GRIPItem(channel: "room", httpStream: .hint)])
      _ = try await reading.receive(seconds: 60) { $0.utf8.count > count }
      try await whole.wait(holds: 1)
      #expect(whole.origin.requests.count { $0.uri == "/next" } == 1)
      await reading.close()
      await idle.close()
    }
  }

  @Test func `with share_all one request answers all who ask the same, instructions included`() async throws {
    try await WholeEdge.run(
      loopCount: 1, configure: { $0.sharesAll = true },
      origin: { request in
        switch request.uri {
        case "/poll": .bytes(response(200, ["Grip-Hold: response", "Grip-Channel: room"], body: "{}"))
        default: .silence
        }
      }
    ) { whole in
      // The origin answers when all have asked.
      var clients: [RawClient] = []
      for _ in 0..<5 {
        let client = try await RawClient.connect(port: whole.port)
        try await client.send(WholeEdge.get("/plain?a=1"))
        clients.append(client)
      }
      try await wait("everybody joined") { await whole.edge.counters().joins == 4 }
      try await wait("the request") { whole.origin.requests.count == 1 }
      whole.origin.answer(response(200, ["X-A: b"], body: "one for all"))
      for client in clients {
        let text = try await client.receive(until: "one for all")
        #expect(text.hasPrefix("HTTP/1.1 200 Fine\r\n") && text.contains("X-A: b"))
        await client.close()
      }
      #expect(whole.origin.requests.count == 1)
      let first = try await whole.holding(WholeEdge.get("/poll"))
      let second = try await whole.holding(WholeEdge.get("/poll"), count: 2)
      try whole.publish("room", "hello")
      _ = try await first.receive(until: "hello")
      _ = try await second.receive(until: "hello")
      await first.close()
      await second.close()
    }
  }

  // MARK: Filters

  @Test func `the service of a filter is asked with both metas, and changes or drops what is sent`() async throws {
    try await WholeEdge.run(
      loopCount: 1,
      origin: { request in
        guard request.uri.hasPrefix("/filter") else {
          return .bytes(
            response(
              200,
              [
                "Grip-Hold: stream", "Grip-Channel: room; prev-id=1; filter=http-modify", "Grip-Link: </n>; rel=next",
                "Grip-Set-Meta: user=romeo, url=filter",
              ], body: "open\n"))
        }
        switch request.body {
        case "drop\n": return .bytes(response(200, ["Action: drop"]))
        case "keep\n": return .bytes("HTTP/1.1 204 No\r\n\r\n")
        case "fail\n": return .bytes(response(500))
        default: return .bytes(response(200, body: "<\(request.body)>\n"))
        }
      }
    ) { whole in
      let client = try await whole.holding(WholeEdge.get("/s"))
      for (number, text) in ["a", "drop", "keep", "fail", "b"].enumerated() {
        try whole.publish("room", id: "\(number + 2)", previousID: "\(number + 1)", text)
      }
      let text = try await client.receive(until: "<b\n>\n")
      #expect(text.contains("<a\n>\n") && text.contains("keep\n") && !text.contains("drop") && !text.contains("fail"))
      let calls = whole.origin.requests.filter { $0.uri == "/filter" }
      #expect(calls.map(\.body) == ["a\n", "drop\n", "keep\n", "fail\n", "b\n"])
      #expect(calls.first?.method == "POST")
      #expect(calls.first?.values("Sub-Meta") == [#"{"url":"filter","user":"romeo"}"#])
      #expect(calls.first?.values("Pub-Meta") == ["{}"])
      #expect(calls.map { $0.values("Grip-Last").joined() } == (1...5).map { "room; last-id=\($0)" })
      let counters = await whole.edge.counters()
      #expect(counters.filterCalls == 5 && counters.failedFilterCalls == 1)
      await client.close()
    }
  }

  @Test func `questions to one service keep their rate and their time`() async throws {
    try await WholeEdge.run(
      loopCount: 1,
      configure: {
        $0.filters.requestsPerSecond = 10
        $0.filters.timeout = .milliseconds(300)
      },
      origin: { request in
        request.uri == "/filter"
          ? .silence
          : .bytes(
            response(
              200, ["Grip-Hold: stream", "Grip-Channel: room; filter=http-check", "Grip-Set-Meta: url=\"/filter\""],
              body: "open\n"))
      }
    ) { whole in
      var clients: [RawClient] = []
      for number in 1...4 { clients.append(try await whole.holding(WholeEdge.get("/s"), count: number)) }
      try whole.publish("room", "x")
      try await wait("four failures") { await whole.edge.counters().failedFilterCalls == 4 }
      #expect(whole.origin.requests.count { $0.uri == "/filter" } == 4)
      for client in clients {
        #expect(try await !client.received.contains("x\n"))
        await client.close()
      }
    }
  }

  @Test func `the start of a stream, a plain response and next-link bodies are filtered`() async throws {
    try await WholeEdge.run(
      loopCount: 1,
      origin: { request in
        switch request.uri {
        case "/plain":
          .bytes(response(200, ["Grip-Channel: a; filter=build-id"], body: "%(x:1)I 100%%\n"))
        case "/bad": .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: a; filter=build-id"], body: "%I\n"))
        case "/next":
          .bytes(
            response(
              200,
              [
                "Grip-Hold: stream", "Grip-Channel: a; prev-id=2; filter=build-id", "Grip-Link: </next>; rel=next",
                "Grip-Set-Meta: id_encoding=hex",
              ], body: "next %(az)I\n"))
        default:
          .bytes(
            response(
              200,
              ["Grip-Hold: stream", "Grip-Channel: a; prev-id=1; filter=build-id", "Grip-Link: </next>; rel=next"],
              body: "id: %(a:1)I\n"))
        }
      }
    ) { whole in
      let plain = try await RawClient.connect(port: whole.port)
      try await plain.send(WholeEdge.get("/plain"))
      let text = try await plain.receive(until: "100%\n")
      #expect(text.hasSuffix("\r\n\r\nx:1 100%\n") && text.contains("Content-Length: 9\r\n"))
      try await plain.clear()
      try await plain.send(WholeEdge.get("/bad"))
      #expect(try await plain.receive(until: "origin.\n").hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
      let client = try await whole.holding(WholeEdge.get("/s"))
      _ = try await client.receive(until: "id: a:1\n")
      try whole.bus.publish([GRIPItem(channel: "a", httpStream: .hint)])
      _ = try await client.receive(until: "next 617a\n")
      await client.close()
      await plain.close()
    }
  }
}
