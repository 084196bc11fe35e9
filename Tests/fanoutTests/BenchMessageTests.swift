import GRIP
import Testing

@testable import fanout

@Suite("What a bench publishes")
struct BenchMessageTests {
  private let message = BenchMessage(run: 0xBEEF, channel: 3, sequence: 41, sentNanoseconds: 1_234_567_890_123)

  @Test(arguments: [0, 1, 60, 100, 5_000])
  func `a message is read as it was written, in every size`(size: Int) {
    let text = message.text(size: size)
    #expect(BenchMessage(line: text.utf8) == message)
    #expect(BenchMessage(line: "data: \(text)".utf8) == message)
    #expect(text.utf8.count == max(size, message.text(size: 0).utf8.count))
  }

  @Test(arguments: [
    "", ":", "data:", "event: message", "fanout-bench", "fanout-bench 0000beef 3 41 5", "fanout-bench beef 3 41 5 x",
    "fanout-bench 0000beef -1 41 5 x", "fanout-bench 0000beef 3 0 5 x",
    "fanout-bench 0000beef 3 41 99999999999999999999 ",
    "fanout-bench 0000beef 3 41 5 xxyx", "fanout-bench 0000beef  3 41 5 x", "welcome",
  ])
  func `what is no message is none`(line: String) {
    #expect(BenchMessage(line: line.utf8) == nil)
  }

  @Test func `lines come out of a body however it is cut`() {
    let texts = (1...3).map { sequence in
      BenchMessage(run: 1, channel: 0, sequence: sequence, sentNanoseconds: 5).text(size: 80)
    }
    let body = Array("data: \(texts[0])\r\n\r\n: comment\ndata: \(texts[1])\n\n\(texts[2])".utf8)
    for cut in 0...body.count {
      var reader = LineReader(longest: 200)
      var sequences: [Int] = []
      let use = { (line: [UInt8]) in
        if let message = BenchMessage(line: line) { sequences.append(message.sequence) }
      }
      reader.append(body[..<cut], line: use)
      reader.append(body[cut...], line: use)
      reader.finish(line: use)
      #expect(sequences == [1, 2, 3], "cut at \(cut)")
    }
  }

  @Test func `a line that is too long is left out, and the next one is read`() {
    var reader = LineReader(longest: 10)
    var lines: [String] = []
    reader.append("short\n0123456789\n01234567890\nagain\n".utf8) { lines.append(String(decoding: $0, as: UTF8.self)) }
    #expect(lines == ["short", "0123456789", "again"])
  }

  @Test func `an item has ids where they are wanted, and the first one follows nobody`() {
    #expect(message.item(channelName: "c", transport: .stream, hasIDs: false, size: 0).id == nil)
    for transport in BenchTransport.allCases {
      let item = message.item(channelName: "c", transport: transport, hasIDs: true, size: 0)
      #expect(item.id == "0000beef-41")
      #expect(item.previousID == "0000beef-40")
      #expect((item.httpStream != nil) == (transport == .stream || transport == .sse))
      #expect((item.webSocket != nil) == (transport == .webSocket))
    }
    let first = BenchMessage(run: 1, channel: 0, sequence: 1, sentNanoseconds: 0)
    #expect(first.item(channelName: "c", transport: .longPoll, hasIDs: true, size: 0).previousID == nil)
  }

  @Test(arguments: [("0000beef-0", 0), ("0000beef-41", 41), ("0000beef--1", nil), ("0000bee-1", nil), ("1", nil)])
  func `an id is a place in this run or in none`(id: String, sequence: Int?) {
    #expect(BenchMessage.sequence(ofID: id, run: 0xBEEF) == sequence)
  }
}
