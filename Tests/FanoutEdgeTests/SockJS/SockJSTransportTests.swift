import FanoutBus
import FanoutEdge
import GRIP
import Logging
import NIOCore
import Testing

@Suite("GRIP §18 SockJS: scripts, WebSockets, pages, and GRIP over all of them")
struct SockJSTransportTests {
  private static func run(
    routes: [String] = ["*,no_grip,sockjs=/sj ORIGIN"], configure: (inout EdgeConfiguration) -> Void = { _ in },
    _ test: (SocketEdge, SockJSClient) async throws -> Void
  ) async throws {
    try await SocketEdge.run(
      routes: routes,
      configure: {
        $0.sockjs.sessionTimeout = .seconds(60)
        configure(&$0)
      }
    ) { try await test($0, SockJSClient(port: $0.port)) }
  }

  @Test func `a script polls by calls, and sends by forms`() async throws {
    try await Self.run { edge, client in
      let nameless = try await client.ask("GET", "/sj/0/j/jsonp")
      #expect(nameless.status == 400 && nameless.body == "Bad Request\n")
      #expect(try await client.ask("GET", "/sj/0/j/jsonp?c=alert(1)").status == 400)
      let opened = try await client.ask("GET", "/sj/0/j/jsonp?c=cb.x")
      #expect(opened.body == "/**/cb.x(\"o\");\n" && opened.field("Content-Type") == "application/javascript")
      let form = ["Content-Type: application/x-www-form-urlencoded"]
      for (body, text) in [("x=1&d=%5B%22a%2Bb+c%22%5D", "a+b c"), (#"["raw"]"#, "raw")] {
        let sent = try await client.ask("POST", "/sj/0/j/jsonp_send", form, body: body)
        #expect(sent.status == 200 && sent.body == "ok")
        let poll = try await client.ask("GET", "/sj/0/j/jsonp?callback=cb")
        #expect(poll.body == "/**/cb(\"a[\\\"\(text)\\\"]\");\n")
      }
      #expect(try await client.ask("GET", "/sj/0/j/jsonp_send?d=%5B%22%C3%A9%22%5D").body == "ok")
      #expect(try await edge.origin.peer().wait(for: 3).last == .text("é"))
      for target in ["/sj/0/j/jsonp_send?x=1", "/sj/0/j/jsonp_send?d=1"] {
        #expect(try await client.ask("GET", target).body == "Payload expected\n")
      }
      #expect(try await client.ask("POST", "/sj/0/none/jsonp_send", form, body: "d=%5B%5D").status == 404)
    }
  }

  @Test func `clients are told what there is, and other places may ask`() async throws {
    try await Self.run(configure: { $0.sockjs.scriptURL = "https://cdn.test/sockjs.js" }) { _, client in
      let info = try await client.ask("GET", "/sj/info", ["Origin: http://o"])
      #expect(info.body.hasPrefix(#"{"cookie_needed":false,"entropy":"#))
      #expect(info.body.hasSuffix(#","origins":["*:*"],"websocket":true}"# + "\n"))
      #expect(info.field("Access-Control-Allow-Origin") == "http://o")
      let page = try await client.ask("GET", "/sj/iframe-1.html")
      #expect(page.body.contains("https://cdn.test/sockjs.js"))
      #expect(page.field("Cache-Control") == "public, max-age=31536000")
      let tag = try #require(page.field("ETag"))
      let again = try await client.ask("GET", "/sj/iframe.html", ["If-None-Match: \(tag)"])
      #expect(again.status == 304 && again.body.isEmpty)
      let preflight = try await client.ask(
        "OPTIONS", "/sj/0/1/xhr",
        ["Origin: http://o", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-a"])
      #expect(preflight.status == 204 && preflight.field("Access-Control-Allow-Methods") == "POST")
      #expect(preflight.field("Access-Control-Allow-Headers") == "x-a")
      for path in ["/sj", "/sj/", "/sj/other", "/sjx", "/sj/0/1/eventsource", "/sj/websocket"] {
        let answer = try await client.ask("GET", path)
        #expect(answer.status == 404 && answer.body == "Not Found\n", "\(path)")
        #expect(answer.field("Access-Control-Allow-Origin") == "*")
      }
    }
  }

  @Test func `a WebSocket may speak SockJS's frames`() async throws {
    try await Self.run { edge, _ in
      let client = try await edge.open("/sj/000/w/websocket")
      #expect(try await client.wait(for: 1) == [.text("o")])
      let origin = try await edge.origin.peer()
      #expect(origin.head.hasPrefix("GET /sj/websocket HTTP/1.1\r\n"))
      try await client.send(#"["a","b"]"#)
      try await client.send("")
      #expect(try await client.wait(for: 3).suffix(2) == [.text(#"a["a"]"#), .text(#"a["b"]"#)])
      #expect(origin.events == [.text("a"), .text("b")])
      try await origin.send(bytes: origin.frame(1, Array("fr".utf8), first: 0) + origin.frame(0, Array("ag".utf8)))
      #expect(try await client.wait(for: 4).last == .text(#"a["frag"]"#))
      try await origin.sendClose(4001, "bye")
      #expect(try await client.wait(for: 6).suffix(2) == [.text(#"c[4001,"bye"]"#), .close(4001, "bye")])
      try await client.sendClose(4001, "bye")
      try await client.waitForClose()
      try await edge.wait { $0.sockets == 0 && $0.originSockets == 0 }
    }
  }

  @Test func `the client's close reaches the origin, and comes back`() async throws {
    try await Self.run { edge, _ in
      let client = try await edge.open("/sj/000/w/websocket")
      try await client.wait(for: 1)
      try await client.sendClose(1000, "done")
      #expect(try await edge.origin.peer().wait(for: 1) == [.close(1000, "done")])
      #expect(try await client.wait(for: 2).last == .close(1000, "done"))
      try await client.waitForClose()
      try await edge.wait { $0.sockets == 0 && $0.originSockets == 0 }
    }
  }

  @Test(arguments: [("{", 1007), (#""a""#, 1007), ("[1]", 1007), (#"["aaaaaaaaaaaaaaaaaaaaaaaa"]"#, 1009)])
  func `what is no SockJS ends the WebSocket with a reason`(text: String, code: UInt16) async throws {
    try await Self.run(configure: { $0.sockjs.maxRequestBytes = 125 }) { edge, _ in
      let client = try await edge.open("/sj/000/w/websocket")
      try await client.wait(for: 1)
      let message = code == 1009 ? #"[""# + String(repeating: "a", count: 130) + #""]"# : text
      try await client.send(message)
      guard case .close(code, _)? = try await client.wait(for: 2).last else {
        Issue.record("\(client.events)")
        return
      }
      try await edge.origin.peer().waitForClose()
      try await client.sendClose(code)
      try await client.waitForClose()
      #expect(try await edge.origin.peer().events.isEmpty)
    }
  }

  @Test func `a framed WebSocket that is quiet hears heartbeats`() async throws {
    try await Self.run(configure: { $0.sockjs.heartbeat = .milliseconds(200) }) { edge, _ in
      let client = try await edge.open("/sj/000/w/websocket")
      #expect(try await client.wait(for: 3).prefix(3) == [.text("o"), .text("h"), .text("h")])
      await client.disconnect()
      try await edge.origin.peer().waitForClose()
      try await edge.wait { $0.sockets == 0 }
    }
  }

  @Test func `a raw WebSocket passes as it is, and the route may name another path`() async throws {
    try await Self.run(
      routes: ["*,no_grip,sockjs=/sj ORIGIN", "*,no_grip,path_beg=/as,sockjs=/as,sockjs_as_path=/live ORIGIN"]
    ) { edge, client in
      let raw = try await edge.open("/sj/websocket")
      try await raw.send(#"["a"]"#)
      #expect(try await raw.wait(for: 1) == [.text(#"["a"]"#)])
      #expect(try await edge.origin.peer().head.hasPrefix("GET /sj/websocket HTTP/1.1\r\n"))
      _ = try await edge.open("/as/websocket?q=1")
      #expect(try await edge.origin.peer(1).head.hasPrefix("GET /live?q=1 HTTP/1.1\r\n"))
      var other = client
      other.base = "/as"
      #expect(try await other.poll().body == "o\n")
      #expect(try await edge.origin.peer(2).head.hasPrefix("GET /live HTTP/1.1\r\n"))
      let refused = try await edge.connect("/sj/else")
      try await refused.wait { $0.head.contains("Not Found\n") }
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `what is published reaches SockJS's clients as messages`() async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = InProcessBus()
    let core = DeliveryCore(loopCount: 1, bus: bus, configuration: DeliveryConfiguration(), logger: logger)
    try await SocketEdge.run(
      routes: ["*,sockjs=/sj ORIGIN"], configure: { $0.sockjs.sessionTimeout = .seconds(60) },
      makeHolds: { loop, index in core.makeTable(on: loop, index: index) },
      origin: { _ in .accept(["Sec-WebSocket-Extensions: grip"], echoes: false) },
      { edge in
        core.open()
        let client = SockJSClient(port: edge.port)
        #expect(try await client.poll().body == "o\n")
        let framed = try await edge.open("/sj/0/w/websocket")
        for index in 0...1 {
          let origin = try await edge.origin.peer(index)
          #expect(origin.field("Sec-WebSocket-Extensions") == "grip")
          try await origin.send(#"c:{"type":"subscribe","channel":"news"}"#)
          try await origin.send("m:hello")
        }
        #expect(try await client.poll().body == "a[\"hello\"]\n")
        #expect(try await framed.wait(for: 2).last == .text(#"a["hello"]"#))
        func item(_ format: GRIPWebSocketFormat) -> GRIPItem {
          GRIPItem(channel: "news", webSocket: format, isUnsequenced: true)
        }
        try bus.publish(["1", "2", "3"].map { item(.send(.text($0), isBinary: false)) })
        let bodies = try await client.poll { $0.contains("3") }
        #expect(
          bodies.joined().replacing("]\na[", with: ",") == "a[\"1\",\"2\",\"3\"]\n")
        #expect(try await framed.wait(for: 5).suffix(3) == [.text(#"a["1"]"#), .text(#"a["2"]"#), .text(#"a["3"]"#)])
        try bus.publish([item(.close(code: 4002, reason: "out"))])
        #expect(try await client.poll().body == "c[4002,\"out\"]\n")
        #expect(try await framed.wait(for: 7).suffix(2) == [.text(#"c[4002,"out"]"#), .close(4002, "out")])
        if let loop = edge.edge.eventLoops.first { try await core.stop(on: loop).get() }
      })
  }

  @Test(.timeLimit(.minutes(2)))
  func `an origin that speaks over HTTP serves SockJS's clients too`() async throws {
    func event(_ text: String) -> String { "TEXT \(String(text.utf8.count, radix: 16))\r\n\(text)\r\n" }
    let open = "OPEN\r\n" + event(#"c:{"type":"subscribe","channel":"news"}"#)
    let echo = event("m:echo")
    try await WholeEdge.run(
      loopCount: 2, routes: ["*,sockjs=/sj ORIGIN,over_http"],
      configure: { $0.sockjs.sessionTimeout = .seconds(60) },
      origin: { request in
        if request.body.hasPrefix("OPEN") {
          return OverHTTPOriginTests.events(open, "Sec-WebSocket-Extensions: grip\r\n")
        }
        return request.body.hasPrefix("TEXT") ? OverHTTPOriginTests.events(echo) : OverHTTPOriginTests.events("")
      },
      { whole in
        let client = SockJSClient(port: whole.port)
        #expect(try await client.poll().body == "o\n")
        #expect(try await client.send(#"["hi"]"#).body == "ok")
        #expect(try await client.poll().body == "a[\"echo\"]\n")
        let opening = try #require(whole.origin.requests.first)
        #expect(opening.method == "POST" && opening.uri == "/sj")
        #expect(opening.values("Content-Type") == ["application/websocket-events"])
        #expect(whole.origin.requests.contains { $0.body == "TEXT 2\r\nhi\r\n" })
        try whole.bus.publish([
          GRIPItem(channel: "news", webSocket: .send(.text("published"), isBinary: false), isUnsequenced: true)
        ])
        #expect(try await client.poll().body == "a[\"published\"]\n")
      })
  }
}
