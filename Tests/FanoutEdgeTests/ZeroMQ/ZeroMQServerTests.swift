import FanoutBus
import GRIP
import Logging
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("An edge with ZeroMQ sockets", .serialized)
struct ZeroMQServerTests {
  private struct Fixture {
    let server: EdgeServer
    let addresses: EdgeServer.Addresses

    func hold(_ target: String) async throws -> RawClient {
      let before = await server.deliveryCounters().holds
      let client = try await RawClient.connect(port: addresses.edge.first?.port ?? 0)
      try await client.send("GET \(target) HTTP/1.1\r\nHost: Example\r\n\r\n")
      for _ in 0..<2000 where await server.deliveryCounters().holds == before {
        try await Task.sleep(for: .milliseconds(10))
      }
      return client
    }
  }

  private static let origin: FakeOrigin.Script = { request in
    if request.uri.hasPrefix("/plain") { return .bytes(response(200, [], body: "hello\n")) }
    let mode = request.uri.hasPrefix("/poll") ? "response" : "stream"
    return .bytes(response(200, ["Grip-Hold: \(mode)", "Grip-Channel: news"], body: "open\n"))
  }

  private func run(
    configure: (inout EdgeServerConfiguration) -> Void = { _ in }, _ test: (Fixture) async throws -> Void
  ) async throws {
    let origin = FakeOrigin(script: Self.origin)
    try await origin.start()
    let result: Result<Void, any Error>
    do {
      try await WholeServer.run(
        routes: ["*,id=main 127.0.0.1:\(origin.port)", "other.test 127.0.0.1:\(origin.port)"],
        configure: { configuration in
          configuration.control.listen = [ListenAddress(port: 0)]
          configuration.zeroMQ.pull = WholeServer.endpoint("push_in_spec")
          configuration.zeroMQ.subscribe = [WholeServer.endpoint("push_in_sub_specs")]
          configuration.delivery.sequencer.linger = .seconds(1)
          configure(&configuration)
        }, { try await test(Fixture(server: $0, addresses: $1)) })
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await origin.stop()
    try result.get()
  }

  @Test func `what is pushed reaches listeners in every form that is allowed`() async throws {
    try await run { fixture in
      let client = try await fixture.hold("/stream")
      let push = try ZeroMQPeer(.push, to: fixture.addresses.zeroMQ.pull)
      try push.send(#"J{"channel":"news","formats":{"http-stream":{"content":"json\n"}}}"#)
      _ = try await client.receive(until: "json\n", seconds: 30)
      try push.send("T" + TNet.item("T!\n").encoded)
      _ = try await client.receive(until: "T!\n", seconds: 30)
      try push.send(TNet.item("n!\n").encoded)
      _ = try await client.receive(until: "n!\n", seconds: 30)
      await client.close()
    }
  }

  @Test func `no message of a hostile publisher does more than be dropped`() async throws {
    try await run { fixture in
      let client = try await fixture.hold("/stream")
      let push = try ZeroMQPeer(.push, to: fixture.addresses.zeroMQ.pull)
      for text in [
        "", "T", "J", "x", "T5:abc,", "T10:2:aa,99:x,}", "5:abc,", "T-1:x,",
        "T999999999999999999999999999999999999999:x,", "T0:}", "T0:~", "J{}", "J[", "Jnull", "J\"\u{0}\"",
        #"J{"channel":"news"}"#, #"J{"channel":"news","formats":[]}"#, #"J{"channel":5,"formats":{}}"#,
        String(repeating: "1:", count: 5000), "J" + String(repeating: "[", count: 100_000),
      ] { try push.send(text) }
      try push.send([[0xff, 0xfe], [0x00]])
      // Beyond the bound the peer is disconnected, and only that one.
      try ZeroMQPeer(.push, to: fixture.addresses.zeroMQ.pull).send([[UInt8](repeating: 0x4a, count: 3_000_000)])
      try push.send((0..<100).map { _ in Array("T0:}".utf8) })
      let publisher = try ZeroMQPeer(.extendedPublish, to: fixture.addresses.zeroMQ.subscribe.first)
      #expect(try publisher.receive() == [[1] + Array("news".utf8)])
      try publisher.send("news")
      try publisher.send("news", "T5:abc,")
      try publisher.send("news", "J{}", "more")
      try publisher.send([Array("news".utf8) + [0xff], Array("J{}".utf8)])
      try push.send(#"J{"channel":"news","formats":{"http-stream":{"content":"alive\n"}}}"#)
      _ = try await client.receive(until: "alive\n", seconds: 30)
      try publisher.send("news", #"J{"formats":{"http-stream":{"content":"as well\n"}}}"#)
      let all = try await client.receive(until: "as well\n\r\n", seconds: 30)
      #expect(all.hasSuffix("5\r\nopen\n\r\n6\r\nalive\n\r\n8\r\nas well\n\r\n"))
      await client.close()
    }
  }

  @Test
  func `publishers see who listens, their items go to exactly that channel, and the interest ends after the linger`()
    async throws
  {
    try await run { fixture in
      let publisher = try ZeroMQPeer(.extendedPublish, to: fixture.addresses.zeroMQ.subscribe.first)
      let client = try await fixture.hold("/stream")
      #expect(try publisher.receive() == [[1] + Array("news".utf8)])
      // A publisher that comes late is told too.
      let late = try ZeroMQPeer(.extendedPublish, to: fixture.addresses.zeroMQ.subscribe.first)
      #expect(try late.receive() == [[1] + Array("news".utf8)])
      try publisher.send("newspaper", #"J{"channel":"news","formats":{"http-stream":{"content":"not for us\n"}}}"#)
      try publisher.send("news", #"J{"channel":"elsewhere","formats":{"http-stream":{"content":"for us\n"}}}"#)
      let text = try await client.receive(until: "for us\n", seconds: 30)
      #expect(!text.contains("not for us"))
      await client.close()
      #expect(try publisher.receive() == [[0] + Array("news".utf8)])
      #expect(try late.receive() == [[0] + Array("news".utf8)])
    }
  }

  @Test func `it connects to publishers where it is told to, and then does not offer them an address`() async throws {
    let publisher = try ZeroMQPeer(.extendedPublish, to: "tcp://127.0.0.1:*", listens: true)
    let address = publisher.socket.lastEndpoint
    try await run(configure: {
      $0.zeroMQ.subscribe = [ZeroMQConfiguration.Endpoint(key: "push_in_sub_specs", address: address)]
      $0.zeroMQ.subscribesByConnecting = true
    }) { fixture in
      let client = try await fixture.hold("/stream")
      #expect(try publisher.receive() == [[1] + Array("news".utf8)])
      try publisher.send("news", #"J{"formats":{"http-stream":{"content":"from afar\n"}}}"#)
      _ = try await client.receive(until: "from afar\n", seconds: 30)
      let command = try ZeroMQPeer(.dealer, to: fixture.addresses.zeroMQ.command)
      #expect(!(try command.ask("25:6:method,12:get-zmq-uris,}")).contains("publish-sub"))
      await client.close()
    }
  }

  @Test func `commands are answered, by either envelope, and so is what is none`() async throws {
    try await run { fixture in
      let client = try await fixture.hold("/stream")
      let command = try ZeroMQPeer(.dealer, to: fixture.addresses.zeroMQ.command)
      let addresses = try command.ask("25:6:method,12:get-zmq-uris,}")
      #expect(addresses.contains("12:publish-pull,\(fixture.addresses.zeroMQ.pull?.utf8.count ?? 0):tcp://127.0.0.1:"))
      #expect(addresses.contains("11:publish-sub,"))
      #expect(addresses.contains("7:command,"))
      #expect(try command.ask("garbage").contains("9:condition,11:bad-request,"))
      #expect(try command.ask("9:2:id,1:7,}").contains("2:id,1:7,7:success,5:false!9:condition,11:bad-request,"))
      #expect(try command.ask("16:6:method,4:nope,}").contains("16:method-not-found,"))
      // A DEALER without the empty part gets its answer without it.
      try command.send(TNet.map(("method", TNet.text("recover"))).encoded)
      let answer = try command.receive()
      #expect(answer.count == 1)
      #expect(String(decoding: answer[0], as: UTF8.self) == "28:7:success,4:true!5:value,0:~}")
      let publish = TNet.map(
        ("method", TNet.text("publish")), ("args", TNet.map(("items", .list([TNet.item("by command!\n")])))))
      #expect(try command.ask(publish.encoded).contains("7:success,4:true!"))
      _ = try await client.receive(until: "by command!\n", seconds: 30)
      let check = TNet.map(
        ("method", TNet.text("conncheck")), ("args", TNet.map(("ids", .list([TNet.text("a"), TNet.text("x:1:2")])))))
      #expect(try command.ask(check.encoded).contains("5:value,0:]"))
      await client.close()
    }
  }

  @Test func `recover lets every held request look again`() async throws {
    try await run { fixture in
      let client = try await fixture.hold("/poll")
      let command = try ZeroMQPeer(.dealer, to: fixture.addresses.zeroMQ.command)
      #expect(try command.ask(TNet.map(("method", TNet.text("recover"))).encoded).contains("7:success,4:true!"))
      for _ in 0..<2000 where await fixture.server.deliveryCounters().retries == 0 {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(await fixture.server.deliveryCounters().retries == 1)
      await client.close()
    }
  }

  @Test func `an inbox drops what it has no room for, but not what would leave things wrong`() {
    let inbox = ZeroMQInbox(eventLimit: 2)
    for number in 0..<5 { inbox.push(.began(.request(number), route: nil, peer: nil, isSecure: false)) }
    for number in 0..<20 { inbox.push(.ended(.request(number))) }
    for _ in 0..<10 { inbox.interestChanged(channel: "news", isWanted: true) }
    inbox.interestChanged(channel: "news", isWanted: false)
    let contents = inbox.take()
    #expect(contents.events.count == 8)
    #expect(contents.dropped == 17)
    #expect(contents.interest == ["news": false])
    #expect(inbox.take().isEmpty)
    inbox.end()
    #expect(!inbox.ask { _ in })
  }

  @Test func `those who watch are told of connections, subscriptions, items and figures`() async throws {
    try await run(configure: {
      $0.statistics.sender = "edge"
      $0.statistics.reportInterval = .seconds(1)
    }) { fixture in
      let watcher = try ZeroMQPeer(.subscribe, to: fixture.addresses.zeroMQ.statistics)
      // It counts as there when a first message has come.
      _ = try watcher.receiveText("report J")
      let client = try await fixture.hold("/stream?a=b")
      let began = try watcher.receiveText("conn J")
      #expect(began.contains(#""from":"edge","route":"main","id":"edge:"#))
      let told = try watcher.receive { parts in
        let text = String(decoding: parts[0], as: UTF8.self)
        return text.hasPrefix("sub J") && text.contains(#""mode":"stream""#)
      }
      #expect(
        String(decoding: told[0], as: UTF8.self)
          == #"sub J{"from":"edge","mode":"stream","channel":"news","ttl":60,"subscribers":1}"#)
      let push = try ZeroMQPeer(.push, to: fixture.addresses.zeroMQ.pull)
      try push.send(#"J{"channel":"news","id":"a","formats":{"http-stream":{"content":"five\n"}}}"#)
      #expect(
        try watcher.receiveText("message J")
          == #"message J{"from":"edge","channel":"news","item-id":"a","count":1,"transport":"http-stream"}"#)
      let report = try watcher.receive { parts in
        let text = String(decoding: parts[0], as: UTF8.self)
        return text.hasPrefix("report J") && text.contains(#""route":"main""#) && text.contains(#""sent":1,"#)
      }
      #expect(String(decoding: report[0], as: UTF8.self).contains("client-content-bytes-sent"))
      let id = try #require(began.firstMatch(of: #/"id":"([^"]+)"/#)?.output.1)
      #expect(id.hasPrefix("edge:"))
      let command = try ZeroMQPeer(.dealer, to: fixture.addresses.zeroMQ.command)
      let check = TNet.map(
        ("method", TNet.text("conncheck")),
        ("args", TNet.map(("ids", .list([TNet.text(String(id)), TNet.text("edge:0")])))))
      #expect(try command.ask(check.encoded).hasSuffix("5:value,\(id.utf8.count + 3):\(id.utf8.count):\(id),]}"))
      await client.close()
      _ = try watcher.receive { parts in
        String(decoding: parts[0], as: UTF8.self)
          == #"sub J{"from":"edge","mode":"stream","channel":"news","unavailable":true}"#
      }
      let totals = try #require(await fixture.server.statistics())
      #expect(totals.received == 1)
      #expect(totals.traffic.sent == 1)
      #expect(totals.minutes == 1)
      #expect(totals.traffic.requests == 1)
      #expect(totals.traffic.client.headerReceived == "GET/stream?a=bHostExample".utf8.count)
    }
  }

  @Test func `an address that is taken is named by its setting, and nothing stays open`() async throws {
    let taken = try ZeroMQPeer(.pull, to: "tcp://127.0.0.1:*", listens: true)
    let address = taken.socket.lastEndpoint
    do {
      try await run(configure: {
        $0.zeroMQ.command = ZeroMQConfiguration.Endpoint(key: "command_spec", address: address)
      }) { _ in Issue.record("it started") }
    } catch let error as ZeroMQService.StartError {
      #expect(error.description == "command_spec: \(address): cannot listen there: Address already in use")
    }
  }

  @Test func `nothing is opened and nothing is counted where nothing is asked for`() async throws {
    try await run(configure: {
      $0.zeroMQ = ZeroMQConfiguration()
      $0.statistics = StatisticsConfiguration()
    }) { fixture in
      #expect(fixture.addresses.zeroMQ == ZeroMQAddresses())
      #expect(await fixture.server.statistics() == nil)
    }
  }

  @Test func `publishers wait while the bus has no room, and nothing is lost`() throws {
    final class FullBus: Bus, @unchecked Sendable {
      var isFull = true
      var items: [String] = []
      var isInterestBased: Bool { false }
      func publish(_ items: [PublishedItem]) throws(BusError) {
        if isFull { throw .overloaded }
        self.items += items.map(\.channel)
      }
      func subscribe(channel: String) {}
      func unsubscribe(channel: String) {}
      func attach(_ receiver: (any BusReceiver)?) {}
    }
    let bus = FullBus()
    var intake = ZeroMQIntake(
      bus: bus, maxMessageBytes: 10_000, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    for number in 0..<3 {
      let text = #"J{"channel":"\#(number)","formats":{"http-stream":{"content":"x"}}}"#
      intake.pulled(ZeroMQSocket.Message(parts: [Array(text.utf8)]), now: .zero)
    }
    intake.flush(now: .zero)
    #expect(intake.isWaiting)
    #expect(intake.counters.waits == 1)
    #expect(bus.items == [])
    bus.isFull = false
    intake.flush(now: .zero)
    #expect(!intake.isWaiting)
    #expect(bus.items == ["0", "1", "2"])
    #expect(intake.counters.items == 3)
    intake.pulled(ZeroMQSocket.Message(parts: [Array(repeating: 0x31, count: 10_001)]), now: .zero)
    #expect(intake.counters.malformed == 1)
  }
}
