extension GRIPControlMessage {
  /// Reads the JSON text of a control message, which is what follows `c:`.
  ///
  /// A timeout of 0 counts as the default. An unknown `type` is an error like any other: a proxy ignores them alike.
  public static func decode(
    _ json: some Sequence<UInt8>, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPControlMessageError) -> GRIPControlMessage {
    var options = JSONReader.Options()
    options.depth = limits.jsonDepth
    options.bytes = limits.controlMessageBytes
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(json, options: options)
    } catch {
      throw .malformed(error.isTooLarge ? error.reason : "not JSON: \(error.reason) (byte \(error.offset))")
    }
    // Apart from the rest, because it alone closes the connection.
    if case .object(let object) = value, case .string("subscribe")? = object["type"],
      case .array(let filters)? = object["filters"], filters.count > limits.filtersPerChannel
    {
      throw .tooManyFilters(limit: limits.filtersPerChannel)
    }
    do throws(GRIPDecodingError) {
      return try GRIPControlMessage(JSONMembers(value, "a control message"), limits: limits)
    } catch {
      throw .malformed(error.description)
    }
  }

  private init(_ members: JSONMembers, limits: GRIPLimits) throws(GRIPDecodingError) {
    switch try members.requiredString("type") {
    case "subscribe":
      let filters = try members.strings("filters") ?? []
      self = .subscribe(
        channel: try members.channel(limits, filters: filters), filters: filters,
        previousID: try members.previousID(limits), positionPrefix: try members.positionPrefix(limits))
    case "unsubscribe": self = .unsubscribe(channel: try members.channel(limits))
    case "detach": self = .detach
    case "session":
      let id = try members.string("id") ?? ""
      if let problem = NameRules.problem(id: id, limits: limits) { throw GRIPDecodingError(problem) }
      self = .session(id: id.isEmpty ? nil : id)
    case "set-meta":
      let name = try members.requiredString("name")
      guard !name.isEmpty else { throw GRIPDecodingError("a meta name is empty") }
      self = .setMeta(name: name, value: try members.string("value"))
    case "keep-alive": self = .keepAlive(try members.keepAlive())
    case "send-delayed":
      guard let content = try members.messageContent() else {
        throw GRIPDecodingError("object does not contain 'content' or 'content-bin'")
      }
      self = .sendDelayed(content, timeout: try members.timeout(standard: 1))
    case "flush-delayed": self = .flushDelayed
    default:
      throw GRIPDecodingError(
        "'type' must be one of subscribe, unsubscribe, detach, session, set-meta, keep-alive, send-delayed and "
          + "flush-delayed")
    }
  }

  /// The message as text, `c:` in front.
  ///
  /// Durations are rounded up to whole seconds, at least 1.
  ///
  /// **Errors**: a name that is empty or holds a control character, a ping or pong of more than 125 bytes, a message
  /// longer than the limit, which a proxy would ignore.
  public func encoded(limits: GRIPLimits = GRIPLimits()) throws(GRIPEncodingError) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    try write(to: &writer, limits: limits)
    writer.endObject()
    let text = GRIPWebSocketExtension.controlPrefix + String(decoding: writer.bytes, as: UTF8.self)
    guard text.utf8.count <= limits.controlMessageBytes else {
      throw GRIPEncodingError("a control message is longer than \(limits.controlMessageBytes) bytes")
    }
    return text
  }

  private func write(to writer: inout JSONWriter, limits: GRIPLimits) throws(GRIPEncodingError) {
    switch self {
    case .subscribe(let channel, let filters, let previousID, let positionPrefix):
      let problem = NameRules.problem(
        GRIPChannel(channel, previousID: previousID, filters: filters), limits: limits)
      if let problem { throw GRIPEncodingError(problem) }
      writer.text("type", "subscribe")
      writer.text("channel", channel)
      if !filters.isEmpty {
        writer.name("filters")
        writer.strings(filters)
      }
      if let previousID { writer.text("prev-id", previousID) }
      guard let positionPrefix else { return }
      guard !positionPrefix.isEmpty, positionPrefix.utf8.count <= limits.messagePrefixBytes else {
        throw GRIPEncodingError("a position prefix must have 1 to \(limits.messagePrefixBytes) bytes")
      }
      writer.text("ids", positionPrefix)
    case .unsubscribe(let channel):
      if let problem = NameRules.problem(channel: channel, limits: limits) { throw GRIPEncodingError(problem) }
      writer.text("type", "unsubscribe")
      writer.text("channel", channel)
    case .detach: writer.text("type", "detach")
    case .session(let id):
      if let id, let problem = NameRules.problem(id: id, limits: limits) { throw GRIPEncodingError(problem) }
      writer.text("type", "session")
      if let id, !id.isEmpty { writer.text("id", id) }
    case .setMeta(let name, let value):
      guard !name.isEmpty else { throw GRIPEncodingError("a meta name is empty") }
      writer.text("type", "set-meta")
      writer.text("name", name)
      if let value { writer.text("value", value) }
    case .keepAlive(let keepAlive):
      writer.text("type", "keep-alive")
      guard let keepAlive else { return }
      try writer.message(keepAlive.content, timeout: keepAlive.timeout)
      writer.text("mode", keepAlive.mode.rawValue)
    case .sendDelayed(let content, let timeout):
      writer.text("type", "send-delayed")
      try writer.message(content, timeout: timeout)
    case .flushDelayed: writer.text("type", "flush-delayed")
    }
  }
}

extension JSONMembers {
  fileprivate func channel(_ limits: GRIPLimits, filters: [String] = []) throws(GRIPDecodingError) -> String {
    let channel = try requiredString("channel")
    if let problem = NameRules.problem(GRIPChannel(channel, filters: filters), limits: limits) {
      throw GRIPDecodingError(problem)
    }
    return channel
  }

  /// Where the client stands in the channel.
  fileprivate func previousID(_ limits: GRIPLimits) throws(GRIPDecodingError) -> String? {
    guard let id = try string("prev-id") else { return nil }
    if let problem = NameRules.problem(id: id, limits: limits) { throw GRIPDecodingError(problem) }
    return id
  }

  /// `ids`: `true` takes the default prefix, a string is one.
  fileprivate func positionPrefix(_ limits: GRIPLimits) throws(GRIPDecodingError) -> String? {
    switch object["ids"] {
    case nil, .bool(false)?: return nil
    case .bool(true)?: return GRIPControlMessage.defaultPositionPrefix
    case .string(let prefix)? where !prefix.isEmpty && prefix.utf8.count <= limits.messagePrefixBytes: return prefix
    default:
      throw GRIPDecodingError("'ids' must be true, false or a text of 1 to \(limits.messagePrefixBytes) bytes")
    }
  }

  fileprivate func keepAlive() throws(GRIPDecodingError) -> GRIPControlMessage.KeepAlive? {
    let mode = GRIPKeepAlive.Mode(rawValue: try string("mode") ?? "idle")
    guard let mode else { throw GRIPDecodingError("'mode' must be idle or interval") }
    let timeout = try timeout(standard: 55)
    guard let content = try messageContent() else { return nil }
    return GRIPControlMessage.KeepAlive(content, timeout: timeout, mode: mode)
  }

  /// Whole seconds, of which 0 stands for the default.
  fileprivate func timeout(standard: Int) throws(GRIPDecodingError) -> Duration {
    let seconds = try integer("timeout", in: 0...Int(Int32.max)) ?? 0
    return .seconds(seconds == 0 ? standard : seconds)
  }

  /// `content` or, first, `content-bin`, as the kind of message that `message-type` names.
  fileprivate func messageContent() throws(GRIPDecodingError) -> GRIPControlMessage.Content? {
    let text = try string("content")
    let binary = try base64("content-bin")
    let type = try string("message-type") ?? "text"
    guard ["text", "binary", "ping", "pong"].contains(type) else {
      throw GRIPDecodingError("'message-type' must be text, binary, ping or pong")
    }
    guard let bytes = binary ?? text.map({ Array($0.utf8) }) else { return nil }
    if type == "binary" { return .binary(bytes) }
    if type == "text" {
      guard let content = String(validating: bytes, as: UTF8.self) else {
        throw GRIPDecodingError("'content-bin' of type text is not UTF-8")
      }
      return .text(content)
    }
    guard bytes.count <= GRIPWebSocketFormat.longestControlPayload else {
      throw GRIPDecodingError("a ping or pong is longer than \(GRIPWebSocketFormat.longestControlPayload) bytes")
    }
    return type == "ping" ? .ping(bytes) : .pong(bytes)
  }
}

extension JSONWriter {
  fileprivate mutating func text(_ name: String, _ text: String) {
    self.name(name)
    string(text)
  }

  fileprivate mutating func message(
    _ content: GRIPControlMessage.Content, timeout: Duration
  ) throws(GRIPEncodingError) {
    switch content {
    case .text(let content):
      text("message-type", "text")
      text("content", content)
    case .binary(let bytes): binary("binary", bytes)
    case .ping(let bytes): try control("ping", bytes)
    case .pong(let bytes): try control("pong", bytes)
    }
    name("timeout")
    integer(max(1, try WholeSeconds.count(timeout, of: "a timeout")))
  }

  private mutating func control(_ type: String, _ bytes: [UInt8]) throws(GRIPEncodingError) {
    guard bytes.count <= GRIPWebSocketFormat.longestControlPayload else {
      throw GRIPEncodingError("a ping or pong is longer than \(GRIPWebSocketFormat.longestControlPayload) bytes")
    }
    binary(type, bytes)
  }

  private mutating func binary(_ type: String, _ bytes: [UInt8]) {
    text("message-type", type)
    name("content-bin")
    base64(bytes)
  }
}
