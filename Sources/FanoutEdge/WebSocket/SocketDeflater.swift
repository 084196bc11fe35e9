import CZlib
package import NIOCore

/// Compresses whole messages, each on its own (RFC 7692 §7.2.1 without context takeover), so that one compressed form
/// serves all receivers and one compressor all connections of a loop.
///
/// **Isolation**: its owner's.
package final class SocketDeflater {
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameter level: 1 (fast) to 9 (small).
  ///
  /// `nil` where there is no memory for it (about 260 KB).
  package init?(level: Int = 6) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard czlib_deflate_init_raw(stream, Int32(clamping: level), 15, 8) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// The compressed payload of a message, without the four bytes that RFC 7692 leaves out. `nil` where compression failed
  /// or is no gain: then the message goes uncompressed, which every receiver takes.
  package func deflate(_ payload: ByteBuffer) -> ByteBuffer? {
    guard deflateReset(stream) == Z_OK, let size = UInt32(exactly: payload.readableBytes) else { return nil }
    let bound = Int(deflateBound(stream, UInt(size))) + 16
    var output = ByteBufferAllocator().buffer(capacity: bound)
    var status = Z_STREAM_ERROR
    var used = 0
    var left = UInt32(0)
    output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { room in
      payload.withUnsafeReadableBytes { bytes in
        guard let start = bytes.baseAddress else { return 0 }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = size
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: bound)
        status = CZlib.deflate(stream, Z_SYNC_FLUSH)
        used = bytes.count - Int(stream.pointee.avail_in)
        left = stream.pointee.avail_out
        return bound - Int(left)
      }
    }
    guard status == Z_OK, used == payload.readableBytes, left > 0, output.readableBytes > 4 else { return nil }
    output.moveWriterIndex(to: output.writerIndex - 4)
    return output.readableBytes < payload.readableBytes ? output : nil
  }
}

@available(*, unavailable)
extension SocketDeflater: Sendable {}
