import Testing

@testable import GRIP

@Suite("JSON, RFC 8259")
struct JSONReaderTests {
  @Test func `every kind of value is read`() throws {
    let value = try JSONReader.read(
      #" { "a" : [ 1 , -2.5e+3 , true , false , null , "x" ] , "b" : { } , "c" : [ ] } "#.utf8)
    var object = JSONObject()
    object["a"] = .array([
      .number(JSONNumber(1)), .number(JSONNumber(-2500)), .bool(true), .bool(false), .null, .string("x"),
    ])
    object["b"] = .object(JSONObject())
    object["c"] = .array([])
    #expect(value == .object(object))
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00!""#, "😀!"),
    (#""plain é 😀""#, "plain é 😀"), (#""\u0000""#, "\0"), ("\"\u{7F}\"", "\u{7F}"), (#""""#, ""),
  ])
  func `a string is unescaped`(text: String, expected: String) throws {
    #expect(try JSONReader.read(text.utf8) == .string(expected))
  }

  @Test(arguments: [
    "", " ", "{", "[", "\"", "{]", "[}", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:2}",
    "01", "-", "-x", "1.", ".5", "1e", "1e+", "+1", "0x10", "Infinity", "NaN", "tru", "True", "nul", "truefalse", "1 1",
    "{} {}", "'a'", "\"a", "\"\\\"", "\"\\q\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud83d\"", "\"\\ud83dx\"",
    "\"\\ud83d\\n\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"a\nb\"", "\"a\tb\"", "\"\u{1}\"", "// x\n1", "\u{FEFF}1",
    "[1]]",
    "\"a\\", "\"\\u", "{\"a\" 1}", "[\"a\":1]", "\u{A0}1",
  ])
  func `what is not JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.read(text.utf8) }
  }

  @Test(arguments: [
    [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22],
  ])
  func `a string that is not UTF-8 is refused, also after an escape`(text: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONReader.read(text) }
    #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0x5C, 0x6E] + text.dropFirst()) }
  }

  @Test func `UTF-8 is judged as the standard library does`() {
    var generator = Generator(seed: 7)
    let interesting: [UInt8] = [
      0x22, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
      0xF0,
      0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...14, using: &generator)).map { _ in
        interesting.randomElement(using: &generator) ?? 0
      }
      let isValid = bytes.withUnsafeBufferPointer { UTF8Text.firstError(in: $0) == nil }
      #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
    }
  }

  @Test func `no proper prefix of a document is a document`() throws {
    let text = Array(#"{"items":[{"channel":"a\u00e9\ud83d\ude00","n":-1.5e3,"ok":true,"no":null,"l":[[],{}]}]}"#.utf8)
    for end in text.indices {
      #expect(throws: JSONError.self, "\(end) bytes") { try JSONReader.read(text[..<end]) }
    }
    #expect(try JSONReader.read(text) == JSONReader.read(AnySequence(text)))
  }

  @Test func `nesting is bounded, by default at 64`() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
    }
    #expect(try JSONReader.read(nested(64)) != .null)
    #expect(throws: JSONError.self) { try JSONReader.read(nested(65)) }
    var options = JSONReader.Options()
    options.depth = 3
    #expect(throws: JSONError("nested deeper than 3", at: 3)) { try JSONReader.read(nested(4), options: options) }
    #expect(try JSONReader.read(#"[[],[[]],[{}]]"#.utf8, options: options) != .null)
    options.depth = .max
    #expect(throws: JSONError.self) { try JSONReader.read(nested(100_000), options: options) }
  }

  @Test func `size is bounded`() {
    var options = JSONReader.Options()
    options.bytes = 4
    #expect(throws: JSONError.self) { try JSONReader.read("12345".utf8, options: options) }
    #expect(throws: Never.self) { try JSONReader.read("1234".utf8, options: options) }
  }

  @Test func `of a name that comes twice the last value counts, or none where that is asked for`() throws {
    let text = #"{"a":1,"b":2,"a":3}"#
    guard case .object(let object) = try JSONReader.read(text.utf8) else { throw JSONError("no object", at: 0) }
    #expect(object.members.map(\.name) == ["a", "b"])
    #expect(object["a"] == .number(JSONNumber(3)))
    var options = JSONReader.Options()
    options.refusesDuplicateNames = true
    #expect(throws: JSONError.self) { try JSONReader.read(text.utf8, options: options) }
  }

  @Test func `an object of many members is found by name, and forgets what is removed`() throws {
    var object = JSONObject()
    for number in 0..<1000 { object["n\(number)"] = .number(JSONNumber(number)) }
    object["n500"] = nil
    #expect(object["n999"] == .number(JSONNumber(999)))
    #expect(object["n500"] == nil)
    #expect(object.members.count == 999)
    for number in 0..<1000 { object["n\(number)"] = nil }
    #expect(object == JSONObject())
  }

  @Test func `numbers compare by value and keep their text`() throws {
    #expect(try JSONReader.read("1.0".utf8) == .number(JSONNumber(1)))
    #expect(try JSONReader.read("1e2".utf8) == .number(JSONNumber(100)))
    #expect(try JSONReader.read("9007199254740993".utf8) != .number(JSONNumber(9_007_199_254_740_992)))
    guard case .number(let long) = try JSONReader.read("123456789012345678901234567890.10".utf8) else { return }
    #expect(long.text == "123456789012345678901234567890.10")
    #expect(long.roundedInteger == nil)
    #expect(long.exactInteger == nil)
  }

  @Test func `a document is written as it was read`() throws {
    let text = #"{"z":[1.50,-0,"\"\\\n\r\t\u0001é😀/"],"a":{"x":null,"y":[true,false,{}]}}"#
    var writer = JSONWriter()
    writer.value(try JSONReader.read(text.utf8))
    #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
  }

  @Test func `every byte of text survives being written and read`() throws {
    var text = ""
    for code in UInt32(0)...0x2FF { text.unicodeScalars.append(Unicode.Scalar(code) ?? " ") }
    var writer = JSONWriter()
    writer.string(text)
    #expect(try JSONReader.read(writer.bytes) == .string(text))
  }
}

@Suite("Base64, RFC 4648")
struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
  ])
  func `the vectors of §10 hold in both directions`(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
  }

  @Test func `both alphabets, missing padding and blanks are read`() {
    let bytes: [UInt8] = [0xFB, 0xFF, 0xFE, 0x3F]
    for text in ["+//+Pw==", "-__-Pw==", "-__-Pw", "+//+\r\nPw==", " +//+ Pw = = "] {
      #expect(Base64.decode(text.utf8) == bytes, "\(text)")
    }
    #expect(Base64.encode(bytes, form: .token) == "-__-Pw")
    #expect(Base64.decode("-__-Pw".utf8, form: .token) == bytes)
  }

  @Test(arguments: ["A", "AAAAA", "A===", "AA=", "AAA==", "AAAA=", "=", "A=AA", "AA==AA", "AA!A", "é", "AA\0A"])
  func `what is not base64 is refused`(text: String) {
    #expect(Base64.decode(text.utf8) == nil)
  }

  @Test(arguments: ["Pw==", "+//+", "Pw ", "Px", "AAB", "A"])
  func `a token has one spelling only`(text: String) {
    #expect(Base64.decode(text.utf8, form: .token) == nil)
  }

  @Test func `every length and byte survives`() {
    for length in 0...257 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ length) }
      #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
      #expect(Base64.decode(Base64.encode(bytes, form: .token).utf8, form: .token) == bytes)
    }
  }
}
