import FanoutBus
import GRIP
import HTTPTypes
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §9 stream holds")
struct StreamHoldTests {
  @Test func `the start of a stream is its head and its first part, as a chunk`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink()
    try rig.hold(
      GRIPInstruction(hold: .stream(keepAlive: nil), channels: [GRIPChannel("news")]),
      headers: [.contentType: "text/event-stream", .contentLength: "7"], body: "hello\n\n", sink: sink)
    #expect(
      sink.received()
        == "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhello\n\n\r\n")
    #expect(sink.slot != nil)
  }

  @Test func `an empty first part sends the head alone, and no chunk that would end the body`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news")])
    #expect(sink.received() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
  }

  @Test func `a stream of an HTTP 1_0 client ends by closing`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink(framing: .untilClose)
    sink.minorVersion = 0
    try rig.stream([GRIPChannel("news")], body: "a", sink: sink)
    try rig.publish(.text("b", in: "news"))
    #expect(sink.received() == "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nab")
  }

  @Test func `HEAD is answered with the head alone and not held`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink()
    sink.isHead = true
    try rig.stream([GRIPChannel("news")], body: "hello", sink: sink)
    #expect(sink.received() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    #expect(sink.events == ["completed"])
    #expect(sink.slot == nil)
  }

  @Test(arguments: [1, 2]) func `every listener on every loop gets every item, in order`(loops: Int) throws {
    let rig = try DeliveryRig(loops: loops)
    let sinks = try (0..<10).map { try rig.stream([GRIPChannel("news")], on: $0 % loops) }
    let others = try rig.stream([GRIPChannel("sport")])
    for number in 1...20 { try rig.publish(.text("\(number);", in: "news")) }
    for sink in sinks {
      #expect(sink.received().afterHead.chunks.joined() == (1...20).map { "\($0);" }.joined())
    }
    #expect(others.received().afterHead == "")
  }

  @Test func `items that pile up reach a listener in one write`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news")])
    let before = try rig.counters.writes
    try rig.bus.publish((1...20).map { .text("\($0);", in: "news") })
    rig.run()
    #expect(sink.received().afterHead.chunks == (1...20).map { "\($0);" })
    #expect(try rig.counters.writes - before == 1)
    #expect(try rig.counters.deliveries == 20)
  }

  @Test func `an item with the close action ends the stream after what came before`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news")])
    try rig.bus.publish([.text("last", in: "news"), GRIPItem(channel: "news", httpStream: .close)])
    rig.run()
    #expect(sink.received().afterHead.chunks == ["last"])
    #expect(sink.events == ["ended"])
    #expect(try rig.table().slab.count == 0)
    #expect(try rig.table().channels.count == 0)
  }

  @Test func `a client that has gone gets nothing, and its slot's next owner is another`() throws {
    let rig = try DeliveryRig()
    let first = try rig.stream([GRIPChannel("news")])
    let slot = try #require(first.slot)
    try rig.table().clientGone(slot)
    let second = try rig.stream([GRIPChannel("sport")])
    #expect(second.slot?.index == slot.index)
    #expect(second.slot != slot)
    try rig.table().clientGone(slot)
    try rig.publish(.text("a", in: "news"), .text("b", in: "sport"))
    #expect(first.received().afterHead == "")
    #expect(second.received().afterHead.chunks == ["b"])
  }

  @Test func `prev-id without a next link breaks the protocol`() throws {
    let rig = try DeliveryRig()
    let plain = try rig.stream([GRIPChannel("news", previousID: "7")])
    #expect(plain.events == ["closed protocolError"])
    let debug = try rig.stream([GRIPChannel("news", previousID: "7")], isDebug: true)
    #expect(debug.received().afterHead.chunks == ["channel 'news' specifies prev-id, but no next link found\n"])
    #expect(debug.events == ["ended"])
  }

  @Test func `a broken connection is closed once, and the others still get the item`() throws {
    let rig = try DeliveryRig()
    let broken = try rig.stream([GRIPChannel("news")])
    let whole = try rig.stream([GRIPChannel("news")])
    broken.closePeer()
    try rig.publish(.text("a", in: "news"))
    try rig.publish(.text("b", in: "news"))
    #expect(broken.events == ["closed clientGone"])
    #expect(whole.received().afterHead.chunks == ["a", "b"])
  }

  @Test func `channels beyond the limit are ignored`() throws {
    let rig = try DeliveryRig { $0.channelsPerHold = 2 }
    let sink = try rig.stream([GRIPChannel("a"), GRIPChannel("b"), GRIPChannel("c")])
    try rig.publish(.text("a", in: "a"), .text("b", in: "b"), .text("c", in: "c"))
    #expect(sink.received().afterHead.chunks.sorted() == ["a", "b"])
  }

  @Test func `a channel named twice brings an item once`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("a"), GRIPChannel("a")])
    try rig.publish(.text("once", in: "a"))
    #expect(sink.received().afterHead.chunks == ["once"])
  }

  @Test func `an idle keep-alive waits for quiet, up to a second early`() throws {
    let rig = try DeliveryRig()
    let keepAlive = GRIPKeepAlive(content: Array(":\n\n".utf8), mode: .idle, timeout: .seconds(20))
    let sink = try rig.stream([GRIPChannel("news")], keepAlive: keepAlive)
    _ = sink.received()
    rig.advance(.seconds(15))
    try rig.publish(.text("a", in: "news"))
    rig.advance(.seconds(18))
    #expect(sink.received().chunks == ["a"])
    rig.advance(.milliseconds(2200))
    #expect(sink.received().chunks == [":\n\n"])
    rig.advance(.seconds(21))
    #expect(sink.received().chunks == [":\n\n"])
  }

  @Test func `an interval keep-alive runs on whatever is written`() throws {
    let rig = try DeliveryRig()
    let keepAlive = GRIPKeepAlive(content: Array("k".utf8), mode: .interval, timeout: .seconds(20))
    let sink = try rig.stream([GRIPChannel("news")], keepAlive: keepAlive)
    rig.advance(.seconds(18))
    try rig.publish(.text("a", in: "news"))
    _ = sink.received()
    rig.advance(.milliseconds(2200))
    #expect(sink.received().chunks == ["k"])
  }

  @Test func `stopping closes every hold with a reason`() throws {
    let rig = try DeliveryRig()
    let stream = try rig.stream([GRIPChannel("news")])
    let poll = try rig.poll([GRIPChannel("news")])
    let stopped = rig.core.stop(on: rig.loops[0])
    rig.run()
    try stopped.wait()
    #expect(stream.events == ["closed shutdown"])
    #expect(poll.events == ["closed shutdown"])
    #expect(throws: BusError.detached) { try rig.bus.publish([GRIPItem(channel: "news")]) }
  }
}
