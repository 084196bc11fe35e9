/// A value of the tagged netstring format, in which publishers may write items for ZeroMQ.
///
/// **Shape**: `length ":" payload type`. **Spec**: GRIP appendix A. Strings are any bytes; names of members are UTF-8.
package enum TNetValue: Sendable, Hashable {
  /// `,` any bytes.
  case bytes([UInt8])
  /// `#`.
  case integer(Int)
  /// `^` a number, as its text in JSON's grammar.
  case float(String)
  /// `!`.
  case bool(Bool)
  /// `~`.
  case null
  /// `]`.
  case list([TNetValue])
  /// `}`, members in order; a name may come twice.
  case map([Member])

  /// A member of a map.
  package struct Member: Sendable, Hashable {
    /// The member's name.
    package var name: String
    /// The member's value.
    package var value: TNetValue

    /// A member.
    package init(_ name: String, _ value: TNetValue) {
      self.name = name
      self.value = value
    }
  }

  /// The value's text, type at the end.
  package func write(to text: inout [UInt8]) {
    switch self {
    case .bytes(let bytes): Self.write(bytes, UInt8(ascii: ","), to: &text)
    case .integer(let value): Self.write(String(value).utf8, UInt8(ascii: "#"), to: &text)
    case .float(let value): Self.write(value.utf8, UInt8(ascii: "^"), to: &text)
    case .bool(let value): Self.write((value ? "true" : "false").utf8, UInt8(ascii: "!"), to: &text)
    case .null: Self.write([UInt8](), UInt8(ascii: "~"), to: &text)
    case .list(let elements):
      var payload: [UInt8] = []
      for element in elements { element.write(to: &payload) }
      Self.write(payload, UInt8(ascii: "]"), to: &text)
    case .map(let members):
      var payload: [UInt8] = []
      for member in members {
        Self.write(member.name.utf8, UInt8(ascii: ","), to: &payload)
        member.value.write(to: &payload)
      }
      Self.write(payload, UInt8(ascii: "}"), to: &text)
    }
  }

  private static func write(_ payload: some Collection<UInt8>, _ type: UInt8, to text: inout [UInt8]) {
    text.append(contentsOf: String(payload.count).utf8)
    text.append(UInt8(ascii: ":"))
    text.append(contentsOf: payload)
    text.append(type)
  }
}

extension TNetValue {
  /// A JSON value in this form.
  init(_ value: JSONValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .number(let number): self = number.exactInteger.map { .integer(Int($0)) } ?? .float(number.text)
    case .string(let text): self = .bytes(Array(text.utf8))
    case .array(let elements): self = .list(elements.map { TNetValue($0) })
    case .object(let object): self = .map(object.members.map { Member($0.name, TNetValue($0.value)) })
    }
  }

  /// The value as JSON; of a name that comes twice the last counts.
  ///
  /// **Errors**: a string that is not UTF-8.
  func json() throws(GRIPDecodingError) -> JSONValue {
    switch self {
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw GRIPDecodingError("a string is not UTF-8")
      }
      return .string(text)
    case .integer(let value): return .number(JSONNumber(value))
    case .float(let text): return .number(JSONNumber(checked: text))
    case .bool(let flag): return .bool(flag)
    case .null: return .null
    case .list(let elements):
      var values: [JSONValue] = []
      values.reserveCapacity(elements.count)
      for element in elements { values.append(try element.json()) }
      return .array(values)
    case .map(let members):
      var object = JSONObject()
      for member in members { object.set(member.name, try member.value.json()) }
      return .object(object)
    }
  }
}
