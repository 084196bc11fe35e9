import CZeroMQ
import Glibc

/// Sends one message to a PULL socket, as `pushpin-publish` does with a ZeroMQ address.
enum ZeroMQPush {
  /// What went wrong.
  struct Failure: Error, CustomStringConvertible {
    /// One line.
    let description: String
  }

  /// Whether a `--spec` is a ZeroMQ address.
  static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("tcp://") || text.hasPrefix("ipc://")
  }

  /// Sends a message, and waits until it has left.
  ///
  /// A PUSH socket has no answer: that it has left is all that can be known.
  ///
  /// - Parameter milliseconds: how long a connection may take, and then the message.
  static func send(_ message: [UInt8], to address: String, within milliseconds: Int32 = 10_000) throws(Failure) {
    guard let context = zmq_ctx_new() else { throw last("ZeroMQ") }
    // Waits for the linger below, and no longer.
    defer { zmq_ctx_term(context) }
    guard let socket = zmq_socket(context, ZMQ_PUSH) else { throw last("ZeroMQ") }
    defer { zmq_close(socket) }
    var (time, one) = (milliseconds, Int32(1))
    for option in [ZMQ_LINGER, ZMQ_SNDTIMEO] {
      guard zmq_setsockopt(socket, option, &time, MemoryLayout<Int32>.size) == 0 else { throw last(address) }
    }
    // Nothing is taken for a connection that is not there yet: where nobody listens, that is said.
    guard zmq_setsockopt(socket, ZMQ_IMMEDIATE, &one, MemoryLayout<Int32>.size) == 0,
      zmq_connect(socket, address) == 0
    else { throw last(address) }
    while zmq_send(socket, message, message.count, 0) < 0 {
      if zmq_errno() == EINTR { continue }
      if zmq_errno() == EAGAIN { throw Failure(description: "\(address): nobody takes messages there") }
      throw last(address)
    }
  }

  private static func last(_ what: String) -> Failure {
    Failure(description: "\(what): \(String(cString: zmq_strerror(zmq_errno())))")
  }
}
