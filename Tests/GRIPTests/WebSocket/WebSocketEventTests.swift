import GRIP
import Testing

@Suite("WebSocket events over HTTP")
struct WebSocketEventTests {
  private static func decode(
    _ body: String, _ reading: GRIPWebSocketEvent.Reading = .strict
  ) throws -> [GRIPWebSocketEvent] {
    try GRIPWebSocketEvent.decode(body.utf8, reading: reading)
  }

  @Test(arguments: [
    ("OPEN\r\n", [GRIPWebSocketEvent.open]), ("OPEN 0\r\n\r\n", [.open]), ("", []),
    ("TEXT 5\r\nhello\r\n", [.text("hello")]), ("TEXT\r\n", [.text("")]), ("TEXT 0\r\n\r\n", [.text("")]),
    ("BINARY 3\r\n\0\r\n\r\n", [.binary([0, 13, 10])]), ("BINARY\r\n", [.binary([])]),
    ("TEXT A\r\n0123456789\r\nTEXT a\r\n0123456789\r\n", [.text("0123456789"), .text("0123456789")]),
    ("TEXT 0000000002\r\nhi\r\n", [.text("hi")]),
    ("PING\r\nPONG 1\r\nx\r\nPING 0\r\n\r\n", [.ping([]), .pong([0x78]), .ping([])]),
    ("CLOSE\r\n", [.close(code: nil, reason: "")]), ("CLOSE 1\r\nx\r\n", [.close(code: nil, reason: "")]),
    ("CLOSE 2\r\n\0\0\r\n", [.close(code: nil, reason: "")]),
    ("CLOSE 5\r\n\0\0bye\r\n", [.close(code: 1000, reason: "bye")]),
    ("DISCONNECT\r\n", [.disconnect]),
    ("LATER 3\r\nabc\r\nX-1_\r\nTEXT 2\r\nhi\r\n", [.text("hi")]),
    ("CLOSE\r\nno event at all", [.close(code: nil, reason: "")]),
    ("DISCONNECT\r\nTEXT 1\r\na\r\n", [.disconnect]),
    ("TEXT 2\r\né\r\n", [.text("é")]),
  ])
  func `a body is read`(body: String, events: [GRIPWebSocketEvent]) throws {
    #expect(try Self.decode(body) == events)
    #expect(try Self.decode(body, .lenient) == events)
  }

  @Test func `a close has its code in two bytes`() throws {
    let body = Array("CLOSE 5\r\n".utf8) + [0x03, 0xE8] + Array("bye\r\n".utf8)
    #expect(try GRIPWebSocketEvent.decode(body) == [.close(code: 1000, reason: "bye")])
    #expect(try GRIPWebSocketEvent.encode([.close(code: 1000, reason: "bye")]) == body)
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
      let body = Array("CLOSE 2\r\n".utf8) + [UInt8(code >> 8), UInt8(code & 255)] + Array("\r\n".utf8)
      #expect(try GRIPWebSocketEvent.decode(body) == [.close(code: nil, reason: "")], "\(code)")
      #expect(throws: GRIPEncodingError.self) { try GRIPWebSocketEvent.encode([.close(code: code, reason: "")]) }
    }
  }

  @Test(arguments: [
    ("OPEN", 0), ("OPEN\n", 0), ("OPEN\r", 0), ("open\r\n", 0), ("\r\n", 0), (" 1\r\na\r\n", 0), ("TÉXT\r\n", 0),
    ("TEXT \r\n\r\n", 5), ("TEXT 1zz\r\na\r\n", 6), ("TEXT 0x1\r\na\r\n", 6), ("TEXT -1\r\na\r\n", 5),
    ("TEXT +1\r\na\r\n", 5), ("TEXT  1\r\na\r\n", 5), ("TEXT 1 \r\na\r\n", 6), ("TEXT 5\r\nabc\r\nX", 13),
    ("TEXT 9\r\nabc\r\n", 8), ("TEXT ffffffffffffffffffffffffffffffffffff\r\na\r\n", 43),
    ("TEXT 7fffffffffffffff\r\na\r\n", 23), ("TEXT 1\r\nab\r\n", 9), ("TEXT 2\r\nab", 10), ("TEXT 2\r\nab\r", 10),
    ("TEXT 1\r\na\n\r", 9), ("OPEN 1\r\na\r\n", 8), ("DISCONNECT 1\r\na\r\n", 14),
    ("TEXT 1\r\né\r\n", 9), ("PING\r\nTEXT 1\r\n", 14),
  ])
  func `a malformed body is refused at its place`(body: String, offset: Int) {
    #expect {
      try Self.decode(body)
    } throws: { error in
      (error as? GRIPWebSocketEventError)?.offset == offset
    }
  }

  @Test func `what is not UTF-8 is refused at the byte`() {
    for (body, offset) in [
      (Array("TEXT 3\r\na".utf8) + [0xFF, 0x61, 13, 10], 9), (Array("TEXT 1\r\n".utf8) + [0xC3, 13, 10], 8),
      (Array("CLOSE 3\r\n".utf8) + [3, 0xE8, 0x80, 13, 10], 11),
    ] {
      #expect {
        try GRIPWebSocketEvent.decode(body)
      } throws: { error in
        (error as? GRIPWebSocketEventError)?.offset == offset
      }
    }
  }

  @Test(arguments: [
    ("TEXT 9\r\nabc", [GRIPWebSocketEvent.text("abc")]), ("TEXT 3\r\nabc", [.text("abc")]),
    ("TEXT 3\r\nabc\r", [.text("abc")]), ("TEXT ffffffffffffffffffffff\r\na", [.text("a")]),
    ("OPEN 1\r\na\r\nTEXT 1\r\nb\r\n", [.open, .text("b")]), ("lower\r\n\r\nTEXT 1\r\nb\r\n", [.text("b")]),
  ])
  func `an origin's body may be cut short, as with Pushpin`(body: String, events: [GRIPWebSocketEvent]) throws {
    #expect(try Self.decode(body, .lenient) == events)
    #expect(throws: GRIPWebSocketEventError.self) { try Self.decode(body) }
  }

  @Test(arguments: ["TEXT", "TEXT\n", "TEXT g\r\n", "TEXT 1\r\nabc\r\n", "TEXT \r\n"])
  func `a lenient reader needs line ends and lengths too`(body: String) {
    #expect(throws: GRIPWebSocketEventError.self) { try Self.decode(body, .lenient) }
  }

  @Test func `a body cut anywhere between events is refused, or read lenient up to there`() throws {
    let events: [GRIPWebSocketEvent] = [
      .open, .text("hé"), .binary([0, 255, 13, 10]), .ping([1]), .pong([]), .text(""),
      .close(code: 4000, reason: "end"),
    ]
    let body = try GRIPWebSocketEvent.encode(events, emptyMessage: .counted)
    var ends: Set = [0]
    for count in 1...events.count {
      ends.insert(try GRIPWebSocketEvent.encode(events.prefix(count), emptyMessage: .counted).count)
    }
    for length in 0..<body.count {
      let cut = body.prefix(length)
      let read = try? GRIPWebSocketEvent.decode(cut)
      #expect((read != nil) == ends.contains(length), "\(length)")
      if let read { #expect(read == Array(events.prefix(read.count))) }
      if let lenient = try? GRIPWebSocketEvent.decode(cut, reading: .lenient), let last = lenient.last {
        #expect(lenient.dropLast() == events.prefix(lenient.count - 1))
        #expect(last.contentBytes <= events[lenient.count - 1].contentBytes)
      }
    }
  }

  @Test(arguments: 0..<200) func `a body is read as it was written`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let events = Self.events(&generator)
    for form in [GRIPWebSocketEvent.EmptyMessage.bare, .counted] {
      let body = try GRIPWebSocketEvent.encode(events, emptyMessage: form)
      #expect(try GRIPWebSocketEvent.decode(body) == events)
      #expect(try GRIPWebSocketEvent.decode(body, reading: .lenient) == events)
      #expect(try GRIPWebSocketEvent.decode(AnySequence(body)) == events)
    }
    var tampered = try GRIPWebSocketEvent.encode(events)
    for _ in 0..<20 where !tampered.isEmpty {
      tampered[Int.random(in: 0..<tampered.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      for reading in [GRIPWebSocketEvent.Reading.strict, .lenient] {
        guard let read = try? GRIPWebSocketEvent.decode(tampered, reading: reading) else { continue }
        #expect(try GRIPWebSocketEvent.decode(GRIPWebSocketEvent.encode(read)) == read)
      }
    }
  }

  @Test func `an empty message has two spellings, an empty ping one`() throws {
    let events: [GRIPWebSocketEvent] = [.text(""), .binary([]), .ping([]), .pong([]), .close(code: nil, reason: "")]
    #expect(
      try GRIPWebSocketEvent.encode(events) == Array("TEXT\r\nBINARY\r\nPING\r\nPONG\r\nCLOSE\r\n".utf8))
    #expect(
      try GRIPWebSocketEvent.encode(events, emptyMessage: .counted)
        == Array("TEXT 0\r\n\r\nBINARY 0\r\n\r\nPING\r\nPONG\r\nCLOSE\r\n".utf8))
    #expect(try GRIPWebSocketEvent.encode([.text("é"), .open]) == Array("TEXT 2\r\né\r\nOPEN\r\n".utf8))
    let long = try GRIPWebSocketEvent.encode([.binary(Array(repeating: 7, count: 65_536))])
    #expect(long.starts(with: Array("BINARY 10000\r\n".utf8)))
    #expect(try GRIPWebSocketEvent.decode(long).map(\.contentBytes) == [65_536])
  }

  @Test(arguments: [
    [GRIPWebSocketEvent.ping(Array(repeating: 0, count: 126))], [.pong(Array(repeating: 0, count: 126))],
    [.close(code: nil, reason: "x")], [.close(code: 1000, reason: String(repeating: "x", count: 124))],
    [.disconnect, .text("a")], [.close(code: 1000, reason: ""), .disconnect],
  ])
  func `what no frame can carry is neither written nor read`(events: [GRIPWebSocketEvent]) {
    #expect(throws: GRIPEncodingError.self) { try GRIPWebSocketEvent.encode(events) }
  }

  @Test func `long pings and reasons are refused when read`() throws {
    for type in ["PING", "PONG"] {
      #expect(try Self.decode("\(type) 7d\r\n\(String(repeating: "x", count: 125))\r\n").count == 1)
      #expect(throws: GRIPWebSocketEventError.self) {
        try Self.decode("\(type) 7e\r\n\(String(repeating: "x", count: 126))\r\n")
      }
    }
    #expect(throws: GRIPWebSocketEventError.self) {
      try Self.decode("CLOSE 7e\r\n\(String(repeating: "\u{10}", count: 126))\r\n")
    }
  }

  @Test func `limits are the caller's, and said to be limits`() throws {
    var limits = GRIPLimits()
    limits.webSocketEvents = 2
    limits.webSocketEventsBytes = 12
    #expect(try GRIPWebSocketEvent.decode("PING\r\nPING\r\n".utf8, limits: limits).count == 2)
    for body in ["X\r\nX\r\nX\r\n", "TEXT 5\r\nhello\r\n"] {
      #expect {
        try GRIPWebSocketEvent.decode(body.utf8, limits: limits)
      } throws: { error in
        (error as? GRIPWebSocketEventError)?.isTooLarge == true
      }
    }
  }

  /// Random events, at most one that ends the connection, at the end.
  private static func events(_ generator: inout Generator) -> [GRIPWebSocketEvent] {
    var events: [GRIPWebSocketEvent] = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
      switch Int.random(in: 0...4, using: &generator) {
      case 0: .open
      case 1: .text(generator.text(40, from: "aé😀\r\n 0"))
      case 2: .binary(generator.bytes(300))
      case 3: .ping(generator.bytes(125))
      default: .pong(generator.bytes(125))
      }
    }
    switch Int.random(in: 0...3, using: &generator) {
    case 0: events.append(.disconnect)
    case 1: events.append(.close(code: nil, reason: ""))
    case 2: events.append(.close(code: [1000, 1011, 3000, 4999].randomElement(using: &generator), reason: ""))
    default: break
    }
    return events
  }
}
