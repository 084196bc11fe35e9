import CExpat
import XMPP

/// What it costs to read and to print stanzas, beside expat alone: `Benchmarks/stanzas.sh`.
@main enum StanzaBench {
  static func main() throws {
    // First, while there is no memory about that was used before.
    try memory()
    let sample = Sample()
    print("\(sample.count) stanzas, \(sample.bytes.count) bytes, in pieces of 16 KiB; CPU time, best of 5\n")
    let pieces = sample.pieces(of: 16384)
    var report = Report(stanzas: sample.count, bytes: sample.bytes.count)
    report.measure("expat alone: namespaces, handlers that do nothing", isBase: true) { ExpatAlone.read(pieces) }
    try report.measure("XMLStreamParser: elements") { try read(pieces) { _ in } }
    try report.measure("and stanzas of them, with prepared addresses") {
      try read(pieces) { element in if element.name != "features" { _ = try Stanza(element) } }
    }
    let elements = try sample.elements()
    let stanzas = try elements.map { try Stanza($0) }
    var bytes: [UInt8] = []
    report.measure("printing elements") {
      bytes.removeAll(keepingCapacity: true)
      for element in elements { element.serialize(into: &bytes, parentNamespace: XMPPNamespace.client) }
    }
    report.measure("printing stanzas") {
      bytes.removeAll(keepingCapacity: true)
      for stanza in stanzas { stanza.serialize(into: &bytes) }
    }
    try fanOut(stanzas)
  }

  private static func read(_ pieces: [[UInt8]], _ body: (XMLElement) throws -> Void) throws {
    let parser = try XMLStreamParser()
    for piece in pieces {
      try parser.feed(piece) { event in
        if case .element(let element) = event { try body(element) }
      }
    }
  }

  /// One event to many receivers.
  private static func fanOut(_ stanzas: [Stanza]) throws {
    guard let event = stanzas.first(where: { $0.child("event", PubSub.eventNamespace) != nil }) else { return }
    let receivers = try (0..<1000).map { try JID("listener\($0)@example.com/client") }
    let template = StanzaTemplate(event)
    let size = event.serialized().count
    print("\none event of \(size) bytes to 1,000 receivers")
    var bytes: [UInt8] = []
    let once = Report.best {
      bytes.removeAll(keepingCapacity: true)
      for receiver in receivers { template.serialize(to: receiver, id: "p1", into: &bytes) }
    }
    let whole = Report.best {
      bytes.removeAll(keepingCapacity: true)
      for receiver in receivers {
        var stanza = event
        stanza.to = receiver
        stanza.serialize(into: &bytes)
      }
    }
    print("  printed once, StanzaTemplate: \(Report.rounded(once * 1e6)) ns each")
    print("  printed for each:             \(Report.rounded(whole * 1e6)) ns each")
  }

  /// What a parser costs that waits.
  private static func memory() throws {
    let names = XMLNameTable()
    let header = StreamHeader(namespace: XMPPNamespace.client, id: "1", version: "1.0").opening()
    let before = Memory.privateBytes()
    var parsers: [XMLStreamParser] = []
    for _ in 0..<1000 {
      let parser = try XMLStreamParser(names: names)
      try parser.feed(header + Array("<presence/>".utf8)) { _ in }
      parsers.append(parser)
    }
    let bytes = (Memory.privateBytes() - before) / parsers.count
    print("the parser of an open stream that waits for its next stanza: \(bytes) bytes\n")
  }
}
