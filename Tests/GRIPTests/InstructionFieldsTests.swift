import GRIP
import HTTPTypes
import Testing

/// Fields from pairs.
func fields(_ pairs: KeyValuePairs<String, String>) throws -> HTTPFields {
  var fields = HTTPFields()
  for (name, value) in pairs { fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value)) }
  return fields
}

/// The instruction of a response with these fields.
func instruction(_ pairs: KeyValuePairs<String, String>) throws -> GRIPInstruction {
  try GRIPInstruction.decode(status: 200, reason: "OK", headers: fields(pairs), body: []).instruction
}

@Suite("GRIP §7.1, §7.2 instructions in headers")
struct InstructionFieldsTests {
  @Test(arguments: [
    ("Grip-Hold", "stream", true), ("grip-anything", "", true), ("GRIP-SIG", "x", true),
    ("X-Grip-Hold", "stream", false),
    ("Gripe-Hold", "x", false), ("Content-Type", "application/grip-instruct", true),
    ("Content-Type", "Application/GRIP-Instruct ; charset=utf-8", true),
    ("Content-Type", "application/grip-instruct+json", false), ("Content-Type", "text/plain", false),
  ])
  func `an instruction is recognised by any Grip name or by the media type in any case`(
    name: String, value: String, isPresent: Bool
  ) throws {
    #expect(GRIPInstruction.isPresent(in: try fields([name: value])) == isPresent)
  }

  @Test func `channels come from several headers, lists and parameters`() throws {
    let read = try instruction([
      "Grip-Hold": "stream", "Grip-Channel": "room-7; prev-id=41; filter=skip-self, announcements",
      "grip-channel": "a=b;PREV-ID=\"x;,\\\"y\"; filter=one;filter=two; Filter=ignored; other",
    ])
    #expect(
      read.channels == [
        GRIPChannel("room-7", previousID: "41", filters: ["skip-self"]), GRIPChannel("announcements"),
        GRIPChannel("a=b", previousID: "x;,\"y", filters: ["one", "two"]),
      ])
    #expect(read.hold == .stream(keepAlive: nil))
  }

  @Test func `a comma in quotes does not split, empty elements and broken quotes are dropped`() throws {
    let read = try instruction([
      "Grip-Channel": "a; prev-id=\"1,2\",, b; prev-id=, c; prev-id, d; prev-id=\"1\"x, e",
      "Grip-CHANNEL": "f; prev-id=\"open, g",
    ])
    #expect(
      read.channels == [
        GRIPChannel("a", previousID: "1,2"), GRIPChannel("b", previousID: ""), GRIPChannel("c", previousID: ""),
        GRIPChannel("e"),
      ])
    #expect(
      GRIPInstruction.unreadableChannels(in: try fields(["Grip-Channel": "a, f; prev-id=\"open"])) == [
        "f; prev-id=\"open"
      ])
    #expect(GRIPInstruction.unreadableChannels(in: try fields(["Grip-Channel": "a; filter="])) == [])
  }

  @Test func `a quote in a name is a part of it, and a filter without a name is none`() throws {
    let read = try instruction(["Grip-Channel": "ok; filter=; filter=skip-self, \"chan; filter="])
    #expect(read.channels == [GRIPChannel("ok", filters: ["skip-self"]), GRIPChannel("\"chan")])
  }

  @Test(arguments: [
    ("0", 5), ("4", 5), ("5", 5), ("6", 6), ("+7", 7), (" 20 ", 20), ("2147483647", 2_147_483_647),
  ])
  func `the time-out of a long-poll is at least five seconds`(text: String, seconds: Int) throws {
    #expect(
      try instruction(["Grip-Hold": "response", "Grip-Timeout": text]).hold == .response(timeout: .seconds(seconds)))
  }

  @Test func `without Grip-Timeout a long-poll holds 55 seconds, and of two the first counts`() throws {
    #expect(try instruction(["Grip-Hold": " response "]).hold == .response(timeout: .seconds(55)))
    #expect(
      try instruction(["Grip-Hold": "response", "Grip-Timeout": "10", "grip-timeout": "20", "grip-hold": "stream"]).hold
        == .response(timeout: .seconds(10)))
    #expect(try instruction(["Grip-Timeout": "10"]).hold == nil)
  }

  @Test(arguments: [
    ("ping", "ping", GRIPKeepAlive.Mode.idle, 55), (":\\n\\n; format=cstring; timeout=20", ":\n\n", .idle, 20),
    ("a, b; timeout=0", "a, b", .idle, 1), ("x; mode=interval", "x", .interval, 55),
    ("x;MODE=idle;Timeout=7;FORMAT=raw", "x", .idle, 7), ("aGkK; format=base64", "hi\n", .idle, 55),
    ("a\\tb\\\\\\x3B\\x0a\\q; format=cstring", "a\tb\\;\nq", .idle, 55), ("a\\n", "a\\n", .idle, 55),
    ("say \"hi\"; mode=idle", "say \"hi\"", .idle, 55), ("k=v; timeout=\"9\"", "k=v", .idle, 9),
  ])
  func `a keep-alive is read`(value: String, content: String, mode: GRIPKeepAlive.Mode, seconds: Int) throws {
    let expected = GRIPKeepAlive(content: Array(content.utf8), mode: mode, timeout: .seconds(seconds))
    #expect(
      try instruction(["Grip-Hold": "stream", "Grip-Keep-Alive": value]).hold == .stream(keepAlive: expected))
  }

  @Test func `meta is read with and without quotes`() throws {
    let read = try instruction([
      "Grip-Set-Meta": "user=alice, tier=\"gold; special, \\\"x\\\\\", flag, =nameless, user=\"bob\"",
      "grip-set-meta": "a = b ; c=d",
    ])
    #expect(read.meta == ["user": "bob", "tier": "gold; special, \"x\\", "flag": "", "a": "b"])
  }

  @Test func `links are read, relative ones as written, and the last next counts`() throws {
    let read = try instruction([
      "Grip-Link": "</ignored>, </other>; rel=prev, </first>; rel=next; timeout=5, <left?a=1,2;3>; rel=gone",
      "grip-link": "<?after=41&x=>; rel=next",
    ])
    #expect(read.nextLink == GRIPNextLink("?after=41&x=", timeout: .seconds(120)))
    #expect(read.goneLink == "left?a=1,2;3")
    #expect(
      try instruction(["Grip-Link": "<a>; rel=next; timeout=0"]).nextLink == GRIPNextLink("a", timeout: .zero))
  }

  @Test(arguments: [
    ("304", 304, nil), ("200 Fine", 200, "Fine"), ("404 ", 404, nil), ("0", 0, nil),
    ("999 Très bien", 999, "Très bien"),
    ("101 Switching Protocols", 101, "Switching Protocols"),
  ])
  func `Grip-Status replaces status and reason`(value: String, status: Int, reason: String?) throws {
    let response = try GRIPInstruction.decode(
      status: 200, reason: "OK", headers: fields(["Grip-Status": value]), body: [1]
    ).response
    #expect(response == GRIPResponse(status: status, reason: reason, body: [1]))
  }

  @Test func `the client sees neither Grip headers nor those of the connection and the framing`() throws {
    let (read, response) = try GRIPInstruction.decode(
      status: 201, reason: "Made",
      headers: fields([
        "Content-Type": "text/plain", "Grip-Hold": "response", "GRIP-Unknown": "x", "Connection": "close",
        "Keep-Alive": "1", "Content-Encoding": "gzip", "Transfer-Encoding": "chunked", "Content-Length": "3",
        "X-A": "1",
        "x-a": "2",
      ]), body: Array("abc".utf8))
    #expect(read.hold != nil)
    #expect(response.headers == (try fields(["Content-Type": "text/plain", "X-A": "1", "x-a": "2"])))
    #expect(response.status == 201)
    #expect(response.reason == "Made")
    #expect(response.body == Array("abc".utf8))
  }

  @Test func `Grip-Expose-Headers lets only its names through, in any case`() throws {
    let (read, response) = try GRIPInstruction.decode(
      status: 200, reason: nil,
      headers: fields(["X-A": "1", "X-B": "2", "ETag": "3", "Grip-Expose-Headers": "x-a, ETAG", "Grip-Hold": "stream"]),
      body: [])
    #expect(response.headers == (try fields(["X-A": "1", "ETag": "3"])))
    #expect(read.exposedHeaders == ["x-a", "ETAG"])
  }

  @Test func `Grip-Last is read from an instruction and from a request`() throws {
    let headers = try fields(["Grip-Last": "a; last-id=5, b;last-id=\"x,y\", c", "grip-last": "a; Last-ID=6"])
    #expect(GRIPLast.decode(headers) == ["a": "6", "b": "x,y"])
    #expect(
      try GRIPInstruction.decode(status: 200, reason: nil, headers: headers, body: []).instruction.lastIDs
        == ["a": "6", "b": "x,y"])
  }

  @Test func `Grip-Feature is read and written`() throws {
    let value = try GRIPFeature.headerValue(GRIPFeature.known)
    #expect(value.hasPrefix("status, session, link:next, link:gone, filter:skip-self"))
    #expect(GRIPFeature.decode(try fields(["Grip-Feature": value])) == Set(GRIPFeature.known))
    #expect(GRIPFeature.decode(try fields(["Grip-Feature": "a,b", "grip-feature": " c "])) == ["a", "b", "c"])
    #expect(throws: GRIPEncodingError.self) { try GRIPFeature.headerValue(["a\r\nX: y"]) }
  }

  @Test func `limits are the caller's`() throws {
    var limits = GRIPLimits()
    limits.channelsPerHold = 2
    limits.filtersPerChannel = 1
    limits.channelNameBytes = 3
    for value in ["a, b, c", "a; filter=x; filter=y", "abcd", "é €"] {
      let headers = try fields(["Grip-Channel": value])
      #expect(throws: GRIPDecodingError.self, "\(value)") {
        try GRIPInstruction.decode(status: 200, reason: nil, headers: headers, body: [], limits: limits)
      }
      #expect(throws: Never.self) { try GRIPInstruction.decode(status: 200, reason: nil, headers: headers, body: []) }
    }
  }
}
