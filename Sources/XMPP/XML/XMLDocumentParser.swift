/// Reads one document, in as many pieces as it comes in, into a tree.
///
/// **Isolation**: one owner; not thread-safe.
/// **Spec**: XML 1.0, Namespaces in XML 1.0, restricted as RFC 6120 §11.1 says.
public final class XMLDocumentParser {
  private let reader: ExpatReader
  private var root: XMLElement?

  /// A parser for one document.
  public init(limits: XMLLimits = XMLLimits(), names: XMLNameTable = XMLNameTable()) throws(XMLError) {
    reader = try ExpatReader(.document, limits: limits, names: names)
  }

  /// Takes the next piece of the document.
  public func feed(_ bytes: [UInt8]) throws(XMLError) {
    try read(bytes, isLast: false)
  }

  /// Ends the document and gives its root.
  public func finish() throws(XMLError) -> XMLElement {
    try read([], isLast: true)
    guard let root else { throw reader.fail("the document has no element", kind: .notWellFormed) }
    return root
  }

  private func read(_ bytes: [UInt8], isLast: Bool) throws(XMLError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(XMLError) in
      try reader.read(UnsafeRawBufferPointer(buffer), isLast: isLast)
    }
    for case .tree(let tree) in reader.takeEvents() { root = tree }
  }
}

@available(*, unavailable)
extension XMLDocumentParser: Sendable {}
