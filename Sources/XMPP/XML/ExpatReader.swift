import CExpat

/// What documents and streams have in common: expat, the limits, and what of XML is refused.
///
/// The limits hold while parsing: nothing is built that exceeds them. A document type declaration stops the parser at its
/// first byte, so no entity is ever declared or expanded. Anything but UTF-8 is refused, whatever is declared. What has been
/// read is queued, not handed out from within expat: whoever gets it may do anything with the parser.
///
/// **Isolation**: one owner; not thread-safe.
/// **Spec**: XML 1.0, Namespaces in XML 1.0, restricted as RFC 6120 §11 says.
final class ExpatReader {
  /// What is read.
  enum Shape {
    /// One tree.
    case document
    /// An element that stays open, with trees in it.
    case stream
  }

  /// What has been read.
  enum Event {
    /// The start of a stream: its element, without children, and the namespaces that it declares (prefix to name, the
    /// empty prefix for the default one).
    case opened(XMLElement, declarations: [String: String])
    /// A document, or a child of a stream's element.
    case tree(XMLElement)
    /// The end of a stream.
    case closed
  }

  private let parser: OpaquePointer
  private let shape: Shape
  private let limits: XMLLimits
  private let names: XMLNameTable
  // Only what expat calls, and what calls expat, comes here: nothing else has its hands on it at that time.
  @exclusivity(unchecked) private var builder: XMLTreeBuilder
  @exclusivity(unchecked) private var events: [Event] = []
  @exclusivity(unchecked) private var failure: XMLError?
  private var declarations: [String: String] = [:]
  @exclusivity(unchecked) private var isOpen = false
  private var byteCount = 0
  @exclusivity(unchecked) private var treeStart = 0

  init(_ shape: Shape, limits: XMLLimits, names: XMLNameTable) throws(XMLError) {
    guard let parser = XML_ParserCreateNS("UTF-8", XML_Char(bitPattern: XMLNameTable.separator)) else {
      throw XMLError(kind: .memory, description: "out of memory")
    }
    cexpat_read_at_once(parser)
    self.parser = parser
    self.shape = shape
    self.limits = limits
    self.names = names
    builder = XMLTreeBuilder(limits: limits, whole: shape == .document ? "document" : "stanza")
    installHandlers()
  }

  deinit { XML_ParserFree(parser) }

  /// Begins anew, as if nothing had been read.
  func reset() {
    XML_ParserReset(parser, "UTF-8")
    cexpat_read_at_once(parser)
    builder.reset()
    events.removeAll()
    failure = nil
    declarations = [:]
    isOpen = false
    byteCount = 0
    treeStart = 0
    installHandlers()
  }

  /// Takes what has been read since it was last taken.
  func takeEvents() -> [Event] {
    guard !events.isEmpty else { return [] }
    let taken = events
    events = []
    return taken
  }

  /// Reads the next piece. What was read before a fault is among the events.
  func read(_ bytes: UnsafeRawBufferPointer, isLast: Bool = false) throws(XMLError) {
    if let failure { throw failure }
    try checkEncoding(bytes)
    guard bytes.count <= Int(Int32.max) else { throw fail("a piece is larger than 2 GiB", kind: .limit) }
    byteCount += bytes.count
    if shape == .document, byteCount > limits.maxBytes {
      throw fail("the document is larger than \(limits.maxBytes) bytes", kind: .limit)
    }
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    let status = XML_Parse(
      parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), isLast ? 1 : 0)
    if let failure { throw failure }
    guard status == XML_STATUS_OK else { throw expatFailure() }
    try checkUnfinished()
  }

  /// expat recognises UTF-16 by its first bytes, whatever encoding it was told. And it waits for the end of a word, where
  /// what speaks another protocol can be told at once.
  private func checkEncoding(_ bytes: UnsafeRawBufferPointer) throws(XMLError) {
    guard byteCount < 2 else { return }
    for (index, byte) in bytes.prefix(2 - byteCount).enumerated() {
      let isFirst = byteCount + index == 0
      guard byte != 0, !isFirst || byte < 0xFE else {
        throw fail("the encoding is UTF-8, and there is no NUL in it", kind: .encoding)
      }
      // The first byte of XML; of a byte order mark, 0xEF.
      guard !isFirst || [0x3C, 0x20, 0x09, 0x0A, 0x0D, 0xEF].contains(byte) else {
        throw fail("this does not begin as XML does", kind: .notWellFormed)
      }
    }
  }

  /// What expat keeps of a tag or a reference whose end has not come.
  private func checkUnfinished() throws(XMLError) {
    guard byteCount > 0 else { return }
    let unfinished = byteCount - Int(XML_GetCurrentByteIndex(parser))
    guard unfinished <= limits.maxTagBytes else {
      throw fail("a tag is at most \(limits.maxTagBytes) bytes", kind: .limit)
    }
    if shape == .stream, !isOpen, byteCount > limits.maxTagBytes {
      throw fail("a stream's header is at most \(limits.maxTagBytes) bytes", kind: .limit)
    }
    if shape == .stream, builder.depth > 0, byteCount - treeStart > limits.maxBytes {
      throw fail("a stanza is at most \(limits.maxBytes) bytes", kind: .limit)
    }
  }
}

// MARK: - Faults

extension ExpatReader {
  @discardableResult
  func fail(_ reason: String, kind: XMLError.Kind) -> XMLError {
    if let failure { return failure }
    let line = XML_GetCurrentLineNumber(parser)
    let column = XML_GetCurrentColumnNumber(parser) + 1
    let error = XMLError(kind: kind, description: "\(reason), at line \(line), column \(column)")
    failure = error
    return error
  }

  /// Ends parsing from within a handler.
  private func stop(_ reason: String, kind: XMLError.Kind) {
    guard failure == nil else { return }
    fail(reason, kind: kind)
    XML_StopParser(parser, 0)
  }

  private func expatFailure() -> XMLError {
    let code = XML_GetErrorCode(parser)
    let reason = XML_ErrorString(code).map { String(cString: $0) } ?? "not well-formed"
    switch code {
    case XML_ERROR_NO_MEMORY: return fail(reason, kind: .memory)
    case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING, XML_ERROR_PARTIAL_CHAR:
      return fail(reason, kind: .encoding)
    case XML_ERROR_UNDEFINED_ENTITY, XML_ERROR_BINARY_ENTITY_REF, XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF:
      return fail("an entity that is not one of the five of XML", kind: .restricted)
    case XML_ERROR_INVALID_TOKEN where isAtInvalidUTF8: return fail("bytes that are not UTF-8", kind: .encoding)
    default: return fail(reason, kind: .notWellFormed)
    }
  }

  /// Whether what stopped expat is no UTF-8: it has one code for that and for every other misplaced character.
  private var isAtInvalidUTF8: Bool {
    var offset: Int32 = 0
    var size: Int32 = 0
    guard let context = XML_GetInputContext(parser, &offset, &size), offset >= 0, offset < size else { return false }
    let rest = UnsafeRawBufferPointer(start: context + Int(offset), count: Int(min(size - offset, 4)))
    guard let first = rest.first, first >= 0x80 else { return false }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    return String(validating: rest.prefix(length), as: UTF8.self) == nil
  }
}

// MARK: - Handlers

extension ExpatReader {
  private static func from(_ context: UnsafeMutableRawPointer) -> ExpatReader {
    Unmanaged<ExpatReader>.fromOpaque(context).takeUnretainedValue()
  }

  private func installHandlers() {
    XML_SetElementHandler(
      parser,
      { context, name, attributes in
        guard let context, let name else { return }
        ExpatReader.from(context).started(name, attributes)
      },
      { context, _ in
        guard let context else { return }
        ExpatReader.from(context).ended()
      })
    XML_SetCharacterDataHandler(parser) { context, text, count in
      guard let context, let text, count > 0 else { return }
      ExpatReader.from(context).found(UnsafeRawBufferPointer(start: text, count: Int(count)))
    }
    if shape == .stream {
      XML_SetStartNamespaceDeclHandler(parser) { context, prefix, name in
        guard let context else { return }
        ExpatReader.from(context).declared(prefix, name)
      }
    }
    installRefusals()
  }

  private func installRefusals() {
    XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
      guard let context else { return }
      ExpatReader.from(context).stop("a document type declaration is not accepted", kind: .restricted)
    }
    XML_SetProcessingInstructionHandler(parser) { context, _, _ in
      guard let context else { return }
      ExpatReader.from(context).stop("processing instructions are not accepted", kind: .restricted)
    }
    XML_SetCommentHandler(parser) { context, _ in
      guard let context else { return }
      ExpatReader.from(context).stop("comments are not accepted", kind: .restricted)
    }
    XML_SetXmlDeclHandler(parser) { context, _, encoding, _ in
      guard let context, let encoding else { return }
      guard String(cString: encoding).lowercased() == "utf-8" else {
        ExpatReader.from(context).stop("the encoding is UTF-8", kind: .encoding)
        return
      }
    }
  }

  private func declared(_ prefix: UnsafePointer<XML_Char>?, _ name: UnsafePointer<XML_Char>?) {
    guard !isOpen, declarations.count < limits.maxAttributes else { return }
    declarations[prefix.map { String(cString: $0) } ?? ""] = name.map { String(cString: $0) } ?? ""
  }

  private func started(
    _ name: UnsafePointer<XML_Char>, _ values: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
  ) {
    guard failure == nil else { return }
    guard XML_GetCurrentByteCount(parser) <= Int32(clamping: limits.maxTagBytes) else {
      stop("a tag is at most \(limits.maxTagBytes) bytes", kind: .limit)
      return
    }
    let count = Int(XML_GetSpecifiedAttributeCount(parser)) / 2
    guard count <= limits.maxAttributes else {
      stop("an element has at most \(limits.maxAttributes) attributes, this one has \(count)", kind: .limit)
      return
    }
    var attributes = count == 0 ? XMLAttributes() : XMLAttributes(capacity: count)
    var index = 0
    while let values, let key = values[index], let value = values[index + 1] {
      index += 2
      // expat has seen to it that no name comes twice.
      attributes.insert(String(cString: value), for: names.name(key).attributeKey)
    }
    if shape == .stream {
      if !isOpen {
        isOpen = true
        let name = names.name(name)
        let element = XMLElement(name.local, namespace: name.namespace, attributes: attributes)
        events.append(.opened(element, declarations: declarations))
        declarations = [:]
        return
      }
      if builder.depth == 0 { treeStart = Int(XML_GetCurrentByteIndex(parser)) }
    }
    if let refusal = builder.start(names.name(name), attributes: attributes) { stop(refusal, kind: .limit) }
    checkTreeSize(0)
  }

  private func ended() {
    guard failure == nil else { return }
    if shape == .stream {
      guard builder.depth > 0 else {
        events.append(.closed)
        return
      }
      checkTreeSize(Int(XML_GetCurrentByteCount(parser)))
      guard failure == nil else { return }
    }
    if let tree = builder.end() { events.append(.tree(tree)) }
  }

  private func found(_ text: UnsafeRawBufferPointer) {
    guard failure == nil else { return }
    guard shape == .document || builder.depth > 0 else {
      // Between stanzas stands nothing but white space, with which a peer shows that it is there (RFC 6120 §4.6.1).
      if !text.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) {
        stop("there is text between two stanzas", kind: .notWellFormed)
      }
      return
    }
    checkTreeSize(text.count)
    guard failure == nil else { return }
    builder.append(text)
  }

  private func checkTreeSize(_ tokenBytes: Int) {
    guard shape == .stream, builder.depth > 0 else { return }
    if Int(XML_GetCurrentByteIndex(parser)) + tokenBytes - treeStart > limits.maxBytes {
      stop("a stanza is at most \(limits.maxBytes) bytes", kind: .limit)
    }
  }
}

@available(*, unavailable)
extension ExpatReader: Sendable {}
