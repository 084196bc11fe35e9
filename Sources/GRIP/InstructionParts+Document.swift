import HTTPTypes

extension InstructionParts {
  /// Adds what an `application/grip-instruct` document says, and gives its response.
  ///
  /// **Spec**: GRIP §7.3. The document's mode, timeout, keep-alive and status override the headers'; channels add up;
  /// meta merges.
  mutating func read(document body: [UInt8], limits: GRIPLimits) throws(GRIPDecodingError) -> GRIPResponse {
    var options = JSONReader.Options()
    options.depth = limits.jsonDepth
    options.bytes = limits.instructBytes
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(body, options: options)
    } catch {
      throw GRIPDecodingError(
        error.isTooLarge
          ? "the instruction is larger than \(limits.instructBytes) bytes"
          : "the instruction is not JSON: \(error.reason) (at byte \(error.offset))")
    }
    let members = try JSONMembers(value, "the instruction")
    if let hold = try members.members("hold") {
      try within("hold") { () throws(GRIPDecodingError) in try read(hold: hold, limits: limits) }
    }
    let response = try members.members("response")
    // COMPAT: Pushpin refuses a document that neither holds nor has a body (seen with 1.36): most likely a mistake.
    if mode == nil && nextLink == nil && response?.has("body") != true && response?.has("body-bin") != true {
      throw GRIPDecodingError("the instruction has neither 'hold' nor 'response.body'")
    }
    guard let response else { return GRIPResponse(status: status?.code ?? 200, reason: status?.reason) }
    return try within("response") { () throws(GRIPDecodingError) in try read(response: response) }
  }

  private mutating func read(hold: JSONMembers, limits: GRIPLimits) throws(GRIPDecodingError) {
    if let text = try hold.string("mode") {
      guard let mode = Mode(rawValue: text) else { throw GRIPDecodingError("'mode' must be response or stream") }
      self.mode = mode
    } else if mode == nil {
      mode = .response
    }
    guard let elements = try hold.array("channels") else {
      throw GRIPDecodingError("object does not contain 'channels'")
    }
    for element in elements {
      let members = try JSONMembers(element, "a channel")
      try add(
        GRIPChannel(
          try members.requiredString("name"), previousID: try members.string("prev-id"),
          filters: try members.strings("filters") ?? []), limits: limits)
    }
    let seconds = 0...Int(Int32.max)
    if let timeout = try hold.integer("timeout", in: seconds, textCountsAsZero: true) {
      self.timeout = .seconds(max(5, timeout))
    }
    if let members = try hold.members("keep-alive") {
      keepAlive = try within("keep-alive") { () throws(GRIPDecodingError) in try Self.keepAlive(members) }
    }
    for (name, value) in try hold.stringMap("meta") ?? [:] { meta[name] = value }
  }

  private static func keepAlive(_ members: JSONMembers) throws(GRIPDecodingError) -> GRIPKeepAlive {
    let text = try members.string("content")
    guard let content = try members.base64("content-bin") ?? text.map({ Array($0.utf8) }) else {
      throw GRIPDecodingError("object does not contain 'content' or 'content-bin'")
    }
    guard !content.isEmpty else { throw GRIPDecodingError("the content is empty") }
    // A document without `mode` (our extension) behaves as Pushpin's do: the timer runs on, whatever is sent.
    var mode = GRIPKeepAlive.Mode.interval
    if let text = try members.string("mode") {
      guard let known = GRIPKeepAlive.Mode(rawValue: text) else {
        throw GRIPDecodingError("'mode' must be idle or interval")
      }
      mode = known
    }
    let timeout = try members.integer("timeout", in: 0...Int(Int32.max), textCountsAsZero: true) ?? 55
    return GRIPKeepAlive(content: content, mode: mode, timeout: .seconds(max(1, timeout)))
  }

  private func read(response members: JSONMembers) throws(GRIPDecodingError) -> GRIPResponse {
    var response = GRIPResponse(status: status?.code ?? 200, reason: status?.reason)
    if let code = try members.integer("code", in: 0...999, textCountsAsZero: true) {
      response.status = code
      response.reason = nil
    }
    if let reason = try members.reason() { response.reason = reason }
    response.headers = try members.fields { !GRIPFields.isGRIP($0) && !GRIPFields.isHopField($0) }
    let text = try members.string("body")
    response.body = try members.base64("body-bin") ?? text.map { Array($0.utf8) } ?? []
    return response
  }
}

/// Names the part of a document in which an error was found.
func within<Result>(
  _ part: String, _ read: () throws(GRIPDecodingError) -> Result
) throws(GRIPDecodingError) -> Result {
  do throws(GRIPDecodingError) {
    return try read()
  } catch {
    throw GRIPDecodingError("\(part): \(error.description)")
  }
}

extension JSONMembers {
  /// `reason`: a reason phrase, without line breaks and other controls.
  func reason() throws(GRIPDecodingError) -> String? {
    guard let text = try string("reason") else { return nil }
    guard FieldText.isFieldValue(text) else { throw GRIPDecodingError("'reason' holds a control character") }
    return text
  }

  /// `headers`: an object of strings, or an array of `[name, value]`.
  ///
  /// **Errors**: a name that is no token, a value with CR, LF, NUL or another control: a peer's text must never become
  /// another header.
  func fields(where isKept: (HTTPField.Name) -> Bool) throws(GRIPDecodingError) -> HTTPFields {
    var fields = HTTPFields()
    switch object["headers"] {
    case nil: break
    case .object(let object):
      for member in object.members { try append(member.name, member.value, to: &fields, where: isKept) }
    case .array(let pairs):
      for pair in pairs {
        guard case .array(let parts) = pair, parts.count == 2, case .string(let name) = parts[0] else {
          throw Self.wrongHeaders
        }
        try append(name, parts[1], to: &fields, where: isKept)
      }
    default: throw Self.wrongHeaders
    }
    return fields
  }

  private static let wrongHeaders = GRIPDecodingError(
    "object contains 'headers' with wrong type (an object of strings or an array of [name, value] is accepted)")

  private func append(
    _ name: String, _ value: JSONValue, to fields: inout HTTPFields, where isKept: (HTTPField.Name) -> Bool
  ) throws(GRIPDecodingError) {
    guard case .string(let text) = value else { throw Self.wrongHeaders }
    guard let name = HTTPField.Name(name) else { throw GRIPDecodingError("a header's name is not a token") }
    guard FieldText.isFieldValue(text) else {
      throw GRIPDecodingError("the value of header '\(name.rawName)' holds a control character")
    }
    if isKept(name) { fields.append(HTTPField(name: name, value: FieldText.trimmed(text))) }
  }
}
