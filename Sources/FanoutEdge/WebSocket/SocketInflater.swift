import CZlib
import NIOCore

/// Undoes the compression of one direction of a WebSocket (RFC 7692 §7.2.2), a bounded piece at a time: what a few bytes
/// blow up to is never in memory at once.
///
/// **Isolation**: its owner's.
final class SocketInflater {
  /// The most that comes out at once, in bytes.
  static let pieceBytes = 65_536

  private let stream: UnsafeMutablePointer<z_stream>
  private var input = ByteBuffer()

  /// `nil` where there is no memory for it.
  init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard czlib_inflate_init_raw(stream, 15) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Adds compressed bytes.
  func feed(_ bytes: ByteBuffer, isMessageEnd: Bool) {
    if input.readableBytes == 0 { input = bytes } else { input.writeImmutableBuffer(bytes) }
    // What a sender leaves out at the end of a message.
    if isMessageEnd { input.writeBytes([0x00, 0x00, 0xFF, 0xFF]) }
  }

  /// Forgets what came before.
  func reset() {
    input = ByteBuffer()
    inflateReset(stream)
  }

  /// The next piece, and whether all that was fed is out with it.
  func next() throws(SocketFault) -> (piece: ByteBuffer, isDrained: Bool) {
    let capacity = min(Self.pieceBytes, max(512, input.readableBytes &* 4))
    var piece = ByteBufferAllocator().buffer(capacity: capacity)
    var room = capacity
    var status = Z_OK
    repeat {
      let (used, written, result) = inflateOnce(&piece, room)
      status = result
      input.moveReaderIndex(forwardBy: used)
      room -= written
      if status == Z_STREAM_END {
        // A sender may end its stream with a message; the next block begins a new one (RFC 7692 §7.2.3.4).
        inflateReset(stream)
      } else if status != Z_OK, status != Z_BUF_ERROR {
        throw .badData("a compressed message cannot be inflated")
      }
      if used == 0, written == 0 { break }
    } while room > 0 && input.readableBytes > 0
    let isDrained = room > 0 && input.readableBytes == 0
    if !isDrained, room > 0 { throw .badData("a compressed message cannot be inflated") }
    return (piece, isDrained)
  }

  private func inflateOnce(_ piece: inout ByteBuffer, _ room: Int) -> (used: Int, written: Int, status: Int32) {
    var used = 0
    var status = Z_OK
    let written = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
      input.withUnsafeReadableBytes { bytes in
        var none: UInt8 = 0
        return withUnsafeMutablePointer(to: &none) { none in
          stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(none))
          stream.pointee.avail_in = UInt32(clamping: bytes.count)
          stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
          stream.pointee.avail_out = UInt32(clamping: room)
          status = inflate(stream, Z_SYNC_FLUSH)
          used = bytes.count - Int(stream.pointee.avail_in)
          return room - Int(stream.pointee.avail_out)
        }
      }
    }
    return (used, written, status)
  }
}

@available(*, unavailable)
extension SocketInflater: Sendable {}
