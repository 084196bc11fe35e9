import GRIP
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import FanoutEdge

/// WebSockets as those who watch and those who command see them (GRIP proxy §20, §21).
@Suite("WebSockets in statistics and commands", .serialized)
struct SocketStatisticsTests {
  private struct Fixture {
    let server: EdgeServer
    let addresses: EdgeServer.Addresses

    func open(_ path: String = "/chat") async throws -> SocketPeer {
      let peer = SocketPeer(isClient: true)
      _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(SocketPeerHandler(peer, upgrade: nil))
          }
        }
        .connect(host: "127.0.0.1", port: addresses.edge.first?.port ?? 0).get()
      try await peer.send(bytes: Array(SocketEdge.handshake(path).utf8))
      return peer
    }

    func command() throws -> ZeroMQPeer { try ZeroMQPeer(.dealer, to: addresses.zeroMQ.command) }

    /// Somebody who watches, and counts as there.
    func watcher() throws -> ZeroMQPeer {
      let watcher = try ZeroMQPeer(.subscribe, to: addresses.zeroMQ.statistics)
      _ = try watcher.receiveText("report J")
      return watcher
    }
  }

  private static func run(
    route: String, port: Int, _ test: (Fixture) async throws -> Void
  ) async throws {
    try await WholeServer.run(
      routes: [route.replacing("ORIGIN", with: "127.0.0.1:\(port)")],
      configure: { configuration in
        configuration.statistics.sender = "edge"
        configuration.statistics.reportInterval = .seconds(1)
      }, { try await test(Fixture(server: $0, addresses: $1)) })
  }

  private static func native(_ route: String, _ test: (Fixture, SocketOriginDouble) async throws -> Void) async throws {
    let origin = SocketOriginDouble { head in
      head.hasPrefix("GET /no ") ? .bytes("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n") : .accept()
    }
    try await origin.start()
    let result: Result<Void, any Error>
    do {
      result = .success(try await run(route: route, port: origin.port) { try await test($0, origin) })
    } catch {
      result = .failure(error)
    }
    await origin.stop()
    try result.get()
  }

  private static func ask(_ command: ZeroMQPeer, _ method: String, _ arguments: TNetValue) throws -> String {
    try command.ask(TNet.map(("method", TNet.text(method)), ("args", arguments)).encoded)
  }

  private static func member(_ name: String, of message: String) -> Int? {
    guard let place = message.firstRange(of: "\"\(name)\":") else { return nil }
    return Int(message[place.upperBound...].prefix(while: \.isNumber))
  }

  @Test func `a WebSocket over HTTP is refreshed by its Connection-Id, and found by it while it is there`() async throws
  {
    let events: @Sendable (String) -> FakeOrigin.Reply = { body in
      .bytes(response(200, ["Content-Type: application/websocket-events"], body: body))
    }
    let origin = FakeOrigin { request in
      switch request.body {
      case "OPEN\r\n": events("OPEN\r\n")
      case "": events("TEXT 9\r\nrefreshed\r\n")
      default: events("")
      }
    }
    try await origin.start()
    try await Self.run(route: "*,id=main ORIGIN,over_http", port: origin.port) { fixture in
      let watcher = try fixture.watcher()
      let command = try fixture.command()
      let client = try await fixture.open()
      try await client.wait { $0.head.hasPrefix("HTTP/1.1 101 ") }
      let id = try #require(origin.requests.first?.values("Connection-Id").first)
      #expect(
        try watcher.receiveText("conn J")
          == #"conn J{"from":"edge","route":"main","id":"\#(id)","type":"ws","peer-address":"127.0.0.1","ttl":120}"#)
      let ids = TNet.map(("ids", .list([TNet.text("other"), TNet.text(id)])))
      #expect(try Self.ask(command, "conncheck", ids).hasSuffix("5:value,40:36:\(id),]}"))
      let refresh = TNet.map(("cid", TNet.text(id)))
      #expect(try Self.ask(command, "refresh", refresh) == "28:7:success,4:true!5:value,0:~}")
      #expect(try await client.wait(for: 1) == [.text("refreshed")])
      #expect(origin.requests.map(\.body) == ["OPEN\r\n", ""])
      #expect(Set(origin.requests.flatMap { $0.values("Connection-Id") }) == [id])
      let unknown = TNet.map(("cid", TNet.text("4c1f7f4e-0b6b-4d3c-9a3e-5d2b1f0d7a55")))
      #expect(try Self.ask(command, "refresh", unknown).contains("9:condition,14:item-not-found,"))
      let report = try watcher.receive { parts in
        let text = String(decoding: parts[0], as: UTF8.self)
        return text.hasPrefix("report J") && text.contains(#""route":"main""#)
          && Self.member("client-messages-sent", of: text) == 1
      }
      #expect(Self.member("connections", of: String(decoding: report[0], as: UTF8.self)) == 1)
      await client.disconnect()
      #expect(
        try watcher.receive { String(decoding: $0[0], as: UTF8.self).contains("unavailable") }
          == [Array(#"conn J{"from":"edge","route":"main","id":"\#(id)","unavailable":true}"#.utf8)])
      #expect(try Self.ask(command, "conncheck", ids).hasSuffix("5:value,0:]}"))
      #expect(try Self.ask(command, "refresh", refresh).contains("9:condition,14:item-not-found,"))
    }
    await origin.stop()
  }

  @Test(arguments: ["*,id=main ORIGIN", "*,id=main,no_grip ORIGIN"])
  func `a native WebSocket is counted with its messages, by route`(route: String) async throws {
    try await Self.native(route) { fixture, origin in
      let watcher = try fixture.watcher()
      let client = try await fixture.open()
      try await client.wait { $0.head.hasPrefix("HTTP/1.1 101 ") }
      let told = try watcher.receiveText("conn J")
      let id = try #require(told.firstMatch(of: #/"id":"([0-9a-f-]{36})","type":"ws"/#)?.output.1)
      // Its origin is told nothing, and that is no fault.
      let command = try fixture.command()
      let refresh = try Self.ask(command, "refresh", TNet.map(("cid", TNet.text(String(id)))))
      #expect(refresh == "28:7:success,4:true!5:value,0:~}")
      try await client.send("hello")
      try await client.send("again")
      #expect(try await client.wait(for: 2) == [.text("hello"), .text("again")])
      var sums: [String: Int] = [:]
      let names = ["client", "server"].flatMap { side in
        ["messages-received", "messages-sent", "content-bytes-received", "content-bytes-sent"].map { "\(side)-\($0)" }
      }
      _ = try watcher.receive { parts in
        let text = String(decoding: parts[0], as: UTF8.self)
        guard text.hasPrefix("report J"), text.contains(#""route":"main""#) else { return false }
        for name in names + ["client-header-bytes-sent", "server-header-bytes-received"] {
          sums[name, default: 0] += Self.member(name, of: text) ?? 0
        }
        return names.allSatisfy { sums[$0, default: 0] >= ($0.contains("messages") ? 2 : 10) }
      }
      for name in names { #expect(sums[name] == (name.contains("messages") ? 2 : 10), "\(name)") }
      #expect(sums["client-header-bytes-sent", default: 0] > 50)
      #expect(sums["server-header-bytes-received", default: 0] > 50)
      var text = MetricsReport.text(await fixture.server.snapshot())
      #expect(text.contains("fanout_websockets{route=\"main\"} 1\n"))
      #expect(text.contains("fanout_websocket_messages_total{direction=\"from-client\"} 2\n"))
      #expect(text.contains("fanout_websocket_messages_total{direction=\"to-client\"} 2\n"))
      let peer = try await origin.peer()
      #expect(peer.events == [.text("hello"), .text("again")])
      try await client.sendClose(1000)
      _ = try watcher.receive { String(decoding: $0[0], as: UTF8.self).contains(#""id":"\#(id)","unavailable":true"#) }
      text = MetricsReport.text(await fixture.server.snapshot())
      #expect(text.contains("fanout_websockets{route=\"main\"} 0\n"))
    }
  }

  @Test func `one that its origin refuses has been there for as long as that took`() async throws {
    try await Self.native("*,id=main ORIGIN") { fixture, _ in
      let watcher = try fixture.watcher()
      let client = try await fixture.open("/no")
      try await client.wait { $0.head.hasPrefix("HTTP/1.1 403 ") }
      let told = try watcher.receiveText("conn J")
      let id = try #require(told.firstMatch(of: #/"id":"([0-9a-f-]{36})","type":"ws"/#)?.output.1)
      _ = try watcher.receive { String(decoding: $0[0], as: UTF8.self).contains(#""id":"\#(id)","unavailable":true"#) }
      #expect(MetricsReport.text(await fixture.server.snapshot()).contains("fanout_websockets{route=\"main\"} 0\n"))
    }
  }
}
