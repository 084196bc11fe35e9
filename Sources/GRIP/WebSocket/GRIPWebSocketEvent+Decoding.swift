extension GRIPWebSocketEvent {
  /// How strictly a body is read.
  public enum Reading: Sendable, Hashable {
    /// A body that is cut short is an error: what an origin should use.
    case strict
    /// COMPAT: as Pushpin reads an origin's answer: the last content may be shorter than declared, and its line end
    /// may be missing; events that have no content may have some; a type may be any text.
    case lenient
  }

  /// The events of a body, in one pass.
  ///
  /// Types that we do not know are left out, and so is all that follows a `CLOSE` or `DISCONNECT`. A close code that no
  /// frame may carry (libraries write 0) counts as none, or, where a reason follows it, as 1000.
  ///
  /// **Errors**: with the offset; nothing of a body with an error is returned. **Spec**: GRIP §15.2.
  public static func decode(
    _ body: some Sequence<UInt8>, reading: Reading = .strict, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPWebSocketEventError) -> [GRIPWebSocketEvent] {
    let result = body.withContiguousStorageIfAvailable { decode(buffer: $0, reading: reading, limits: limits) }
    guard let result else {
      return try Array(body).withUnsafeBufferPointer { decode(buffer: $0, reading: reading, limits: limits) }.get()
    }
    return try result.get()
  }

  private static func decode(
    buffer: UnsafeBufferPointer<UInt8>, reading: Reading, limits: GRIPLimits
  ) -> Result<[GRIPWebSocketEvent], GRIPWebSocketEventError> {
    guard buffer.count <= limits.webSocketEventsBytes else {
      let reason = "events of more than \(limits.webSocketEventsBytes) bytes"
      return .failure(GRIPWebSocketEventError(reason, at: limits.webSocketEventsBytes, isTooLarge: true))
    }
    var reader = GRIPWebSocketEventReader(bytes: buffer, isLenient: reading == .lenient)
    do throws(GRIPWebSocketEventError) {
      return .success(try reader.readAll(limit: limits.webSocketEvents))
    } catch {
      return .failure(error)
    }
  }
}

/// Reads `TYPE CRLF` and `TYPE SP HEXLEN CRLF content CRLF`. It never goes back.
private struct GRIPWebSocketEventReader {
  /// An event before its content is looked at.
  private struct Frame {
    var type: Range<Int>
    var content: Range<Int>
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let isLenient: Bool
  private var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, isLenient: Bool) {
    self.bytes = bytes
    self.isLenient = isLenient
  }

  mutating func readAll(limit: Int) throws(GRIPWebSocketEventError) -> [GRIPWebSocketEvent] {
    var events: [GRIPWebSocketEvent] = []
    var count = 0
    while position < bytes.count {
      count += 1
      guard count <= limit else {
        throw GRIPWebSocketEventError("more than \(limit) events", at: position, isTooLarge: true)
      }
      let frame = try readFrame()
      guard let event = try event(frame) else { continue }
      events.append(event)
      if event.isLast { break }
    }
    return events
  }

  private mutating func readFrame() throws(GRIPWebSocketEventError) -> Frame {
    let start = position
    let end = try lineEnd()
    let space = bytes[start..<end].firstIndex(of: 0x20) ?? end
    let type = start..<space
    guard isLenient || (!type.isEmpty && bytes[type].allSatisfy(Self.isTypeByte)) else {
      throw GRIPWebSocketEventError("an event's type must be of upper-case letters", at: start)
    }
    position = end + 2
    guard space < end else { return Frame(type: type, content: position..<position) }
    let length = try length(space + 1..<end)
    return Frame(type: type, content: try readContent(length))
  }

  /// The position of the CR LF that ends the line.
  private func lineEnd() throws(GRIPWebSocketEventError) -> Int {
    var end = position
    while end + 1 < bytes.count {
      if bytes[end] == 0x0D && bytes[end + 1] == 0x0A { return end }
      end += 1
    }
    throw GRIPWebSocketEventError("an event's line does not end with CR LF", at: position)
  }

  private func length(_ digits: Range<Int>) throws(GRIPWebSocketEventError) -> Int {
    guard !digits.isEmpty else { throw GRIPWebSocketEventError("a length is missing", at: digits.lowerBound) }
    var length = 0
    for position in digits {
      guard let digit = HexDigit.value(bytes[position]) else {
        throw GRIPWebSocketEventError("a length must be hexadecimal digits", at: position)
      }
      // Whatever is longer than the body is as good as the longest number, and must not overflow.
      length = min(length << 4 | Int(digit), 1 << 56)
    }
    return length
  }

  private mutating func readContent(_ length: Int) throws(GRIPWebSocketEventError) -> Range<Int> {
    let start = position
    let rest = bytes.count - start
    guard length <= rest else {
      guard isLenient else {
        throw GRIPWebSocketEventError("\(rest) bytes of content follow where \(length) are declared", at: start)
      }
      position = bytes.count
      return start..<position
    }
    position = start + length
    let end = position
    if isLenient && bytes.count - end < 2 {
      position = bytes.count
      return start..<end
    }
    guard bytes.count - end >= 2, bytes[end] == 0x0D, bytes[end + 1] == 0x0A else {
      throw GRIPWebSocketEventError("content is not followed by CR LF", at: end)
    }
    position = end + 2
    return start..<end
  }

  private func event(_ frame: Frame) throws(GRIPWebSocketEventError) -> GRIPWebSocketEvent? {
    let content = UnsafeBufferPointer(rebasing: bytes[frame.content])
    switch String(decoding: bytes[frame.type], as: UTF8.self) {
    case "OPEN": return try bare(.open, frame)
    case "DISCONNECT": return try bare(.disconnect, frame)
    case "TEXT": return .text(try text(content, at: frame.content.lowerBound))
    case "BINARY": return .binary(Array(content))
    case "PING": return .ping(try payload(content, at: frame.content.lowerBound))
    case "PONG": return .pong(try payload(content, at: frame.content.lowerBound))
    case "CLOSE": return try close(content, at: frame.content.lowerBound)
    default: return nil
    }
  }

  private func bare(
    _ event: GRIPWebSocketEvent, _ frame: Frame
  ) throws(GRIPWebSocketEventError) -> GRIPWebSocketEvent {
    guard frame.content.isEmpty || isLenient else {
      throw GRIPWebSocketEventError("OPEN and DISCONNECT have no content", at: frame.content.lowerBound)
    }
    return event
  }

  private func text(
    _ content: UnsafeBufferPointer<UInt8>, at offset: Int
  ) throws(GRIPWebSocketEventError) -> String {
    if let error = UTF8Text.firstError(in: content) {
      throw GRIPWebSocketEventError("text is not UTF-8", at: offset + error)
    }
    return String(decoding: content, as: UTF8.self)
  }

  private func payload(
    _ content: UnsafeBufferPointer<UInt8>, at offset: Int
  ) throws(GRIPWebSocketEventError) -> [UInt8] {
    guard content.count <= GRIPWebSocketFormat.longestControlPayload else {
      throw GRIPWebSocketEventError(
        "a ping or pong is longer than \(GRIPWebSocketFormat.longestControlPayload) bytes", at: offset)
    }
    return Array(content)
  }

  private func close(
    _ content: UnsafeBufferPointer<UInt8>, at offset: Int
  ) throws(GRIPWebSocketEventError) -> GRIPWebSocketEvent {
    guard content.count >= 2 else { return .close(code: nil, reason: "") }
    let code = Int(content[0]) << 8 | Int(content[1])
    let reason = try text(UnsafeBufferPointer(rebasing: content[2...]), at: offset + 2)
    guard reason.utf8.count <= GRIPWebSocketFormat.longestCloseReason else {
      throw GRIPWebSocketEventError(
        "a close reason is longer than \(GRIPWebSocketFormat.longestCloseReason) bytes", at: offset + 2)
    }
    if GRIPWebSocketEvent.isSendable(closeCode: code) { return .close(code: code, reason: reason) }
    // COMPAT: js-grip writes 0 where its caller gives no code.
    return .close(code: reason.isEmpty ? nil : 1000, reason: reason)
  }

  private static func isTypeByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
