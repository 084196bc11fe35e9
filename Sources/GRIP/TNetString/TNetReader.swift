/// Reads tagged netstrings. No length is believed before it is known to fit into what is left.
///
/// A length is one to nine digits; nesting and size are bounded, so that no message can do more than be refused.
package struct TNetReader {
  /// What the stack of any thread holds, in debug builds too.
  private static let deepest = 256
  private static let longestLength = 9

  private let bytes: [UInt8]
  private let depth: Int

  /// Reads the value with which the bytes begin; what follows it is ignored, as in Pushpin.
  ///
  /// **Errors**: what is wrong, and at which byte.
  ///
  /// - Parameter limits: `jsonDepth` (256 at most) bounds nesting, `publishBytes` the size.
  package static func read(
    _ text: some Sequence<UInt8>, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPDecodingError) -> TNetValue {
    let bytes = Array(text)
    guard bytes.count <= limits.publishBytes else {
      throw GRIPDecodingError("tnetstring: more than \(limits.publishBytes) bytes")
    }
    let reader = TNetReader(bytes: bytes, depth: min(limits.jsonDepth, deepest))
    var position = 0
    return try reader.value(&position, end: bytes.count, depth: 0)
  }

  private init(bytes: [UInt8], depth: Int) {
    self.bytes = bytes
    self.depth = depth
  }

  private func value(_ position: inout Int, end: Int, depth: Int) throws(GRIPDecodingError) -> TNetValue {
    let start = position
    let length = try self.length(&position, end: end)
    // One byte more for the type. Both sides are small: nothing can overflow.
    guard length < end - position else { throw error("a length exceeds what is left", start) }
    let payload = position..<position + length
    position = payload.upperBound + 1
    switch bytes[payload.upperBound] {
    case UInt8(ascii: ","): return .bytes(Array(bytes[payload]))
    case UInt8(ascii: "#"):
      guard let value = Int(text(payload)) else { throw error("an integer is not one", payload.lowerBound) }
      return .integer(value)
    case UInt8(ascii: "^"): return .float(try float(payload))
    case UInt8(ascii: "!"):
      switch text(payload) {
      case "true": return .bool(true)
      case "false": return .bool(false)
      default: throw error("a boolean must be true or false", payload.lowerBound)
      }
    case UInt8(ascii: "~"):
      guard payload.isEmpty else { throw error("null has no payload", payload.lowerBound) }
      return .null
    case UInt8(ascii: "]"): return .list(try list(payload, depth: depth + 1))
    case UInt8(ascii: "}"): return .map(try map(payload, depth: depth + 1))
    default: throw error("a type must be one of , # ^ ! ~ ] }", payload.upperBound)
    }
  }

  private func length(_ position: inout Int, end: Int) throws(GRIPDecodingError) -> Int {
    let start = position
    var length = 0
    while position < end, bytes[position] &- UInt8(ascii: "0") < 10 {
      guard position - start < Self.longestLength else {
        throw error("a length has more than \(Self.longestLength) digits", start)
      }
      length = length * 10 + Int(bytes[position] - UInt8(ascii: "0"))
      position += 1
    }
    guard position > start, position < end, bytes[position] == UInt8(ascii: ":") else {
      throw error("a length of digits and a colon should be here", start)
    }
    position += 1
    return length
  }

  private func list(_ payload: Range<Int>, depth: Int) throws(GRIPDecodingError) -> [TNetValue] {
    try check(depth, payload)
    var elements: [TNetValue] = []
    var position = payload.lowerBound
    while position < payload.upperBound {
      elements.append(try value(&position, end: payload.upperBound, depth: depth))
    }
    return elements
  }

  private func map(_ payload: Range<Int>, depth: Int) throws(GRIPDecodingError) -> [TNetValue.Member] {
    try check(depth, payload)
    var members: [TNetValue.Member] = []
    var position = payload.lowerBound
    while position < payload.upperBound {
      let start = position
      // At the deepest level: a name that is a collection is refused whatever is in it.
      guard case .bytes(let name) = try value(&position, end: payload.upperBound, depth: self.depth),
        let name = String(validating: name, as: UTF8.self)
      else { throw error("a name must be a string of UTF-8", start) }
      guard position < payload.upperBound else { throw error("a name has no value", start) }
      members.append(TNetValue.Member(name, try value(&position, end: payload.upperBound, depth: depth)))
    }
    return members
  }

  private func check(_ depth: Int, _ payload: Range<Int>) throws(GRIPDecodingError) {
    guard depth <= self.depth else { throw error("nested deeper than \(self.depth)", payload.lowerBound) }
  }

  private func float(_ payload: Range<Int>) throws(GRIPDecodingError) -> String {
    guard case .number(let number)? = try? JSONReader.read(bytes[payload]) else {
      throw error("a float is not a decimal number", payload.lowerBound)
    }
    return number.text
  }

  private func text(_ payload: Range<Int>) -> String {
    String(decoding: bytes[payload], as: UTF8.self)
  }

  private func error(_ reason: String, _ position: Int) -> GRIPDecodingError {
    GRIPDecodingError("tnetstring: \(reason) (byte \(position))")
  }
}
