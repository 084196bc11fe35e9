/// Puts a tree together from what a parser reports.
struct XMLTreeBuilder {
  /// The namespace of `xml:lang` and its kind.
  static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"

  let limits: XMLLimits
  /// The finished document.
  private(set) var root: XMLElement?
  private var open: [XMLElement] = []
  /// Text since the last tag. Kept apart, because expat reports a text in many pieces and appending each to a child
  /// would copy what is there again and again.
  private var pendingText: [UInt8] = []
  private var elementCount = 0

  init(limits: XMLLimits) {
    self.limits = limits
  }

  /// Opens an element; gives the reason where a limit refuses it.
  mutating func start(_ qualifiedName: String, attributes: [(String, String)]) -> String? {
    elementCount += 1
    guard elementCount <= limits.maxElements else { return "a document has at most \(limits.maxElements) elements" }
    guard open.count < limits.maxDepth else { return "elements are nested at most \(limits.maxDepth) deep" }
    flushText()
    let (namespace, name) = Self.split(qualifiedName)
    var values: [String: String] = [:]
    for (key, value) in attributes {
      let (namespace, name) = Self.split(key)
      switch namespace {
      case "": values[name] = value
      case Self.xmlNamespace: values["xml:\(name)"] = value
      default: values["{\(namespace)}\(name)"] = value
      }
    }
    open.append(XMLElement(name, namespace: namespace, attributes: values))
    return nil
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    pendingText.append(contentsOf: bytes)
  }

  mutating func end() {
    flushText()
    guard let element = open.popLast() else { return }
    if open.isEmpty {
      root = element
    } else {
      open[open.count - 1].children.append(.element(element))
    }
  }

  private mutating func flushText() {
    guard !pendingText.isEmpty else { return }
    if !open.isEmpty {
      open[open.count - 1].children.append(.text(String(decoding: pendingText, as: UTF8.self)))
    }
    pendingText.removeAll(keepingCapacity: true)
  }

  private static func split(_ qualifiedName: String) -> (namespace: String, name: String) {
    guard let at = qualifiedName.utf8.lastIndex(of: XMLDocumentParser.separator) else { return ("", qualifiedName) }
    return (String(qualifiedName[..<at]), String(qualifiedName[qualifiedName.utf8.index(after: at)...]))
  }
}
