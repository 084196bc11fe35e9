import HTTPTypes

extension GRIPItem {
  /// The item as the text of a JSON object.
  package func encoded(limits: GRIPLimits = GRIPLimits()) throws(GRIPEncodingError) -> [UInt8] {
    if let problem = NameRules.problem(channel: channel, limits: limits) { throw GRIPEncodingError(problem) }
    for id in [id, previousID] {
      if let id, let problem = NameRules.problem(id: id, limits: limits) { throw GRIPEncodingError(problem) }
    }
    guard httpResponse != nil || httpStream != nil || webSocket != nil else {
      throw GRIPEncodingError("an item has no format")
    }
    var writer = JSONWriter(capacity: 512)
    writer.beginObject()
    writer.member("channel", channel)
    if let id { writer.member("id", id) }
    if let previousID { writer.member("prev-id", previousID) }
    writer.name("formats")
    writer.beginObject()
    try httpResponse?.write(to: &writer)
    httpStream?.write(to: &writer)
    try webSocket?.write(to: &writer)
    writer.endObject()
    if !meta.isEmpty {
      writer.name("meta")
      writer.object(meta)
    }
    if let size {
      guard (0...Int(Int32.max)).contains(size) else { throw GRIPEncodingError("a size must be 0 or more") }
      writer.name("size")
      writer.integer(size)
    }
    if isUnsequenced {
      writer.name("no-seq")
      writer.bool(true)
    }
    writer.endObject()
    return writer.bytes
  }
}

extension JSONWriter {
  fileprivate mutating func member(_ name: String, _ text: String) {
    self.name(name)
    string(text)
  }

  /// Content as text, or as base64 under the name with `-bin`.
  fileprivate mutating func member(_ name: String, _ content: GRIPContent) {
    switch content {
    case .text(let text): member(name, text)
    case .binary(let bytes):
      self.name(name + "-bin")
      base64(bytes)
    }
  }

  fileprivate mutating func contentFilters(_ filters: [String]?) {
    guard let filters else { return }
    name("content-filters")
    strings(filters)
  }
}

extension GRIPHTTPResponseFormat {
  fileprivate func write(to writer: inout JSONWriter) throws(GRIPEncodingError) {
    writer.name("http-response")
    writer.beginObject()
    switch self {
    case .send(let message): try message.write(to: &writer)
    case .hint: writer.member("action", "hint")
    case .close: writer.member("action", "close")
    case .refresh: writer.member("action", "refresh")
    }
    writer.endObject()
  }
}

extension GRIPHTTPResponseMessage {
  fileprivate func write(to writer: inout JSONWriter) throws(GRIPEncodingError) {
    guard (0...999).contains(status) else { throw GRIPEncodingError("a status must be between 0 and 999") }
    guard FieldText.isFieldValue(reason ?? "") else { throw GRIPEncodingError("a reason holds a control character") }
    if status != 200 || reason != nil {
      writer.name("code")
      writer.integer(status)
    }
    if let reason { writer.member("reason", reason) }
    writer.fields(headers)
    switch body {
    case .full(let content): writer.member("body", content)
    case .patch(let json):
      // The text is the caller's: read it, so that it cannot break out of its place.
      guard case .array(let operations)? = try? JSONReader.read(json.utf8) else {
        throw GRIPEncodingError("a body patch is not the JSON text of an array")
      }
      writer.name("body-patch")
      writer.value(.array(operations))
    }
    writer.contentFilters(contentFilters)
  }
}

extension GRIPHTTPStreamFormat {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.name("http-stream")
    writer.beginObject()
    switch self {
    case .send(let content, let filters):
      writer.member("content", content)
      writer.contentFilters(filters)
    case .hint: writer.member("action", "hint")
    case .close: writer.member("action", "close")
    }
    writer.endObject()
  }
}

extension GRIPWebSocketFormat {
  fileprivate func write(to writer: inout JSONWriter) throws(GRIPEncodingError) {
    writer.name("ws-message")
    writer.beginObject()
    switch self {
    case .send(let content, let isBinary, let filters):
      if !isBinary, case .binary(let bytes) = content, String(validating: bytes, as: UTF8.self) == nil {
        throw GRIPEncodingError("a text message is not UTF-8")
      }
      writer.member("type", isBinary ? "binary" : "text")
      writer.member("content", content)
      writer.contentFilters(filters)
    case .ping(let payload): try Self.write("ping", payload, to: &writer)
    case .pong(let payload): try Self.write("pong", payload, to: &writer)
    case .close(let code, let reason):
      writer.member("action", "close")
      if let code {
        guard (0...65535).contains(code) else { throw GRIPEncodingError("a close code must be between 0 and 65535") }
        writer.name("code")
        writer.integer(code)
      }
      guard reason.utf8.count <= Self.longestCloseReason else {
        throw GRIPEncodingError("a close reason is longer than \(Self.longestCloseReason) bytes")
      }
      if !reason.isEmpty { writer.member("reason", reason) }
    case .hint: writer.member("action", "hint")
    case .refresh: writer.member("action", "refresh")
    }
    writer.endObject()
  }

  private static func write(
    _ type: String, _ payload: [UInt8], to writer: inout JSONWriter
  ) throws(GRIPEncodingError) {
    guard payload.count <= longestControlPayload else {
      throw GRIPEncodingError("a ping or pong is longer than \(longestControlPayload) bytes")
    }
    writer.member("type", type)
    writer.content(payload, name: "content")
  }
}
