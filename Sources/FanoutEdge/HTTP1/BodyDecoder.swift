package import NIOCore

/// Takes the body of one message out of a connection's bytes.
package struct BodyDecoder: Sendable {
  /// What came out.
  package enum Event: Sendable, Equatable {
    case needsMore
    /// A part, never empty.
    case bytes(ByteBuffer)
    /// The body is over; what is left in the buffer belongs to the next message.
    case end
  }

  private enum State {
    case length(remaining: Int)
    case chunked(ChunkedDecoder)
    case untilClose
  }

  private var state: State
  private let maxBytes: Int
  private var count = 0

  package init(framing: BodyFraming, limits: MessageLimits) {
    maxBytes = limits.maxBodyBytes
    switch framing {
    case .none: state = .length(remaining: 0)
    case .length(let length): state = .length(remaining: length)
    case .chunked: state = .chunked(ChunkedDecoder(limits: limits))
    case .untilClose: state = .untilClose
    }
  }

  /// Whether the end of the connection is the end of the body.
  package var endsAtClose: Bool {
    if case .untilClose = state { true } else { false }
  }

  /// The next event; takes the bytes that it used.
  ///
  /// **Errors**: bad framing, and 413 beyond the limit.
  package mutating func next(_ buffer: inout ByteBuffer) throws(HeadFault) -> Event {
    switch state {
    case .length(let remaining):
      guard remaining > 0 else { return .end }
      let length = min(remaining, buffer.readableBytes)
      guard length > 0, let slice = buffer.readSlice(length: length) else { return .needsMore }
      state = .length(remaining: remaining - length)
      return .bytes(slice)
    case .untilClose:
      guard buffer.readableBytes > 0, let slice = buffer.readSlice(length: buffer.readableBytes) else {
        return .needsMore
      }
      return try counted(slice)
    case .chunked(var decoder):
      let event = try decoder.next(&buffer)
      state = .chunked(decoder)
      guard case .bytes(let slice) = event else { return event }
      return try counted(slice)
    }
  }

  private mutating func counted(_ slice: ByteBuffer) throws(HeadFault) -> Event {
    count += slice.readableBytes
    guard count <= maxBytes else { throw HeadFault("the body is over the limit of \(maxBytes) bytes", status: 413) }
    return .bytes(slice)
  }
}
