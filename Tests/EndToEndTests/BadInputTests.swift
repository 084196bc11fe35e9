import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("Wrong input gets the right status and a text that helps") struct BadInputTests {
    @Test func `bytes that are no proper HTTP`() throws {
      let server = try Standalone()
      for row in BadBytes.all { try row.check(server.web) }
      // None of it has hurt.
      #expect(try server.front.exchange(HTTPRequest("GET", "/")).status == 204)
    }

    @Test func `requests that the API cannot use`() throws {
      let server = try Standalone()
      for person in [Person.juliet, .romeo] { try person.register(server.front) }
      let made = try server.front.exchange(
        HTTPRequest("POST", "/balcony@topics.localhost", [Person.juliet.credentials]))
      try #require(made.status == 200, "\(made.text)")
      let rows =
        BadAPIInput.accounts + BadAPIInput.credentials + BadAPIInput.posts + BadAPIInput.reading + BadAPIInput.changes
      for row in rows {
        try row.check(server.direct)
        // Through the edge it is the same, also where the edge could have refused it itself.
        let (through, alone) = (try server.front.exchange(row.request), try server.direct.exchange(row.request))
        #expect(through.status == alone.status, "\(row.name) through the edge: \(through.status) \(through.text)")
      }
      // An answer that refuses still lets a browser's script read why.
      let refused = try server.front.exchange(
        HTTPRequest("GET", "/no/such", [("Origin", "https://social.example.com")]))
      #expect(refused.fields["Access-Control-Allow-Origin"] == "https://social.example.com")
      #expect(BadBytes.all.count + rows.count + publishes.count + instructions.count >= 100)
    }

    let publishes: [BadInput] = [
      .init("no JSON", raw("{"), 400, "JSON"),
      .init("a list", raw("[]"), 400, "format"),
      .init("no items", raw("{}"), 400, "items"),
      .init("items of a wrong kind", raw(#"{"items":7}"#), 400, "items"),
      .init("an item of a wrong kind", Publish.request("7"), 400, "format"),
      .init(
        "an item without a channel", Publish.request(#"{"formats":{"http-stream":{"content":"x"}}}"#), 400, "channel"),
      .init("an item without a format", Publish.request(#"{"channel":"news"}"#), 400, "format"),
      .init(
        "a format of a wrong kind", Publish.request(#"{"channel":"news","formats":{"http-stream":7}}"#), 400,
        "http-stream"),
      .init(
        "a stream of nothing", Publish.request(#"{"channel":"news","formats":{"http-stream":{}}}"#), 400, "content"),
      .init(
        "no base64", Publish.request(#"{"channel":"news","formats":{"http-stream":{"content-bin":"*"}}}"#), 400,
        "base64|content-bin"),
      .init(
        "an action that there is not",
        Publish.request(#"{"channel":"news","formats":{"http-stream":{"action":"sing"}}}"#), 400, "action"),
      .init(
        "a status of no number",
        Publish.request(#"{"channel":"news","formats":{"http-response":{"code":"x","body":""}}}"#), 400, "code"),
      .init(
        "an id of a number", Publish.request(#"{"channel":"news","id":7,"formats":{"http-stream":{"content":"x"}}}"#),
        400, "id"),
      .init("another method", HTTPRequest("GET", "/publish/"), 405, "method"),
      .init("another path", HTTPRequest("POST", "/nothing/", body: "{}"), 404, "not found"),
      .init("a format of answers that there is not", Publish.request("", [("Accept", "image/png")]), 406, "text/plain"),
      .init("from a page", Publish.request("", [("Origin", "http://evil.example")]), 403, "web page"),
      .init("under a foreign name", Publish.request("", [("Host", "evil.example")]), 403, "host"),
      .init("too large", raw(String(repeating: "x", count: 20_000_000)), 413, "large"),
    ]

    @Test func `publishes that nobody can be sent`() throws {
      let origin = try HostileClientsTests.origin()
      let edge = try EdgeProcess(origin: origin.address)
      let control = Front(name: "control", address: edge.control, prefix: "")
      let listener = try HTTPConnection(to: edge.address)
      try listener.send(HTTPRequest("GET", "/stream"))
      #expect(try listener.readHead().status == 200)
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      for row in publishes {
        // A body may be refused before it was sent, so the answer counts even where sending failed.
        var expected = row
        if row.name == "too large" { expected.status = [400, 413] }
        try expected.check(control)
      }
      // One bad item, and the good one beside it is not published either.
      let mixed = Publish.request(Publish.stream("news", "good") + #",{"channel":"news"}"#)
      #expect(try control.exchange(mixed).status == 400)
      try edge.publish(Publish.stream("news", "after all of it"))
      #expect(try listener.readChunk() == Array("after all of it".utf8))
    }

    let instructions: [(name: String, fields: HeaderFields, body: String, text: String)] = [
      ("a hold of no kind", [("Grip-Hold", "tight"), ("Grip-Channel", "news")], "", "hold|tight"),
      (
        "a timeout of no number", [("Grip-Hold", "response"), ("Grip-Channel", "a"), ("Grip-Timeout", "soon")], "",
        "timeout"
      ),
      (
        "a negative timeout", [("Grip-Hold", "response"), ("Grip-Channel", "a"), ("Grip-Timeout", "-1")], "", "timeout"
      ),
      ("a status of no number", [("Grip-Status", "fine")], "", "status"),
      (
        "a keep-alive of nothing", [("Grip-Hold", "stream"), ("Grip-Channel", "a"), ("Grip-Keep-Alive", "")], "",
        "keep-alive"
      ),
      (
        "a link without brackets", [("Grip-Hold", "stream"), ("Grip-Channel", "a"), ("Grip-Link", "/next; rel=next")],
        "", "link"
      ),
      ("an instruction that is no JSON", Self.grip, "{", "json"),
      ("an instruction that is a list", grip, "[]", "object|format"),
      ("a hold without channels", grip, #"{"hold":{"mode":"stream"},"response":{"body":""}}"#, "channels"),
      ("a channel without a name", grip, #"{"hold":{"mode":"stream","channels":[{}]},"response":{"body":""}}"#, "name"),
      ("a mode of no kind", grip, #"{"hold":{"mode":"tight","channels":[]},"response":{"body":""}}"#, "mode"),
      ("a body of no base64", grip, #"{"hold":{"channels":[]},"response":{"body-bin":"*"}}"#, "body-bin|base64"),
    ]

    @Test func `instructions that no proxy can follow`() throws {
      let rows = instructions
      let origin = try HTTPDouble { request in
        let index = Int(request.target.dropFirst()) ?? 0
        return .response(status: 200, fields: rows[index].fields, body: rows[index].body)
      }
      let quiet = try EdgeProcess(origin: origin.address)
      let talkative = try EdgeProcess(origin: origin.address, routes: "*,debug \(origin.address)\n")
      for (index, row) in rows.enumerated() {
        let answer = try HTTPConnection.exchange(quiet.address, HTTPRequest("GET", "/\(index)"))
        #expect(answer.status == 502, "\(row.name)")
        #expect(answer.text == "Error while proxying to origin.\n", "\(row.name)")
        let detailed = try HTTPConnection.exchange(talkative.address, HTTPRequest("GET", "/\(index)"))
        #expect(detailed.status == 502, "\(row.name)")
        let speaks = try detailed.text.firstMatch(of: Regex(row.text).ignoresCase()) != nil
        #expect(speaks, "\(row.name): \(detailed.text)")
      }
    }

    private static let grip: HeaderFields = [("Content-Type", "application/grip-instruct")]

    private static func raw(_ body: String) -> HTTPRequest {
      HTTPRequest("POST", "/publish/", [("Content-Type", "application/json")], body: body)
    }
  }
}
