import FanoutBus
import FanoutEdge
import GRIP
import NIOCore
import Testing

@Suite("The whole edge")
struct EdgeTests {
  private static let poll = [
    "Grip-Hold: response", "Grip-Channel: room; prev-id=7", "Grip-Timeout: 5", "Content-Type: application/json",
    "X-Origin: yes",
  ]
  private static let stream = ["Grip-Hold: stream", "Grip-Channel: room", "Content-Type: text/event-stream"]

  @Test func `a long-poll gets the published item, and its connection goes on`() async throws {
    try await WholeEdge.run(
      origin: { request in
        .bytes(request.uri == "/poll" ? response(200, Self.poll, body: "{}") : response(body: "plain"))
      },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/poll"))
        try whole.publish("room", id: "8", previousID: "7", "news")
        let answer = try await client.receive(until: "news\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("X-Origin: yes\r\n"))
        #expect(answer.contains("Content-Type: text/plain\r\n"))
        #expect(!answer.contains("application/json") && !answer.lowercased().contains("grip-"))
        #expect(answer.contains("Content-Length: 5\r\n"))
        try await client.clear()
        try await client.send(WholeEdge.get("/plain"))
        let next = try await client.receive(until: "plain")
        #expect(next.hasPrefix("HTTP/1.1 200 Fine\r\n"))
        #expect(await whole.edge.counters().held == 0)
      })
  }

  @Test func `a long-poll that nobody answers gets its time-out response`() async throws {
    try await WholeEdge.run(
      origin: { _ in .bytes(response(202, Self.poll, body: "{}")) },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/poll", "Connection: close"))
        let answer = try await client.receiveAll(seconds: 10)
        #expect(answer.hasPrefix("HTTP/1.1 202 Fine\r\n"))
        #expect(answer.contains("Content-Type: application/json\r\n") && answer.contains("Connection: close\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n{}"))
      })
  }

  @Test func `a stream gets its start, every item in order, and its end`() async throws {
    try await WholeEdge.run(
      origin: { _ in .bytes(response(200, Self.stream, body: "start\n")) },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/s"))
        for number in 1...200 { try whole.publish("room", "item \(number)") }
        try whole.bus.publish([GRIPItem(channel: "room", httpStream: .close)])
        let answer = try await client.receive(until: "\r\n0\r\n\r\n")
        #expect(
          answer.hasPrefix(
            "HTTP/1.1 200 Fine\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nstart\n\r\n"
          ))
        let numbers = answer.components(separatedBy: "item ").dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
        #expect(numbers == Array(1...200))
      })
  }

  @Test func `an HTTP/1.0 stream is written as it is and ended by closing`() async throws {
    try await WholeEdge.run(
      origin: { _ in .bytes(response(200, Self.stream, body: "start\n")) },
      { whole in
        let client = try await whole.holding("GET /s HTTP/1.0\r\nHost: a\r\n\r\n")
        try whole.publish("room", "item")
        try whole.bus.publish([GRIPItem(channel: "room", httpStream: .close)])
        let answer = try await client.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.0 200 Fine\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nstart\nitem\n"))
      })
  }

  @Test func `a quiet stream hears its keep-alive`() async throws {
    try await WholeEdge.run(
      origin: { _ in
        .bytes(response(200, Self.stream + [#"Grip-Keep-Alive: :\n; format=cstring; timeout=1"#], body: "start\n"))
      },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/s"))
        _ = try await client.receive(until: "2\r\n:\n\r\n")
      })
  }

  @Test func `a gap makes a long-poll ask its origin again, and the answer is the client's`() async throws {
    var delivery = DeliveryConfiguration()
    delivery.gapDelay = .milliseconds(20)
    delivery.sequencer.messageWait = .milliseconds(50)
    try await WholeEdge.run(
      delivery: delivery,
      origin: { request in
        .bytes(
          request.values("Grip-Last").isEmpty
            ? response(200, Self.poll, body: "{}") : response(body: "recovered \(request.values("Grip-Last")[0])"))
      },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/poll"))
        try whole.publish("room", id: "9", previousID: "8", "later")
        let answer = try await client.receive(until: "recovered")
        #expect(answer.contains("recovered room; last-id=7"))
        #expect(!answer.contains("later"))
      })
  }

  @Test func `a stream with a gap gets what it missed from its next link, then goes on`() async throws {
    var delivery = DeliveryConfiguration()
    delivery.gapDelay = .milliseconds(20)
    delivery.sequencer.messageWait = .milliseconds(50)
    try await WholeEdge.run(
      routes: ["*,path_beg=/api/,replace_beg=/,prefix=p- ORIGIN"], delivery: delivery,
      origin: { request in
        if request.uri.hasPrefix("/after") {
          return .bytes(
            response(
              200, ["Grip-Hold: stream", "Grip-Channel: room; prev-id=9", "Grip-Link: </api/after?9>; rel=next"],
              body: "missed 8\nmissed 9\n"))
        }
        return .bytes(
          response(
            200, ["Grip-Hold: stream", "Grip-Channel: room; prev-id=7", "Grip-Link: <after?7>; rel=next"],
            body: "start\n"))
      },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/api/feed", "Cookie: c"))
        try whole.publish("p-room", id: "9", previousID: "8", "item 9")
        _ = try await client.receive(until: "missed 9\n")
        try whole.publish("p-room", id: "10", previousID: "9", "item 10")
        let answer = try await client.receive(until: "item 10\n")
        #expect(!answer.contains("item 9\n"))
        let next = try #require(whole.origin.requests.last)
        #expect(next.uri == "/after?7")
        #expect(next.values("Grip-Last") == ["room; last-id=7"])
        #expect(next.values("Cookie").isEmpty && next.values("Grip-Sig").count == 1)
      })
  }

  @Test func `a response without a hold but with a next link is read page by page`() async throws {
    try await WholeEdge.run(
      origin: { request in
        let page = request.uri.split(separator: "?").last.flatMap { Int($0) } ?? 0
        return .bytes(
          response(
            200, page < 3 ? ["Grip-Link: </p?\(page + 1)>; rel=next"] : ["Grip-Status: 200"], body: "page \(page)\n"))
      },
      { whole in
        let client = try await RawClient.connect(port: whole.port)
        try await client.send(WholeEdge.get("/p?0"))
        let answer = try await client.receive(until: "\r\n0\r\n\r\n")
        for page in 0...3 { #expect(answer.contains("page \(page)\n")) }
        #expect(whole.origin.requests.map(\.uri) == ["/p?0", "/p?1", "/p?2", "/p?3"])
      })
  }

  @Test func `a long start of a stream is passed on, and the stream held after it`() async throws {
    let start = String(repeating: "@", count: 300_000)
    try await WholeEdge.run(
      origin: { _ in .bytes(response(200, Self.stream, body: start)) },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/s"))
        try whole.publish("room", "item")
        let answer = try await client.receive(until: "item\n\r\n")
        #expect(answer.utf8.filter { $0 == UInt8(ascii: "@") }.count == 300_000)
        #expect(answer.components(separatedBy: "HTTP/1.1").count == 2)
      })
  }

  @Test func `a reader that never reads is closed, and the others get everything`() async throws {
    var delivery = DeliveryConfiguration()
    delivery.queuedBytesPerHold = 200_000
    try await WholeEdge.run(
      loopCount: 1, delivery: delivery,
      origin: { _ in .bytes(response(200, Self.stream, body: "start\n")) },
      { whole in
        let slow = try await RawClient.connect(port: whole.port, receiveBuffer: 4096, readsAtOnce: false)
        try await slow.send(WholeEdge.get("/s"))
        try await whole.wait(holds: 1)
        let reader = try await whole.holding(WholeEdge.get("/s"), count: 2)
        let text = String(repeating: "z", count: 50_000)
        for number in 1...200 {
          try whole.publish("room", "\(number) \(text)")
          _ = try await reader.receive(seconds: 10) { $0.contains("\(number) zz") && $0.hasSuffix("\n\r\n") }
          try await reader.clear()
        }
        try await whole.wait(holds: 1)
        await slow.close()
      })
  }

  @Test func `a channel of the route's own needs no word of the origin, and no prefix`() async throws {
    try await WholeEdge.run(
      routes: ["*,prefix=p- ORIGIN,sub=status"],
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream"], body: "start\n")) },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/s"))
        try whole.publish("status", "item")
        _ = try await client.receive(until: "item\n")
      })
  }

  @Test func `held connections survive a change of routes`() async throws {
    try await WholeEdge.run(
      origin: { _ in .bytes(response(200, Self.stream, body: "start\n")) },
      { whole in
        let client = try await whole.holding(WholeEdge.get("/s"))
        for _ in 0..<10 { whole.edge.reload(routes: RouteTable([])) }
        let refused = try await RawClient.connect(port: whole.port)
        try await refused.send(WholeEdge.get("/s"))
        _ = try await refused.receive(until: "Route not found\n")
        try whole.publish("room", "item")
        _ = try await client.receive(until: "item\n")
      })
  }

  @Test func `a thousand streams on one channel get one item each`() async throws {
    try await WholeEdge.run(
      origin: { _ in .bytes(response(200, Self.stream, body: "start\n")) },
      { whole in
        var clients: [RawClient] = []
        for _ in 0..<1000 {
          let client = try await RawClient.connect(port: whole.port)
          try await client.send(WholeEdge.get("/s"))
          clients.append(client)
        }
        try await whole.wait(holds: 1000)
        try whole.publish("room", "item")
        for client in clients {
          let answer = try await client.receive(until: "item\n\r\n")
          #expect(answer.components(separatedBy: "item").count == 2)
        }
        for client in clients { await client.close() }
        try await whole.wait(holds: 0)
        #expect(whole.origin.connections <= 512)
      })
  }

  @Test func `HEAD is never written a body, held or not`() async throws {
    try await WholeEdge.run(
      origin: { request in
        .bytes(
          "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n"
            + (request.uri == "/poll" ? Self.poll : Self.stream).joined(separator: "\r\n") + "\r\n\r\n")
      },
      { whole in
        let poll = try await whole.holding("HEAD /poll HTTP/1.1\r\nHost: a\r\n\r\n")
        try whole.publish("room", id: "8", previousID: "7", "news")
        let answer = try await poll.receive(until: "\r\n\r\n")
        #expect(answer.hasSuffix("\r\n\r\n"))
        try await poll.clear()
        try await poll.send("HEAD /s HTTP/1.1\r\nHost: a\r\n\r\n")
        let stream = try await poll.receive(until: "\r\n\r\n")
        #expect(stream.hasPrefix("HTTP/1.1 200 Fine\r\n") && stream.hasSuffix("\r\n\r\n"))
      })
  }

  @Test func `a burst of connections never passes the limit, and all are served in the end`() async throws {
    try await WholeEdge.run(
      loopCount: 1, configure: { $0.maxConnections = 20 },
      origin: { _ in .bytes(response(200, [], body: "fine\n")) },
      { whole in
        var clients: [RawClient] = []
        for _ in 0..<60 { clients.append(try await RawClient.connect(port: whole.port)) }
        var most = 0
        for client in clients {
          try await client.send(WholeEdge.get("/", "Connection: close"))
          most = max(most, await whole.edge.counters().connections)
        }
        #expect(most <= 20)
        for client in clients {
          _ = try await client.receive(until: "fine\n")
          most = max(most, await whole.edge.counters().connections)
          await client.close()
        }
        #expect(most <= 20)
        #expect(await whole.edge.counters().accepted == 60)
      })
  }

  @Test func `an edge that stops closes its streams and serves what is under way`() async throws {
    try await WholeEdge.run(
      origin: { request in request.uri == "/s" ? .bytes(response(200, Self.stream, body: "start\n")) : .silence },
      { whole in
        let stream = try await whole.holding(WholeEdge.get("/s"))
        async let end = stream.receiveAll()
        await whole.edge.shutdown(graceful: true)
        #expect(try await end.hasSuffix("start\n\r\n"))
      })
  }
}
