import HTTPTypes

/// `name ":" OWS value OWS` (RFC 9112 §5), strictly.
enum FieldLine {
  /// Reads one line.
  ///
  /// **Errors**: folded lines, blanks before the colon, names that are no token, control characters in the value.
  static func parse(_ line: UnsafeRawBufferPointer) throws(HeadFault) -> HTTPField {
    guard let first = line.first, first != 0x20, first != 0x09 else {
      throw HeadFault("a header line begins with a blank; folded lines are not accepted")
    }
    guard let colon = line.firstIndex(of: 0x3A) else {
      throw HeadFault("a header line has no colon")
    }
    let nameText = String(decoding: line[..<colon], as: UTF8.self)
    guard let name = HTTPField.Name(nameText) else {
      throw HeadFault("a header name is empty or has a character that is not allowed in a name")
    }
    var start = colon + 1
    var end = line.count
    while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
    while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
    for index in start..<end where (line[index] < 0x20 && line[index] != 0x09) || line[index] == 0x7F {
      throw HeadFault("a header value contains a control character")
    }
    return HTTPField(name: name, lenientValue: line[start..<end])
  }

  /// Adds a line to the fields, at most `limit` of them.
  static func append(
    _ line: UnsafeRawBufferPointer, to fields: inout HTTPFields, limit: Int
  ) throws(HeadFault) {
    guard fields.count < limit else {
      throw HeadFault("the head has more than \(limit) header fields", status: 431)
    }
    fields.append(try parse(line))
  }

  /// A `Content-Length` that is no length.
  static let badLength = HeadFault("Content-Length is not a number of 1 to 18 digits")

  /// The value of `Content-Length`: digits only, one field, one value (RFC 9110 §8.6; we refuse the repetitions that it
  /// lets a recipient merge).
  static func contentLength(of fields: HTTPFields) throws(HeadFault) -> Int? {
    var result: Int?
    for field in fields where field.name == .contentLength {
      guard result == nil else { throw HeadFault("there is more than one Content-Length") }
      var value = 0
      let digits = field.value.utf8
      guard (1...18).contains(digits.count) else { throw badLength }
      for digit in digits {
        guard (0x30...0x39).contains(digit) else { throw badLength }
        value = value * 10 + Int(digit - 0x30)
      }
      result = value
    }
    return result
  }

  /// Whether the message is chunked. Only the single coding `chunked`, once, is accepted.
  static func isChunked(_ fields: HTTPFields) throws(HeadFault) -> Bool {
    var isChunked = false
    for field in fields where field.name == .transferEncoding {
      guard !isChunked else { throw HeadFault("there is more than one Transfer-Encoding") }
      let value = field.value.lowercased()
      guard value == "chunked" else {
        if value.contains(",") || value.isEmpty {
          throw HeadFault("Transfer-Encoding must be exactly: chunked")
        }
        throw HeadFault("Transfer-Encoding must be exactly: chunked", status: 501)
      }
      isChunked = true
    }
    return isChunked
  }
}
