/// The attributes of an element: like a dictionary, but small, and always in alphabetical order.
///
/// An element has few attributes. An array of them costs one allocation, or none where there are none, and is printed as
/// it stands.
public struct XMLAttributes: Sendable, Hashable {
  private struct Attribute: Sendable, Hashable {
    var key: String
    var value: String
  }

  private var storage: [Attribute] = []

  /// No attributes.
  public init() {}

  /// The attributes of a dictionary.
  public init(_ values: [String: String]) {
    storage = values.map { Attribute(key: $0.key, value: $0.value) }
    storage.sort { $0.key < $1.key }
  }

  /// The attributes that have a value.
  public init(present values: KeyValuePairs<String, String?>) {
    storage.reserveCapacity(values.count)
    for (key, value) in values {
      if let value { self[key] = value }
    }
  }

  /// Room for attributes that are about to be added.
  init(capacity: Int) {
    storage.reserveCapacity(capacity)
  }

  /// The value of an attribute, `nil` where there is none; assigning `nil` removes it.
  public subscript(key: String) -> String? {
    get {
      for attribute in storage where attribute.key == key { return attribute.value }
      return nil
    }
    set {
      // From the end: what is added comes in order, more often than not.
      var index = storage.count
      while index > 0, storage[index - 1].key > key { index -= 1 }
      if index > 0, storage[index - 1].key == key {
        if let newValue { storage[index - 1].value = newValue } else { storage.remove(at: index - 1) }
      } else if let newValue {
        storage.insert(Attribute(key: key, value: newValue), at: index)
      }
    }
  }

  /// Adds an attribute whose name is not among them.
  mutating func insert(_ value: String, for key: String) {
    var index = storage.count
    while index > 0, storage[index - 1].key > key { index -= 1 }
    storage.insert(Attribute(key: key, value: value), at: index)
  }

  /// Those attributes that are wanted.
  public func filter(_ isIncluded: ((key: String, value: String)) throws -> Bool) rethrows -> XMLAttributes {
    var result = self
    try result.storage.removeAll { try !isIncluded(($0.key, $0.value)) }
    return result
  }

  /// The names, in alphabetical order.
  public var keys: [String] { storage.map(\.key) }
}

extension XMLAttributes: RandomAccessCollection {
  /// The first attribute.
  public var startIndex: Int { 0 }
  /// After the last attribute.
  public var endIndex: Int { storage.count }

  /// The attribute at a place in alphabetical order.
  public subscript(position: Int) -> (key: String, value: String) {
    (storage[position].key, storage[position].value)
  }
}

extension XMLAttributes: ExpressibleByDictionaryLiteral {
  /// Attributes as a literal; where a name comes twice the last value stands.
  public init(dictionaryLiteral elements: (String, String)...) {
    storage.reserveCapacity(elements.count)
    for (key, value) in elements { self[key] = value }
  }
}
