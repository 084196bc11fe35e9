import NIOCore

/// What a client connection is read with.
///
/// NIO keeps the buffer of a connection's first read for as long as the connection lives. So the first read is a few bytes,
/// and each later one gets a buffer of its own, which goes when its bytes have been used: an idle or held connection keeps
/// 16 bytes instead of a whole buffer.
///
/// **Units**: bytes.
struct LeanReads: RecvByteBufferAllocator {
  /// The size of the read whose buffer stays.
  static let firstBytes = 16

  private let capacity: Int
  private var isFirst: Bool

  /// - Parameters:
  ///   - capacity: of every read but the first.
  ///   - isFirst: whether nothing has been read on the connection.
  init(capacity: Int, isFirst: Bool) {
    self.capacity = capacity
    self.isFirst = isFirst
  }

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
    allocator.buffer(capacity: isFirst ? Self.firstBytes : capacity)
  }

  /// Without a size to come, and with `true`, NIO does not use the first buffer again.
  mutating func record(actualReadBytes: Int) -> Bool {
    isFirst = false
    return true
  }
}
