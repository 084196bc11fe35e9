import Testing
import XMPP

@Suite("RFC 6120 §4, §11 streams") struct XMLStreamParserTests {
  private static let header =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    + "to='example.com' id='a1' version='1.0' xml:lang='en'>"
  private static let stream =
    header
    + "\n <message to='juliet@example.com' type='chat'><body>Wherefore &amp; <![CDATA[<art>]]> th\u{F6}u\r\n?</body>"
    + "</message> <iq id='1' type='get'><query xmlns='urn:q' a='\u{1F600}&lt;'/></iq>\t"
    + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features></stream:stream>"

  private func read(
    _ pieces: [[UInt8]], limits: XMLLimits = XMLLimits(), names: XMLNameTable = XMLNameTable()
  ) throws -> [XMLStreamEvent] {
    let parser = try XMLStreamParser(limits: limits, names: names)
    var events: [XMLStreamEvent] = []
    for piece in pieces { try parser.feed(piece) { events.append($0) } }
    return events
  }

  private func fault(_ text: String, limits: XMLLimits = XMLLimits()) -> StreamError? {
    var whole: StreamError?
    do { _ = try read([Array(text.utf8)], limits: limits) } catch { whole = error as? StreamError }
    var single: StreamError?
    do { _ = try read(text.utf8.map { [$0] }, limits: limits) } catch { single = error as? StreamError }
    #expect(whole?.condition == single?.condition, "in one piece and byte by byte: \(text.prefix(200))")
    return whole
  }

  @Test func `a header, stanzas and the end are events`() throws {
    let events = try read([Array(Self.stream.utf8)])
    #expect(
      events == [
        .opened(
          StreamHeader(
            namespace: "jabber:client", to: try JID("example.com"), id: "a1", version: "1.0", language: "en")),
        .element(
          XMLElement(
            "message", namespace: "jabber:client", attributes: ["to": "juliet@example.com", "type": "chat"],
            children: [
              .element(XMLElement("body", namespace: "jabber:client", text: "Wherefore & <art> th\u{F6}u\n?"))
            ])),
        .element(
          XMLElement(
            "iq", namespace: "jabber:client", attributes: ["id": "1", "type": "get"],
            children: [.element(XMLElement("query", namespace: "urn:q", attributes: ["a": "\u{1F600}<"]))])),
        .element(
          XMLElement(
            "features", namespace: "http://etherx.jabber.org/streams",
            children: [.element(XMLElement("starttls", namespace: "urn:ietf:params:xml:ns:xmpp-tls"))])),
        .closed,
      ])
  }

  @Test func `a stream split at every byte gives the same events`() throws {
    let bytes = Array(Self.stream.utf8)
    let names = XMLNameTable()
    let whole = try read([bytes])
    for split in 0...bytes.count {
      #expect(try read([Array(bytes[..<split]), Array(bytes[split...])], names: names) == whole, "split at \(split)")
    }
    #expect(try read(bytes.map { [$0] }, names: names) == whole)
  }

  @Test func `a stanza is there with its last byte`() throws {
    let parser = try XMLStreamParser()
    var count = 0
    for byte in (Self.header + "<presence/>").utf8.dropLast() { try parser.feed([byte]) { _ in count += 1 } }
    #expect(count == 1)
    try parser.feed([UInt8(ascii: ">")]) { _ in count += 1 }
    #expect(count == 2)
  }

  @Test(arguments: [
    ("jabber:client", "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"),
    ("jabber:server", "<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' to=''>"),
    (
      "jabber:component:accept",
      "<stream xmlns='http://etherx.jabber.org/streams' xmlns:c='jabber:component:accept' xmlns:db='urn:x'>"
    ),
  ])
  func `the namespace of stanzas is that of the header`(namespace: String, text: String) throws {
    #expect(try read([Array(text.utf8)]) == [.opened(StreamHeader(namespace: namespace))])
  }

  @Test func `a header reads back as it was written`() throws {
    for namespace in ["jabber:client", "jabber:server", "jabber:component:accept"] {
      let header = StreamHeader(
        namespace: namespace, to: try JID("b\u{FC}cher.example"), from: try JID("romeo@example.com/a\"<&"), id: "<&'\"",
        version: "1.0", language: "de")
      #expect(try read([header.opening() + StreamHeader.closing]) == [.opened(header), .closed])
    }
  }

  @Test(
    arguments: [
      ("<stream xmlns='jabber:client'>", .invalidNamespace),
      ("<stream:stream xmlns='urn:x' xmlns:stream='http://etherx.jabber.org/streams'>", .invalidNamespace),
      ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", .invalidNamespace),
      ("<stream:flow xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>", .badFormat),
      (
        "<stream:stream to='@' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        .improperAddressing
      ),
      ("<stream:stream xmlns='jabber:client'>", .notWellFormed), ("\u{0}", .unsupportedEncoding),
      ("hello", .notWellFormed),
      ("GET / HTTP/1.1\r\n", .notWellFormed), ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", .unsupportedEncoding),
      ("<!DOCTYPE stream>" + header, .restrictedXML), ("<!-- c -->", .restrictedXML), ("<?php x?>", .restrictedXML),
      ("<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;</l>", .restrictedXML),
      (header + "<!-- c -->", .restrictedXML), (header + "<a><?pi x?></a>", .restrictedXML),
      (header + "<a>&nbsp;</a>", .restrictedXML), (header + "<a b='&x;'/>", .restrictedXML),
      (header + "<!DOCTYPE a>", .notWellFormed), (header + "<a></b>", .notWellFormed),
      (header + "<x:a/>", .notWellFormed),
      (header + "<a>\u{0}</a>", .notWellFormed), (header + "<a>\u{FFFF}</a>", .notWellFormed),
      (header + "<a b='1' b='2'/>", .notWellFormed), (header + "text", .notWellFormed),
      (header + "<a/>&lt;", .notWellFormed), (header + "<![CDATA[x]]>", .notWellFormed),
      (header + "</stream:stream><a/>", .notWellFormed), (header + "<?xml version='1.0'?>", .notWellFormed),
    ] as [(String, StreamError.Condition)])
  func `what is no stream is refused by the RFC's word`(text: String, condition: StreamError.Condition) {
    #expect(fault(text)?.condition == condition, "\(text)")
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0x80], [0xC3, 0x28], [0xE2, 0x82, 0x28], [0xF0, 0x9F, 0x98, 0x3C],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are an unsupported encoding`(bytes: [UInt8]) {
    for (head, tail) in [("<a>", "</a>"), ("<a b='", "'/>")] {
      let stream = Array((Self.header + head).utf8) + bytes + Array(tail.utf8)
      for pieces in [[stream], stream.map { [$0] }] {
        let error = #expect(throws: StreamError.self) { try read(pieces) }
        #expect(error?.condition == .unsupportedEncoding, "\(bytes)")
      }
    }
  }

  @Test func `UTF-16 is an unsupported encoding`() {
    for pieces in [[[0xFF, 0xFE, 0x3C, 0]], [[0x3C], [0]], [[0xFE], [0xFF]], [[0, 0x3C]]] as [[[UInt8]]] {
      let error = #expect(throws: StreamError.self) { try read(pieces) }
      #expect(error?.condition == .unsupportedEncoding)
    }
  }

  @Test func `what came before a fault is handed out, and the fault again for whatever follows`() throws {
    let parser = try XMLStreamParser()
    var events = 0
    let error = #expect(throws: StreamError.self) {
      try parser.feed(Array((Self.header + "<a/><b/><c></d><e/>").utf8)) { _ in events += 1 }
    }
    #expect(events == 3)
    #expect(throws: try #require(error)) { try parser.feed(Array("<f/>".utf8)) { _ in events += 1 } }
    #expect(events == 3)
  }

  @Test func `a reset begins a new stream, and forgets what was not handed out`() throws {
    let parser = try XMLStreamParser()
    var events: [XMLStreamEvent] = []
    let proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    try parser.feed(Array((Self.header + proceed + "<injected/></wrong>").utf8)) { event in
      events.append(event)
      if case .element = event { parser.reset() }
    }
    #expect(events.count == 2)
    try parser.feed(Array(Self.stream.utf8)) { events.append($0) }
    #expect(events.count == 7)
    #expect(events.last == .closed)
  }

  @Test func `what the receiver throws ends the reading`() throws {
    struct Stop: Error {}
    let parser = try XMLStreamParser()
    var count = 0
    #expect(throws: Stop.self) {
      try parser.feed(Array(Self.stream.utf8)) { _ in
        count += 1
        if count == 2 { throw Stop() }
      }
    }
    #expect(count == 2)
  }
}
