import FanoutBus
import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §13 filters of held requests")
struct FilteredHoldTests {
  private func item(
    _ text: String, id: Int? = nil, after: Int? = nil, filters: [String]? = nil, meta: [String: String] = [:]
  ) -> GRIPItem {
    GRIPItem(
      channel: "news", id: id.map(String.init), previousID: after.map(String.init),
      httpResponse: .send(GRIPHTTPResponseMessage(body: .full(.text(text)), contentFilters: filters)),
      httpStream: .send(.text(text), contentFilters: filters), meta: meta)
  }

  private let checked = GRIPChannel("news", filters: ["http-modify"])

  @Test func `build-id counts the item itself`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream(
      [GRIPChannel("news", previousID: "7", filters: ["build-id"]), GRIPChannel("b", previousID: "3")], next: "/more",
      meta: ["id_format": "n:%(news)s,b:%(b)s"])
    try rig.publish(item("id: %I\n100%%\n", id: 8, after: 7, filters: ["build-id"]))
    #expect(sink.received().afterHead.chunks == ["id: n:8,b:3\n100%\n"])
  }

  @Test func `an item for other content filters is left out, and told of with debug`() throws {
    let rig = try DeliveryRig()
    let plain = try rig.stream([GRIPChannel("news")])
    let debug = try rig.stream([GRIPChannel("news", filters: ["var-subst"])], isDebug: true)
    let poll = try rig.poll([GRIPChannel("news")])
    let debugPoll = try rig.poll([GRIPChannel("news")], isDebug: true)
    try rig.publish(item("%I", filters: ["build-id"]))
    #expect(plain.received().afterHead == "")
    #expect(debug.received().afterHead.chunks == ["content filter mismatch: subscription=var-subst message=build-id\n"])
    #expect(debug.events == ["ended"])
    #expect(poll.received() == "")
    let text = debugPoll.received()
    #expect(text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
    #expect(text.afterHead == "content filter mismatch: subscription= message=build-id\n")
    #expect(try rig.counters.failedFilters == 4)
    try rig.publish(item("next"))
    #expect(plain.received().chunks == ["next"])
    #expect(poll.received().afterHead == "next")
  }

  @Test func `a filter that fails leaves the item out, and the listener goes on behind it`() throws {
    let rig = try DeliveryRig()
    let channel = GRIPChannel("news", previousID: "7", filters: ["var-subst"])
    let sink = try rig.stream([channel], next: "/more", meta: ["a": "1"])
    let debug = try rig.poll([channel], isDebug: true)
    try rig.publish(item("%(b)s", id: 8, after: 7))
    #expect(debug.received().afterHead == "filter error: var-subst: there is no 'b'\n")
    try rig.publish(item("%(a)s", id: 9, after: 8))
    #expect(sink.received().afterHead.chunks == ["1"])
    #expect(sink.exchanges.isEmpty)
  }

  @Test(arguments: [true, false])
  func `while a service decides, later items wait for this listener alone`(isStream: Bool) throws {
    let rig = try DeliveryRig()
    let meta = ["url": "/check", "user": "romeo"]
    let sink = isStream ? try rig.stream([checked], meta: meta) : try rig.poll([checked], meta: meta)
    let other = try rig.stream([GRIPChannel("news")])
    try rig.publish(item("1", meta: ["sender": "juliet"]))
    try rig.publish(item("2"))
    #expect(other.received().afterHead.chunks == ["1", "2"])
    let question = try #require(sink.questions.first)
    #expect(sink.questions.count == 1)
    #expect(question.question.url == "/check")
    #expect(question.question.subscriber == meta)
    #expect(question.question.item == ["sender": "juliet"])
    #expect(question.question.content == Array("1".utf8))
    question.answer(isStream ? .pass(Array("one".utf8)) : .drop)
    #expect(sink.questions.count == 2)
    if isStream { #expect(sink.received().afterHead.chunks == ["one"]) } else { #expect(sink.received() == "") }
    sink.questions[1].answer(.pass(nil))
    #expect(sink.received().hasSuffix(isStream ? "1\r\n2\r\n" : "\r\n\r\n2"))
    #expect(sink.events == (isStream ? [] : ["completed"]))
    if isStream {
      try rig.publish(item("3"))
      sink.questions[2].answer(.pass(nil))
      #expect(sink.received().chunks == ["3"])
    }
  }

  @Test func `a service without an answer costs the item, and nothing else`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([checked], meta: ["url": "/check"])
    try rig.publish(item("1"))
    try rig.publish(item("2"))
    sink.questions[0].answer(.failed("no answer"))
    sink.questions[1].answer(.pass(nil))
    #expect(sink.received().afterHead.chunks == ["2"])
    #expect(try rig.counters.failedFilters == 1)
  }

  @Test func `what waits behind a filter is bounded, and a reliable listener gets the rest from its origin`() throws {
    let rig = try DeliveryRig { $0.queuedItemsPerHold = 2 }
    let sink = try rig.stream(
      [GRIPChannel("news", previousID: "0", filters: ["http-check"])], next: "/more", meta: ["url": "/check"])
    for number in 1...5 { try rig.publish(item("\(number);", id: number, after: number - 1)) }
    for question in 0..<3 { sink.questions[question].answer(.pass(nil)) }
    #expect(sink.received().afterHead.chunks.joined() == "1;2;3;")
    #expect(try rig.counters.dropped == 2)
    try rig.publish(item("6;", id: 6, after: 5))
    rig.advance(.milliseconds(300))
    #expect(sink.exchanges.map(\.lastIDs) == [["news": "3"]])
  }

  @Test func `a client that goes cancels the question`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([checked], meta: ["url": "/check"])
    try rig.publish(item("1"))
    try rig.table().clientGone(try #require(sink.slot))
    #expect(sink.questions[0].isCancelled)
    sink.questions[0].answer(.pass(nil))
    #expect(sink.received().afterHead == "")
  }

  @Test func `a long-poll whose time is over does not wait for a filter`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([checked], timeout: .seconds(10), meta: ["url": "/check"])
    try rig.publish(item("1"))
    rig.advance(.seconds(11))
    #expect(sink.received().afterHead == "{}")
    #expect(sink.questions[0].isCancelled)
  }

  @Test func `an update that comes while a filter decides is made after it`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.stream([checked], next: "/more", meta: ["url": "/check"])
    try rig.publish(item("1"))
    rig.core.recover()
    rig.run()
    #expect(sink.exchanges.isEmpty)
    sink.questions[0].answer(.pass(nil))
    #expect(sink.received().afterHead.chunks == ["1"])
    #expect(sink.exchanges.map(\.link) == ["/more"])
  }

  @Test func `a hint and a close pass the filters too`() throws {
    let rig = try DeliveryRig()
    let meta = ["url": "/check"]
    let sink = try rig.stream([GRIPChannel("news", filters: ["http-check"])], next: "/more", meta: meta)
    let required = try rig.stream([GRIPChannel("news", filters: ["require-sub"])])
    try rig.publish(GRIPItem(channel: "news", httpStream: .close, meta: ["require_sub": "other"]))
    #expect(required.events == [])
    #expect(sink.events == [])
    sink.questions[0].answer(.drop)
    try rig.publish(GRIPItem(channel: "news", httpStream: .hint))
    sink.questions[1].answer(.pass(nil))
    #expect(sink.exchanges.map(\.link) == ["/more"])
    try rig.publish(GRIPItem(channel: "news", httpStream: .close, meta: ["require_sub": "news"]))
    #expect(required.events == ["ended"])
  }

  @Test(arguments: [false, true]) func `a body-patch that does not fit is an error, not an empty answer`(isDebug: Bool)
    throws
  {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news")], body: "no JSON", isDebug: isDebug)
    try rig.publish(
      GRIPItem(
        channel: "news",
        httpResponse: .send(
          GRIPHTTPResponseMessage(status: 201, body: .patch(json: #"[{"op":"remove","path":"/a"}]"#)))))
    let text = sink.received()
    #expect(text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
    #expect(
      text.afterHead
        == (isDebug ? "filter error: the body-patch does not fit the response\n" : "Error while proxying to origin.\n"))
    #expect(sink.events == ["completed"])
    #expect(try rig.counters.failedPatches == 1)
  }
}
