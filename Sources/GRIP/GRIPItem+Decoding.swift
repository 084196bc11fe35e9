import HTTPTypes

extension GRIPItem {
  /// Reads one item.
  init(_ value: JSONValue, limits: GRIPLimits) throws(GRIPDecodingError) {
    let members = try JSONMembers(value, "an item")
    let channel = try members.requiredString("channel")
    if let problem = NameRules.problem(channel: channel, limits: limits) { throw GRIPDecodingError(problem) }
    self.init(channel: channel)
    id = try members.id("id", limits: limits)
    previousID = try members.id("prev-id", limits: limits)
    // Old style: the formats stand in the item itself.
    let formats = try members.members("formats") ?? members
    if members.has("formats") && formats.object.members.isEmpty { throw Self.noFormats }
    if let format = try formats.members("http-response") {
      httpResponse = try within("http-response") { () throws(GRIPDecodingError) in try GRIPHTTPResponseFormat(format) }
    }
    if let format = try formats.members("http-stream") {
      httpStream = try within("http-stream") { () throws(GRIPDecodingError) in try GRIPHTTPStreamFormat(format) }
    }
    if let format = try formats.members("ws-message") {
      webSocket = try within("ws-message") { () throws(GRIPDecodingError) in try GRIPWebSocketFormat(format) }
    }
    if !members.has("formats") && httpResponse == nil && httpStream == nil && webSocket == nil {
      throw Self.noFormats
    }
    meta = try members.stringMap("meta") ?? [:]
    size = try members.integer("size", in: 0...Int(Int32.max))
    isUnsequenced = try members.bool("no-seq") ?? false
  }

  private static let noFormats = GRIPDecodingError("no formats specified")
}

extension JSONMembers {
  fileprivate func id(_ name: String, limits: GRIPLimits) throws(GRIPDecodingError) -> String? {
    guard let id = try string(name) else { return nil }
    if let problem = NameRules.problem(id: id, limits: limits) { throw GRIPDecodingError(problem) }
    return id
  }

  /// `action`, `send` where it is not given.
  fileprivate func action(_ accepted: String) throws(GRIPDecodingError) -> String {
    let action = try string("action") ?? "send"
    guard accepted.split(separator: " ").contains(Substring(action)) else {
      throw GRIPDecodingError(
        "unknown action (one of \(accepted.split(separator: " ").joined(separator: ", ")) is accepted)")
    }
    return action
  }

  /// The content under `name` or, first, under `name-bin`.
  fileprivate func content(_ name: String) throws(GRIPDecodingError) -> GRIPContent? {
    let text = try string(name)
    if let bytes = try base64(name + "-bin") { return .binary(bytes) }
    return text.map(GRIPContent.text)
  }

  fileprivate func requiredContent() throws(GRIPDecodingError) -> GRIPContent {
    guard let content = try content("content") else {
      throw GRIPDecodingError("object does not contain 'content' or 'content-bin'")
    }
    return content
  }
}

extension GRIPHTTPResponseFormat {
  fileprivate init(_ members: JSONMembers) throws(GRIPDecodingError) {
    switch try members.action("send hint close refresh") {
    case "hint": self = .hint
    case "close": self = .close
    case "refresh": self = .refresh
    default: self = .send(try GRIPHTTPResponseMessage(members))
    }
  }
}

extension GRIPHTTPResponseMessage {
  fileprivate init(_ members: JSONMembers) throws(GRIPDecodingError) {
    let body: Body
    if let content = try members.content("body") {
      body = .full(content)
    } else if let operations = try members.array("body-patch") {
      var writer = JSONWriter()
      writer.value(.array(operations))
      body = .patch(json: String(decoding: writer.bytes, as: UTF8.self))
    } else {
      throw GRIPDecodingError("object does not contain 'body', 'body-bin' or 'body-patch'")
    }
    self.init(
      status: try members.integer("code", in: 0...999) ?? 200,
      reason: try members.reason(),
      headers: try members.fields { !GRIPFields.isGRIP($0) || $0 == .gripExposeHeaders },
      body: body,
      contentFilters: try members.strings("content-filters"))
  }
}

extension GRIPHTTPStreamFormat {
  fileprivate init(_ members: JSONMembers) throws(GRIPDecodingError) {
    switch try members.action("send hint close") {
    case "hint": self = .hint
    case "close": self = .close
    default:
      self = .send(try members.requiredContent(), contentFilters: try members.strings("content-filters"))
    }
  }
}

extension GRIPWebSocketFormat {
  /// The longest payload of a ping or pong (RFC 6455 §5.5).
  static let longestControlPayload = 125
  /// The longest reason of a close frame: a control payload less two bytes for the code.
  static let longestCloseReason = 123

  fileprivate init(_ members: JSONMembers) throws(GRIPDecodingError) {
    switch try members.action("send close refresh hint") {
    case "hint": self = .hint
    case "refresh": self = .refresh
    case "close":
      // COMPAT: libraries write 0 for "no code".
      let code = try members.integer("code", in: 0...65535)
      let reason = try members.string("reason") ?? ""
      guard reason.utf8.count <= Self.longestCloseReason else {
        throw GRIPDecodingError("'reason' is longer than \(Self.longestCloseReason) bytes")
      }
      self = .close(code: code == 0 ? nil : code, reason: reason)
    default: self = try Self.message(members)
    }
  }

  private static func message(_ members: JSONMembers) throws(GRIPDecodingError) -> GRIPWebSocketFormat {
    let type = try members.string("type")
    let filters = try members.strings("content-filters")
    switch type {
    case "ping", "pong":
      let payload = try members.content("content")?.bytes ?? []
      guard payload.count <= longestControlPayload else {
        throw GRIPDecodingError("a ping or pong is longer than \(longestControlPayload) bytes")
      }
      return type == "ping" ? .ping(payload) : .pong(payload)
    case nil, "text", "binary":
      let content = try members.requiredContent()
      var isBinary = type == "binary"
      if case .binary(let bytes) = content {
        if type == nil { isBinary = true }
        guard isBinary || String(validating: bytes, as: UTF8.self) != nil else {
          throw GRIPDecodingError("'content-bin' of type text is not UTF-8")
        }
      }
      return .send(content, isBinary: isBinary, contentFilters: filters)
    default: throw GRIPDecodingError("'type' must be text, binary, ping or pong")
    }
  }
}
