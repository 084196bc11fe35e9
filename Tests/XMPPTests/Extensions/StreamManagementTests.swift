import Testing
import XMPP

@Suite("XEP-0198 stream management") struct StreamManagementTests {
  private static let namespace = "urn:xmpp:sm:3"

  @Test(
    arguments: [
      ("<enable xmlns='urn:xmpp:sm:3'/>", .enable(resume: false, max: nil)),
      ("<enable xmlns='urn:xmpp:sm:3' resume='true' max='60'/>", .enable(resume: true, max: 60)),
      ("<enable xmlns='urn:xmpp:sm:3' resume='1'/>", .enable(resume: true, max: nil)),
      ("<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true' max='300'/>", .enabled(id: "x", max: 300, location: nil)),
      (
        "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='1' location='[2001:41D0::1]:9222'/>",
        .enabled(id: "x", max: nil, location: "[2001:41D0::1]:9222")
      ),
      ("<enabled xmlns='urn:xmpp:sm:3' id='x'/>", .enabled(id: nil, max: nil, location: nil)),
      ("<r xmlns='urn:xmpp:sm:3'/>", .request), ("<a xmlns='urn:xmpp:sm:3' h='4294967295'/>", .answer(.max)),
      ("<resume xmlns='urn:xmpp:sm:3' h='3' previd='x'/>", .resume(previous: "x", handled: 3)),
      ("<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>", .resumed(previous: "x", handled: 0)),
      (
        "<failed xmlns='urn:xmpp:sm:3' h='7'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
        .failed(.itemNotFound, handled: 7)
      ),
      ("<failed xmlns='urn:xmpp:sm:3'/>", .failed(.undefinedCondition, handled: nil)),
    ] as [(String, StreamManagement)])
  func `an element is read, and reads back as it is written`(text: String, expected: StreamManagement) throws {
    #expect(try StreamManagement(try element(text)) == expected)
    #expect(try StreamManagement(expected.element) == expected)
  }

  @Test(arguments: [
    "<a xmlns='urn:xmpp:sm:3'/>", "<a xmlns='urn:xmpp:sm:3' h='-1'/>", "<a xmlns='urn:xmpp:sm:3' h='4294967296'/>",
    "<resume xmlns='urn:xmpp:sm:3' h='1'/>", "<resumed xmlns='urn:xmpp:sm:3' previd='x'/>",
    "<resume xmlns='urn:xmpp:sm:3' h='1' previd=''/>", "<other xmlns='urn:xmpp:sm:3'/>",
  ])
  func `what is not of version 3 ends the stream`(text: String) throws {
    let error = try #require(throws: StreamError.self) { try StreamManagement(try element(text)) }
    #expect(error.condition == .badFormat)
    #expect(try StreamManagement(XMLElement("r", namespace: "urn:xmpp:sm:2")) == nil)
  }

  @Test func `what is acknowledged is let go, in order`() throws {
    var counter = StreamCounter<Int>(askEvery: 3)
    #expect(try counter.send(1) == .nothing)
    #expect(try counter.send(2) == .nothing)
    #expect(try counter.send(3) == .ask)
    // Not asked again while the answer is out.
    #expect(try counter.send(4) == .nothing)
    #expect(try counter.send(5) == .nothing)
    #expect(try counter.send(6) == .nothing)
    #expect(try counter.acknowledge(2) == [1, 2])
    #expect(try counter.acknowledge(2) == [])
    #expect(counter.unacknowledged == [3, 4, 5, 6])
    #expect(counter.sent == 6)
    #expect(try counter.send(7) == .ask)
    #expect(try counter.acknowledge(7) == [3, 4, 5, 6, 7])
    #expect(counter.unacknowledgedCount == 0)
  }

  @Test func `more than was sent can't be acknowledged`() throws {
    var counter = StreamCounter<Int>()
    _ = try counter.send(1)
    let error = #expect(throws: StreamError.self) { try counter.acknowledge(2) }
    #expect(error?.condition == .undefinedCondition)
    #expect(
      error?.application
        == XMLElement(
          "handled-count-too-high", namespace: Self.namespace, attributes: ["h": "2", "send-count": "1"]))
    #expect(counter.unacknowledged == [1])
    try counter.acknowledge(1)
    // Fewer than before is as wrong: it would be nearly all numbers more.
    #expect(throws: StreamError.self) { try counter.acknowledge(0) }
  }

  @Test func `a resumed stream sends again what was not got, and only that`() throws {
    var counter = StreamCounter<String>()
    for stanza in ["a", "b", "c", "d"] { _ = try counter.send(stanza) }
    counter.noteHandled()
    #expect(counter.answer == .answer(1))
    #expect(try counter.resume(handledByPeer: 3) == ["d"])
    // Sent again it is still the fourth.
    #expect(counter.sent == 4)
    #expect(try counter.acknowledge(4) == ["d"])
    #expect(try counter.resume(handledByPeer: 4) == [])
  }

  @Test func `what is kept is bounded`() throws {
    var counter = StreamCounter<Int>(maxUnacknowledged: 3)
    for stanza in 0..<3 { _ = try counter.send(stanza) }
    #expect(!counter.hasRoom)
    #expect(throws: StreamCounter<Int>.Overflow.self) { try counter.send(3) }
    try counter.acknowledge(1)
    #expect(counter.hasRoom)
    #expect(counter.unacknowledged == [1, 2])
  }

  @Test func `numbers go round at 2³² in both directions, however many stanzas there were`() throws {
    var counter = StreamCounter<Int>(askEvery: 7)
    var generator = SeededGenerator(seed: 3)
    var expected: [Int] = []
    var next = 0
    var acknowledged: UInt32 = 0
    for _ in 0..<5000 {
      if Bool.random(using: &generator), counter.hasRoom {
        _ = try counter.send(next)
        expected.append(next)
        next += 1
      } else {
        let count = Int.random(in: 0...expected.count, using: &generator)
        acknowledged &+= UInt32(count)
        #expect(try counter.acknowledge(acknowledged) == Array(expected.prefix(count)))
        expected.removeFirst(count)
      }
      if counter.unacknowledged != expected {
        Issue.record("kept \(counter.unacknowledged), expected \(expected)")
        return
      }
    }
    var around = StreamCounter<Int>(beginningAt: .max)
    for stanza in 0..<3 { _ = try around.send(stanza) }
    #expect(around.sent == 2)
    #expect(try around.acknowledge(0) == [0])
    #expect(try around.acknowledge(2) == [1, 2])
    around.noteHandled()
    #expect(around.handled == 0)
  }
}
