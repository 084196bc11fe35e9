import Logging
import Synchronization
import Testing

@testable import ServerKit

@Suite("Log lines as JSON")
struct JSONLogHandlerTests {
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  private func line(_ metadata: Logger.Metadata, _ message: Logger.Message = "said") -> String {
    let lines = Lines()
    var handler = JSONLogHandler(label: "test") { bytes in
      lines.all.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
    }
    handler.metadata = ["own": "1"]
    handler.log(
      event: LogEvent(
        level: .notice, message: message, metadata: metadata, source: "s", file: "f", function: "f", line: 1))
    return lines.all.withLock { $0.joined() }
  }

  @Test func `a line is one object, its members in order`() {
    let text = line(.keys([.count: 3, .isComplete: true, .path: "/a"]))
    #expect(text.hasPrefix(#"{"time":"20"#))
    #expect(
      text.hasSuffix(
        #"Z","level":"notice","logger":"test","message":"said","complete":true,"count":3,"own":"1","path":"/a"}"# + "\n"
      ))
  }

  @Test func `what a client sends cannot end a line or a text`() {
    let text = line(["x": "a\"b\\c\r\nd\u{01}\u{7f}é"])
    #expect(text.contains(#""x":"a\"b\\c\r\nd\u0001\u007fé""#))
    #expect(text.filter { $0 == "\n" }.count == 1)
  }

  @Test func `lists and groups keep their form`() {
    #expect(line(["x": ["1", ["b": "2", "a": "3"]]]).contains(#""x":["1",{"a":"3","b":"2"}]"#))
  }

  @Test func `times are those of the calendar`() {
    #expect(JSONLogHandler.timeText(seconds: 951_782_400, milliseconds: 7) == "2000-02-29T00:00:00.007Z")
  }
}
