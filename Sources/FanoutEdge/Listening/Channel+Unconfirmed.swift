import Glibc
import NIOCore

extension Channel {
  /// Bytes that the other side's system has not confirmed; 0 where it cannot be told.
  ///
  /// **Isolation**: the channel's event loop.
  var unconfirmedBytes: Int {
    let count = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
      descriptor in
      var count: Int32 = 0
      return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }
    return count.flatMap { $0 } ?? 0
  }
}
