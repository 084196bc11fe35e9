import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §16 published items and the origin's messages on WebSockets")
struct SocketDeliveryTests {
  @Test func `control messages change what the client gets, messages reach it without prefix`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig, prefix: "app-")
    socket.subscribe("news")
    socket.say("m:hello")
    socket.say("not for the client")
    try rig.publish(.message("one", in: "app-news"), .message("none", in: "news"))
    #expect(try socket.client.frames() == ["text hello", "text one"])
    #expect(try rig.table().receivers(of: "app-news") == ChannelReceivers(sockets: 1))
    socket.control(#"{"type":"unsubscribe","channel":"news"}"#)
    try rig.publish(.message("two", in: "app-news"))
    #expect(try socket.client.frames() == [])
    #expect(try rig.table().channels.count == 0)
    #expect(try rig.counters.socketDeliveries == 1)
    #expect(try rig.counters.sockets == 1)
  }

  @Test func `channels of the target are there without GRIP, and cannot be left`() throws {
    let rig = try DeliveryRig()
    let plain = try SocketRig(rig, messagePrefix: nil, implicit: ["status"])
    plain.say("c:{} as it is")
    let grip = try SocketRig(rig, implicit: ["status"])
    grip.control(#"{"type":"unsubscribe","channel":"status"}"#)
    try rig.publish(.message("up", in: "status"))
    #expect(try plain.client.frames() == ["text c:{} as it is", "text up"])
    #expect(try grip.client.frames() == ["text up"])
  }

  @Test(arguments: [1, 2]) func `many sockets on all loops get every item once, in order`(loops: Int) throws {
    let rig = try DeliveryRig(loops: loops) { $0.sliceSize = 16 }
    let sockets = try (0..<200).map { try SocketRig(rig, on: $0 % loops) }
    for socket in sockets {
      socket.subscribe("news")
      socket.subscribe("news")
    }
    for number in 1...10 { try rig.publish(.message("\(number)", in: "news")) }
    for socket in sockets { #expect(try socket.client.frames() == (1...10).map { "text \($0)" }) }
    #expect(try rig.counters.socketDeliveries == 2000)
    let future = rig.core.receivers(of: ["news"], on: rig.loops[0])
    rig.run()
    #expect(try future.wait() == [ChannelReceivers(sockets: 200)])
    for socket in sockets { socket.session.clientLost() }
    rig.run()
    #expect(try rig.counters.sockets == 0)
    #expect(try rig.table().channels.count == 0)
  }

  @Test func `all types and actions`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    try rig.publish(
      GRIPItem(channel: "news", webSocket: .send(.binary([0x41]), isBinary: true)),
      GRIPItem(channel: "news", webSocket: .ping([0x42])), GRIPItem(channel: "news", webSocket: .pong([])),
      GRIPItem(channel: "news", webSocket: .hint), GRIPItem(channel: "news", webSocket: .refresh),
      GRIPItem(channel: "news", webSocket: .close(code: 4001, reason: "kicked")), .message("late", in: "news"))
    #expect(try socket.client.frames() == ["binary A", "ping B", "pong"])
    #expect(socket.client.events == ["accepted", "close 4001 kicked"])
    #expect(socket.origin.events == ["open", "refresh", "close -"])
    #expect(try rig.counters.sockets == 0)
    socket.session.clientClosed(SocketClose(code: 4001))
    #expect(socket.session.phase == .over)
  }

  @Test(arguments: [nil, 0, 1005]) func `a published close without a code that can be sent is 1000`(code: Int?) throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    try rig.publish(GRIPItem(channel: "news", webSocket: .close(code: code, reason: "")))
    #expect(socket.client.events.last == "close 1000")
  }

  @Test func `a message that is compressed once serves all who agreed, and nobody else`() throws {
    let rig = try DeliveryRig()
    let plain = try SocketRig(rig)
    let client = FakeSocketClient()
    client.isDeflating = true
    let deflating = try SocketRig(rig, client: client)
    plain.subscribe("news")
    deflating.subscribe("news")
    let text = String(repeating: "hello ", count: 40)
    try rig.publish(.message(text, in: "news"))
    #expect(try plain.client.frames() == ["text \(text.dropLast())"])
    #expect(try client.frames() == ["text deflated"])
  }

  @Test func `filters: skip-self, skip-users, require-sub, and content filters`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news", #","filters":["skip-self","skip-users","require-sub"]"#)
    socket.control(#"{"type":"set-meta","name":"user","value":"juliet"}"#)
    try rig.publish(
      .message("own", in: "news", meta: ["sender": "juliet"]), .message("a", in: "news", meta: ["sender": "romeo"]),
      .message("skipped", in: "news", meta: ["skip_users": "nurse, juliet"]),
      .message("elsewhere", in: "news", meta: ["require_sub": "sport"]),
      .message("b", in: "news", meta: ["require_sub": "news"]))
    #expect(try socket.client.frames() == ["text a", "text b"])
    try rig.publish(
      GRIPItem(channel: "news", webSocket: .send(.text("x"), isBinary: false, contentFilters: ["build-id"])))
    #expect(try socket.client.frames() == [])
    socket.control(#"{"type":"set-meta","name":"user"}"#)
    try rig.publish(.message("own", in: "news", meta: ["sender": "juliet"]))
    #expect(try socket.client.frames() == ["text own"])
    // Once more without filters.
    socket.subscribe("news")
    try rig.publish(.message("all", in: "news", meta: ["require_sub": "sport"]))
    #expect(try socket.client.frames() == ["text all"])
  }

  @Test func `content filters that differ close with 1011 on a debug route`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig, isDebug: true)
    socket.subscribe("news")
    try rig.publish(
      GRIPItem(channel: "news", webSocket: .send(.text("x"), isBinary: false, contentFilters: ["build-id"])))
    #expect(socket.client.events.last == "close 1011 content filter mismatch: subscription= message=build-id")
  }

  @Test func `a service is asked about a message, and what comes behind it waits`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    var questions: [TestQuestion] = []
    socket.session.asking = { question, _, answer in
      let asked = TestQuestion(question: question, answer: answer)
      questions.append(asked)
      return asked
    }
    socket.control(#"{"type":"set-meta","name":"url","value":"/filter"}"#)
    socket.subscribe("news", #","filters":["http-modify"]"#)
    socket.subscribe("sport")
    try rig.publish(.message("a", in: "news"), .message("b", in: "news"))
    try rig.publish(.message("goal", in: "sport"))
    try rig.publish(GRIPItem(channel: "sport", webSocket: .close(code: 4001, reason: "over")))
    #expect(try socket.client.frames() == [])
    #expect(questions.count == 1)
    #expect(questions.first?.question.url == "/filter")
    #expect(questions.first?.question.content == Array("a".utf8))
    questions.first?.answer(.pass(Array("A".utf8)))
    rig.run()
    #expect(questions.count == 2)
    #expect(try socket.client.frames() == ["text A"])
    questions.last?.answer(.drop)
    rig.run()
    #expect(try socket.client.frames() == ["text goal"])
    #expect(socket.client.events.last == "close 4001 over")
  }

  @Test func `a service makes no text that is no UTF-8, and is not asked for a channel that was left`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    var questions: [TestQuestion] = []
    socket.session.asking = { question, _, answer in
      let asked = TestQuestion(question: question, answer: answer)
      questions.append(asked)
      return asked
    }
    socket.control(#"{"type":"set-meta","name":"url","value":"/filter"}"#)
    socket.subscribe("news", #","filters":["http-modify"]"#)
    try rig.publish(.message("a", in: "news"), .message("b", in: "news"))
    questions.last?.answer(.pass([0xFF]))
    rig.run()
    #expect(try socket.client.frames() == [])
    #expect(questions.count == 2)
    socket.control(#"{"type":"unsubscribe","channel":"news"}"#)
    questions.last?.answer(.pass(nil))
    rig.run()
    #expect(try socket.client.frames() == [])
    socket.subscribe("news")
    try rig.publish(.message("c", in: "news"))
    #expect(try socket.client.frames() == ["text c"])
  }

  @Test func `twenty channels, five filters`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    for number in 1...21 { socket.subscribe("c\(number)") }
    try rig.publish(.message("20", in: "c20"), .message("21", in: "c21"))
    #expect(try socket.client.frames() == ["text 20"])
    socket.subscribe("c1", #","filters":["1","2","3","4","5","6"]"#)
    #expect(socket.client.events.last == "close 1011 too many filters")
    #expect(socket.origin.events.last == "close -")
  }

  @Test func `control messages that cannot be read are ignored`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    for text in ["", "{}", "[]", #"{"type":"fly"}"#, #"{"type":"subscribe"}"#, #"{"type":"subscribe","channel":7}"#] {
      socket.control(text)
    }
    socket.control(#"{"type":"session","id":"s"}"#)
    socket.say("m:still here")
    #expect(try socket.client.frames() == ["text still here"])
    #expect(socket.client.events == ["accepted"])
  }

  @Test func `an item published between the fragments of a message waits for its end (Q-25)`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    socket.session.originSent(.text("m:a", isLast: false))
    try rig.publish(.message("1", in: "news"))
    socket.session.originSent(.text("b", isFirst: false, isLast: false))
    try rig.publish(.message("2", in: "news"))
    socket.session.originSent(.text("c", isFirst: false))
    try rig.publish(.message("3", in: "news"))
    #expect(try socket.client.frames() == ["text- a", "+- b", "+ c", "text 1", "text 2", "text 3"])
    #expect(try rig.counters.dropped == 0)
  }

  @Test(arguments: [false, true]) func `a client that does not read gets everything later, in order`(
    isPipelined: Bool
  ) throws {
    let rig = try DeliveryRig()
    let client = FakeSocketClient()
    client.isPipelined = isPipelined
    let socket = try SocketRig(rig, client: client)
    socket.subscribe("news")
    client.block()
    try rig.publish(.message("1", in: "news"), .message("2", in: "news"))
    socket.say("m:a")
    try rig.publish(.message("3", in: "news"))
    #expect(try client.frames() == [])
    client.unblock()
    rig.run()
    #expect(try client.frames() == ["text 1", "text 2", "text a", "text 3"])
    try rig.publish(.message("4", in: "news"))
    #expect(try client.frames() == ["text 4"])
    #expect(try rig.counters.dropped == 0)
  }

  @Test(arguments: [
    (DeliveryConfiguration.SlowPolicy.drop, ["text 1", "text 2", "text 3"], false),
    (.conflate, ["text 1", "text 4", "text 5"], false), (.disconnect, [], true),
  ]) func `beyond its queue a slow client meets the policy`(
    policy: DeliveryConfiguration.SlowPolicy, expected: [String], isDropped: Bool
  ) throws {
    let rig = try DeliveryRig {
      $0.slowPolicy = policy
      $0.queuedItemsPerHold = 2
    }
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    socket.client.block()
    for number in 1...5 { try rig.publish(.message("\(number)", in: "news")) }
    #expect(socket.client.events.contains("drop slow") == isDropped)
    #expect(try rig.counters.dropped > 0)
    if isDropped {
      #expect(socket.origin.events.last == "lost")
      #expect(try rig.counters.disconnected == 1)
    } else {
      socket.client.unblock()
      rig.run()
      #expect(try socket.client.frames() == expected)
    }
  }

  @Test func `a client that takes nothing for too long is dropped`() throws {
    let rig = try DeliveryRig { $0.stallTimeout = .seconds(30) }
    let socket = try SocketRig(rig)
    socket.subscribe("news")
    socket.client.block()
    try rig.publish(.message("1", in: "news"))
    rig.advance(.seconds(31))
    #expect(socket.client.events.last == "drop slow")
    #expect(try rig.counters.sockets == 0)
  }

  @Test func `while much waits for the client the origin is not read`() throws {
    let rig = try DeliveryRig { $0.queuedBytesPerHold = 1024 }
    let socket = try SocketRig(rig)
    #expect(socket.session.acceptsOriginFrames)
    socket.client.block()
    for _ in 0..<12 { socket.say("m:" + String(repeating: "x", count: 100)) }
    #expect(!socket.session.acceptsOriginFrames)
    socket.client.unblock()
    #expect(socket.session.acceptsOriginFrames)
    #expect(try socket.client.frames().count == 12)
  }

  // MARK: By itself

  @Test func `an idle keep-alive waits for quiet, an interval one does not`() throws {
    let rig = try DeliveryRig()
    let idle = try SocketRig(rig)
    idle.control(#"{"type":"keep-alive","content":"k","timeout":"20"}"#)
    let interval = try SocketRig(rig)
    interval.control(
      #"{"type":"keep-alive","content-bin":"aw==","message-type":"ping","timeout":20,"mode":"interval"}"#)
    rig.advance(.seconds(15))
    idle.say("m:a")
    interval.say("m:a")
    rig.advance(.milliseconds(5200))
    #expect(try idle.client.frames() == ["text a"])
    #expect(try interval.client.frames() == ["text a", "ping k"])
    rig.advance(.seconds(15))
    #expect(try idle.client.frames() == ["text k"])
    idle.control(#"{"type":"keep-alive"}"#)
    rig.advance(.seconds(60))
    #expect(try idle.client.frames() == [])
  }

  @Test func `a keep-alive is left out in the middle of a message and while the client reads nothing`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.control(#"{"type":"keep-alive","content":"k","timeout":20,"mode":"interval"}"#)
    socket.session.originSent(.text("m:a", isLast: false))
    rig.advance(.seconds(21))
    socket.session.originSent(.text("b", isFirst: false))
    #expect(try socket.client.frames() == ["text- a", "+ b"])
    rig.advance(.seconds(21))
    #expect(try socket.client.frames() == ["text k"])
  }

  @Test func `a delayed message comes once, after its time or before the next one (Q-24)`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    socket.control(#"{"type":"send-delayed","content":"a","timeout":5}"#)
    rig.advance(.seconds(4))
    #expect(try socket.client.frames() == [])
    rig.advance(.milliseconds(1200))
    #expect(try socket.client.frames() == ["text a"])
    socket.control(#"{"type":"send-delayed","content":"b","timeout":5}"#)
    socket.control(#"{"type":"send-delayed","content":"c","message-type":"binary"}"#)
    #expect(try socket.client.frames() == ["text b"])
    socket.control(#"{"type":"flush-delayed"}"#)
    #expect(try socket.client.frames() == ["binary c"])
    socket.control(#"{"type":"send-delayed","content":"d"}"#)
    socket.client.block()
    socket.say("m:x")
    rig.advance(.seconds(2))
    socket.client.unblock()
    rig.advance(.seconds(5))
    #expect(try socket.client.frames() == ["text x", "text d"])
  }

  @Test func `stopping tells clients to come back`() throws {
    let rig = try DeliveryRig()
    let socket = try SocketRig(rig)
    let stopped = rig.core.stop(on: rig.loops[0], graceful: true)
    rig.run()
    rig.advance(.seconds(2))
    try stopped.wait()
    #expect(socket.client.events.last == "close 1001 the proxy stops: come back")
  }
}
