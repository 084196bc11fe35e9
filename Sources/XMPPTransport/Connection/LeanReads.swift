import NIOCore

/// What a stream is read with.
///
/// NIO keeps the buffer of a connection's first read for as long as the connection lives. So the first read is a few bytes,
/// and each later one gets a buffer of its own, which goes when its bytes have been used: an idle session keeps 16 bytes
/// instead of a whole buffer.
///
/// **Units**: bytes.
struct LeanReads: RecvByteBufferAllocator {
  private static let firstBytes = 16
  private static let laterBytes = 8192

  private var isFirst = true

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
    allocator.buffer(capacity: isFirst ? Self.firstBytes : Self.laterBytes)
  }

  /// Without a size to come, and with `true`, NIO does not use the first buffer again.
  mutating func record(actualReadBytes: Int) -> Bool {
    isFirst = false
    return true
  }
}
