import GRIP

/// Changes a JSON document by the operations of a `body-patch`.
///
/// **Spec**: GRIP proxy §11.4; RFC 6902, all six operations, all or none. Deviates from Pushpin: `add` at an index
/// of an array inserts, and the document itself can be addressed with an empty path.
enum BodyPatch {
  private struct Failure: Error {}

  /// Applies operations to a body.
  ///
  /// - Parameters:
  ///   - patch: the JSON text of the array of operations.
  ///   - body: a JSON object or array; a line end after it stays.
  /// - Returns: compact JSON; `nil` where the patch or the body is not what it should be, or an operation fails.
  static func apply(_ patch: String, to body: [UInt8]) -> [UInt8]? {
    guard case .array(let operations)? = try? JSONReader.read(patch.utf8),
      var document = try? JSONReader.read(body), isCollection(document)
    else { return nil }
    do throws(Failure) {
      for operation in operations { try apply(operation, to: &document) }
    } catch {
      return nil
    }
    var writer = JSONWriter(capacity: body.count + 64)
    writer.value(document)
    return writer.bytes + lineEnd(of: body)
  }

  private static func lineEnd(of body: [UInt8]) -> [UInt8] {
    guard body.last == 0x0A else { return [] }
    return body.dropLast().last == 0x0D ? [0x0D, 0x0A] : [0x0A]
  }

  private static func isCollection(_ value: JSONValue) -> Bool {
    switch value {
    case .array, .object: true
    default: false
    }
  }

  private static func apply(_ operation: JSONValue, to document: inout JSONValue) throws(Failure) {
    guard case .object(let members) = operation, case .string(let name)? = members["op"] else { throw Failure() }
    let path = try pointer(members["path"])
    switch name {
    case "test":
      guard let expected = members["value"], try value(at: path[...], in: document) == expected else { throw Failure() }
    case "add":
      guard let added = members["value"] else { throw Failure() }
      try add(added, at: path[...], in: &document)
    case "replace":
      guard let new = members["value"] else { throw Failure() }
      _ = try value(at: path[...], in: document)
      try replace(with: new, at: path[...], in: &document)
    case "remove":
      try remove(at: path[...], in: &document)
    case "move":
      let from = try pointer(members["from"])
      // RFC 6902 §4.4: a value cannot be moved into itself.
      guard !(path.count > from.count && path.starts(with: from)) else { throw Failure() }
      let moved = try value(at: from[...], in: document)
      if path == from { return }
      try remove(at: from[...], in: &document)
      try add(moved, at: path[...], in: &document)
    case "copy":
      let from = try pointer(members["from"])
      try add(try value(at: from[...], in: document), at: path[...], in: &document)
    default: throw Failure()
    }
  }

  // MARK: RFC 6901

  private static func pointer(_ text: JSONValue?) throws(Failure) -> [String] {
    guard case .string(let text)? = text else { throw Failure() }
    if text.isEmpty { return [] }
    guard text.utf8.first == UInt8(ascii: "/") else { throw Failure() }
    var tokens: [String] = []
    for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
      tokens.append(try unescaped(part))
    }
    return tokens
  }

  private static func unescaped(_ part: Substring.UTF8View) throws(Failure) -> String {
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in part {
      if isEscaped {
        switch byte {
        case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
        case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
        default: throw Failure()
        }
        isEscaped = false
      } else if byte == UInt8(ascii: "~") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    guard !isEscaped else { throw Failure() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An index: digits without a leading zero, below `bound`; `-` is `bound - 1` where `allowsEnd`.
  private static func index(_ token: String, bound: Int, allowsEnd: Bool = false) throws(Failure) -> Int {
    if token == "-", allowsEnd { return bound - 1 }
    guard !token.isEmpty, token.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      token == "0" || !token.hasPrefix("0"), let index = Int(token), index < bound
    else { throw Failure() }
    return index
  }

  // MARK: Walking

  private static func value(at path: ArraySlice<String>, in node: JSONValue) throws(Failure) -> JSONValue {
    guard let token = path.first else { return node }
    return try value(at: path.dropFirst(), in: try child(token, of: node))
  }

  private static func child(_ token: String, of node: JSONValue) throws(Failure) -> JSONValue {
    switch node {
    case .object(let members):
      guard let child = members[token] else { throw Failure() }
      return child
    case .array(let elements): return elements[try index(token, bound: elements.count)]
    default: throw Failure()
    }
  }

  /// Changes the child that the path's first token names, and puts it back.
  private static func descend(
    _ path: ArraySlice<String>, in node: inout JSONValue,
    change: (ArraySlice<String>, inout JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    guard let token = path.first else { throw Failure() }
    var child = try child(token, of: node)
    try change(path.dropFirst(), &child)
    switch node {
    case .object(var members):
      node = .null
      members[token] = child
      node = .object(members)
    case .array(var elements):
      let index = try index(token, bound: elements.count)
      node = .null
      elements[index] = child
      node = .array(elements)
    default: throw Failure()
    }
  }

  private static func add(_ value: JSONValue, at path: ArraySlice<String>, in node: inout JSONValue) throws(Failure) {
    guard let token = path.first else {
      node = value
      return
    }
    if path.count > 1 {
      return try descend(path, in: &node) { (rest, child) throws(Failure) in try add(value, at: rest, in: &child) }
    }
    switch node {
    case .object(var members):
      members[token] = value
      node = .object(members)
    case .array(var elements):
      elements.insert(value, at: try index(token, bound: elements.count + 1, allowsEnd: true))
      node = .array(elements)
    default: throw Failure()
    }
  }

  private static func replace(
    with value: JSONValue, at path: ArraySlice<String>, in node: inout JSONValue
  ) throws(Failure) {
    if path.isEmpty {
      node = value
      return
    }
    try descend(path, in: &node) { (rest, child) throws(Failure) in try replace(with: value, at: rest, in: &child) }
  }

  private static func remove(at path: ArraySlice<String>, in node: inout JSONValue) throws(Failure) {
    guard let token = path.first else { throw Failure() }
    if path.count > 1 {
      return try descend(path, in: &node) { (rest, child) throws(Failure) in try remove(at: rest, in: &child) }
    }
    switch node {
    case .object(var members):
      guard members[token] != nil else { throw Failure() }
      members[token] = nil
      node = .object(members)
    case .array(var elements):
      elements.remove(at: try index(token, bound: elements.count))
      node = .array(elements)
    default: throw Failure()
    }
  }
}
