import FanoutBus
import FanoutEdge
import GRIP
import Logging
import NIOCore
import Testing

@Suite("GRIP §16 through the edge, native origin")
struct EdgeSocketGRIPTests {
  private static func run(
    routes: [String] = ["* ORIGIN"], _ test: @escaping (SocketEdge, InProcessBus) async throws -> Void
  ) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let bus = InProcessBus()
    let core = DeliveryCore(loopCount: 1, bus: bus, configuration: DeliveryConfiguration(), logger: logger)
    try await SocketEdge.run(
      routes: routes, makeHolds: { loop, index in core.makeTable(on: loop, index: index) },
      origin: { _ in .accept(["Sec-WebSocket-Extensions: grip"], echoes: false) },
      { fixture in
        core.open()
        try await test(fixture, bus)
        if let loop = fixture.edge.eventLoops.first { try await core.stop(on: loop).get() }
      })
  }

  private static func message(_ text: String, id: String? = nil, after previous: String? = nil) -> GRIPItem {
    GRIPItem(
      channel: "news", id: id, previousID: previous, webSocket: .send(.text(text), isBinary: false),
      isUnsequenced: true)
  }

  @Test func `an origin subscribes its client, resumes it, and is let go`() async throws {
    try await Self.run { fixture, bus in
      let client = try await fixture.open()
      #expect(client.field("Sec-WebSocket-Extensions") == nil)
      let peer = try await fixture.origin.peer()
      try await peer.send(#"c:{"type":"subscribe","channel":"news","prev-id":"1"}"#)
      try await peer.send("m:hello")
      #expect(try await client.wait(for: 1) == [.text("hello")])
      try bus.publish([Self.message("2", id: "2", after: "1")])
      #expect(try await client.wait(for: 2).last == .text("2"))
      // Number 3 never comes.
      try bus.publish([Self.message("4", id: "4", after: "3")])
      #expect(
        try await peer.wait(for: 1) == [
          .text(#"c:{"type":"resume","channels":[{"channel":"news","last-id":"2"}]}"#)
        ])
      try bus.publish([Self.message("5", id: "5", after: "4")])
      try await peer.send("m:3")
      try await peer.send("m:4")
      try await peer.send(#"c:{"type":"subscribe","channel":"news","prev-id":"4"}"#)
      #expect(try await client.wait(for: 5).suffix(3) == [.text("3"), .text("4"), .text("5")])
      try await peer.send(#"c:{"type":"detach"}"#)
      guard case .close? = try await peer.wait(for: 2).last else {
        Issue.record("the origin was not told")
        return
      }
      try bus.publish([Self.message("6", id: "6", after: "5")])
      #expect(try await client.wait(for: 6).last == .text("6"))
      try bus.publish([GRIPItem(channel: "news", webSocket: .close(code: 4001, reason: "kicked"), isUnsequenced: true)])
      // It has no place in the channel's order.
      #expect(try await client.wait(for: 7).last == .close(4001, "kicked"))
    }
  }

  @Test func `behind a target over HTTP that cannot be reached comes a native one`() async throws {
    try await Self.run(routes: ["* 127.0.0.1:1,over_http ORIGIN"]) { fixture, _ in
      let client = try await fixture.open()
      let peer = try await fixture.origin.peer()
      try await peer.send("m:native")
      #expect(try await client.wait(for: 1) == [.text("native")])
      try await client.send("hi")
      #expect(try await peer.wait(for: 1) == [.text("hi")])
    }
  }

  @Test func `the target test sends back what comes, and has its client on a channel`() async throws {
    try await Self.run(
      routes: ["*,path_beg=/t test", "*,path_beg=/plain,no_grip test", "*,path_beg=/next 127.0.0.1:1 test"]
    ) { fixture, bus in
      let client = try await fixture.open("/t/ws?channel=news&channel=more")
      try await client.send("hi")
      try await client.send(bytes: client.frame(2, [1, 2], first: 0) + client.frame(0, [3]))
      #expect(try await client.wait(for: 2) == [.text("hi"), .binary([1, 2, 3])])
      try bus.publish([Self.message("published")])
      #expect(try await client.wait(for: 3).last == .text("published"))
      try await client.sendClose(1000, "done")
      #expect(try await client.wait(for: 4).last == .close(1000, "done"))
      let plain = try await fixture.open("/plain/ws")
      try await plain.send("c:{}")
      #expect(try await plain.wait(for: 1) == [.text("c:{}")])
      let next = try await fixture.open("/next/ws")
      try await next.send("behind a target that is not there")
      #expect(try await next.wait(for: 1) == [.text("behind a target that is not there")])
      let other = try await fixture.connect("/t/else")
      try await other.wait { $0.head.contains(" 404 ") }
    }
  }
}
