import GRIP
import Testing

@testable import FanoutEdge

@Suite("GRIP §13 filters")
struct FilterTests {
  private func read(_ parts: [[UInt8]]) -> String? {
    var reader = FormatReader()
    var output: [UInt8] = []
    do {
      for part in parts {
        try reader.read(part, into: &output) { (letter, argument) throws(FilterError) in
          if letter == UInt8(ascii: "x") { throw FilterError("no x") }
          return Array("<\(Character(UnicodeScalar(letter)))\(argument.map { "=" + $0 } ?? "")>".utf8)
        }
      }
      try reader.end()
    } catch {
      return nil
    }
    return String(decoding: output, as: UTF8.self)
  }

  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("100%%", "100%"), ("%I.", "<I>."), ("a%(b c)Id", "a<I=b c>d"),
    (#"%(\)\\)s"#, #"<s=)\>"#), ("%()s", "<s=>"), ("%%%%", "%%"), ("ä%(ö)s", "ä<s=ö>"),
  ])
  func `a format string, whole and in two parts cut at every byte`(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(read([bytes]) == expected)
    for cut in 0...bytes.count { #expect(read([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected) }
    #expect(read(bytes.map { [$0] }) == expected)
  }

  @Test(arguments: ["%", "%(a", "%(a)", "%1", "%(a)%", "% I", "%x", #"%(\"#, "%ö"])
  func `what is no format string is an error, wherever it is cut`(text: String) {
    let bytes = Array(text.utf8)
    #expect(read([bytes]) == nil)
    for cut in 0...bytes.count { #expect(read([Array(bytes[..<cut]), Array(bytes[cut...])]) == nil) }
  }

  @Test func `an argument without end is bounded`() {
    #expect(read([Array("%(".utf8), Array(repeating: 0x61, count: FormatReader.longestArgument + 1)]) == nil)
  }

  private func pass(
    _ filters: [String], content: String, item: [String: String] = [:], subscriber: [String: String] = [:],
    channels: [(String, String?)] = [("a", "8"), ("b", "3")]
  ) -> String {
    var pass = FilterPass(DeliveryFilter(names: filters), content: .text(content))
    let context = FilterContext(
      item: item, subscriber: subscriber, channels: channels.map { (name: $0.0, id: $0.1) }, lastIDs: [("a", "7")],
      uri: "/x/feed?y")
    switch pass.run(context) {
    case .send: return (pass.isChanged ? "changed " : "") + String(decoding: pass.content.bytes, as: UTF8.self)
    case .drop: return "drop"
    case .failed(let error): return "error \(error.text)"
    case .ask(let question):
      return "ask \(question.url) \(question.content.map { String(decoding: $0, as: UTF8.self) } ?? "-")"
    }
  }

  @Test func `build-id writes the default id, other ids, and hex where the connection says so`() {
    let meta = ["id_format": "a:%(a)s,b:%(b)s"]
    #expect(
      pass(["build-id"], content: "id: %I\ndata: 100%%\n\n", subscriber: meta) == "changed id: a:8,b:3\ndata: 100%\n\n")
    #expect(pass(["build-id"], content: "%(zebra)I", subscriber: [:]) == "changed zebra")
    let hex = ["id_format": "%(b)s", "id_encoding": "hex"]
    #expect(pass(["build-id"], content: "%I %(az)I", subscriber: hex) == "changed 33 617a")
    #expect(pass(["build-id"], content: "%I", subscriber: [:]) == "error build-id: there is no id_format")
    #expect(pass(["build-id"], content: "%I", subscriber: ["id_format": "%(c)s"]).hasPrefix("error"))
    #expect(pass(["build-id"], content: "%I", subscriber: meta, channels: [("a", nil), ("b", "1")]).hasPrefix("error"))
    #expect(pass(["build-id"], content: "%s", subscriber: meta).hasPrefix("error"))
    #expect(
      pass(["build-id"], content: "%I", subscriber: ["id_format": "x", "id_encoding": "base64"]).hasPrefix("error"))
  }

  @Test func `var-subst writes the connection's values`() {
    #expect(pass(["var-subst"], content: "hi %(user)s", subscriber: ["user": "romeo"]) == "changed hi romeo")
    #expect(pass(["var-subst"], content: "%(user)s") == "error var-subst: there is no 'user'")
  }

  @Test func `filters run in their order, and the first that decides is the last`() {
    let own = ["sender": "romeo"]
    let romeo = ["user": "romeo", "url": "check"]
    #expect(pass(["skip-self", "var-subst"], content: "%(no)s", item: own, subscriber: romeo) == "drop")
    #expect(pass(["var-subst", "skip-self"], content: "%(no)s", item: own, subscriber: romeo).hasPrefix("error"))
    #expect(pass(["var-subst", "http-modify"], content: "%(user)s", subscriber: romeo) == "ask /x/check romeo")
    #expect(pass(["http-check"], content: "c", subscriber: romeo) == "ask /x/check -")
    #expect(pass(["http-check"], content: "c") == "error http-check: there is no url")
    #expect(
      pass(["unheard-of", "skip-users"], content: "c", item: ["skip_users": "juliet, romeo"], subscriber: romeo)
        == "drop")
    #expect(pass(["require-sub"], content: "c", item: ["require_sub": "c"]) == "drop")
    #expect(pass(["require-sub"], content: "c", item: ["require_sub": "b"]) == "c")
  }

  @Test func `content filters agree when names and order are the same`() {
    let filter = DeliveryFilter(names: ["skip-self", "var-subst", "http-check", "build-id"])
    #expect(filter.disagreement(with: nil) == nil)
    #expect(filter.disagreement(with: ["var-subst", "build-id"]) == nil)
    #expect(
      filter.disagreement(with: ["build-id"])?.text
        == "content filter mismatch: subscription=var-subst,build-id message=build-id")
    #expect(DeliveryFilter(names: []).disagreement(with: []) == nil)
    #expect(DeliveryFilter(names: []).disagreement(with: ["build-id"]) != nil)
  }

  @Test func `response content is filtered in parts, without ids of its own`() throws {
    let instruction = GRIPInstruction(
      hold: .stream(keepAlive: nil), channels: [GRIPChannel("a"), GRIPChannel("b", filters: ["build-id"])])
    #expect(ResponseFilter.applies(to: instruction))
    let text = Array("id: %(news:7)I\n%%".utf8)
    for cut in 0...text.count {
      var filter = ResponseFilter(instruction)
      var output: [UInt8] = []
      try filter.read(text[..<cut], into: &output)
      try filter.read(text[cut...], into: &output)
      try filter.end()
      #expect(String(decoding: output, as: UTF8.self) == "id: news:7\n%")
    }
    #expect(throws: FilterError.self) { try ResponseFilter.apply(to: Array("%I".utf8), of: instruction) }
    var poll = instruction
    poll.hold = .response(timeout: .seconds(5))
    #expect(!ResponseFilter.applies(to: poll))
  }
}
