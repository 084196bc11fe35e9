/// A JSON value (RFC 8259).
///
/// Numbers keep the text they came with, and objects the order of their members, so that a document that passes
/// through loses nothing. Equality is that of RFC 6902 §4.6: by number, and without regard to the order of members.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// A JSON number as written.
package struct JSONNumber: Sendable, Equatable {
  /// The number's text, in JSON's grammar.
  package let text: String

  /// A number from an integer.
  package init(_ value: Int) {
    self.text = String(value)
  }

  /// A number from text that a reader has checked.
  init(checked text: String) {
    self.text = text
  }

  /// The value where it is written as an integer (no fraction, no exponent) and fits 64 bits.
  package var exactInteger: Int64? { Int64(text) }

  /// The value rounded to an integer, where it is within ±2^53 or written as an integer that fits.
  package var roundedInteger: Int? {
    if let exact = Int(text) { return exact }
    guard let double = Double(text), double.magnitude <= 9_007_199_254_740_992 else { return nil }
    // By hand: `rounded()` would make every program link the C library's mathematics.
    let whole = Int(double)
    let rest = double - Double(whole)
    return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole
  }

  /// Whether both stand for the same number.
  package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    if left.text == right.text { return true }
    if let a = left.exactInteger, let b = right.exactInteger { return a == b }
    guard let a = Double(left.text), let b = Double(right.text) else { return false }
    return a == b
  }
}

/// The members of a JSON object, in order, names unique.
package struct JSONObject: Sendable, Equatable {
  /// A member.
  package struct Member: Sendable, Equatable {
    /// The member's name.
    package let name: String
    /// The member's value.
    package var value: JSONValue
  }

  /// The members in the order in which their names first came.
  package private(set) var members: [Member] = []
  /// Position by name; kept only for objects that are large enough to be slow to search.
  private var positions: [String: Int]?

  /// Above this many members names are found by hash: a linear search would let a long object cost its square.
  private static let searchBound = 16

  /// An empty object.
  package init() {}

  /// The value of a member; setting `nil` removes it.
  package subscript(name: String) -> JSONValue? {
    get {
      position(of: name).map { members[$0].value }
    }
    set {
      if let newValue {
        set(name, newValue)
      } else if let found = position(of: name) {
        members.remove(at: found)
        positions = nil
        indexIfLarge()
      }
    }
  }

  /// Sets a member; `true` when the name was new.
  @discardableResult
  package mutating func set(_ name: String, _ value: JSONValue) -> Bool {
    if let found = position(of: name) {
      members[found].value = value
      return false
    }
    if members.isEmpty { members.reserveCapacity(4) }
    members.append(Member(name: name, value: value))
    if positions != nil {
      positions?[name] = members.count - 1
    } else {
      indexIfLarge()
    }
    return true
  }

  /// Whether both have equal members, in whatever order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
  }

  private func position(of name: String) -> Int? {
    if let positions { return positions[name] }
    return members.firstIndex { $0.name == name }
  }

  private mutating func indexIfLarge() {
    guard members.count > Self.searchBound else { return }
    var index: [String: Int] = [:]
    index.reserveCapacity(members.count * 2)
    for (position, member) in members.enumerated() { index[member.name] = position }
    positions = index
  }
}
