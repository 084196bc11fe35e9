package import NIOCore

/// Takes the frames of a WebSocket out of a connection's bytes. Knows nothing of compression and text: `SocketReader` does.
///
/// Strict (RFC 6455 §5.2 to §5.5): lengths in their shortest form, no reserved bit but the one that was agreed, control
/// frames of at most 125 bytes and in one piece, fragments in their order, masks from clients and none from servers.
/// A data frame is passed on in parts as it comes, so none needs memory for itself.
package struct SocketFrameParser: Sendable {
  /// Who sends.
  package enum Peer: Sendable, Hashable {
    /// Its frames are masked.
    case client
    /// Its frames are not.
    case server
  }

  /// A part of a data frame.
  package struct Part: Sendable, Hashable {
    /// Of its message.
    package var isText: Bool
    /// Whether its message is compressed (RFC 7692 §6).
    package var isDeflated: Bool
    package var isMessageStart: Bool
    package var isMessageEnd: Bool
    /// Unmasked. Empty only where the frame is.
    package var payload: ByteBuffer
  }

  /// What came out.
  package enum Event: Sendable, Hashable {
    case needsMore
    case part(Part)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    case close(SocketClose)
  }

  private struct Header {
    var opcode: UInt8
    var isFinal: Bool
    var isDeflated: Bool
    var mask: SocketMask
    var length: Int
    /// Its own bytes.
    var count: Int
    var isControl: Bool { opcode >= 8 }
  }

  private let peer: Peer
  private let allowsDeflate: Bool
  private let maxFrameBytes: Int
  private let wholeBytes: Int
  private let gatheredBytes: Int
  /// The message under way: 0 none, 1 text, 2 binary.
  private var messageOpcode: UInt8 = 0
  private var isMessageDeflated = false
  private var isMessageStart = false
  private var isFinal = false
  private var isInFrame = false
  private var mask = SocketMask(key: 0)
  private var passed = 0
  /// Bytes of the present data frame that are still to be taken.
  package private(set) var remaining = 0

  /// - Parameters:
  ///   - allowsDeflate: whether permessage-deflate was agreed.
  ///   - maxFrameBytes: of one frame's payload.
  ///   - wholeBytes: a frame that is not longer comes out in one part, and the first part of a longer one is not shorter.
  ///   - gatheredBytes: no part of a longer frame but its last is shorter, because peers limit the fragments of a message.
  package init(
    _ peer: Peer, allowsDeflate: Bool = false, maxFrameBytes: Int = .max, wholeBytes: Int = 0,
    gatheredBytes: Int = 0
  ) {
    self.peer = peer
    self.allowsDeflate = allowsDeflate
    self.maxFrameBytes = maxFrameBytes
    self.wholeBytes = wholeBytes
    self.gatheredBytes = gatheredBytes
  }

  /// The next event; takes the bytes that it used. After an error nothing more may be asked.
  package mutating func next(_ buffer: inout ByteBuffer) throws(SocketFault) -> Event {
    if !isInFrame {
      guard let header = try readHeader(buffer) else { return .needsMore }
      if header.isControl { return try control(header, &buffer) }
      guard buffer.readableBytes - header.count >= min(header.length, wholeBytes) else { return .needsMore }
      buffer.moveReaderIndex(forwardBy: header.count)
      begin(header)
    }
    let isLong = passed + remaining > gatheredBytes
    guard buffer.readableBytes >= min(remaining, isLong ? max(1, gatheredBytes) : 1) else { return .needsMore }
    return .part(take(&buffer))
  }

  private mutating func begin(_ header: Header) {
    if header.opcode != 0 {
      messageOpcode = header.opcode
      isMessageDeflated = header.isDeflated
      isMessageStart = true
    }
    isInFrame = true
    isFinal = header.isFinal
    mask = header.mask
    remaining = header.length
    passed = 0
  }

  private mutating func take(_ buffer: inout ByteBuffer) -> Part {
    let count = min(remaining, buffer.readableBytes)
    var payload = buffer.readSlice(length: count) ?? ByteBuffer()
    unmask(&payload, mask, offset: passed)
    remaining -= count
    passed += count
    let isEnd = remaining == 0 && isFinal
    let part = Part(
      isText: messageOpcode == 1, isDeflated: isMessageDeflated, isMessageStart: isMessageStart, isMessageEnd: isEnd,
      payload: payload)
    isMessageStart = false
    if remaining == 0 { isInFrame = false }
    if isEnd { messageOpcode = 0 }
    return part
  }

  private func control(_ header: Header, _ buffer: inout ByteBuffer) throws(SocketFault) -> Event {
    guard buffer.readableBytes >= header.count + header.length else { return .needsMore }
    buffer.moveReaderIndex(forwardBy: header.count)
    var payload = buffer.readSlice(length: header.length) ?? ByteBuffer()
    unmask(&payload, header.mask, offset: 0)
    switch header.opcode {
    case 8: return .close(try SocketClose(body: payload))
    case 9: return .ping(payload)
    default: return .pong(payload)
    }
  }

  private func unmask(_ payload: inout ByteBuffer, _ mask: SocketMask, offset: Int) {
    guard peer == .client, mask.key != 0, payload.readableBytes > 0 else { return }
    payload.withUnsafeMutableReadableBytes { mask.apply(to: $0, offset: offset) }
  }

  /// The header at the beginning of the bytes, `nil` while it is not whole. Wrong ones are found by their first two bytes.
  private func readHeader(_ buffer: ByteBuffer) throws(SocketFault) -> Header? {
    let start = buffer.readerIndex
    guard let first: UInt8 = buffer.getInteger(at: start), let second: UInt8 = buffer.getInteger(at: start + 1) else {
      return nil
    }
    try check(first, second)
    var count = 2
    var length = Int(second & 0x7F)
    if length == 126 {
      guard let value: UInt16 = buffer.getInteger(at: start + count) else { return nil }
      guard value >= 126 else { throw .broken("the length of a frame is not in its shortest form") }
      length = Int(value)
      count += 2
    } else if length == 127 {
      guard let value: UInt64 = buffer.getInteger(at: start + count) else { return nil }
      guard value >= 65_536 else { throw .broken("the length of a frame is not in its shortest form") }
      guard let exact = Int(exactly: value) else { throw .broken("the length of a frame has its highest bit set") }
      length = exact
      count += 8
    }
    guard length <= maxFrameBytes else { throw .tooLarge("a frame is over the limit of \(maxFrameBytes) bytes") }
    var mask = SocketMask(key: 0)
    if peer == .client {
      guard let key: UInt32 = buffer.getInteger(at: start + count) else { return nil }
      mask = SocketMask(key: key)
      count += 4
    }
    return Header(
      opcode: first & 0x0F, isFinal: first & 0x80 != 0, isDeflated: first & 0x40 != 0, mask: mask, length: length,
      count: count)
  }

  private func check(_ first: UInt8, _ second: UInt8) throws(SocketFault) {
    let opcode = first & 0x0F
    guard opcode <= 2 || (8...10).contains(opcode) else { throw .broken("a frame has an opcode that is reserved") }
    guard first & 0x30 == 0 else { throw .broken("a frame has a reserved bit set") }
    if first & 0x40 != 0 {
      guard allowsDeflate, opcode == 1 || opcode == 2 else { throw .broken("a frame has a reserved bit set") }
    }
    guard (second & 0x80 != 0) == (peer == .client) else {
      throw .broken(peer == .client ? "a client's frame is not masked" : "a server's frame is masked")
    }
    if opcode >= 8 {
      guard first & 0x80 != 0 else { throw .broken("a control frame is fragmented") }
      guard second & 0x7F <= 125 else { throw .broken("a control frame is over 125 bytes") }
    } else if opcode == 0 {
      guard messageOpcode != 0 else { throw .broken("a fragment continues no message") }
    } else {
      guard messageOpcode == 0 else { throw .broken("a message begins within another one") }
    }
  }
}
