import GRIP
import HTTPTypes
import Testing

/// Reads a document that came with these fields beside its media type.
func document(
  _ text: String, _ pairs: KeyValuePairs<String, String> = [:], status: Int = 200
) throws -> (instruction: GRIPInstruction, response: GRIPResponse) {
  var headers = try fields(pairs)
  headers[.contentType] = "application/grip-instruct"
  return try GRIPInstruction.decode(status: status, reason: "OK", headers: headers, body: Array(text.utf8))
}

@Suite("GRIP §7.3 instructions in bodies")
struct InstructionDocumentTests {
  @Test func `the example of the specification is read`() throws {
    let (read, response) = try document(
      """
      { "hold": { "mode": "stream",
          "channels": [ { "name": "room-7", "prev-id": "41", "filters": ["skip-self"] }, { "name": "announcements" } ],
          "timeout": 55, "keep-alive": { "content": ":\\n\\n", "timeout": 20 }, "meta": { "user": "alice" } },
        "response": { "code": 200, "reason": "Fine", "headers": { "Content-Type": "text/event-stream" },
          "body": "event: open\\ndata:\\n\\n" } }
      """)
    let keepAlive = GRIPKeepAlive(content: Array(":\n\n".utf8), mode: .interval, timeout: .seconds(20))
    #expect(
      read
        == GRIPInstruction(
          hold: .stream(keepAlive: keepAlive),
          channels: [GRIPChannel("room-7", previousID: "41", filters: ["skip-self"]), GRIPChannel("announcements")],
          meta: ["user": "alice"]))
    #expect(
      response
        == GRIPResponse(
          status: 200, reason: "Fine", headers: [.contentType: "text/event-stream"],
          body: Array("event: open\ndata:\n\n".utf8)))
  }

  @Test func `the article's document is read`() throws {
    let (read, response) = try document(
      """
      { "hold": { "mode": "response", "channels": [ { "name": "np-alice@example.com-json", "prev-id": "1" } ] },
        "response": { "headers": { "Access-Control-Allow-Origin": "https://web.example.com",
            "Content-Type": "application/json" }, "body": "{\\"last_cursor\\":\\"1\\",\\"items\\":[]}" } }
      """)
    #expect(read.hold == .response(timeout: .seconds(55)))
    #expect(read.channels == [GRIPChannel("np-alice@example.com-json", previousID: "1")])
    #expect(response.status == 200)
    #expect(response.headers[.contentType] == "application/json")
    #expect(response.body == Array(#"{"last_cursor":"1","items":[]}"#.utf8))
  }

  @Test(arguments: [
    ("0", 5), ("4.6", 5), ("7.5", 8), ("\"9\"", 9), ("\"soon\"", 5), ("\"5x\"", 5), ("true", 5), ("6", 6), ("6e1", 60),
  ])
  func `a time-out is converted as Pushpin does`(json: String, seconds: Int) throws {
    #expect(
      try document(#"{"hold":{"channels":[],"timeout":\#(json)}}"#).instruction.hold
        == .response(timeout: .seconds(seconds)))
  }

  @Test(arguments: [("404", 404), ("\"404\"", 404), ("404.7", 405), ("\"abc\"", 0), ("999", 999)])
  func `a code is converted as Pushpin does`(json: String, code: Int) throws {
    #expect(try document(#"{"response":{"code":\#(json),"body":""}}"#).response.status == code)
  }

  @Test func `headers may be an object or pairs, and Grip and framing ones are dropped`() throws {
    let pairs = try document(
      #"{"response":{"headers":[["Set-Cookie","a"],["set-cookie","b"],["Grip-Hold","x"],["Content-Length","9"]],"body":""}}"#
    ).response
    #expect(pairs.headers == (try fields(["Set-Cookie": "a", "set-cookie": "b"])))
    let object = try document(#"{"response":{"headers":{"X-A":" 1\t","GRIP-X":"y"},"body-bin":"AP8="}}"#).response
    #expect(object.headers == (try fields(["X-A": "1"])))
    #expect(object.body == [0, 0xFF])
  }

  @Test func `binary members win over text ones`() throws {
    let (read, response) = try document(
      #"{"hold":{"mode":"stream","channels":[],"keep-alive":{"content":"a","content-bin":"_w==","mode":"idle"}},"#
        + #""response":{"body":"a","body-bin":"/w"}}"#)
    #expect(read.hold == .stream(keepAlive: GRIPKeepAlive(content: [0xFF], mode: .idle)))
    #expect(response.body == [0xFF])
  }

  @Test func `headers come first: channels add up, meta merges, the document's values override`() throws {
    let (read, response) = try document(
      #"{"hold":{"mode":"response","channels":[{"name":"b"}],"timeout":30,"meta":{"x":"body","y":"2"}},"#
        + #""response":{"headers":{"X-B":"2"},"body":"B"},"unknown":[1]}"#,
      [
        "Grip-Hold": "stream", "Grip-Timeout": "10", "Grip-Channel": "a; prev-id=1", "Grip-Set-Meta": "x=head, z=3",
        "Grip-Link": "</next>; rel=next", "Grip-Status": "299 Odd", "X-Carrier": "1", "Grip-Expose-Headers": "X-C",
      ])
    #expect(read.hold == .response(timeout: .seconds(30)))
    #expect(read.channels == [GRIPChannel("a", previousID: "1"), GRIPChannel("b")])
    #expect(read.meta == ["x": "body", "y": "2", "z": "3"])
    #expect(read.nextLink == GRIPNextLink("/next"))
    #expect(response == GRIPResponse(status: 299, reason: "Odd", headers: try fields(["X-B": "2"]), body: [0x42]))
  }

  @Test func `a mode that the document leaves out is the header's, and response.code ends Grip-Status`() throws {
    let (read, response) = try document(
      #"{"hold":{"channels":[]},"response":{"code":404}}"#, ["Grip-Hold": "stream", "Grip-Status": "299 Odd"])
    #expect(read.hold == .stream(keepAlive: nil))
    #expect(response == GRIPResponse(status: 404))
  }

  @Test func `a document without hold and body is a mistake, but not with a next link or a hold in headers`() throws {
    for text in ["{}", #"{"response":{}}"#, #"{"response":{"code":404}}"#] {
      #expect(throws: GRIPDecodingError("the instruction has neither 'hold' nor 'response.body'"), "\(text)") {
        try document(text)
      }
      #expect(try document(text, ["Grip-Link": "<a>; rel=next"]).instruction.nextLink != nil)
      #expect(try document(text, ["Grip-Hold": "stream"]).instruction.hold != nil)
    }
    #expect(try document(#"{"response":{"body":""}}"#).response == GRIPResponse())
  }

  @Test func `a document is cut anywhere and refused`() throws {
    let text = Array(#"{"hold":{"channels":[{"name":"a","prev-id":"1"}],"timeout":5},"response":{"body":"é"}}"#.utf8)
    for end in text.indices {
      #expect(throws: GRIPDecodingError.self, "\(end) bytes") {
        try GRIPInstruction.decode(
          status: 200, reason: nil, headers: fields(["Content-Type": "application/grip-instruct"]),
          body: Array(text[..<end]))
      }
    }
  }
}
