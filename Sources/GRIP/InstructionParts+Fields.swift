import HTTPTypes

extension InstructionParts {
  /// Reads the header form.
  ///
  /// **Spec**: GRIP §7.2. Names that it does not know are ignored.
  init(fields: HTTPFields, limits: GRIPLimits) throws(GRIPDecodingError) {
    try readHold(fields)
    for element in HeaderElement.list(fields[values: .gripChannel]) {
      // A filter without a name is none: what is cut off behind `filter=` asks for nothing.
      let channel = GRIPChannel(
        element.first, previousID: element["prev-id"],
        filters: element.values(exactly: "filter").filter { !$0.isEmpty })
      do throws(GRIPDecodingError) {
        try add(channel, limits: limits)
      } catch {
        throw GRIPDecodingError("Grip-Channel: \(error.description)")
      }
    }
    if let value = fields[values: .gripKeepAlive].first {
      keepAlive = try GRIPKeepAlive.decode(headerValue: value)
    }
    for parameters in HeaderElement.parameterLists(fields[values: .gripSetMeta]) {
      guard let pair = parameters.first else { continue }
      meta[pair.name] = pair.value
    }
    try readLinks(fields)
    lastIDs = GRIPLast.decode(fields)
    exposedHeaders = HeaderElement.list(fields[values: .gripExposeHeaders]).map(\.first)
    try readStatus(fields)
  }

  private mutating func readHold(_ fields: HTTPFields) throws(GRIPDecodingError) {
    if let value = fields[values: .gripHold].first {
      guard let mode = Mode(rawValue: FieldText.trimmed(value)) else {
        throw GRIPDecodingError("Grip-Hold must be response or stream")
      }
      self.mode = mode
    }
    if let value = fields[values: .gripTimeout].first {
      guard let seconds = FieldText.integer(value), seconds >= 0 else {
        throw GRIPDecodingError("Grip-Timeout must be a whole number of seconds, 0 or more")
      }
      timeout = .seconds(max(5, seconds))
    }
  }

  private mutating func readLinks(_ fields: HTTPFields) throws(GRIPDecodingError) {
    for element in HeaderElement.list(fields[values: .gripLink], kind: .link) where !element.parameters.isEmpty {
      let relation = element["rel"]
      guard relation == "next" || relation == "gone" else { continue }
      let uri = try LinkURI.decode(element.first)
      guard relation == "next" else {
        goneLink = uri
        continue
      }
      var link = GRIPNextLink(uri)
      if let text = element["timeout"] {
        guard let seconds = FieldText.integer(text), seconds >= 0 else {
          throw GRIPDecodingError("Grip-Link: timeout must be a whole number of seconds, 0 or more")
        }
        link.timeout = .seconds(seconds)
      }
      nextLink = link
    }
  }

  private mutating func readStatus(_ fields: HTTPFields) throws(GRIPDecodingError) {
    guard let value = fields[values: .gripStatus].first.map(FieldText.trimmed) else { return }
    let digits = value.utf8.prefix { $0 != UInt8(ascii: " ") }
    let rest = value.utf8[digits.endIndex...].dropFirst()
    guard (1...3).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }), let code = Int(Substring(digits)),
      rest.first != UInt8(ascii: " ")
    else {
      throw GRIPDecodingError("Grip-Status must be a code from 0 to 999, then one blank and a reason if there is one")
    }
    status = (code, rest.isEmpty ? nil : String(Substring(rest)))
  }
}

/// The URI of a `Grip-Link`.
enum LinkURI {
  /// The text between the angle brackets, as written: it may be relative.
  static func decode(_ text: String) throws(GRIPDecodingError) -> String {
    guard text.utf8.first == UInt8(ascii: "<"), text.utf8.last == UInt8(ascii: ">"), text.utf8.count >= 2 else {
      throw GRIPDecodingError("Grip-Link: the URI must stand in angle brackets")
    }
    let uri = String(text.dropFirst().dropLast())
    guard isValid(uri) else {
      throw GRIPDecodingError("Grip-Link: the URI is empty or holds a character that must be percent-encoded")
    }
    return uri
  }

  /// Whether the text can be a URI reference: printable ASCII without blanks and the characters that RFC 3986 leaves
  /// to no one.
  static func isValid(_ uri: String) -> Bool {
    !uri.isEmpty
      && uri.utf8.allSatisfy { byte in
        (0x21..<0x7F).contains(byte) && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
          && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      }
  }
}
