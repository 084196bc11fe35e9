/// Puts a tree together from what a parser reports.
struct XMLTreeBuilder {
  /// The namespace of `xml:lang` and its kind.
  static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"

  let limits: XMLLimits
  /// What the limits are about, for their texts: `document` or `stanza`.
  let whole: String
  private var open: [XMLElement] = []
  /// The text since the last tag, where it came in one piece.
  private var pieceOfText: String?
  /// The text since the last tag, where it came in more pieces: expat reports each line and each reference for itself, and
  /// appending each to a child would copy what is there again and again.
  private var piecesOfText: [UInt8] = []
  private var elementCount = 0

  init(limits: XMLLimits, whole: String) {
    self.limits = limits
    self.whole = whole
  }

  /// How many elements are open.
  var depth: Int { open.count }

  /// Opens an element; gives the reason where a limit refuses it.
  mutating func start(_ name: XMLNameTable.Name, attributes: XMLAttributes) -> String? {
    elementCount += 1
    guard elementCount <= limits.maxElements else { return "a \(whole) has at most \(limits.maxElements) elements" }
    guard open.count < limits.maxDepth else { return "elements are nested at most \(limits.maxDepth) deep" }
    flushText()
    if let parent = open.last, parent.children.count >= limits.maxChildren {
      return "an element has at most \(limits.maxChildren) children"
    }
    open.append(XMLElement(name.local, namespace: name.namespace, attributes: attributes))
    return nil
  }

  /// Takes a piece of text.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if pieceOfText == nil, piecesOfText.isEmpty {
      pieceOfText = String(decoding: bytes, as: UTF8.self)
      return
    }
    if let first = pieceOfText {
      piecesOfText.append(contentsOf: first.utf8)
      pieceOfText = nil
    }
    piecesOfText.append(contentsOf: bytes)
  }

  /// Closes the innermost element; gives it where it is the outermost, which ends the tree.
  mutating func end() -> XMLElement? {
    flushText()
    guard let element = open.popLast() else { return nil }
    if open.isEmpty {
      elementCount = 0
      return element
    }
    open[open.count - 1].children.append(.element(element))
    return nil
  }

  /// Forgets what is open.
  mutating func reset() {
    open.removeAll()
    pieceOfText = nil
    piecesOfText = []
    elementCount = 0
  }

  private mutating func flushText() {
    let text: String
    if let piece = pieceOfText {
      text = piece
      pieceOfText = nil
    } else if !piecesOfText.isEmpty {
      text = String(decoding: piecesOfText, as: UTF8.self)
      piecesOfText.removeAll(keepingCapacity: piecesOfText.capacity <= 4096)
    } else {
      return
    }
    if !open.isEmpty { open[open.count - 1].children.append(.text(text)) }
  }
}
