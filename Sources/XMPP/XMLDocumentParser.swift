import CExpat

/// Reads one document, in as many pieces as it comes in, into a tree.
///
/// The limits hold while parsing: nothing is built that exceeds them. A document type declaration stops the parser at its
/// first byte, so no entity is ever declared or expanded. Anything but UTF-8 is refused, whatever the document declares.
///
/// **Isolation**: one owner; not thread-safe.
/// **Spec**: XML 1.0, Namespaces in XML 1.0, restricted as RFC 6120 §11.1 says.
public final class XMLDocumentParser {
  /// Between namespace and name in what expat reports. No XML document can contain it, not even as a reference, so no
  /// namespace can be made to look like another's name (CVE-2022-25236).
  static let separator: UInt8 = 1

  private let parser: OpaquePointer
  private var builder: XMLTreeBuilder
  private var failure: XMLError?
  private let maxBytes: Int
  private var byteCount = 0

  /// A parser for one document.
  public init(limits: XMLLimits = XMLLimits()) throws(XMLError) {
    guard let parser = XML_ParserCreateNS("UTF-8", XML_Char(bitPattern: Self.separator)) else {
      throw XMLError(description: "out of memory")
    }
    self.parser = parser
    builder = XMLTreeBuilder(limits: limits)
    maxBytes = limits.maxBytes
    installHandlers()
  }

  deinit { XML_ParserFree(parser) }

  /// Takes the next piece of the document.
  public func feed(_ bytes: [UInt8]) throws(XMLError) {
    // expat recognises UTF-16 by its first bytes, whatever encoding it was told. Markup in UTF-16 has NULs, UTF-8 has none.
    guard !bytes.contains(0), byteCount > 0 || bytes.first.map({ $0 < 0xFE }) != false else {
      throw fail(with: "the encoding of a document is UTF-8, and it has no NUL")
    }
    byteCount += bytes.count
    guard byteCount <= maxBytes else {
      throw fail(with: "the document is larger than \(maxBytes) bytes")
    }
    try parse(bytes, isLast: false)
  }

  /// Ends the document and gives its root.
  public func finish() throws(XMLError) -> XMLElement {
    try parse([], isLast: true)
    guard let root = builder.root else { throw fail(with: "the document has no element") }
    return root
  }

  private func parse(_ bytes: [UInt8], isLast: Bool) throws(XMLError) {
    if let failure { throw failure }
    let status = bytes.withUnsafeBytes { buffer in
      XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
      return XML_Parse(
        parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), isLast ? 1 : 0)
    }
    if let failure { throw failure }
    guard status == XML_STATUS_OK else {
      let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not well-formed"
      throw fail(with: reason)
    }
  }

  @discardableResult
  private func fail(with reason: String) -> XMLError {
    let line = XML_GetCurrentLineNumber(parser)
    let column = XML_GetCurrentColumnNumber(parser) + 1
    let error = XMLError(description: "\(reason), at line \(line), column \(column)")
    if failure == nil { failure = error }
    return error
  }

  /// Ends parsing from within a handler.
  private func stop(_ reason: String) {
    guard failure == nil else { return }
    fail(with: reason)
    XML_StopParser(parser, 0)
  }

  private func installHandlers() {
    XML_SetElementHandler(
      parser,
      { context, name, attributes in
        guard let context, let name else { return }
        XMLDocumentParser.from(context).started(name, attributes)
      },
      { context, _ in
        guard let context else { return }
        XMLDocumentParser.from(context).builder.end()
      })
    XML_SetCharacterDataHandler(parser) { context, text, count in
      guard let context, let text, count > 0 else { return }
      XMLDocumentParser.from(context).builder.append(
        UnsafeRawBufferPointer(start: text, count: Int(count)))
    }
    XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
      guard let context else { return }
      XMLDocumentParser.from(context).stop("a document type declaration is not accepted")
    }
    XML_SetProcessingInstructionHandler(parser) { context, _, _ in
      guard let context else { return }
      XMLDocumentParser.from(context).stop("processing instructions are not accepted")
    }
    XML_SetCommentHandler(parser) { context, _ in
      guard let context else { return }
      XMLDocumentParser.from(context).stop("comments are not accepted")
    }
    XML_SetXmlDeclHandler(parser) { context, _, encoding, _ in
      guard let context, let encoding else { return }
      guard String(cString: encoding).lowercased() == "utf-8" else {
        XMLDocumentParser.from(context).stop("the encoding of a document is UTF-8")
        return
      }
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer) -> XMLDocumentParser {
    Unmanaged<XMLDocumentParser>.fromOpaque(context).takeUnretainedValue()
  }

  private func started(
    _ name: UnsafePointer<XML_Char>, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
  ) {
    guard failure == nil else { return }
    var pairs: [(String, String)] = []
    var index = 0
    while let attributes, let key = attributes[index], let value = attributes[index + 1] {
      index += 2
      // Counted on: the limit is told with the number that came.
      if index / 2 <= builder.limits.maxAttributes { pairs.append((String(cString: key), String(cString: value))) }
    }
    guard index / 2 <= builder.limits.maxAttributes else {
      stop("an element has at most \(builder.limits.maxAttributes) attributes, this one has \(index / 2)")
      return
    }
    if let refusal = builder.start(String(cString: name), attributes: pairs) { stop(refusal) }
  }
}

@available(*, unavailable)
extension XMLDocumentParser: Sendable {}
