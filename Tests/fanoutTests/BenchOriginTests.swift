import ArgumentParser
import GRIP
import HTTPTypes
import Testing

@testable import fanout

@Suite("The origin of a bench")
struct BenchOriginTests {
  private func answer(type: String, channels: Int = 2) throws -> BenchOriginAnswer {
    var plan = try BenchCommand.parse(["--type", type, "--prefix", "b/", "--origin", "9000"])
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

  @Test func `the log forgets the oldest and gives what is left`() {
    let log = BenchLog(channels: 1, size: 1)
    for number in 1...300 { log.append("\(number)", channel: 0) }
    let kept = log.messages(after: 0, channel: 0)
    #expect(kept.count == 256)
    #expect(kept.first == "45" && kept.last == "300")
  }
}
