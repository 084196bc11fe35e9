import CZlib

/// Compresses the payload of one message by itself, so that the same bytes serve every client that has agreed to
/// permessage-deflate without context takeover (RFC 7692 §7.2.1).
enum FrameCompression {
  /// Below this many bytes compression gives nothing back.
  static let smallest = 64

  /// The deflated payload without its empty last block; `nil` where it would not be shorter.
  static func deflate(_ payload: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard payload.count >= smallest, payload.count < Int(UInt32.max), let base = payload.baseAddress else { return nil }
    var stream = z_stream()
    guard czlib_deflate_init_raw(&stream, Z_DEFAULT_COMPRESSION, 15, 8) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    // The empty block that a flush ends with is cut off again.
    let capacity = Int(deflateBound(&stream, UInt(payload.count))) + 16
    let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      stream.next_in = UnsafeMutablePointer(mutating: base)
      stream.avail_in = UInt32(payload.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(capacity)
      let result = CZlib.deflate(&stream, Z_SYNC_FLUSH)
      let written = capacity - Int(stream.avail_out)
      count = result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0 && written >= 4 ? written - 4 : 0
    }
    return output.isEmpty || output.count >= payload.count ? nil : output
  }
}
