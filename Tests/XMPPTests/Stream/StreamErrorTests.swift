import Testing
import XMPP

@Suite("RFC 6120 §4.9 stream errors") struct StreamErrorTests {
  @Test(arguments: StreamError.Condition.allCases)
  func `an error reads back as it was written`(condition: StreamError.Condition) throws {
    let error = StreamError(
      condition, text: "<why>", otherHost: condition == .seeOtherHost ? "[2001:db8::1]:9222" : nil,
      application: XMLElement("escape", namespace: "urn:app"))
    #expect(StreamError(error.element) == error)
    let header = StreamHeader(namespace: "jabber:server").opening()
    var read: [StreamError?] = []
    try XMLStreamParser().feed(header + error.serialized()) { event in
      if case .element(let element) = event { read.append(StreamError(element)) }
    }
    #expect(read == [error])
    #expect(StreamError(StreamError(condition).element) == StreamError(condition))
  }

  @Test func `an unknown condition is undefined, an old name is understood`() {
    func error(_ name: String) -> StreamError? {
      StreamError(
        XMLElement(
          "error", namespace: "http://etherx.jabber.org/streams",
          children: [.element(XMLElement(name, namespace: "urn:ietf:params:xml:ns:xmpp-streams"))]))
    }
    #expect(error("no-such-condition") == StreamError(.undefinedCondition))
    #expect(error("xml-not-well-formed") == StreamError(.notWellFormed))
    #expect(StreamError(XMLElement("error", namespace: "jabber:client")) == nil)
    #expect(StreamError(XMLElement("features", namespace: "http://etherx.jabber.org/streams")) == nil)
  }

  @Test func `what is logged says what is wrong`() {
    #expect(
      StreamError(.seeOtherHost, text: "moved", otherHost: "b.example").description
        == "see-other-host: b.example: moved")
  }
}
