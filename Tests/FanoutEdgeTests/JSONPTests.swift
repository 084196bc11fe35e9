import HTTPTypes
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("GRIP §17.2: JSON-P")
struct JSONPTests {
  private static func get(_ path: String) -> String {
    "GET \(path) HTTP/1.1\r\nHost: a.test\r\nX-Own: 1\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
  }

  private static func rule(_ change: (inout JSONPRule) -> Void = { _ in }) -> JSONPRule {
    var rule = JSONPRule()
    change(&rule)
    return rule
  }

  private static func read(_ target: String, method: String = "GET", _ rule: JSONPRule = rule()) throws -> JSONPRequest?
  {
    try JSONPRequest.read(
      RequestHead(method: method, target: target, authority: "a", fields: [.accept: "text/html", .cookie: "c"]),
      rule: rule)
  }

  @Test func `the query says what is meant, and the rest of it is forwarded`() throws {
    let request = try #require(
      try Self.read(
        "/p?x=1&callback=cb.a%5B0%5D&_method=PUT&y=%2F+&_headers=%7B%22X-A%22%3A%22b%22%2C%22Host%22%3A%22h%22%7D&_body=a+%C3%A4"
      ))
    #expect(request.head.method == "PUT")
    #expect(request.head.target == "/p?x=1&y=%2F+")
    #expect(request.envelope == JSONPEnvelope(callback: "cb.a[0]", mode: .extended))
    #expect(String(decoding: request.body, as: UTF8.self) == "a+ä")
    #expect(request.head.fields.map { "\($0.name.rawName): \($0.value)" } == ["Accept: */*", "X-A: b", "Cookie: c"])
    #expect(try Self.read("/p?x=1") == nil)
    #expect(try Self.read("/p?callback=a", method: "POST") == nil)
    #expect(try Self.read("/p?callback=a")?.head.target == "/p")
  }

  @Test func `a route may have names and defaults of its own`() throws {
    let rule = Self.rule {
      $0.mode = .basic
      $0.callbackParameter = "cb"
      $0.bodyParameter = "data"
      $0.defaultCallback = "done"
    }
    let request = try #require(try Self.read("/?data=%7B%7D", rule))
    #expect(request.head.method == "POST")
    #expect(request.head.fields[.contentType] == "application/json")
    #expect(request.envelope == JSONPEnvelope(callback: "done", mode: .basic))
    #expect(try Self.read("/?callback=a", rule) == nil)
    #expect(
      try Self.read(
        "/?cb=a",
        Self.rule {
          $0.callbackParameter = "cb"; $0.defaultMethod = "PATCH"
        })?.head.method == "PATCH")
  }

  @Test(arguments: [
    ("/?callback=", "Invalid callback parameter."), ("/?callback", "Invalid callback parameter."),
    ("/?callback=%", "Invalid callback parameter."), ("/?callback=alert(1)", "Invalid callback parameter."),
    ("/?callback=a&_method=a%20b", "Invalid _method parameter."),
    ("/?callback=a&_method=", "Invalid _method parameter."),
    ("/?callback=a&_headers=x", "Invalid _headers parameter."),
    ("/?callback=a&_headers=%7B%22a%22%3A1%7D", "Invalid _headers parameter."),
    ("/?callback=a&_headers=%7B%22a%22%3A%22b%5Cr%5Cnc%22%7D", "Invalid _headers parameter."),
    ("/?callback=a&_headers=%7B%22a%22%3A+%22b%22%7D", "Invalid _headers parameter."),
    ("/?callback=a&_body=%FF", "Invalid body parameter."),
  ])
  func `a parameter that cannot be read is refused`(target: String, text: String) async throws {
    #expect(throws: JSONPRequest.Fault.self) { try Self.read(target) }
    try await EdgeFixture.run(routes: ["*,aco ORIGIN"]) { fixture in
      let answer = try await fixture.exchange(Self.get(target))
      #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.hasSuffix("\r\n\r\n\(text)\n"))
      #expect(fixture.origin.requests.isEmpty)
    }
  }

  @Test func `bytes come out the same however they are parted`() throws {
    let body = Array("a\"\\\u{1}\u{2028}ä€😀\n".utf8)
    for mode in JSONPRule.Mode.allCases {
      let envelope = JSONPEnvelope(callback: "c", mode: mode)
      let whole = try #require(envelope.wrap(status: 200, reason: nil, fields: [:], body: body))
      for first in 0...body.count {
        for second in first...body.count {
          var writer = JSONPWriter(envelope)
          var bytes = writer.begin(status: 200, reason: nil, fields: [:])
          for part in [body[..<first], body[first..<second], body[second...]] {
            let written = writer.append(part)
            bytes += try #require(written)
          }
          bytes += try #require(writer.end())
          #expect(bytes == whole)
        }
      }
    }
    let extended = JSONPEnvelope(callback: "c", mode: .extended)
    #expect(extended.wrap(status: 200, reason: nil, fields: [:], body: [0xFF]) == nil)
    #expect(extended.wrap(status: 200, reason: nil, fields: [:], body: [0xE2, 0x82]) == nil)
  }

  @Test func `a response is put in the envelope, with its status inside`() async throws {
    try await EdgeFixture.run(
      routes: ["*,aco ORIGIN"],
      origin: { _ in .bytes(response(404, ["X-A: 1", "X-A: 2", "Cache-Control: no-store"], body: "a\"b\n")) },
      { fixture in
        let answer = try await fixture.exchange(Self.get("/x?callback=cb&q=1"))
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Type: application/javascript\r\n"))
        #expect(answer.contains("Cache-Control: no-store\r\n") && !answer.contains("Access-Control"))
        #expect(answer.contains("\r\n\r\n/**/cb({\"code\": 404, \"reason\": \""))
        #expect(answer.contains("\"X-A\": \"1, 2\""))
        #expect(answer.hasSuffix(", \"body\": \"a\\\"b\\n\"});\n"))
        let request = try #require(fixture.origin.requests.first)
        #expect(request.uri == "/x?q=1" && request.values("Accept") == ["*/*"] && request.values("X-Own") == ["1"])
      })
  }

  @Test func `basic mode calls with the body, and a long one is streamed`() async throws {
    let long = String(repeating: "x", count: 5000)
    try await EdgeFixture.run(
      routes: ["*,aco,jsonp_mode=basic ORIGIN"], configure: { $0.maxInstructionBytes = 1024 },
      origin: { request in
        .bytes(response(200, ["Cache-Control: a"], body: request.uri == "/long" ? "\"\(long)\"\n" : "[1]\n"))
      },
      { fixture in
        let short = try await fixture.exchange(Self.get("/short?callback=cb"))
        #expect(short.hasSuffix("\r\n\r\n/**/cb([1]);\n"))
        #expect(fixture.origin.requests.first?.method == "POST")
        let answer = try await fixture.exchange(Self.get("/long?callback=cb"))
        #expect(answer.contains("Transfer-Encoding: chunked\r\n") && !answer.contains("Cache-Control"))
        #expect(answer.contains("/**/cb(") && answer.hasSuffix("\r\n3\r\n);\n\r\n0\r\n\r\n"))
      })
  }

  @Test func `an error of the proxy's is in the envelope, a body that is no text is not`() async throws {
    try await EdgeFixture.run(routes: ["*,aco 127.0.0.1:1"]) { fixture in
      let answer = try await fixture.exchange(Self.get("/?callback=cb"))
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(answer.contains("/**/cb({\"code\": 502, ") && answer.contains("Error while proxying to origin.\\n"))
    }
    // No route of this kind, no JSON-P.
    try await EdgeFixture.run { fixture in
      let answer = try await fixture.exchange(Self.get("/?callback=cb"))
      #expect(answer.hasSuffix("\r\n\r\nhello"))
      #expect(fixture.origin.requests.first?.uri == "/?callback=cb")
    }
  }

  @Test func `a held long-poll is answered in the envelope, each with its own callback`() async throws {
    try await WholeEdge.run(
      loopCount: 1, routes: ["*,aco ORIGIN"],
      origin: { _ in .bytes(response(200, ["Grip-Hold: response", "Grip-Channel: c", "X-B: 1"], body: "later")) },
      { whole in
        let one = try await whole.holding(Self.get("/?callback=one"))
        let two = try await whole.holding(Self.get("/?callback=two"), count: 2)
        let plain = try await whole.holding(Self.get("/"), count: 3)
        try whole.publish("c", "news")
        let answer = try await one.receiveAll(seconds: 20)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("\r\n\r\n/**/one({\"code\": 200, "))
        #expect(answer.contains("\"X-B\": \"1\"") && answer.hasSuffix("\"body\": \"news\\n\"});\n"))
        #expect(try await two.receiveAll(seconds: 20).contains("/**/two("))
        #expect(try await plain.receiveAll(seconds: 20).hasSuffix("\r\n\r\nnews\n"))
      })
  }

  @Test func `a stream ends with its first part`() async throws {
    try await EdgeFixture.run(
      routes: ["*,aco ORIGIN"],
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"], body: "first")) },
      { fixture in
        let answer = try await fixture.exchange(Self.get("/?callback=cb"))
        #expect(answer.hasSuffix("\"body\": \"first\"});\n"))
        #expect(fixture.holds.holds.isEmpty)
      })
  }
}
