import FanoutBus
import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §9.3 slow clients")
struct SlowClientTests {
  private func blocked() -> TestSink {
    let sink = TestSink(sendBuffer: 4096)
    sink.isBlocked = true
    return sink
  }

  private let large = String(repeating: "x", count: 20_000)

  @Test func `what a client did not take at once reaches it later, whole and in order`() throws {
    let rig = try DeliveryRig { $0.queuedBytesPerHold = 10_000_000 }
    let sink = try rig.stream([GRIPChannel("news")], sink: blocked())
    for number in 0..<40 { try rig.publish(.text("\(number):\(large)", in: "news")) }
    #expect(try rig.counters.slow == 1)
    var received = ""
    for _ in 0..<100 {
      sink.drain()
      sink.isBlocked = true
      received += sink.received()
    }
    #expect(received.afterHead.chunks.map { $0.prefix { $0 != ":" } } == (0..<40).map { "\($0)" })
  }

  @Test func `after it has caught up a client is served at once again`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news")], sink: blocked())
    try rig.publish(.text(large, in: "news"))
    _ = sink.received()
    sink.isBlocked = false
    _ = sink.received()
    sink.drain()
    let before = try rig.counters
    try rig.publish(.text("next", in: "news"))
    #expect(sink.received().chunks == ["next"])
    #expect(try rig.counters.slow == before.slow)
    #expect(sink.piped == [])
  }

  @Test func `a plain stream whose queue is full is closed as slow, the others are not`() throws {
    let rig = try DeliveryRig()
    let slow = try rig.stream([GRIPChannel("news")], sink: blocked())
    let quick = try rig.stream([GRIPChannel("news")])
    var received = 0
    for _ in 0..<30 {
      try rig.publish(.text(large, in: "news"))
      received += quick.received().utf8.count
    }
    #expect(slow.events == ["closed slow"])
    #expect(quick.events == [])
    #expect(received > 30 * 20_000)
    #expect(try rig.counters.disconnected == 1)
  }

  @Test func `a hundred items wait, not more`() throws {
    let rig = try DeliveryRig { $0.slowPolicy = .drop }
    let sink = try rig.stream([GRIPChannel("news")], sink: blocked())
    try rig.publish(.text(large, in: "news"))
    for number in 0..<130 { try rig.publish(.text("\(number)", in: "news")) }
    #expect(try rig.counters.dropped == 30)
    #expect(sink.events == [])
  }

  @Test func `conflating keeps the newest`() throws {
    let rig = try DeliveryRig {
      $0.slowPolicy = .conflate
      $0.queuedItemsPerHold = 3
    }
    let sink = try rig.stream([GRIPChannel("news")], sink: blocked())
    try rig.publish(.text(large, in: "news"))
    for number in 1...7 { try rig.publish(.text("\(number)", in: "news")) }
    var received = sink.received()
    sink.isBlocked = false
    received += sink.received()
    sink.drain()
    received += sink.received()
    #expect(received.afterHead.chunks.dropFirst() == ["7"])
    #expect(try rig.counters.dropped == 6)
  }

  @Test func `a reliable stream whose queue was full reads what it has, and the origin for the rest`() throws {
    let rig = try DeliveryRig { $0.queuedItemsPerHold = 2 }
    let sink = try rig.stream([GRIPChannel("news", previousID: "0")], next: "/more", sink: blocked())
    for number in 1...10 {
      try rig.publish(.text("\(number):\(large)", in: "news", id: "\(number)", after: "\(number - 1)"))
    }
    #expect(sink.events == [])
    #expect(sink.exchanges.isEmpty)
    var received = ""
    for _ in 0..<20 {
      received += sink.received()
      sink.drain()
    }
    let fetch = try #require(sink.exchanges.first)
    #expect(fetch.link == "/more")
    let texts = received.afterHead.chunks.map { $0.prefix { $0 != ":" } }
    #expect(!texts.isEmpty && texts.count < 10)
    #expect(texts == (1...texts.count).map { "\($0)" })
    #expect(fetch.lastIDs == ["news": "\(texts.count)"])
  }

  @Test func `a client that takes nothing at all is closed in the end`() throws {
    let rig = try DeliveryRig { $0.stallTimeout = .seconds(30) }
    let sink = try rig.stream([GRIPChannel("news")], sink: blocked())
    try rig.publish(.text(large, in: "news"))
    rig.advance(.seconds(29))
    #expect(sink.events == [])
    rig.advance(.seconds(2))
    #expect(sink.events == ["closed slow"])
  }

  @Test func `a stream that is closed while its client is slow gets everything first`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([GRIPChannel("news")], sink: blocked())
    try rig.publish(.text(large, in: "news"))
    try rig.publish(.text("bye", in: "news"))
    try rig.publish(GRIPItem(channel: "news", httpStream: .close))
    #expect(sink.events == ["ended"])
    var received = sink.received()
    sink.isBlocked = false
    received += sink.received()
    #expect(received.afterHead.chunks == [large, "bye"])
  }

  @Test func `bytes that must pass the pipeline wait for it, one write at a time`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink()
    sink.descriptor = -1
    sink.isBlocked = true
    try rig.stream([GRIPChannel("news")], sink: sink)
    for text in ["a", "b", "c"] { try rig.publish(.text(text, in: "news")) }
    #expect(String(decoding: sink.piped, as: UTF8.self).afterHead == "")
    sink.drain()
    #expect(sink.received().afterHead.chunks == ["a", "b", "c"])
    #expect(try rig.counters.slow == 0)
  }
}
