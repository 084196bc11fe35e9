extension GRIPItem {
  /// How an item is written for ZeroMQ.
  public enum MessageForm: Sendable, Hashable {
    /// `J` and the text of a JSON object.
    case json
    /// `T` and a tnetstring map, in which content is any bytes as they are.
    case tnetstring
  }

  /// Reads one item from a ZeroMQ message: `J` and JSON, `T` and a tnetstring map, or a bare tnetstring map.
  ///
  /// - Parameters:
  ///   - message: of a PULL socket the whole message, of a SUB socket its second part.
  ///   - channel: of a SUB socket the first part: it counts, and the item's own does not.
  ///   - limits: `publishBytes` bounds the message, `jsonDepth` its nesting.
  ///
  /// **Errors**: one line that says what is wrong. **Spec**: GRIP §10.2, §10.3, §10.5.
  public static func decode(
    message: some Collection<UInt8>, channel: String? = nil, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPDecodingError) -> GRIPItem {
    guard message.count <= limits.publishBytes else {
      throw GRIPDecodingError("a message is larger than \(limits.publishBytes) bytes")
    }
    var value: JSONValue
    switch message.first {
    case UInt8(ascii: "J"): value = try json(message.dropFirst(), limits: limits)
    case UInt8(ascii: "T"): value = try TNetItem.json(TNetReader.read(message.dropFirst(), limits: limits))
    case (UInt8(ascii: "0")...UInt8(ascii: "9"))?: value = try TNetItem.json(TNetReader.read(message, limits: limits))
    default: throw GRIPDecodingError("a message must be J and JSON, T and a tnetstring, or a tnetstring")
    }
    if let channel, case .object(var object) = value {
      object["channel"] = .string(channel)
      value = .object(object)
    }
    return try GRIPItem(value, limits: limits)
  }

  /// Reads one item from a map that is part of a larger message (GRIP §20, `publish`).
  ///
  /// **Errors**: one line that says what is wrong.
  package static func decode(
    value: TNetValue, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPDecodingError) -> GRIPItem {
    try GRIPItem(TNetItem.json(value), limits: limits)
  }

  private static func json(
    _ text: some Sequence<UInt8>, limits: GRIPLimits
  ) throws(GRIPDecodingError) -> JSONValue {
    var options = JSONReader.Options()
    options.depth = limits.jsonDepth
    options.bytes = limits.publishBytes
    do throws(JSONError) {
      return try JSONReader.read(text, options: options)
    } catch {
      throw GRIPDecodingError("not JSON: \(error.reason) (byte \(error.offset))")
    }
  }

  /// The item as a ZeroMQ message: of a PUSH socket the whole, of a PUB socket the second part.
  ///
  /// **Errors**: an item that cannot be written, as when it is published over HTTP.
  public func message(
    _ form: MessageForm = .json, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPEncodingError) -> [UInt8] {
    let json = try encoded(limits: limits)
    guard form == .tnetstring else { return [UInt8(ascii: "J")] + json }
    var options = JSONReader.Options()
    options.depth = 256
    options.bytes = json.count
    guard let value = try? JSONReader.read(json, options: options) else {
      throw GRIPEncodingError("an item's body patch is nested too deep")
    }
    var message = [UInt8(ascii: "T")]
    TNetItem.value(value).write(to: &message)
    return message
  }
}

/// The difference between an item in JSON and one in tnetstrings: where there is base64 in the one, there are the bytes
/// in the other.
private enum TNetItem {
  /// Where content stands in each format.
  private static let contentNames = ["http-response": "body", "http-stream": "content", "ws-message": "content"]

  /// The item as JSON has it.
  static func json(_ item: TNetValue) throws(GRIPDecodingError) -> JSONValue {
    guard case .map(let members) = item else { throw GRIPDecodingError("an item is not a map") }
    var object = JSONObject()
    for member in members {
      if member.name == "formats", case .map(let formats) = member.value {
        var converted = JSONObject()
        for format in formats { converted.set(format.name, try json(format)) }
        object.set("formats", .object(converted))
      } else {
        object.set(member.name, try json(member))
      }
    }
    return .object(object)
  }

  /// A member of the item or of its formats: a format is converted, all else is JSON already.
  private static func json(_ member: TNetValue.Member) throws(GRIPDecodingError) -> JSONValue {
    guard let name = contentNames[member.name], case .map(let members) = member.value else {
      return try member.value.json()
    }
    let isWebSocket = member.name == "ws-message"
    var object = JSONObject()
    for member in members {
      switch (member.name, member.value) {
      case (name, .bytes(let bytes)):
        if let text = String(validating: bytes, as: UTF8.self) {
          object.set(name, .string(text))
        } else {
          // In `content` bytes are of the type that is given, or text; only in `content-bin` they tell the type.
          if isWebSocket && !members.contains(where: { $0.name == "type" }) { object.set("type", .string("text")) }
          object.set(name + "-bin", .string(Base64.encode(bytes)))
        }
      case ("content-bin", .bytes(let bytes)) where isWebSocket:
        object.set("content-bin", .string(Base64.encode(bytes)))
      case ("body-bin", _), ("content-bin", _):
        // Not known to tnetstring items (GRIP §10.5).
        continue
      default: object.set(member.name, try member.value.json())
      }
    }
    return .object(object)
  }

  /// The item, read from our own JSON, in tnetstrings.
  static func value(_ item: JSONValue) -> TNetValue {
    guard case .object(let object) = item else { return TNetValue(item) }
    return .map(
      object.members.map { member in
        guard member.name == "formats", case .object(let formats) = member.value else {
          return TNetValue.Member(member.name, TNetValue(member.value))
        }
        return TNetValue.Member(member.name, .map(formats.members.map(format)))
      })
  }

  private static func format(_ format: JSONObject.Member) -> TNetValue.Member {
    guard let name = contentNames[format.name], case .object(let object) = format.value else {
      return TNetValue.Member(format.name, TNetValue(format.value))
    }
    return TNetValue.Member(
      format.name,
      .map(
        object.members.map { member in
          guard member.name == name + "-bin", case .string(let text) = member.value,
            let bytes = Base64.decode(text.utf8)
          else { return TNetValue.Member(member.name, TNetValue(member.value)) }
          return TNetValue.Member(name, .bytes(bytes))
        }))
  }
}
