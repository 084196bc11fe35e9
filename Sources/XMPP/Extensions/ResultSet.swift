// Implements: XEP-0059 1.0 · Result Set Management · complete

/// Which part of a list an answer has.
///
/// **Shape**: `<set xmlns="http://jabber.org/protocol/rsm"><first index="0">…</first><last>…</last><count>…</count></set>`.
public struct ResultSet: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "http://jabber.org/protocol/rsm"

  /// The first item of the part; `nil` for an empty one.
  public var first: String?
  /// How many items stand before the first.
  public var index: Int?
  /// The last item of the part.
  public var last: String?
  /// Items of the whole list.
  public var count: Int?

  /// A part.
  public init(first: String? = nil, index: Int? = nil, last: String? = nil, count: Int? = nil) {
    self.first = first
    self.index = index
    self.last = last
    self.count = count
  }

  /// Reads what an answer says. Numbers that are none count as absent.
  public init(_ element: XMLElement) {
    func text(_ name: String) -> String? { element.child(named: name, namespace: Self.namespace)?.text }
    first = text("first")
    last = text("last")
    count = text("count").flatMap { Int($0) }
    index = element.child(named: "first", namespace: Self.namespace)?.attributes["index"].flatMap { Int($0) }
  }

  /// What an answer says, as it is sent.
  public var element: XMLElement {
    var children: [XMLElement] = []
    if let first {
      children.append(
        XMLElement(
          "first", namespace: Self.namespace,
          attributes: XMLAttributes(present: ["index": index.map { String($0) }]), text: first))
    }
    if let last { children.append(XMLElement("last", namespace: Self.namespace, text: last)) }
    if let count { children.append(XMLElement("count", namespace: Self.namespace, text: String(count))) }
    return XMLElement("set", namespace: Self.namespace, elements: children)
  }

  /// Whether a `set` is of an answer: one of a question has neither `first`, `last` nor `count`.
  static func isResult(_ element: XMLElement) -> Bool {
    element.elements.contains { ["first", "last", "count"].contains($0.name) }
  }

  /// Which part of a list is asked for.
  ///
  /// **Shape**: `<set xmlns="http://jabber.org/protocol/rsm"><max>10</max><after>…</after></set>`.
  public struct Request: Sendable, Hashable {
    /// Where the part lies.
    public enum Position: Sendable, Hashable {
      case start
      case end
      case after(String)
      case before(String)
      case index(Int)
    }

    /// The most items; 0 asks for the count alone.
    public var max: Int?
    /// Where the part lies.
    public var position: Position

    /// A question.
    public init(max: Int? = nil, _ position: Position = .start) {
      self.max = max
      self.position = position
    }

    /// Reads what a question says.
    ///
    /// **Errors**: `bad-request` for a number that is none, and for two positions.
    public init(_ element: XMLElement) throws(StanzaError) {
      self.init()
      var positions: [Position] = []
      for child in element.elements where child.namespace == ResultSet.namespace {
        let text = child.text
        switch child.name {
        case "max": max = try Self.number(text, of: "max")
        case "after": positions.append(text.isEmpty ? .start : .after(text))
        case "before": positions.append(text.isEmpty ? .end : .before(text))
        case "index": positions.append(.index(try Self.number(text, of: "index")))
        default: continue
        }
      }
      guard positions.count <= 1 else {
        throw StanzaError(.badRequest, text: "a page is after an item, before one, or at an index")
      }
      position = positions.first ?? .start
    }

    private static func number(_ text: String, of name: String) throws(StanzaError) -> Int {
      guard let number = Int(text), number >= 0 else {
        throw StanzaError(.badRequest, text: "\(name) is a number of 0 or more")
      }
      return number
    }

    /// What a question says, as it is sent.
    public var element: XMLElement {
      func element(_ name: String, _ text: String = "") -> XMLElement {
        XMLElement(name, namespace: ResultSet.namespace, text: text)
      }
      var children = max.map { [element("max", String($0))] } ?? []
      switch position {
      case .start: break
      case .end: children.append(element("before"))
      case .after(let id): children.append(element("after", id))
      case .before(let id): children.append(element("before", id))
      case .index(let index): children.append(element("index", String(index)))
      }
      return XMLElement("set", namespace: ResultSet.namespace, elements: children)
    }
  }
}
