import ArgumentParser
import GRIP
import HTTPTypes
import Testing

@testable import fanout

@Suite("The origin of a bench")
struct BenchOriginTests {
  private func answer(type: String, channels: Int = 2, _ more: [String] = []) throws -> BenchOriginAnswer {
    var plan = try BenchCommand.parse(["--type", type, "--prefix", "b/", "--origin", "9000"] + more)
      .plan(run: 5, descriptorLimit: 1_024)
    plan.channels = channels
    return BenchOriginAnswer(plan: plan, log: BenchLog(channels: channels, size: 10))
  }

  @Test(arguments: ["stream", "sse"]) func `a stream is held on the channel that its target names`(type: String) throws
  {
    let response = try answer(type: type).response(to: "/x?channel=b%2F1")
    #expect(response.headers[.init("Grip-Hold")!] == "stream")
    #expect(response.headers[.init("Grip-Channel")!] == "b/1")
  }

  @Test(arguments: ["/?channel=b%2F2", "/?channel=other", "/?channel=b%2F", "/?channel=%", "/?channel=b%2F-1"])
  func `a channel of nobody is not found`(target: String) throws {
    #expect(try answer(type: "stream").response(to: target).status == 404)
  }

  @Test func `a poll gets what it has missed, and is held where there is nothing`() throws {
    let answer = try answer(type: "long-poll")
    let held = answer.response(to: "/?channel=b/0&last=0")
    #expect(held.headers[.init("Grip-Hold")!] == "response")
    #expect(held.headers[.init("Grip-Channel")!]?.contains("prev-id=00000005-0") == true)
    for text in ["one", "two", "three"] { answer.log.append(text, channel: 0) }
    #expect(answer.response(to: "/?channel=b/0&last=1").body == Array("two\nthree\n".utf8))
    #expect(answer.response(to: "/?channel=b/0&last=3").body.isEmpty)
    #expect(answer.response(to: "/?channel=b/1&last=0").body.isEmpty)
    #expect(answer.response(to: "/?channel=b/0&last=-9").body == Array("one\ntwo\nthree\n".utf8))
  }

  @Test(arguments: ["stream", "sse"]) func `a reliable stream begins with what was missed, and says where to ask again`(
    type: String
  ) throws {
    let answer = try answer(type: type, ["--reliable"])
    for text in ["one", "two", "three"] { answer.log.append(text, channel: 1) }
    let fields: HTTPFields = [.gripLast: "other; last-id=00000005-9, b/1; last-id=00000005-2"]
    let response = answer.response(to: "/x?channel=b%2F1&last=0", fields)
    #expect(String(decoding: response.body, as: UTF8.self) == (type == "sse" ? "data: three\n\n" : "three\n"))
    #expect(response.headers[.init("Grip-Channel")!] == "b/1; prev-id=00000005-3")
    #expect(response.headers[.init("Grip-Link")!]?.contains("</x?channel=b%2F1&last=0>") == true)
    #expect(answer.response(to: "/x?channel=b/1&last=3").body.isEmpty)
  }

  @Test func `a WebSocket is told of the proxy's listening behind what was missed`() throws {
    let answer = try answer(type: "websocket", ["--reliable"])
    for text in ["one", "two"] { answer.log.append(text, channel: 0) }
    let listen = #"c:{"type":"subscribe","channel":"b/0","prev-id":"00000005-2"}"#
    let all = answer.messages(for: .init(channel: 0, last: 1), greets: true)
    #expect(all == ["m:two", listen, "m:\(BenchMessage.greeting)"])
    let resume = #"c:{"type":"resume","channels":[{"channel":"b/0","last-id":"00000005-0"}]}"#
    #expect(answer.resumed(resume) == .init(channel: 0, last: 0))
    for text in ["c:{", "hello", resume.replacing("b/0", with: "b/7"), resume.replacing("00000005-0", with: "x")] {
      #expect(answer.resumed(text) == nil)
    }
  }

  @Test func `WebSockets over HTTP are opened, asked about and closed`() throws {
    let answer = try answer(type: "websocket", ["--reliable"])
    func events(_ body: String, _ fields: HTTPFields = HTTPFields()) throws -> [GRIPWebSocketEvent] {
      try GRIPWebSocketEvent.decode(answer.eventsResponse(to: "/?channel=b/0", fields, body: Array(body.utf8)).body)
    }
    #expect(try events("OPEN\r\n").count == 3)
    #expect(try events("OPEN\r\n").first == .open)
    #expect(
      answer.eventsResponse(to: "/?channel=b/0", [:], body: Array("OPEN\r\n".utf8)).headers[.secWebSocketExtensions]
        == "grip")
    answer.log.append("one", channel: 0)
    #expect(try events("", [.gripLast: "b/0; last-id=00000005-0"]).first == .text("m:one"))
    #expect(try events("TEXT 2\r\nhi\r\n").isEmpty)
    #expect(try events("CLOSE\r\n") == [.close(code: nil, reason: "")])
    #expect(try events("DISCONNECT\r\n").isEmpty)
    #expect(answer.eventsResponse(to: "/?channel=c", [:], body: []).status == 404)
    #expect(answer.eventsResponse(to: "/?channel=b/0", [:], body: Array("OPEN 5\r\nx".utf8)).status == 400)
  }

  @Test func `the log forgets the oldest and gives what is left`() {
    let log = BenchLog(channels: 1, size: 1)
    for number in 1...300 { log.append("\(number)", channel: 0) }
    let (kept, head) = log.messages(after: 0, channel: 0)
    #expect(kept.count == 256 && head == 300)
    #expect(kept.first == "45" && kept.last == "300")
  }
}
