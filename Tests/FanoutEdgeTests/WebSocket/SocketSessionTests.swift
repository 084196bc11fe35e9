import FanoutBus
import GRIP
import HTTPTypes
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §14.2, §16 between a client and its origin")
struct SocketSessionTests {
  @Test func `the client is accepted when the origin has accepted, and not read before`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig, opens: false)
    #expect(socket.origin.events == ["open"])
    #expect(!socket.session.acceptsClientFrames)
    #expect(socket.client.events == [])
    socket.session.originOpened(fields: [:], grip: nil, target: OriginTarget(host: "a", port: 80))
    #expect(socket.client.events == ["accepted"])
    #expect(socket.session.acceptsClientFrames)
    #expect(socket.client.resumes > 0)
    socket.session.clientSent(.text("c:not a word to the proxy"))
    #expect(socket.origin.events.last == "sent c:not a word to the proxy")
    socket.origin.isWritable = false
    #expect(!socket.session.acceptsClientFrames)
  }

  @Test func `a refusal and a failure are passed on`() throws {
    let rig = try DeliveryRig()
    let refused = try SocketRig(rig, opens: false)
    refused.session.originRejected(status: 403, reason: nil, fields: [:], body: ByteBuffer(string: "no"))
    #expect(refused.client.events == ["rejected 403 no"])
    let failed = try SocketRig(rig, opens: false)
    failed.session.originFailed(.busy)
    #expect(failed.client.events == ["failed 503"])
    #expect(refused.session.phase == .over && failed.session.phase == .over)
    #expect(try rig.counters.sockets == 0)
  }

  @Test func `the client's close goes to the origin and is answered by it; nothing is delivered meanwhile`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    socket.session.clientClosed(SocketClose(code: 1000))
    try rig.publish(.message("late", in: "news"))
    socket.say("m:last words")
    #expect(socket.origin.events.last == "close 1000")
    #expect(try socket.client.frames() == ["text last words"])
    socket.session.originClosed(SocketClose(code: 1000, reason: "bye"))
    #expect(socket.client.events.last == "close 1000 bye")
    #expect(socket.session.phase == .over)
  }

  @Test func `the origin's close comes behind what waits, and the answer goes back`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    socket.client.block()
    try rig.publish(.message("1", in: "news"))
    socket.session.originClosed(SocketClose(code: 4000))
    try rig.publish(.message("late", in: "news"))
    #expect(socket.client.events == ["accepted"])
    socket.client.unblock()
    rig.run()
    #expect(try socket.client.frames() == ["text 1"])
    #expect(socket.client.events.last == "close 4000")
    socket.session.clientClosed(SocketClose(code: 4000))
    #expect(socket.origin.events.last == "close 4000")
    #expect(try rig.counters.sockets == 0)
  }

  @Test func `a side that is lost drops the other without a close`() throws {
    let rig = try DeliveryRig()
    let first = try SocketRig(rig)
    first.session.originLost("reset")
    #expect(first.client.events.last == "drop originLost")
    let second = try SocketRig(rig)
    second.session.clientLost()
    second.session.clientLost()
    #expect(second.origin.events == ["open", "lost"])
    let early = try SocketRig(rig, opens: false)
    early.session.clientLost()
    #expect(early.origin.events == ["open", "lost"])
    #expect(try rig.counters.sockets == 0)
  }

  @Test func `a detached client stays, is heard by nobody, and is answered by the proxy`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    socket.control(#"{"type":"detach"}"#)
    socket.say("m:never heard")
    socket.session.clientSent(.text("never heard"))
    try rig.publish(.message("still", in: "news"))
    #expect(try socket.client.frames() == ["text still"])
    #expect(socket.origin.events == ["open", "detach"])
    #expect(socket.session.acceptsClientFrames)
    socket.session.clientClosed(SocketClose(code: 1000))
    #expect(socket.client.events.last == "close 1000")
  }

  // MARK: Reliable mode

  @Test func `an item that does not follow is asked for, and what waited comes after the answer`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","prev-id":"1""#)
    try rig.publish(.message("2", in: "news", id: "2", after: "1"))
    #expect(try socket.client.frames() == ["text 2"])
    // Number 3 is lost on its way.
    try rig.bus.publish([GRIPItem(channel: "news", id: "3", previousID: "2", isUnsequenced: true)])
    try rig.publish(unsequenced("4", after: "3"))
    #expect(try socket.client.frames() == [])
    rig.advance(.milliseconds(300))
    #expect(socket.origin.lastIDs == [["news": "2"]])
    try rig.publish(unsequenced("5", after: "4"), unsequenced("6", after: "5"))
    #expect(try socket.client.frames() == [])
    socket.say("m:3")
    socket.say("m:4")
    socket.subscribe("news", #","prev-id":"4""#)
    #expect(try socket.client.frames() == ["text 3", "text 4", "text 5", "text 6"])
    try rig.publish(unsequenced("7", after: "6"))
    #expect(try socket.client.frames() == ["text 7"])
    #expect(try rig.counters.resumes == 1)
  }

  private func unsequenced(_ id: String, after previous: String) -> GRIPItem {
    var item = GRIPItem.message(id, in: "news", id: id, after: previous)
    item.isUnsequenced = true
    return item
  }

  @Test func `a gap that an item on its way closes is not asked for`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","prev-id":"5""#)
    try rig.publish(unsequenced("4", after: "3"), unsequenced("5", after: "4"), unsequenced("6", after: "5"))
    rig.advance(.seconds(1))
    #expect(try socket.client.frames() == ["text 6"])
    #expect(socket.origin.lastIDs == [])
  }

  @Test(arguments: [1, 2]) func `subscribing where the channel has moved on asks at once`(loops: Int) throws {
    let rig = try DeliveryRig(loops: loops)
    let channel = try rig.channel(home: loops - 1)
    let other = try SocketRig(rig)
    other.subscribe(channel)
    try rig.publish(.message("5", in: channel, id: "5", after: "4"))
    let socket = try SocketRig(rig)
    socket.subscribe(channel, #","prev-id":"3""#)
    #expect(socket.origin.lastIDs == [[channel: "3"]])
    socket.say("m:4")
    socket.say("m:5")
    socket.subscribe(channel, #","prev-id":"5""#)
    try rig.publish(.message("6", in: channel, id: "6", after: "5"))
    rig.advance(.seconds(1))
    #expect(try socket.client.frames() == ["text 4", "text 5", "text 6"])
    #expect(socket.origin.lastIDs.count == 1)
    #expect(try other.client.frames() == ["text 5", "text 6"])
  }

  @Test func `an origin that does not answer is asked again, and at last the client has to come back`() throws {
    let rig = try DeliveryRig {
      $0.nextLinkRetries = 2
      $0.resumeTimeout = .seconds(10)
    }
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","prev-id":"1""#)
    try rig.publish(unsequenced("3", after: "2"))
    rig.advance(.seconds(1))
    for _ in 0..<3 { rig.advance(.seconds(11)) }
    #expect(socket.origin.lastIDs.count == 3)
    #expect(socket.client.events.last == "close 1012 come back: something was missed")
    #expect(try rig.counters.sockets == 0)
  }

  @Test func `an origin that never said prev-id is never asked`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    try rig.publish(unsequenced("3", after: "2"), unsequenced("7", after: "6"))
    rig.core.recover()
    rig.advance(.seconds(5))
    #expect(try socket.client.frames() == ["text 3", "text 7"])
    #expect(socket.origin.lastIDs == [])
  }

  @Test func `what was dropped for a slow reliable client is asked for when it reads again`() throws {
    let rig = try DeliveryRig { $0.queuedItemsPerHold = 2 }
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","prev-id":"0""#)
    socket.client.block()
    for number in 1...6 { try rig.publish(unsequenced("\(number)", after: "\(number - 1)")) }
    socket.client.unblock()
    rig.advance(.seconds(1))
    #expect(try socket.client.frames() == ["text 1", "text 2", "text 3"])
    #expect(socket.origin.lastIDs == [["news": "3"]])
    #expect(socket.client.events == ["accepted"])
  }

  @Test func `the origin is asked between two messages of the client`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","prev-id":"1""#)
    socket.session.clientSent(.text("a", isLast: false))
    try rig.publish(unsequenced("3", after: "2"))
    rig.advance(.seconds(1))
    #expect(socket.origin.lastIDs == [])
    socket.session.clientSent(.text("b", isFirst: false))
    #expect(socket.origin.lastIDs == [["news": "1"]])
  }

  @Test func `a client that wants to know is told where it stands`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","prev-id":"1","ids":true"#)
    let other = try SocketRig(rig)
    other.subscribe("news", #","ids":"@""#)
    try rig.publish(.message("two", in: "news", id: "2", after: "1"), .message("no id", in: "news"))
    #expect(
      try other.client.frames() == ["text two", #"text @{"channel":"news","id":"2"}"#, "text no id"])
    #expect(
      try socket.client.frames().prefix(2) == ["text two", #"text id:{"channel":"news","id":"2"}"#])
  }

  @Test func `a native origin is asked with a message`() throws {
    final class Native: SocketOrigin {
      var sent: [String] = []
      var isWritable: Bool { true }
      func open() {}
      func send(_ frame: SocketFrame) { sent.append(String(buffer: frame.payload)) }
      func close(_ close: SocketClose) {}
      func clientLost() {}
      func detach() {}
      func refresh() {}
      func resumeReading() {}
    }
    let native = Native()
    native.resume([("a", "1"), ("b\"", "2")])
    #expect(
      native.sent == [
        #"c:{"type":"resume","channels":[{"channel":"a","last-id":"1"},{"channel":"b\"","last-id":"2"}]}"#
      ])
  }
}
