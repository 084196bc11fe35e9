import FanoutEdge
import GRIP
import NIOCore
import Testing

extension ServerFixture {
  /// Asks the control port, and gives the whole answer.
  func admin(_ method: String = "GET", _ target: String, _ body: String = "", port: Int? = nil) async throws -> String {
    let client = try await RawClient.connect(port: port ?? controlPort)
    let length = method == "POST" ? "Content-Length: \(body.utf8.count)\r\n" : ""
    try await client.send(
      "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(length)\r\n\(body)")
    let answer = try await client.receiveAll(seconds: 20)
    await client.close()
    return answer
  }

  /// The JSON of an answer that must be 200.
  func json(_ method: String = "GET", _ target: String, _ body: String = "") async throws -> JSONValue {
    let answer = try await admin(method, target, body)
    try #require(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
    let text = answer.split(separator: "\r\n\r\n", maxSplits: 1)[1]
    return try JSONReader.read(text.utf8)
  }
}

extension JSONValue {
  subscript(name: String) -> JSONValue? { if case .object(let object) = self { object[name] } else { nil } }
  var array: [JSONValue] { if case .array(let array) = self { array } else { [] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var integer: Int? { if case .number(let number) = self { number.roundedInteger } else { nil } }
}

@Suite("The admin API of a whole edge")
struct AdminServerTests {
  private static let origin: FakeOrigin.Script = { request in
    let parts = request.uri.split(separator: "/").map(String.init)
    guard parts.count == 3 else { return .bytes(response(200, body: "plain")) }
    return .bytes(
      response(
        200, ["Grip-Hold: \(parts[0])", "Grip-Channel: \(parts[1])", "Grip-Set-Meta: user=\"\(parts[2])\""],
        body: "<open>"))
  }

  @Test func `channels are listed with their members of all loops, page by page`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      var clients: [RawClient] = []
      for number in 0..<12 {
        clients.append(try await fixture.get("/stream/room-\(number % 3)/romeo"))
        clients.append(try await fixture.get("/response/room-\(number % 3)/juliet"))
      }
      clients.append(try await fixture.get("/stream/hall/romeo"))
      try await fixture.waitForHolds(25)
      let all = try await fixture.json("GET", "/admin/channels")
      #expect(all["channels"]?.array.compactMap { $0["channel"]?.text } == ["hall", "room-0", "room-1", "room-2"])
      #expect(all["next"] == nil)
      let room = try #require(all["channels"]?.array.last?["members"])
      #expect(room["stream"]?.integer == 4 && room["long-poll"]?.integer == 4)
      let page = try await fixture.json("GET", "/admin/channels?prefix=room-&limit=2")
      #expect(page["channels"]?.array.compactMap { $0["channel"]?.text } == ["room-0", "room-1"])
      #expect(page["next"]?.text == "room-1")
      let rest = try await fixture.json("GET", "/admin/channels?prefix=room-&limit=2&after=room-1")
      #expect(rest["channels"]?.array.compactMap { $0["channel"]?.text } == ["room-2"])
      #expect(rest["next"] == nil)
      for client in clients { await client.close() }
    }
  }

  @Test func `connections say how they are held and by whom, and one can be closed`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      let romeo = try await fixture.get("/stream/room/romeo")
      let juliet = try await fixture.get("/response/room/juliet")
      let idle = try await RawClient.connect(port: fixture.port)
      try await fixture.waitForHolds(2)
      let held = try await fixture.json("GET", "/admin/connections?transport=stream")
      #expect(held["total"]?.integer == 1)
      let connection = try #require(held["connections"]?.array.first)
      #expect(connection["user"]?.text == "romeo")
      #expect(connection["channels"]?.array.compactMap(\.text) == ["room"])
      #expect(connection["state"]?.text == "held")
      #expect(connection["peer"]?.text == "127.0.0.1")
      #expect(connection["route"]?.text == "*")
      #expect(connection["path"]?.text == "/stream/room/romeo")
      #expect(try await fixture.json("GET", "/admin/connections?user=juliet")["total"]?.integer == 1)
      let id = try #require(connection["id"]?.integer)
      #expect(try await fixture.json("POST", "/admin/close", #"{"connection":\#(id)}"#)["closed"]?.integer == 1)
      #expect(try await romeo.receiveAll(seconds: 20).hasSuffix("<open>\r\n"))
      #expect(try await fixture.json("POST", "/admin/close", #"{"connection":\#(id)}"#)["closed"]?.integer == 0)
      try await fixture.waitForHolds(1)
      await juliet.close()
      await idle.close()
    }
  }

  @Test func `a user's connections are closed, or a channel's, and nobody else's`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      var romeo: [RawClient] = []
      var juliet: [RawClient] = []
      for _ in 0..<6 {
        romeo.append(try await fixture.get("/stream/room/romeo"))
        juliet.append(try await fixture.get("/stream/balcony/juliet"))
      }
      let poll = try await fixture.get("/response/balcony/nurse")
      try await fixture.waitForHolds(13)
      #expect(try await fixture.json("POST", "/admin/close", #"{"user":"romeo"}"#)["closed"]?.integer == 6)
      for client in romeo { _ = try await client.receiveAll(seconds: 20) }
      try await fixture.waitForHolds(7)
      #expect(try await fixture.json("POST", "/admin/close", #"{"channel":"balcony"}"#)["closed"]?.integer == 7)
      for client in juliet + [poll] { _ = try await client.receiveAll(seconds: 20) }
      try await fixture.waitForHolds(0)
      #expect(await fixture.server.edgeCounters().closes[.closedByOperator] == 13)
    }
  }

  @Test(arguments: [
    "{}", "[]", "x", #"{"user":1}"#, #"{"connection":"1"}"#, #"{"user":"a","channel":"b"}"#, #"{"id":1}"#,
  ])
  func `closing needs one thing that is known`(body: String) async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      let answer = try await fixture.admin("POST", "/admin/close", body)
      #expect(answer.hasPrefix("HTTP/1.1 400 "))
    }
  }

  @Test func `the slow are found with what waits for them`() async throws {
    try await ServerFixture.run(
      configure: { $0.delivery.streamSendBuffer = 4096 }, origin: Self.origin
    ) { fixture in
      let deaf = try await RawClient.connect(port: fixture.port, receiveBuffer: 4096, readsAtOnce: false)
      try await deaf.send("GET /stream/room/deaf HTTP/1.1\r\nHost: a.test\r\n\r\n")
      let quick = try await fixture.get("/stream/room/quick")
      try await fixture.waitForHolds(2)
      let large = String(repeating: "x", count: 20_000)
      for number in 0..<10 {
        _ = try await fixture.publish([GRIPItem(channel: "room", httpStream: .send(.text("\(large)<\(number)>")))])
      }
      _ = try await quick.receive(until: "<9>", seconds: 20)
      let slow = try await fixture.json("GET", "/admin/connections?slow=true")
      #expect(slow["total"]?.integer == 1)
      let first = try #require(slow["connections"]?.array.first)
      #expect(first["user"]?.text == "deaf")
      #expect(first["queued-bytes"]?.integer ?? 0 > 20_000)
      #expect(first["slow-ms"] != nil)
      let all = try await fixture.json("GET", "/admin/connections?sort=queued&transport=stream")
      #expect(all["connections"]?.array.compactMap { $0["user"]?.text } == ["deaf", "quick"])
      await deaf.close()
      await quick.close()
    }
  }

  @Test func `one item goes to many channels, or to none`() async throws {
    try await ServerFixture.run(origin: Self.origin) { fixture in
      let first = try await fixture.get("/stream/a/x")
      let second = try await fixture.get("/stream/b/x")
      try await fixture.waitForHolds(2)
      let formats = #""formats":{"http-stream":{"content":"<both>"}}"#
      let answer = try await fixture.json("POST", "/admin/publish", #"{"channels":["a","b","c"],\#(formats)}"#)
      #expect(answer["published"]?.integer == 3)
      _ = try await first.receive(until: "<both>", seconds: 20)
      _ = try await second.receive(until: "<both>", seconds: 20)
      for body in [
        #"{"channels":[],\#(formats)}"#, #"{"channels":["a",""],\#(formats)}"#, #"{"channels":["a",1],\#(formats)}"#,
        #"{"channels":["a"]}"#, #"{\#(formats)}"#,
      ] {
        #expect(try await fixture.admin("POST", "/admin/publish", body).hasPrefix("HTTP/1.1 400 "), "\(body)")
      }
      await first.close()
      await second.close()
    }
  }

  @Test func `a dry run says which rule, which target and which fields, and sends nothing`() async throws {
    try await ServerFixture.run(
      configure: {
        $0.edge.signatureIssuer = "edge"
        $0.edge.signatureKey = GRIPKey(secret: Array("a secret".utf8))
      }, origin: Self.origin
    ) { fixture in
      let run = try await fixture.json(
        "POST", "/admin/routes/match",
        #"{"method":"PUT","url":"http://a.test/x?y=1","headers":{"Grip-Hold":"stream","X-Mine":"1","Connection":"close"}}"#
      )
      #expect(run["route"]?["id"]?.text == "*")
      #expect(run["route"]?["targets"]?.array.compactMap(\.text) == ["127.0.0.1:\(fixture.origin.port)"])
      #expect(run["request"]?["target"]?.text == "/x?y=1")
      #expect(run["request"]?["host"]?.text == "a.test")
      let headers = run["request"]?["headers"]?.array.map { $0.array.compactMap(\.text) } ?? []
      #expect(headers.contains(["X-Mine", "1"]))
      #expect(headers.contains(["Grip-Sig", "(a fresh token)"]))
      #expect(!headers.contains { $0.first == "Grip-Hold" || $0.first == "Connection" })
      #expect(fixture.origin.requests.isEmpty)
      for body in [
        #"{"url":"no path"}"#, #"{"url":"/a","headers":{"A":"b\r\nC: d"}}"#, #"{"url":"/a","method":"G T"}"#,
      ] {
        #expect(try await fixture.admin("POST", "/admin/routes/match", body).hasPrefix("HTTP/1.1 400 "), "\(body)")
      }
    }
  }

  @Test func `metrics count what was done, by route and status`() async throws {
    try await ServerFixture.run(configure: { $0.metrics.listen = [ListenAddress(port: 0)] }, origin: Self.origin) {
      fixture in
      let client = try await fixture.get("/plain")
      _ = try await client.receive(until: "plain", seconds: 20)
      let stream = try await fixture.get("/stream/room/romeo")
      try await fixture.waitForHolds(1)
      _ = try await fixture.publish([GRIPItem(channel: "room", httpStream: .send(.text("<item>")))])
      _ = try await stream.receive(until: "<item>", seconds: 20)
      for (path, port) in [("/metrics", fixture.controlPort), ("/any/path", fixture.metricsPort ?? 0)] {
        let answer = try await fixture.admin("GET", path, port: port)
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("Content-Type: text/plain; version=0.0.4"))
        let lines = answer.split(separator: "\n")
        for line in [
          "request_received 2", "connection_connected 2", "connection_minute 2", "message_received 1", "message_sent 1",
          "fanout_responses_total{route=\"*\",status=\"2xx\"} 1", "fanout_held{transport=\"stream\"} 1",
          "fanout_held{transport=\"long-poll\"} 0", "fanout_deliveries_total{transport=\"stream\"} 1",
          "fanout_origin_response_seconds_count{route=\"*\"} 2", "fanout_ready 1",
        ] {
          #expect(lines.contains(Substring(line)), "\(line) in \(answer)")
        }
        #expect(!answer.contains("room") && !answer.contains("romeo"))
      }
      let stats = try await fixture.json("GET", "/admin/stats")
      #expect(stats["held"]?["stream"]?.integer == 1)
      #expect(stats["by-route"]?["*"]?["responses"]?["2xx"]?.integer == 1)
      await client.close()
      await stream.close()
    }
  }
}
