import FanoutBus
import GRIP
import HTTPTypes
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §8 long-poll holds")
struct PollHoldTests {
  private func response(
    _ body: String, status: Int = 200, reason: String? = nil, headers: HTTPFields = [:], in channel: String = "news",
    id: String? = nil, after previous: String? = nil
  ) -> GRIPItem {
    GRIPItem(
      channel: channel, id: id, previousID: previous,
      httpResponse: .send(
        GRIPHTTPResponseMessage(status: status, reason: reason, headers: headers, body: .full(.text(body)))))
  }

  @Test func `after its time a long-poll gets the response that came with the instruction`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll(
      [GRIPChannel("news")], timeout: .seconds(20), headers: [.contentType: "application/json"], body: "{}\n")
    rig.advance(.milliseconds(19_990))
    #expect(sink.received() == "")
    rig.advance(.milliseconds(100))
    #expect(
      sink.received() == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n")
    #expect(sink.events == ["completed"])
    #expect(try rig.counters.timeouts == 1)
    #expect(try rig.table().channels.count == 0)
  }

  @Test func `an item's fields replace those of the hold's response by name`() throws {
    let rig = try DeliveryRig()
    var headers: HTTPFields = [.contentType: "text/plain", .accessControlAllowOrigin: "https://a.test"]
    headers.append(HTTPField(name: try #require(HTTPField.Name("X-Old")), value: "1"))
    let sink = try rig.poll([GRIPChannel("news")], headers: headers)
    var own: HTTPFields = [.contentType: "application/json", .contentLength: "999", .transferEncoding: "chunked"]
    own.append(HTTPField(name: try #require(HTTPField.Name("Grip-Hold")), value: "stream"))
    try rig.publish(response("[1]", status: 201, headers: own))
    #expect(
      sink.received() == """
        HTTP/1.1 201 Created\r
        Access-Control-Allow-Origin: https://a.test\r
        X-Old: 1\r
        Content-Type: application/json\r
        Content-Length: 3\r
        \r
        [1]
        """)
    #expect(sink.events == ["completed"])
  }

  @Test func `Grip-Expose-Headers keeps only what it lists`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news")], headers: [.contentType: "text/plain", .server: "origin"])
    try rig.publish(
      response("x", headers: [HTTPField.Name("Grip-Expose-Headers")!: "content-type, X-None"]))
    #expect(sink.received() == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")
  }

  @Test func `HEAD, 204 and 304 have no body`() throws {
    let rig = try DeliveryRig()
    let head = TestSink()
    head.isHead = true
    try rig.poll([GRIPChannel("news")], sink: head)
    try rig.publish(response("abc"))
    #expect(head.received() == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
    for status in [204, 304] {
      let sink = try rig.poll([GRIPChannel("news")])
      try rig.publish(response("abc", status: status, reason: "None"))
      #expect(sink.received() == "HTTP/1.1 \(status) None\r\n\r\n")
    }
  }

  @Test func `a status that cannot end an exchange becomes 502`() throws {
    let rig = try DeliveryRig()
    for status in [0, 100, 101, 199] {
      let sink = try rig.poll([GRIPChannel("news")])
      try rig.publish(response("abc", status: status))
      #expect(sink.received().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
    }
  }

  @Test func `a reason cannot add a field`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news")])
    try rig.publish(response("", reason: "OK\r\nX-Injected: 1"))
    #expect(sink.received() == "HTTP/1.1 200 OK  X-Injected: 1\r\nContent-Length: 0\r\n\r\n")
  }

  @Test func `the version and the connection's end are the client's`() throws {
    let rig = try DeliveryRig()
    let old = TestSink()
    old.minorVersion = 0
    let closing = TestSink()
    closing.closesAfterResponse = true
    let usual = TestSink()
    for sink in [old, closing, usual] { try rig.poll([GRIPChannel("news")], sink: sink) }
    try rig.publish(response("a"))
    #expect(old.received() == "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na")
    #expect(closing.received() == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na")
    #expect(usual.received() == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
  }

  @Test func `one item completes a long-poll, a second one is not for it`() throws {
    let rig = try DeliveryRig()
    let sinks = try (0..<5).map { _ in try rig.poll([GRIPChannel("news")]) }
    try rig.bus.publish([response("first"), response("second")])
    rig.run()
    for sink in sinks {
      #expect(sink.received().afterHead == "first")
      #expect(sink.events == ["completed"])
    }
  }

  @Test func `a hint asks the origin again, with the last ids`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news", previousID: "7"), GRIPChannel("sport")])
    try rig.publish(GRIPItem(channel: "sport", httpResponse: .hint))
    #expect(sink.events == ["retry"])
    #expect(sink.retriedWith == ["news": "7"])
    #expect(try rig.table().slab.count == 0)
  }

  @Test func `close and refresh leave a long-poll alone`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news")])
    try rig.publish(GRIPItem(channel: "news", httpResponse: .close), GRIPItem(channel: "news", httpResponse: .refresh))
    #expect(sink.events == [])
    try rig.publish(response("a"))
    #expect(sink.received().afterHead == "a")
  }

  @Test(arguments: [0, 1])
  func `a poll that comes after an item which its origin had not seen is asked again`(home: Int) throws {
    let rig = try DeliveryRig(loops: 2)
    let channel = try rig.channel(home: home)
    try rig.publish(response("8", in: channel, id: "8", after: "7"))
    let sink = try rig.poll([GRIPChannel(channel, previousID: "7")])
    #expect(sink.events == ["retry"])
    #expect(sink.retriedWith == [channel: "7"])
    // The answer brings the item's position, and is held.
    let again = try rig.poll([GRIPChannel(channel, previousID: "8")], isRetry: true)
    #expect(again.events == [])
    try rig.publish(response("9", in: channel, id: "9", after: "8"))
    #expect(again.received().afterHead == "9")
  }

  @Test(arguments: [0, 1]) func `everybody who comes as late as the first is asked again too`(home: Int) throws {
    let rig = try DeliveryRig(loops: 2)
    let channel = try rig.channel(home: home)
    try rig.publish(response("8", in: channel, id: "8", after: "7"))
    for _ in 1...3 {
      let sink = try rig.poll([GRIPChannel(channel, previousID: "7")])
      #expect(sink.events == ["retry"])
    }
  }

  @Test(arguments: [0, 1]) func `an origin that insists on its position is believed`(home: Int) throws {
    let rig = try DeliveryRig(loops: 2)
    let channel = try rig.channel(home: home)
    try rig.publish(response("8", in: channel, id: "8", after: "7"))
    // It has begun anew, say, and counts from 1.
    let first = try rig.poll([GRIPChannel(channel, previousID: "1")])
    #expect(first.events == ["retry"])
    let second = try rig.poll([GRIPChannel(channel, previousID: "1")], isRetry: true)
    rig.advance(.milliseconds(300))
    #expect(second.events == ["retry"])
    let third = try rig.poll([GRIPChannel(channel, previousID: "1")], isRetry: true)
    rig.advance(.seconds(2))
    #expect(third.events == [])
    try rig.publish(response("2", in: channel, id: "2", after: "1"))
    #expect(third.received().afterHead == "2")
  }

  @Test(arguments: [0, 1]) func `a poll at the channel's last id is held`(home: Int) throws {
    let rig = try DeliveryRig(loops: 2)
    let channel = try rig.channel(home: home)
    try rig.publish(response("8", in: channel, id: "8", after: "7"))
    let sink = try rig.poll([GRIPChannel(channel, previousID: "8")])
    #expect(sink.events == [])
  }

  @Test func `between two polls the channel lingers, and the next poll learns what it missed`() throws {
    let rig = try DeliveryRig()
    let first = try rig.poll([GRIPChannel("news", previousID: "1")])
    try rig.publish(response("2", id: "2", after: "1"))
    #expect(first.received().afterHead == "2")
    try rig.publish(response("3", id: "3", after: "2"))
    let second = try rig.poll([GRIPChannel("news", previousID: "2")])
    #expect(second.events == ["retry"])
  }

  @Test func `an item that does not follow is not delivered, and the origin is asked after the gap delay`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news", previousID: "7")])
    try rig.publish(response("9", id: "9", after: "8"))
    #expect(sink.events == [])
    #expect(sink.received() == "")
    rig.advance(.milliseconds(300))
    #expect(sink.events == ["retry"])
    #expect(sink.retriedWith == ["news": "7"])
    #expect(try rig.table().sequencer.lastID(of: "news") == "9")
  }

  @Test func `where the origin is ahead of its publisher, the items on their way close the gap`() throws {
    let rig = try DeliveryRig()
    let sink = try rig.poll([GRIPChannel("news", previousID: "16")])
    for number in 14...16 { try rig.publish(response("\(number)", id: "\(number)", after: "\(number - 1)")) }
    rig.advance(.seconds(2))
    #expect(sink.events == [])
    try rig.publish(response("17", id: "17", after: "16"))
    #expect(sink.received().afterHead == "17")
    #expect(try rig.counters.closedGaps == 1)
    #expect(try rig.counters.retries == 0)
  }

  @Test func `updates keep their rate`() throws {
    let rig = try DeliveryRig { $0.updatesPerSecond = 20 }
    let sinks = try (0..<10).map { _ in try rig.poll([GRIPChannel("news", previousID: "7")]) }
    try rig.publish(response("9", id: "9", after: "8"))
    rig.advance(.milliseconds(320))
    let early = sinks.filter { $0.events == ["retry"] }.count
    #expect((2...6).contains(early))
    rig.advance(.seconds(2))
    #expect(sinks.allSatisfy { $0.events == ["retry"] })
  }

  @Test func `recover lets every hold look again`() throws {
    let rig = try DeliveryRig(loops: 2)
    let poll = try rig.poll([GRIPChannel("news")], on: 1)
    let stream = try rig.stream([GRIPChannel("news", previousID: "1")], next: "/n")
    let deaf = try rig.stream([GRIPChannel("news")])
    rig.core.recover()
    rig.run()
    #expect(poll.events == ["retry"])
    #expect(stream.exchanges.map(\.link) == ["/n"])
    #expect(deaf.events == [])
  }

  @Test func `ten thousand pollers with the same fields share one set of them`() throws {
    let rig = try DeliveryRig()
    let headers: HTTPFields = [.accessControlAllowOrigin: "*", .contentType: "text/plain"]
    let sinks = try (0..<40).map { try rig.poll([GRIPChannel("news")], headers: headers, body: "\($0)") }
    #expect(try rig.table().templates.count == 1)
    try rig.publish(response("a"))
    #expect(Set(sinks.map { $0.received() }).count == 1)
    #expect(try rig.table().templates.count == 0)
  }

  @Test func `a long response that does not fit goes on through the pipeline`() throws {
    let rig = try DeliveryRig()
    let sink = TestSink(sendBuffer: 4096)
    sink.isBlocked = true
    try rig.poll([GRIPChannel("news")], sink: sink)
    let body = String(repeating: "0123456789", count: 100_000)
    try rig.publish(response(body))
    #expect(sink.events == ["completed"])
    let first = sink.received()
    sink.isBlocked = false
    #expect((first + sink.received()).afterHead == body)
  }

  @Test func `a body-patch changes the hold's own body`() throws {
    let rig = try DeliveryRig()
    let patch = GRIPItem(
      channel: "news",
      httpResponse: .send(
        GRIPHTTPResponseMessage(
          body: .patch(json: #"[{"op":"add","path":"/items/0","value":{"n":1}},{"op":"remove","path":"/more"}]"#))))
    let sink = try rig.poll([GRIPChannel("news")], body: "{\"items\":[2],\"more\":true}\n")
    try rig.publish(patch)
    #expect(sink.received().afterHead == "{\"items\":[{\"n\":1},2]}\n")
  }
}
