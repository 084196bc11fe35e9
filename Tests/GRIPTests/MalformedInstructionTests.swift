import GRIP
import HTTPTypes
import Testing

@Suite("Malformed instructions")
struct MalformedInstructionTests {
  @Test(arguments: [
    ("Grip-Hold", "", "Grip-Hold must be response or stream"), ("Grip-Hold", "Stream", "Grip-Hold must be"),
    ("Grip-Hold", "stream; x=1", "Grip-Hold must be"), ("Grip-Hold", "response, stream", "Grip-Hold must be"),
    ("Grip-Timeout", "", "whole number of seconds"), ("Grip-Timeout", "5.0", "whole number of seconds"),
    ("Grip-Timeout", "0x10", "whole number of seconds"), ("Grip-Timeout", "99999999999", "whole number of seconds"),
    ("Grip-Timeout", "-1", "whole number of seconds"), ("Grip-Timeout", "5s", "whole number of seconds"),
    ("Grip-Channel", "; prev-id=1", "a channel name is empty"),
    ("Grip-Channel", "a; filter=1; filter=2; filter=3; filter=4; filter=5; filter=6", "more than 5 filters"),
    ("Grip-Channel", "a\tb", "holds a control character"),
    ("Grip-Channel", String(repeating: "x", count: 1025), "longer than 1024 bytes"),
    ("Grip-Channel", "a; prev-id=" + String(repeating: "x", count: 1025), "longer than 1024 bytes"),
    ("Grip-Channel", (0..<101).map(String.init).joined(separator: ","), "more than 100 channels"),
    ("Grip-Status", "", "code from 0 to 999"), ("Grip-Status", "1000", "code from 0 to 999"),
    ("Grip-Status", "abc", "code from 0 to 999"), ("Grip-Status", "-1", "code from 0 to 999"),
    ("Grip-Status", "+1", "code from 0 to 999"), ("Grip-Status", "200  OK", "code from 0 to 999"),
    ("Grip-Status", "20O OK", "code from 0 to 999"), ("Grip-Keep-Alive", "", "no data"),
    ("Grip-Keep-Alive", "; timeout=5", "no data"),
    ("Grip-Keep-Alive", "x; mode=never", "mode must be idle or interval"),
    ("Grip-Keep-Alive", "x; mode=", "mode must be idle or interval"),
    ("Grip-Keep-Alive", "x; format=hex", "format must be raw, cstring or base64"),
    ("Grip-Keep-Alive", "x; timeout=-1", "timeout must be"), ("Grip-Keep-Alive", "x; timeout=soon", "timeout must be"),
    ("Grip-Keep-Alive", "x; timeout=", "timeout must be"), ("Grip-Keep-Alive", "x; timeout=\"1", "broken quotes"),
    ("Grip-Keep-Alive", "a\\; format=cstring", "a backslash at the end"),
    ("Grip-Keep-Alive", "a\\x4; format=cstring", "two hex digits"),
    ("Grip-Keep-Alive", "a\\x; format=cstring", "two hex digits"),
    ("Grip-Keep-Alive", "a\\xzz; format=cstring", "two hex digits"),
    ("Grip-Keep-Alive", "A; format=base64", "not base64"),
    ("Grip-Keep-Alive", "a!b=; format=base64", "not base64"), ("Grip-Keep-Alive", "; format=base64", "no data"),
    ("Grip-Link", "/a; rel=next", "angle brackets"), ("Grip-Link", "</a; rel=next", "angle brackets"),
    ("Grip-Link", "/a>; rel=gone", "angle brackets"), ("Grip-Link", "<>; rel=next", "the URI is empty"),
    ("Grip-Link", "</a b>; rel=next", "must be percent-encoded"),
    ("Grip-Link", "</é>; rel=next", "must be percent-encoded"),
    ("Grip-Link", "</a\"b>; rel=gone", "must be percent-encoded"),
    ("Grip-Link", "</a>; rel=next; timeout=-1", "timeout must be"),
    ("Grip-Link", "</a>; rel=next; timeout=x", "timeout must be"),
  ])
  func `a wrong header is refused with words`(name: String, value: String, text: String) throws {
    let error = #expect(throws: GRIPDecodingError.self) { try instruction([name: value]) }
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("", "not JSON"), ("[]", "the instruction is not an object"), ("null", "not an object"), ("{} x", "not JSON"),
    (#"{"hold":1}"#, "'hold' with wrong type"), (#"{"hold":null}"#, "'hold' with wrong type"),
    (#"{"hold":{}}"#, "hold: object does not contain 'channels'"),
    (#"{"hold":{"mode":"forever","channels":[]}}"#, "'mode' must be response or stream"),
    (#"{"hold":{"mode":1,"channels":[]}}"#, "'mode' with wrong type"),
    (#"{"hold":{"channels":{}}}"#, "'channels' with wrong type"),
    (#"{"hold":{"channels":["a"]}}"#, "a channel is not an object"),
    (#"{"hold":{"channels":[{}]}}"#, "object does not contain 'name'"),
    (#"{"hold":{"channels":[{"name":7}]}}"#, "'name' with wrong type"),
    (#"{"hold":{"channels":[{"name":""}]}}"#, "a channel name is empty"),
    (#"{"hold":{"channels":[{"name":"a\r\nX: y"}]}}"#, "a channel name holds a control character"),
    (#"{"hold":{"channels":[{"name":"a\u0000"}]}}"#, "a channel name holds a control character"),
    (#"{"hold":{"channels":[{"name":"a","prev-id":1}]}}"#, "'prev-id' with wrong type"),
    (#"{"hold":{"channels":[{"name":"a","prev-id":null}]}}"#, "'prev-id' with wrong type"),
    (#"{"hold":{"channels":[{"name":"a","prev-id":"1\n"}]}}"#, "an id holds a control character"),
    (#"{"hold":{"channels":[{"name":"a","filters":"x"}]}}"#, "'filters' with wrong type"),
    (#"{"hold":{"channels":[{"name":"a","filters":[1]}]}}"#, "'filters' with wrong type"),
    (#"{"hold":{"channels":[{"name":"a","filters":["1","2","3","4","5","6"]}]}}"#, "more than 5 filters"),
    (#"{"hold":{"channels":[],"timeout":-1}}"#, "'timeout' must be between 0 and"),
    (#"{"hold":{"channels":[],"timeout":null}}"#, "'timeout' with wrong type"),
    (#"{"hold":{"channels":[],"timeout":1e12}}"#, "'timeout' must be between 0 and"),
    (#"{"hold":{"channels":[],"timeout":[]}}"#, "'timeout' with wrong type"),
    (#"{"hold":{"channels":[],"timeout":"-5"}}"#, "'timeout' must be between 0 and"),
    (#"{"hold":{"channels":[],"keep-alive":"x"}}"#, "'keep-alive' with wrong type"),
    (#"{"hold":{"channels":[],"keep-alive":{}}}"#, "keep-alive: object does not contain 'content'"),
    (#"{"hold":{"channels":[],"keep-alive":{"content":""}}}"#, "the content is empty"),
    (#"{"hold":{"channels":[],"keep-alive":{"content-bin":"?"}}}"#, "'content-bin' is not base64"),
    (#"{"hold":{"channels":[],"keep-alive":{"content":"x","mode":"often"}}}"#, "'mode' must be idle or interval"),
    (#"{"hold":{"channels":[],"keep-alive":{"content":"x","timeout":-1}}}"#, "'timeout' must be between"),
    (#"{"hold":{"channels":[],"meta":{"a":1}}}"#, "'meta' with wrong type"),
    (#"{"hold":{"channels":[],"meta":[]}}"#, "'meta' with wrong type"),
    (#"{"response":[]}"#, "'response' with wrong type"),
    (#"{"response":{"code":1000,"body":""}}"#, "'code' must be between 0 and 999"),
    (#"{"response":{"code":-1,"body":""}}"#, "'code' must be between 0 and 999"),
    (#"{"response":{"code":null,"body":""}}"#, "'code' with wrong type"),
    (#"{"response":{"reason":1,"body":""}}"#, "'reason' with wrong type"),
    (#"{"response":{"reason":"a\r\nX: y","body":""}}"#, "'reason' holds a control character"),
    (#"{"response":{"body":1}}"#, "'body' with wrong type"),
    (#"{"response":{"body-bin":"A"}}"#, "'body-bin' is not base64"),
    (#"{"response":{"headers":"x","body":""}}"#, "'headers' with wrong type"),
    (#"{"response":{"headers":{"X":1},"body":""}}"#, "'headers' with wrong type"),
    (#"{"response":{"headers":[["X"]],"body":""}}"#, "'headers' with wrong type"),
    (#"{"response":{"headers":[["X","y","z"]],"body":""}}"#, "'headers' with wrong type"),
    (#"{"response":{"headers":{"X Y":"1"},"body":""}}"#, "a header's name is not a token"),
    (#"{"response":{"headers":{"":"1"},"body":""}}"#, "a header's name is not a token"),
    (
      #"{"response":{"headers":{"X":"a\r\nSet-Cookie: x"},"body":""}}"#,
      "the value of header 'X' holds a control character"
    ),
    (#"{"response":{"headers":{"X":"a\u0000"},"body":""}}"#, "the value of header 'X' holds a control character"),
  ])
  func `a wrong document is refused with words`(json: String, text: String) {
    let error = #expect(throws: GRIPDecodingError.self) { try document(json) }
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
  }

  @Test func `a document must come with 200`() {
    #expect(throws: GRIPDecodingError("an instruction document must come with status 200")) {
      try document(#"{"response":{"body":""}}"#, status: 404)
    }
  }

  @Test func `a document that is too large is told as such`() {
    #expect(throws: GRIPDecodingError("the instruction is larger than 100000 bytes")) {
      try document("{\"response\":{\"body\":\"" + String(repeating: "x", count: 100_000) + "\"}}")
    }
  }

  @Test func `a JSON bomb is refused`() {
    for text in [
      String(repeating: "[", count: 10_000), #"{"hold":{"channels":["# + String(repeating: "{},", count: 60_000),
      #"{"hold":{"channels":["# + repeatElement(#"{"name":"a"}"#, count: 5000).joined(separator: ",") + "]}}",
      "{\"a\":\"" + String(repeating: "x", count: 100_000) + "\"}",
    ] {
      #expect(throws: GRIPDecodingError.self) { try document(text) }
    }
  }
}
