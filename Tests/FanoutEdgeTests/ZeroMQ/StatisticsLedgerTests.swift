import Testing

@testable import FanoutEdge

@Suite("The ledger of statistics")
struct StatisticsLedgerTests {
  private let ledger: StatisticsLedger

  init() {
    var configuration = StatisticsConfiguration()
    configuration.publish = ZeroMQConfiguration.Endpoint(key: "stats_spec", address: "ipc:///nowhere")
    configuration.sender = "edge_1"
    ledger = StatisticsLedger(configuration: configuration, now: .zero)
    ledger.audience.changed([1])
  }

  private func told() -> [String] {
    ledger.takeMessages().map { String(decoding: $0.encoded(.json), as: UTF8.self) }
  }

  private func listeners(_ count: Int, _ mode: DeliveryMode, loop: Int = 0, at now: Duration) {
    ledger.take(.listeners(loop: loop, channel: "news", mode: mode, count: count), now: now)
  }

  @Test func `a subscription is told as the specification has it, in both forms`() {
    listeners(2, .stream, at: .zero)
    let message = ledger.takeMessages().first
    #expect(
      message.map { String(decoding: $0.encoded(.tnetstring), as: UTF8.self) }
        == "sub T79:4:from,6:edge_1,4:mode,6:stream,7:channel,4:news,3:ttl,2:60#11:subscribers,1:2#}")
    #expect(
      message.map { String(decoding: $0.encoded(.json), as: UTF8.self) }
        == #"sub J{"from":"edge_1","mode":"stream","channel":"news","ttl":60,"subscribers":2}"#)
  }

  @Test func `listeners of all loops are added up, and changes are told once a second`() {
    listeners(1, .stream, loop: 0, at: .zero)
    #expect(told() == [#"sub J{"from":"edge_1","mode":"stream","channel":"news","ttl":60,"subscribers":1}"#])
    for count in 1...50 { listeners(count, .stream, loop: 1, at: .milliseconds(10)) }
    ledger.tick(now: .milliseconds(500))
    #expect(told() == [])
    #expect(ledger.nextDeadline == .milliseconds(1010))
    ledger.tick(now: .milliseconds(1010))
    #expect(told() == [#"sub J{"from":"edge_1","mode":"stream","channel":"news","ttl":60,"subscribers":51}"#])
    listeners(0, .stream, loop: 0, at: .seconds(2))
    listeners(0, .stream, loop: 1, at: .seconds(2))
    #expect(told() == [#"sub J{"from":"edge_1","mode":"stream","channel":"news","unavailable":true}"#])
  }

  @Test func `a channel without long-polls lingers, and nothing is told of those that come back`() {
    listeners(1, .response, at: .zero)
    #expect(told().count == 1)
    for round in 1...100 {
      listeners(0, .response, at: .milliseconds(round * 100))
      listeners(1, .response, at: .milliseconds(round * 100 + 50))
    }
    ledger.tick(now: .seconds(11))
    #expect(told().allSatisfy { $0.hasPrefix("report") })
    listeners(0, .response, at: .seconds(12))
    ledger.tick(now: .seconds(71))
    #expect(!told().contains { $0.contains("unavailable") })
    ledger.tick(now: .seconds(131))
    #expect(told().contains(#"sub J{"from":"edge_1","mode":"response","channel":"news","unavailable":true}"#))
    ledger.tick(now: .seconds(500))
    #expect(!told().contains { $0.hasPrefix("sub") })
  }

  @Test func `a connection is told when it begins, at three quarters of its time, and when it ends`() {
    ledger.take(.began(.request(7), route: "main", peer: "127.0.0.1", isSecure: false), now: .zero)
    let beginning =
      #"conn J{"from":"edge_1","route":"main","id":"edge_1:7","type":"http","peer-address":"127.0.0.1","ttl":120}"#
    #expect(told() == [beginning])
    #expect(ledger.isConnected(Array("edge_1:7".utf8)))
    #expect(!ledger.isConnected(Array("edge_1:8".utf8)))
    #expect(!ledger.isConnected(Array("edge_2:7".utf8)))
    #expect(!ledger.isConnected([0xff]))
    ledger.tick(now: .milliseconds(750))
    ledger.tick(now: .seconds(89))
    #expect(!told().contains(beginning))
    ledger.tick(now: .seconds(90))
    #expect(told().contains(beginning))
    ledger.take(.ended(.request(7)), now: .seconds(91))
    ledger.take(.ended(.request(7)), now: .seconds(91))
    #expect(told() == [#"conn J{"from":"edge_1","route":"main","id":"edge_1:7","unavailable":true}"#])
    #expect(!ledger.isConnected(Array("edge_1:7".utf8)))
    ledger.tick(now: .seconds(300))
    #expect(!told().contains { $0.hasPrefix("conn") })
  }

  @Test func `a socket goes by the name that its origin knows`() {
    ledger.take(.began(.socket("a-b-c"), route: nil, peer: nil, isSecure: true), now: .zero)
    #expect(told() == [#"conn J{"from":"edge_1","id":"a-b-c","type":"ws","ssl":true,"ttl":120}"#])
    #expect(ledger.isConnected(Array("a-b-c".utf8)))
  }

  @Test func `an item is told by mode, with its receivers`() {
    listeners(2, .stream, loop: 0, at: .zero)
    listeners(3, .stream, loop: 1, at: .zero)
    listeners(1, .response, at: .zero)
    _ = told()
    ledger.take(.passed(channel: "news", id: "a", blocks: 0, modes: [.response, .stream, .webSocket]), now: .zero)
    ledger.take(.passed(channel: "other", id: "a", blocks: 0, modes: [.stream]), now: .zero)
    #expect(
      told() == [
        #"message J{"from":"edge_1","channel":"news","item-id":"a","count":1,"transport":"http-response"}"#,
        #"message J{"from":"edge_1","channel":"news","item-id":"a","count":5,"transport":"http-stream"}"#,
      ])
  }

  @Test func `reports add up to the whole, and minutes are counted when they begin`() {
    ledger.take(.began(.request(1), route: "main", peer: nil, isSecure: false), now: .zero)
    ledger.take(.began(.request(2), route: nil, peer: nil, isSecure: false), now: .zero)
    ledger.take(.ended(.request(2)), now: .seconds(1))
    var traffic = StatisticsTraffic()
    traffic.sent = 4
    traffic.requests = 2
    traffic.activity = 3
    traffic.client.headerReceived = 23
    ledger.take(.traffic(route: "main", traffic), now: .seconds(1))
    ledger.take(.received(count: 9, blocks: 0), now: .seconds(1))
    ledger.tick(now: .seconds(2))
    _ = told().filter { $0.hasPrefix("activity") || $0.hasPrefix("counts") }
    ledger.tick(now: .seconds(10))
    let first = told().sorted()
    #expect(first.count == 2)
    #expect(
      first.first?.hasPrefix(#"report J{"from":"edge_1","connections":1,"minutes":1,"received":9,"sent":0"#) == true)
    #expect(
      first.last?.hasPrefix(
        #"report J{"from":"edge_1","route":"main","connections":1,"minutes":1,"received":0,"sent":4"#)
        == true)
    #expect(first.last?.contains(#""duration":10000,"client-header-bytes-received":23"#) == true)
    ledger.tick(now: .seconds(60))
    let second = told().filter { $0.hasPrefix("report") && $0.contains("main") }
    #expect(second.first?.contains(#""connections":1,"minutes":1,"received":0,"sent":0"#) == true)
    #expect(ledger.totals.minutes == 3)
    #expect(ledger.totals.received == 9)
    #expect(ledger.totals.connections == 1)
  }

  @Test func `activity is told by route after a tenth of a second`() {
    var traffic = StatisticsTraffic()
    traffic.activity = 3
    traffic.requests = 2
    ledger.take(.traffic(route: "main", traffic), now: .zero)
    #expect(ledger.nextDeadline == .milliseconds(100))
    ledger.tick(now: .milliseconds(100))
    #expect(
      told() == [
        #"activity J{"from":"edge_1","route":"main","count":3}"#, #"counts J{"from":"edge_1","requests-received":2}"#,
      ])
    ledger.tick(now: .seconds(1))
    #expect(told() == [])
  }

  @Test func `nothing is made that nobody has asked for`() {
    ledger.audience.changed([0])
    listeners(1, .stream, at: .zero)
    ledger.take(.began(.request(1), route: nil, peer: nil, isSecure: false), now: .zero)
    #expect(told() == [])
    for topic in ["s", "sub ", "sub J{\"from\":\"x"] {
      ledger.audience.changed([1] + Array(topic.utf8))
      #expect(ledger.audience.wants(.sub))
      #expect(!ledger.audience.wants(.conn))
      ledger.audience.changed([0] + Array(topic.utf8))
      #expect(!ledger.audience.wants(.sub))
    }
    ledger.audience.changed([])
    ledger.audience.changed([7, 1])
  }
}
