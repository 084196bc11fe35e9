import Foundation

/// A value of the notation that ZeroMQ's messages have (GRIP Appendix A). Texts may have the marks of `Scenario`.
enum TNet: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByArrayLiteral
{
  case text(String)
  case bytes([UInt8])
  case number(Int)
  case bool(Bool)
  case null
  case list([TNet])
  case map([(name: String, value: TNet)])

  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .number(value) }
  init(dictionaryLiteral elements: (String, TNet)...) { self = .map(elements.map { (name: $0.0, value: $0.1) }) }
  init(arrayLiteral elements: TNet...) { self = .list(elements) }

  /// Its bytes; `filled` gives a text its marks.
  func encoded(_ filled: (String) -> String) -> [UInt8] {
    switch self {
    case .text(let text): Self.element(Array(filled(text).utf8), ",")
    case .bytes(let bytes): Self.element(bytes, ",")
    case .number(let number): Self.element(Array("\(number)".utf8), "#")
    case .bool(let bool): Self.element(Array("\(bool)".utf8), "!")
    case .null: Self.element([], "~")
    case .list(let elements): Self.element(elements.flatMap { $0.encoded(filled) }, "]")
    case .map(let members):
      Self.element(members.flatMap { Self.text($0.name).encoded(filled) + $0.value.encoded(filled) }, "}")
    }
  }

  private static func element(_ payload: [UInt8], _ type: Character) -> [UInt8] {
    Array("\(payload.count):".utf8) + payload + Array(String(type).utf8)
  }

  /// Reads one value, and leaves what is behind it.
  init?(_ bytes: inout ArraySlice<UInt8>) {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let length = Int(String(decoding: bytes[..<colon], as: UTF8.self)), bytes.endIndex - colon - 1 > length
    else { return nil }
    var payload = bytes[(colon + 1)..<(colon + 1 + length)]
    let type = bytes[colon + 1 + length]
    bytes = bytes[(colon + 2 + length)...]
    switch Character(UnicodeScalar(type)) {
    case ",": self = .text(ScriptedClient.text(payload))
    case "#": self = .number(Int(String(decoding: payload, as: UTF8.self)) ?? 0)
    case "!": self = .bool(payload.elementsEqual("true".utf8))
    case "~": self = .null
    case "]":
      var elements: [TNet] = []
      while let element = TNet(&payload) { elements.append(element) }
      self = .list(elements)
    case "}":
      var members: [(name: String, value: TNet)] = []
      while case .text(let name)? = TNet(&payload), let value = TNet(&payload) { members.append((name, value)) }
      self = .map(members)
    default: return nil
    }
  }

  /// In words, the members of maps by their names.
  var words: String {
    switch self {
    case .text(let text): "“\(text)”"
    case .bytes(let bytes): "“\(ScriptedClient.text(bytes))”"
    case .number(let number): "\(number)"
    case .bool(let bool): "\(bool)"
    case .null: "null"
    case .list(let elements): "[\(elements.map(\.words).joined(separator: ", "))]"
    case .map(let members):
      "{\(members.sorted { $0.name < $1.name }.map { "\($0.name): \($0.value.words)" }.joined(separator: ", "))}"
    }
  }

  /// A member of a map.
  subscript(_ name: String) -> TNet? {
    get {
      guard case .map(let members) = self else { return nil }
      return members.last { $0.name == name }?.value
    }
    set {
      guard case .map(var members) = self else { return }
      members.removeAll { $0.name == name }
      if let newValue { members.append((name, newValue)) }
      self = .map(members)
    }
  }
}
