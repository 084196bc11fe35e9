import FanoutBus
import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §9.5 next links")
struct NextLinkTests {
  private func held(_ previousID: String, channel: String = "news", next: String = "/more?after=9") -> GRIPInstruction {
    GRIPInstruction(
      hold: .stream(keepAlive: nil), channels: [GRIPChannel(channel, previousID: previousID)],
      nextLink: GRIPNextLink(next))
  }

  private func item(_ id: Int, in channel: String = "news") -> GRIPItem {
    .text("\(id);", in: channel, id: "\(id)", after: "\(id - 1)")
  }

  @Test func `a gap is filled from the next link, and what came meanwhile follows in order`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more?after=7")
    try rig.publish(item(9))
    #expect(sink.exchanges.isEmpty)
    rig.advance(.milliseconds(300))
    let fetch = try #require(sink.exchanges.first)
    #expect(fetch.link == "/more?after=7")
    #expect(fetch.lastIDs == ["news": "7"])
    try rig.publish(item(10))
    try rig.publish(item(11))
    fetch.body("8;")
    fetch.body("9;")
    #expect(fetch.resumes == 2)
    #expect(sink.received().afterHead.chunks == ["8;", "9;"])
    fetch.succeed(held("9"))
    try rig.publish(item(12))
    #expect(sink.received().chunks.joined() == "10;11;12;")
    #expect(sink.exchanges.count == 1)
  }

  @Test func `items that the next link has brought already are left out`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more")
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    let fetch = try #require(sink.exchanges.first)
    for number in 8...11 { try rig.publish(item(number)) }
    fetch.body("8;9;")
    fetch.succeed(held("9"))
    #expect(sink.received().afterHead.chunks.joined() == "8;9;10;11;")
  }

  @Test func `a stream that starts behind its channel fetches at once, and again only after a moment`() throws {
    for home in [0, 1] {
      let rig = try DeliveryRig(loops: 2)
      let channel = try rig.channel(home: home)
      try rig.publish(item(8, in: channel))
      let sink = try rig.stream([GRIPChannel(channel, previousID: "7")], next: "more")
      #expect(sink.exchanges.map(\.link) == ["/more"])
      sink.exchanges.first?.succeed(held("8", channel: channel))
      #expect(sink.exchanges.count == 1)
      try rig.publish(item(9, in: channel))
      #expect(sink.received().afterHead.chunks.joined() == "9;")
    }
  }

  @Test func `without a hold but with a next link the pages follow each other`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink()
    try rig.hold(GRIPInstruction(nextLink: GRIPNextLink("/page/2")), body: "1", sink: sink)
    #expect(sink.exchanges.map(\.link) == ["/page/2"])
    sink.exchanges[0].body("2")
    sink.exchanges[0].succeed(GRIPInstruction(nextLink: GRIPNextLink("3?x=1")))
    #expect(sink.exchanges.map(\.link) == ["/page/2", "/page/3?x=1"])
    sink.exchanges[1].body("3")
    sink.exchanges[1].succeed(GRIPInstruction())
    #expect(sink.received().afterHead.chunks == ["1", "2", "3"])
    #expect(sink.events == ["ended"])
  }

  @Test func `a next link that fails is asked five times more, then the stream is closed`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more")
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    for attempt in 0..<5 {
      #expect(sink.exchanges.count == attempt + 1)
      sink.exchanges[attempt].fail()
      #expect(sink.events == [])
      rig.advance(.seconds(Int64(1) << Int64(attempt)) - .milliseconds(1))
      #expect(sink.exchanges.count == attempt + 1)
      rig.advance(.milliseconds(1100))
    }
    #expect(sink.exchanges.count == 6)
    sink.exchanges[5].fail()
    #expect(sink.events == ["closed recoveryFailed"])
    #expect(try rig.counters.failedNextLinks == 1)
  }

  @Test func `after a part of the body a failure is final, since asking again would repeat it`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more", isDebug: true)
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    sink.exchanges[0].body("8;")
    sink.exchanges[0].fail()
    #expect(sink.received().afterHead.chunks == ["8;", "Failed to retrieve next link.\n"])
    #expect(sink.events == ["ended"])
  }

  @Test func `a next link may not answer with a long-poll`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more")
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    sink.exchanges[0].succeed(GRIPInstruction(hold: .response(timeout: .seconds(5))))
    #expect(sink.events == ["closed recoveryFailed"])
  }

  @Test func `the channels of the answer replace the old ones`() throws {
    let rig = try DeliveryRig(loops: 2)
    let sink = try rig.stream(
      [GRIPChannel("a"), GRIPChannel("b", previousID: "1"), GRIPChannel("c")], next: "/more", on: 1)
    try rig.publish(GRIPItem(channel: "b", httpStream: .hint))
    let fetch = try #require(sink.exchanges.first)
    fetch.succeed(
      GRIPInstruction(
        hold: .stream(keepAlive: nil), channels: [GRIPChannel("d"), GRIPChannel("b", previousID: "5")],
        nextLink: GRIPNextLink("/more")))
    rig.run()
    try rig.publish(.text("a", in: "a"), .text("c", in: "c"), .text("d", in: "d"), item(6, in: "b"))
    #expect(sink.received().afterHead.chunks.sorted() == ["6;", "d"])
    #expect(try rig.table(1).channels.count == 2)
    try rig.table(1).clientGone(try #require(sink.slot))
    #expect(try rig.table(1).channels.count == 0)
  }

  @Test func `a quiet stream asks its next link about when it said, an active one later`() throws {
    let rig = try DeliveryRig()
    let quiet = try rig.stream([GRIPChannel("quiet")], next: "/q")
    let active = try rig.stream([GRIPChannel("active")], next: "/a")
    rig.advance(.seconds(100))
    try rig.publish(.text("x", in: "active"))
    #expect(quiet.exchanges.isEmpty)
    rig.advance(.seconds(21))
    #expect(quiet.exchanges.map(\.link) == ["/q"])
    #expect(active.exchanges.isEmpty)
    rig.advance(.seconds(121))
    #expect(active.exchanges.map(\.link) == ["/a"])
  }

  @Test func `a client that goes while its next link is fetched cancels it`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more")
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    try rig.table().clientGone(try #require(sink.slot))
    #expect(sink.exchanges[0].isCancelled)
    sink.exchanges[0].body("late")
    sink.exchanges[0].succeed(held("9"))
    #expect(sink.received().afterHead == "")
  }

  @Test func `a slow client is not read for`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink(sendBuffer: 4096)
    sink.isBlocked = true
    try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more", sink: sink)
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    sink.exchanges[0].body(String(repeating: "x", count: 20_000))
    #expect(sink.exchanges[0].resumes == 0)
    _ = sink.received()
    sink.drain()
    #expect(sink.exchanges[0].resumes == 1)
  }

  @Test func `more items than may wait for a link are missed, noticed and fetched`() throws {
    let rig = try DeliveryRig { $0.queuedItemsPerHold = 3 }
    let sink = try rig.stream([GRIPChannel("news", previousID: "7")], next: "/more")
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    for number in 8...15 { try rig.publish(item(number)) }
    sink.exchanges[0].succeed(held("7"))
    #expect(sink.received().afterHead.chunks.joined() == "8;9;10;")
    try rig.publish(item(16))
    rig.advance(.milliseconds(300))
    #expect(sink.exchanges.count == 2)
    #expect(sink.exchanges[1].lastIDs == ["news": "10"])
  }

  @Test(arguments: [
    ("/a?b", "/x/y", "/a?b"), ("http://o.test/a", "/x", "http://o.test/a"), ("n", "/x/y?q", "/x/n"),
    ("?q=2", "/x/y?q=1", "/x/y?q=2"), ("n?a=/", "/y", "/n?a=/"), ("n", "http://o.test/a/b", "http://o.test/a/n"),
    ("", "/x?y", "/x?y"), ("n", "http://o.test", "http://o.test/n"), ("//o.test/a", "/x", "//o.test/a"),
  ])
  func `links are relative to where their answer came from`(link: String, base: String, resolved: String) {
    #expect(LinkExchange.resolve(link, base: base) == resolved)
  }
}
