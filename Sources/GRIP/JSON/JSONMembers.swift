/// The members of an object as the types that a schema asks for.
///
/// **Errors**: `object does not contain 'x'`, `object contains 'x' with wrong type`: the words of Pushpin's parsers.
struct JSONMembers {
  /// The object.
  let object: JSONObject

  /// The members of a value that must be an object.
  init(_ value: JSONValue, _ what: String) throws(GRIPDecodingError) {
    guard case .object(let object) = value else { throw GRIPDecodingError("\(what) is not an object") }
    self.object = object
  }

  /// Whether the member is there, whatever it is.
  func has(_ name: String) -> Bool { object[name] != nil }

  /// A string, or `nil` where the member is missing (not where it is `null`).
  func string(_ name: String) throws(GRIPDecodingError) -> String? {
    guard let value = object[name] else { return nil }
    guard case .string(let text) = value else { throw wrongType(name, "a string") }
    return text
  }

  /// A string that must be there.
  func requiredString(_ name: String) throws(GRIPDecodingError) -> String {
    guard let text = try string(name) else { throw GRIPDecodingError("object does not contain '\(name)'") }
    return text
  }

  /// A boolean.
  func bool(_ name: String) throws(GRIPDecodingError) -> Bool? {
    guard let value = object[name] else { return nil }
    guard case .bool(let flag) = value else { throw wrongType(name, "a boolean") }
    return flag
  }

  /// An array of anything.
  func array(_ name: String) throws(GRIPDecodingError) -> [JSONValue]? {
    guard let value = object[name] else { return nil }
    guard case .array(let elements) = value else { throw wrongType(name, "an array") }
    return elements
  }

  /// An object, as its members.
  func members(_ name: String) throws(GRIPDecodingError) -> JSONMembers? {
    guard let value = object[name] else { return nil }
    guard case .object = value else { throw wrongType(name, "an object") }
    return try JSONMembers(value, name)
  }

  /// An array of strings.
  func strings(_ name: String) throws(GRIPDecodingError) -> [String]? {
    guard let elements = try array(name) else { return nil }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element else { throw wrongType(name, "an array of strings") }
      texts.append(text)
    }
    return texts
  }

  /// An object whose values are strings.
  func stringMap(_ name: String) throws(GRIPDecodingError) -> [String: String]? {
    guard let members = try members(name) else { return nil }
    var map: [String: String] = [:]
    for member in members.object.members {
      guard case .string(let text) = member.value else { throw wrongType(name, "an object of strings") }
      map[member.name] = text
    }
    return map
  }

  /// The bytes of a base64 string.
  func base64(_ name: String) throws(GRIPDecodingError) -> [UInt8]? {
    guard let text = try string(name) else { return nil }
    guard let bytes = Base64.decode(text.utf8) else { throw GRIPDecodingError("'\(name)' is not base64") }
    return bytes
  }

  /// An integer: a number (rounded) or a string of digits.
  ///
  /// - Parameter textCountsAsZero: COMPAT: in instructions Pushpin takes a string that is no number, and a boolean, as 0
  ///   (Pushpin 1.36).
  func integer(
    _ name: String, in range: ClosedRange<Int>, textCountsAsZero: Bool = false
  ) throws(GRIPDecodingError) -> Int? {
    guard let value = object[name] else { return nil }
    let number: Int? =
      switch value {
      case .number(let number): number.roundedInteger
      case .string(let text): Int(text) ?? (textCountsAsZero ? 0 : nil)
      case .bool: textCountsAsZero ? 0 : nil
      default: nil
      }
    guard let number else { throw wrongType(name, "an integer") }
    guard range.contains(number) else {
      throw GRIPDecodingError("'\(name)' must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
  }

  private func wrongType(_ name: String, _ accepted: String) -> GRIPDecodingError {
    GRIPDecodingError("object contains '\(name)' with wrong type (\(accepted) is accepted)")
  }
}
