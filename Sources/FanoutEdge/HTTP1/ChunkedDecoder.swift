import HTTPTypes
package import NIOCore

/// Undoes chunked framing (RFC 9112 §7.1), strictly. Extensions and trailers are checked and dropped.
package struct ChunkedDecoder: Sendable {
  private enum State {
    case sizeLine
    case data(remaining: Int)
    case dataEnd
    case trailers
    case ended
  }

  private var state = State.sizeLine
  private let limits: MessageLimits
  private var dataBytes = 0
  private var overheadBytes = 0
  private var trailerBytes = 0
  private var trailerCount = 0

  package init(limits: MessageLimits) { self.limits = limits }

  /// What comes next in `buffer`; takes the bytes that it used.
  package mutating func next(_ buffer: inout ByteBuffer) throws(HeadFault) -> BodyDecoder.Event {
    while true {
      switch state {
      case .sizeLine:
        guard let line = try takeLine(&buffer, limit: limits.maxChunkLineBytes) else { return .needsMore }
        try sizeLineRead(line)
      case .data(let remaining):
        guard buffer.readableBytes > 0 else { return .needsMore }
        let count = min(remaining, buffer.readableBytes)
        guard let slice = buffer.readSlice(length: count) else { return .needsMore }
        dataBytes += count
        state = count == remaining ? .dataEnd : .data(remaining: remaining - count)
        return .bytes(slice)
      case .dataEnd:
        guard let line = try takeLine(&buffer, limit: 0) else { return .needsMore }
        guard line.readableBytes == 0 else { throw HeadFault("a chunk is longer than its size") }
        overheadBytes += 2
        state = .sizeLine
      case .trailers:
        guard let line = try takeLine(&buffer, limit: limits.maxTrailerBytes - trailerBytes) else { return .needsMore }
        try trailerRead(line)
      case .ended:
        return .end
      }
    }
  }

  private mutating func sizeLineRead(_ line: ByteBuffer) throws(HeadFault) {
    var size = 0
    var digits = 0
    var extensions: ChunkExtensions?
    for byte in line.readableBytesView {
      if extensions != nil {
        guard extensions?.accepts(byte) == true else {
          throw HeadFault("a chunk extension is not ;name or ;name=value")
        }
      } else if let digit = Self.hexValue(byte) {
        digits += 1
        guard digits <= 8 else { throw HeadFault("a chunk size has more than 8 digits") }
        size = size << 4 | digit
      } else if byte == 0x3B, digits > 0 {
        extensions = ChunkExtensions()
      } else {
        throw HeadFault("a chunk size is not a hexadecimal number")
      }
    }
    guard digits > 0 else { throw HeadFault("a chunk has no size") }
    guard extensions?.isWhole ?? true else { throw HeadFault("a chunk extension is not ;name or ;name=value") }
    overheadBytes += line.readableBytes + 2
    guard overheadBytes <= limits.chunkOverheadAllowance + 16 * (dataBytes + size) else {
      throw HeadFault("the chunks carry far more framing than data")
    }
    state = size == 0 ? .trailers : .data(remaining: size)
  }

  private mutating func trailerRead(_ line: ByteBuffer) throws(HeadFault) {
    guard line.readableBytes > 0 else {
      state = .ended
      return
    }
    trailerBytes += line.readableBytes + 2
    trailerCount += 1
    guard trailerCount <= limits.maxFields else { throw HeadFault("there are too many trailers", status: 431) }
    var fault: HeadFault?
    line.withUnsafeReadableBytes { bytes in
      do throws(HeadFault) { try Self.check(try FieldLine.parse(bytes)) } catch { fault = error }
    }
    if let fault { throw fault }
  }

  /// Trailers are dropped; one that speaks of framing is an attack on somebody (RFC 9110 §6.5.1).
  private static func check(_ trailer: HTTPField) throws(HeadFault) {
    guard ![.contentLength, .transferEncoding, .hostField].contains(trailer.name) else {
      throw HeadFault("a trailer has a name that only a head may have")
    }
  }

  /// One line without its CR LF, `nil` while it is incomplete.
  private func takeLine(_ buffer: inout ByteBuffer, limit: Int) throws(HeadFault) -> ByteBuffer? {
    let view = buffer.readableBytesView
    guard let end = view.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else {
      guard view.count <= limit else { throw HeadFault("a line of the chunked framing is too long or out of place") }
      return nil
    }
    guard end - view.startIndex <= limit else {
      throw HeadFault("a line of the chunked framing is too long or out of place")
    }
    guard view[end] == 0x0D else { throw HeadFault("a line of the chunked framing ends in a bare LF") }
    guard end + 1 < view.endIndex else { return nil }
    guard view[end + 1] == 0x0A else { throw HeadFault("a line of the chunked framing has a bare CR") }
    let line = buffer.readSlice(length: end - view.startIndex)
    buffer.moveReaderIndex(forwardBy: 2)
    return line
  }

  private static func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x46: Int(byte - 0x41 + 10)
    case 0x61...0x66: Int(byte - 0x61 + 10)
    default: nil
    }
  }
}
