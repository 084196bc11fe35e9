// Implements: RFC 6120 §11 · XML usage · complete

/// What a peer sent.
public enum XMLStreamEvent: Sendable, Hashable {
  /// It opened its half of the stream.
  case opened(StreamHeader)
  /// A stanza, or another element at that place: features, negotiation, an error.
  case element(XMLElement)
  /// It closed its half of the stream.
  case closed
}

/// Reads one half of a stream, in whatever pieces it comes.
///
/// Everything is bounded while it is read, by ``XMLLimits`` for each stanza. Memory is that of expat and of one unfinished
/// stanza.
///
/// **Isolation**: one owner; not thread-safe.
public final class XMLStreamParser {
  private let reader: ExpatReader
  private var generation = 0
  private var failure: StreamError?

  /// A parser for one stream. Parsers of one event loop may share a table of names.
  public init(limits: XMLLimits = XMLLimits(), names: XMLNameTable = XMLNameTable()) throws(XMLError) {
    reader = try ExpatReader(.stream, limits: limits, names: names)
  }

  /// Reads the next bytes and hands out what is whole, in order.
  ///
  /// `body` may ``reset()`` the parser: the rest of `bytes` is then forgotten.
  ///
  /// **Errors**: ``StreamError`` with what the peer is told, after the events before it; the same again for what is fed
  /// afterwards. What `body` throws ends the reading of these bytes.
  public func feed(_ bytes: UnsafeRawBufferPointer, _ body: (XMLStreamEvent) throws -> Void) throws {
    if let failure { throw failure }
    var failure: StreamError?
    do throws(XMLError) {
      try reader.read(bytes)
    } catch {
      failure = StreamError(error.streamCondition, text: error.description)
    }
    let generation = generation
    for event in reader.takeEvents() {
      switch event {
      case .opened(let element, let declarations):
        let header = try self.header(element, declarations)
        try body(.opened(header))
      case .tree(let element): try body(.element(element))
      case .closed: try body(.closed)
      }
      if self.generation != generation { return }
    }
    if let failure {
      self.failure = failure
      throw failure
    }
  }

  private func header(_ element: XMLElement, _ declarations: [String: String]) throws(StreamError) -> StreamHeader {
    do throws(StreamError) {
      return try StreamHeader(element, declarations: declarations)
    } catch {
      failure = error
      throw error
    }
  }

  /// Reads the next bytes; see ``feed(_:_:)``.
  public func feed(_ bytes: [UInt8], _ body: (XMLStreamEvent) throws -> Void) throws {
    try bytes.withUnsafeBytes { try feed($0, body) }
  }

  /// Begins anew: the next bytes are those of a new stream, as after STARTTLS and SASL (RFC 6120 §4.3.3).
  ///
  /// What was not handed out is forgotten: nothing that came before TLS counts as if it had come within (CVE-2011-0411).
  public func reset() {
    reader.reset()
    generation += 1
    failure = nil
  }
}

@available(*, unavailable)
extension XMLStreamParser: Sendable {}
