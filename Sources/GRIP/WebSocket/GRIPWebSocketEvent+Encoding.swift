extension GRIPWebSocketEvent {
  /// How a message without content is written. Every reader takes both.
  public enum EmptyMessage: Sendable, Hashable {
    /// `TEXT` CR LF, as Pushpin 1.36 does.
    case bare
    /// `TEXT 0` CR LF CR LF, as newer ones and the client libraries do.
    case counted
  }

  /// The body of a request or response that tells of these events, in order.
  ///
  /// **Errors**: the first event that cannot be written, by its index: a ping, pong or close that no frame can carry, or
  /// anything after a `close` or `disconnect`, which no reader would see.
  public static func encode(
    _ events: some Collection<GRIPWebSocketEvent>, emptyMessage: EmptyMessage = .bare
  ) throws(GRIPEncodingError) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(events.reduce(0) { $0 + $1.contentBytes + 24 })
    var hasEnded = false
    for (index, event) in events.enumerated() {
      guard !hasEnded else { throw GRIPEncodingError("event \(index) comes after the end of the connection") }
      do throws(GRIPEncodingError) {
        try event.write(to: &body, emptyMessage: emptyMessage)
      } catch {
        throw GRIPEncodingError("event \(index): \(error.description)")
      }
      hasEnded = event.isLast
    }
    return body
  }

  private func write(to body: inout [UInt8], emptyMessage: EmptyMessage) throws(GRIPEncodingError) {
    switch self {
    case .open: Self.write("OPEN", [UInt8](), isCounted: false, to: &body)
    case .disconnect: Self.write("DISCONNECT", [UInt8](), isCounted: false, to: &body)
    case .text(let text): Self.write("TEXT", text.utf8, isCounted: emptyMessage == .counted, to: &body)
    case .binary(let bytes): Self.write("BINARY", bytes, isCounted: emptyMessage == .counted, to: &body)
    case .ping(let payload): try Self.write("PING", payload: payload, to: &body)
    case .pong(let payload): try Self.write("PONG", payload: payload, to: &body)
    case .close(let code, let reason): try Self.writeClose(code, reason, to: &body)
    }
  }

  /// Any bytes as an event of a type: a proxy that offers the rest of a text again may have to begin inside a character.
  ///
  /// - Parameter isCounted: whether empty content has a length too.
  package static func write(
    _ type: StaticString, _ content: some Collection<UInt8>, isCounted: Bool, to body: inout [UInt8]
  ) {
    type.withUTF8Buffer { body.append(contentsOf: $0) }
    let length = content.count
    guard length > 0 || isCounted else {
      body.append(contentsOf: "\r\n".utf8)
      return
    }
    body.append(0x20)
    body.append(contentsOf: String(length, radix: 16).utf8)
    body.append(contentsOf: "\r\n".utf8)
    body.append(contentsOf: content)
    body.append(contentsOf: "\r\n".utf8)
  }

  private static func write(
    _ type: StaticString, payload: [UInt8], to body: inout [UInt8]
  ) throws(GRIPEncodingError) {
    guard payload.count <= GRIPWebSocketFormat.longestControlPayload else {
      throw GRIPEncodingError(
        "a ping or pong is longer than \(GRIPWebSocketFormat.longestControlPayload) bytes")
    }
    write(type, payload, isCounted: false, to: &body)
  }

  private static func writeClose(
    _ code: Int?, _ reason: String, to body: inout [UInt8]
  ) throws(GRIPEncodingError) {
    guard let code else {
      guard reason.isEmpty else { throw GRIPEncodingError("a close has a reason and no code") }
      return write("CLOSE", [UInt8](), isCounted: false, to: &body)
    }
    guard isSendable(closeCode: code) else {
      throw GRIPEncodingError("a close code must be one of 1000-1003, 1007-1014 and 3000-4999")
    }
    guard reason.utf8.count <= GRIPWebSocketFormat.longestCloseReason else {
      throw GRIPEncodingError("a close reason is longer than \(GRIPWebSocketFormat.longestCloseReason) bytes")
    }
    write("CLOSE", [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8), isCounted: false, to: &body)
  }
}
