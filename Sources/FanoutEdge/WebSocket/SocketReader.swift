package import NIOCore

/// Reads what a peer sends on a WebSocket: frames unmasked, inflated and checked, and its close frame.
///
/// Text is checked for UTF-8 as it comes, over the bounds of fragments (RFC 6455 §8.1).
package struct SocketReader {
  /// Bounds of what is read, in bytes.
  package struct Limits: Sendable, Hashable {
    /// Of one frame's payload on the wire.
    package var frameBytes = Int.max
    /// Of one message, inflated.
    package var messageBytes = Int.max
    /// Of one message that came compressed, inflated.
    package var inflatedBytes = 67_108_864
    /// A frame that is not longer comes in one part; the first part of a longer one is not shorter.
    package var wholeBytes = 0
    /// A longer frame comes in parts of at least so many bytes.
    package var gatheredBytes = 65_536

    package init() {}
  }

  /// How the peer compresses.
  package enum Inflation: Sendable, Hashable {
    /// Not at all.
    case none
    /// Each message on its own.
    case perMessage
    /// With what came before in mind.
    case continuous
  }

  /// What came out.
  package enum Event: Sendable, Hashable {
    case needsMore
    case frame(SocketFrame)
    case close(SocketClose)
  }

  private var parser: SocketFrameParser
  private let limits: Limits
  private let inflation: Inflation
  private var inflater: SocketInflater?
  private var inflatesEnd: Bool?
  private var text = SocketTextCheck()
  private var count = 0
  private var isFirst = false
  private var isText = false
  private var isDeflated = false

  package init(_ peer: SocketFrameParser.Peer, inflation: Inflation = .none, limits: Limits = Limits()) {
    parser = SocketFrameParser(
      peer, allowsDeflate: inflation != .none, maxFrameBytes: limits.frameBytes, wholeBytes: limits.wholeBytes,
      gatheredBytes: limits.gatheredBytes)
    self.limits = limits
    self.inflation = inflation
  }

  /// Bytes of the present data frame that are still to come.
  package var remaining: Int { parser.remaining }

  /// The next event; takes the bytes that it used. After an error nothing more may be asked.
  package mutating func next(_ buffer: inout ByteBuffer) throws(SocketFault) -> Event {
    while true {
      if let isEnd = inflatesEnd {
        if let frame = try inflate(isEnd: isEnd) { return .frame(frame) }
        continue
      }
      switch try parser.next(&buffer) {
      case .needsMore: return .needsMore
      case .ping(let payload): return .frame(SocketFrame(.ping, payload))
      case .pong(let payload): return .frame(SocketFrame(.pong, payload))
      case .close(let close): return .close(close)
      case .part(let part):
        try begin(part)
        if isDeflated {
          inflater?.feed(part.payload, isMessageEnd: part.isMessageEnd)
          inflatesEnd = part.isMessageEnd
        } else if let frame = try checked(part.payload, isLast: part.isMessageEnd) {
          return .frame(frame)
        }
      }
    }
  }

  private mutating func begin(_ part: SocketFrameParser.Part) throws(SocketFault) {
    guard part.isMessageStart else { return }
    isFirst = true
    isText = part.isText
    isDeflated = part.isDeflated
    count = 0
    text = SocketTextCheck()
    guard isDeflated else { return }
    if inflater == nil { inflater = SocketInflater() }
    guard inflater != nil else { throw SocketFault(code: 1011, text: "there is no memory to inflate a message") }
  }

  private mutating func inflate(isEnd: Bool) throws(SocketFault) -> SocketFrame? {
    guard let (piece, isDrained) = try inflater?.next() else {
      inflatesEnd = nil
      return nil
    }
    if isDrained { inflatesEnd = nil }
    let isLast = isDrained && isEnd
    // A connection that is silent keeps nothing of the last message.
    if isLast, inflation == .perMessage { inflater = nil }
    return try checked(piece, isLast: isLast)
  }

  /// The part as it goes on; `nil` where it says nothing.
  private mutating func checked(_ payload: ByteBuffer, isLast: Bool) throws(SocketFault) -> SocketFrame? {
    count += payload.readableBytes
    guard count <= limits.messageBytes else { throw .tooLarge("a message is over \(limits.messageBytes) bytes") }
    guard !isDeflated || count <= limits.inflatedBytes else {
      throw .tooLarge("a compressed message is over \(limits.inflatedBytes) bytes")
    }
    if isText {
      guard payload.withUnsafeReadableBytes({ text.accepts($0) }), !isLast || text.isComplete else {
        throw .badData("a text message is not UTF-8")
      }
    }
    guard payload.readableBytes > 0 || isFirst || isLast else { return nil }
    defer { isFirst = false }
    return SocketFrame(isText ? .text : .binary, payload, isFirst: isFirst, isLast: isLast)
  }
}

@available(*, unavailable)
extension SocketReader: Sendable {}
