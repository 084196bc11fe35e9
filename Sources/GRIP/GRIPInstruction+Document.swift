import HTTPTypes

extension GRIPInstruction {
  /// Writes the `hold` object.
  func writeHold(to writer: inout JSONWriter, limits: GRIPLimits) throws(GRIPEncodingError) {
    writer.beginObject()
    writer.name("mode")
    if case .stream = hold { writer.string("stream") } else { writer.string("response") }
    writer.name("channels")
    writer.beginArray()
    for channel in channels { try channel.write(to: &writer, limits: limits) }
    writer.endArray()
    switch hold {
    case .response(let timeout):
      writer.name("timeout")
      writer.integer(try WholeSeconds.count(timeout, of: "a hold's timeout"))
    case .stream(let keepAlive?):
      writer.name("keep-alive")
      try keepAlive.write(to: &writer)
    case .stream(nil), nil: break
    }
    if !meta.isEmpty {
      writer.name("meta")
      writer.object(meta)
    }
    writer.endObject()
  }
}

extension GRIPChannel {
  /// Writes an element of `hold.channels`.
  fileprivate func write(to writer: inout JSONWriter, limits: GRIPLimits) throws(GRIPEncodingError) {
    if let problem = NameRules.problem(self, limits: limits) { throw GRIPEncodingError(problem) }
    writer.beginObject()
    writer.name("name")
    writer.string(name)
    if let previousID {
      writer.name("prev-id")
      writer.string(previousID)
    }
    if !filters.isEmpty {
      writer.name("filters")
      writer.strings(filters)
    }
    writer.endObject()
  }
}

extension GRIPKeepAlive {
  /// Writes `hold.keep-alive`.
  fileprivate func write(to writer: inout JSONWriter) throws(GRIPEncodingError) {
    guard !content.isEmpty else { throw GRIPEncodingError("a keep-alive has no content") }
    writer.beginObject()
    writer.content(content, name: "content")
    writer.name("mode")
    writer.string(mode.rawValue)
    writer.name("timeout")
    writer.integer(try WholeSeconds.count(timeout, of: "a keep-alive's timeout"))
    writer.endObject()
  }
}

extension GRIPResponse {
  /// Writes the `response` object. The body is always there, even when empty: see `InstructionParts.read(document:)`.
  func write(to writer: inout JSONWriter) throws(GRIPEncodingError) {
    guard (0...999).contains(status) else { throw GRIPEncodingError("a status must be between 0 and 999") }
    writer.beginObject()
    if status != 200 || reason != nil {
      writer.name("code")
      writer.integer(status)
    }
    if let reason {
      guard FieldText.isFieldValue(reason) else { throw GRIPEncodingError("a reason holds a control character") }
      writer.name("reason")
      writer.string(reason)
    }
    writer.fields(headers)
    writer.content(body, name: "body")
    writer.endObject()
  }
}

extension JSONWriter {
  /// An array of strings.
  mutating func strings(_ texts: [String]) {
    beginArray()
    for text in texts { string(text) }
    endArray()
  }

  /// An object of strings, by name, so that equal values give equal bytes.
  mutating func object(_ map: [String: String]) {
    beginObject()
    for (name, value) in map.sorted(by: { $0.key < $1.key }) {
      self.name(name)
      string(value)
    }
    endObject()
  }

  /// The member `headers`: an object, or pairs where a name comes twice. Nothing when there are none.
  mutating func fields(_ fields: HTTPFields) {
    guard !fields.isEmpty else { return }
    name("headers")
    if Set(fields.map(\.name)).count == fields.count {
      beginObject()
      for field in fields {
        name(field.name.rawName)
        string(field.value)
      }
      endObject()
    } else {
      beginArray()
      for field in fields { strings([field.name.rawName, field.value]) }
      endArray()
    }
  }

  /// A member with text, or under the name with `-bin` the base64 of bytes that are no UTF-8.
  mutating func content(_ bytes: [UInt8], name: String) {
    if let text = String(validating: bytes, as: UTF8.self) {
      self.name(name)
      string(text)
    } else {
      self.name(name + "-bin")
      base64(bytes)
    }
  }
}
