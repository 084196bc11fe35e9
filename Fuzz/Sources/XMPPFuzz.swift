import XMPP

/// XML streams: bytes mean the same, however they are cut; what is read is within the limits, and is the same when it is
/// written and read again.
enum StreamFuzz {
  private static let header = StreamHeader(namespace: XMPPNamespace.client).opening()

  static func run(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    let bytes = Array(input.dropFirst())
    let middle = bytes.isEmpty ? 0 : Int(cut) * bytes.count / 256
    // Whole streams, and what comes after a header, which few inputs begin with.
    for start in [[], header] {
      let whole = events([start + bytes])
      precondition(events([start + bytes[..<middle], Array(bytes[middle...])]) == whole, "a cut changes a stream")
      for case .element(let element) in whole.events { check(element) }
    }
  }

  private struct Reading: Equatable {
    var events: [XMLStreamEvent] = []
    var fault: StreamError.Condition?
  }

  private static func events(_ pieces: [[UInt8]]) -> Reading {
    var limits = XMLLimits()
    limits.maxDepth = 16
    limits.maxBytes = 4096
    limits.maxAttributes = 8
    limits.maxElements = 64
    limits.maxChildren = 32
    var reading = Reading()
    guard let parser = try? XMLStreamParser(limits: limits) else { return reading }
    do {
      for piece in pieces { try parser.feed(piece) { reading.events.append($0) } }
    } catch let error as StreamError {
      // Which of two faults is told can depend on the cut; that there is one, and what came before it, can't.
      reading.fault = error.condition == .policyViolation ? .notWellFormed : error.condition
    } catch {
      fatalError("a fault that is none of a stream's: \(error)")
    }
    return reading
  }

  private static func check(_ element: XMLElement) {
    var written: [UInt8] = []
    element.serialize(into: &written)
    guard let again = try? XMLElement.parse(written) else {
      fatalError("an element of our own is refused: \(String(decoding: written, as: UTF8.self))")
    }
    precondition(again == element, "another element: \(String(decoding: written, as: UTF8.self))")
    precondition(element.depth <= 16, "deeper than the limit")
  }
}

extension XMLElement {
  fileprivate var depth: Int { 1 + (elements.map(\.depth).max() ?? 0) }
}

/// Stanzas and what is in them: no reader of an extension fails on any element, and what it reads is the same when it is
/// written and read again.
enum StanzaFuzz {
  static func run(_ input: [UInt8]) {
    guard let element = try? XMLElement.parse(input) else { return }
    var elements: [XMLElement] = []
    collect(element, into: &elements)
    for element in elements.prefix(100) { readExtensions(element) }
    guard let stanza = try? Stanza(element) else {
      _ = Stanza.answer(to: element, with: StanzaError(.badRequest))
      return
    }
    for namespace in [XMPPNamespace.client, XMPPNamespace.component] {
      precondition((try? Stanza(stanza.element(in: namespace))) == stanza, "another stanza in \(namespace)")
      var events: [XMLStreamEvent] = []
      let stream = StreamHeader(namespace: namespace).opening() + stanza.serialized(namespace: namespace)
      guard let parser = try? XMLStreamParser(), (try? parser.feed(stream) { events.append($0) }) != nil,
        case .element(let read) = events.last
      else { fatalError("a stanza of our own is refused") }
      precondition((try? Stanza(read)) == stanza, "another stanza over \(namespace)")
    }
    if let error = StanzaError(stanza: stanza) {
      precondition(StanzaError(error.element) == error, "another error")
      _ = PubSub.Problem(error).map { PubSub.Problem($0.error()) }
    }
    _ = try? ArchiveResult(stanza)
    _ = Ping.answer(to: stanza)
    _ = StanzaID.origin(of: stanza)
  }

  private static func collect(_ element: XMLElement, into elements: inout [XMLElement]) {
    elements.append(element)
    for child in element.elements { collect(child, into: &elements) }
  }

  /// Reads, writes and reads again.
  private static func twice<Value: Equatable>(_ element: XMLElement, _ read: (XMLElement) throws -> Value?) {
    guard let value = try? read(element) else { return }
    guard let written = write(value) else { return }
    precondition((try? read(written)) == value, "another \(Value.self): \(written.serialized())")
  }

  private static func write(_ value: Any) -> XMLElement? {
    switch value {
    case let value as DataForm: value.element
    case let value as DiscoInfo: value.element
    case let value as DiscoItems: value.element
    case let value as EntityCapabilities: value.element
    case let value as ResultSet: value.element
    case let value as ResultSet.Request: value.element
    case let value as Registration: value.element
    case let value as Search: value.element
    case let value as SoftwareVersion: value.element
    case let value as StreamManagement: value.element
    case let value as StreamFeatures: value.element
    case let value as StreamError: value.element
    case let value as ResourceBinding: value.element
    case let value as SASLMessage: value.element
    case let value as Delay: value.element
    case let value as Forwarded: value.element
    case let value as StanzaID: value.element
    case let value as ArchiveQuery: value.element
    case let value as ArchiveEnd: value.element
    case let value as Roster: value.element
    case let value as VCard: value.element
    case let value as MicroblogEntry: value.element
    case let value as ComponentHandshake: value.element
    default: nil
    }
  }

  private static func readExtensions(_ element: XMLElement) {
    twice(element) { try DataForm($0) }
    twice(element) { try DiscoInfo($0) }
    twice(element) { try DiscoItems($0) }
    twice(element) { EntityCapabilities($0) }
    twice(element) { try ResultSet.Request($0) }
    twice(element) { ResultSet($0) }
    twice(element) { try Registration($0) }
    twice(element) { try Search($0) }
    twice(element) { try SoftwareVersion($0) }
    twice(element) { try StreamManagement($0) }
    twice(element) { StreamFeatures($0) }
    twice(element) { StreamError($0) }
    twice(element) { try ResourceBinding($0) }
    twice(element) { try SASLMessage($0) }
    twice(element) { Delay($0) }
    twice(element) { try Forwarded($0) }
    twice(element) { StanzaID($0) }
    twice(element) { try ArchiveQuery($0) }
    twice(element) { try ArchiveEnd($0) }
    twice(element) { try Roster($0) }
    twice(element) { try VCard($0) }
    twice(element) { try MicroblogEntry($0) }
    twice(element) { ComponentHandshake($0) }
    _ = try? PrivateStorage(element, isQuestion: true)
    _ = StartTLS(element)
    if let jid = try? JID(element.text) {
      precondition((try? JID(jid.description))?.description == jid.description, "an address is not stable: \(jid)")
    }
  }
}
