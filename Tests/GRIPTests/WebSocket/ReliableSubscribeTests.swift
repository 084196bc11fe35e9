import GRIP
import Testing

@Suite("Control message subscribe: prev-id and ids")
struct ReliableSubscribeTests {
  @Test(arguments: [
    (#"{"type":"subscribe","channel":"a","prev-id":"7"}"#, GRIPControlMessage.subscribe(channel: "a", previousID: "7")),
    (#"{"type":"subscribe","channel":"a","prev-id":""}"#, .subscribe(channel: "a", previousID: "")),
    (#"{"type":"subscribe","channel":"a","ids":true}"#, .subscribe(channel: "a", positionPrefix: "id:")),
    (#"{"type":"subscribe","channel":"a","ids":false}"#, .subscribe(channel: "a")),
    (
      #"{"type":"subscribe","channel":"a","filters":["f"],"prev-id":"7","ids":"@"}"#,
      .subscribe(channel: "a", filters: ["f"], previousID: "7", positionPrefix: "@")
    ),
  ]) func `are read, and written so that they are read again`(json: String, message: GRIPControlMessage) throws {
    #expect(try GRIPControlMessage.decode(json.utf8) == message)
    #expect(try GRIPControlMessage.decode(try message.encoded().dropFirst(2).utf8) == message)
  }

  @Test(arguments: [
    #"{"type":"subscribe","channel":"a","prev-id":7}"#, #"{"type":"subscribe","channel":"a","ids":7}"#,
    #"{"type":"subscribe","channel":"a","ids":""}"#, #"{"type":"subscribe","channel":"a","prev-id":"\u0001"}"#,
  ]) func `are refused where they are something else`(json: String) {
    #expect(throws: GRIPControlMessageError.self) { try GRIPControlMessage.decode(json.utf8) }
  }

  @Test func `a position prefix is not empty and not too long`() {
    #expect(throws: GRIPEncodingError.self) {
      try GRIPControlMessage.subscribe(channel: "a", positionPrefix: "").encoded()
    }
    #expect(throws: GRIPEncodingError.self) {
      try GRIPControlMessage.subscribe(channel: "a", positionPrefix: String(repeating: "x", count: 257)).encoded()
    }
  }
}
