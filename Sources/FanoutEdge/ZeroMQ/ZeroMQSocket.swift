import CZeroMQ
import Glibc

/// What libzmq says of a call that did not work.
struct ZeroMQError: Error, Hashable, CustomStringConvertible {
  /// An error number of the system's, or of libzmq's own above them.
  let code: Int32

  /// The one of the last call on this thread.
  static var last: ZeroMQError { ZeroMQError(code: zmq_errno()) }

  var description: String { String(cString: zmq_strerror(code)) }
}

/// libzmq's own threads and queues, for the sockets that are made from it. It ends with the last of them.
final class ZeroMQContext {
  fileprivate let pointer: UnsafeMutableRawPointer

  /// A context with one thread for the network.
  init() throws(ZeroMQError) {
    guard let pointer = zmq_ctx_new() else { throw .last }
    self.pointer = pointer
  }

  deinit { zmq_ctx_term(pointer) }
}

@available(*, unavailable)
extension ZeroMQContext: Sendable {}

/// A socket of libzmq. No call waits.
///
/// **Isolation**: one thread at a time; it may be handed from one to another.
final class ZeroMQSocket {
  /// What the socket does. The numbers are libzmq's.
  enum Kind: Int32 {
    case publish = 1
    case subscribe = 2
    case dealer = 5
    case router = 6
    case pull = 7
    case push = 8
    /// A publisher that sees who subscribes to what.
    case extendedPublish = 9
  }

  /// A message with all its parts.
  struct Message: Hashable {
    /// The first parts, `ZeroMQSocket.maxParts` at most.
    var parts: [[UInt8]]
    /// Whether there were more.
    var isCut = false
  }

  /// LIMIT: parts of a message that are kept; no message that is accepted has more.
  static let maxParts = 16

  let pointer: UnsafeMutableRawPointer
  private let context: ZeroMQContext

  /// A socket that waits for nothing when it ends.
  init(_ kind: Kind, context: ZeroMQContext) throws(ZeroMQError) {
    guard let pointer = zmq_socket(context.pointer, kind.rawValue) else { throw .last }
    self.pointer = pointer
    self.context = context
    try set(ZMQ_LINGER, 0)
  }

  deinit { zmq_close(pointer) }

  /// Sets an option that is a number.
  func set(_ option: Int32, _ value: Int32) throws(ZeroMQError) {
    var value = value
    guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Int32>.size) == 0 else { throw .last }
  }

  /// Sets the bound of a message's bytes: who sends a larger one is disconnected.
  func setMaxMessageBytes(_ count: Int) throws(ZeroMQError) {
    var value = Int64(count)
    guard zmq_setsockopt(pointer, ZMQ_MAXMSGSIZE, &value, MemoryLayout<Int64>.size) == 0 else { throw .last }
  }

  /// Asks publishers for a topic, or asks no more.
  func subscribe(_ topic: String, _ isWanted: Bool) throws(ZeroMQError) {
    let bytes = Array(topic.utf8)
    let option = isWanted ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE
    guard zmq_setsockopt(pointer, option, bytes, bytes.count) == 0 else { throw .last }
  }

  /// Listens.
  func bind(_ endpoint: String) throws(ZeroMQError) {
    guard zmq_bind(pointer, endpoint) == 0 else { throw .last }
  }

  /// Connects, now or as soon as there is somebody.
  func connect(_ endpoint: String) throws(ZeroMQError) {
    guard zmq_connect(pointer, endpoint) == 0 else { throw .last }
  }

  /// Where it listens, with the port that was picked.
  var lastEndpoint: String {
    var bytes = [CChar](repeating: 0, count: 1024)
    var count = bytes.count
    guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &bytes, &count) == 0 else { return "" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The message that has waited longest; `nil` when none waits.
  func receive() throws(ZeroMQError) -> Message? {
    guard let (first, hasMore) = try receivePart() else { return nil }
    var message = Message(parts: [first])
    var isLast = !hasMore
    // A message is there with all its parts, or not at all.
    while !isLast, let (part, hasMore) = try receivePart() {
      if message.parts.count < Self.maxParts { message.parts.append(part) } else { message.isCut = true }
      isLast = !hasMore
    }
    return message
  }

  private func receivePart() throws(ZeroMQError) -> (bytes: [UInt8], hasMore: Bool)? {
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    while zmq_msg_recv(&message, pointer, ZMQ_DONTWAIT) < 0 {
      let error = ZeroMQError.last
      if error.code == EAGAIN { return nil }
      guard error.code == EINTR else { throw error }
    }
    let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))
    return (Array(bytes), zmq_msg_more(&message) != 0)
  }

  /// Sends a message; false where nobody is there to take it, or too much waits already.
  @discardableResult
  func send(_ parts: [[UInt8]]) throws(ZeroMQError) -> Bool {
    for (index, part) in parts.enumerated() {
      let flags = ZMQ_DONTWAIT | (index + 1 < parts.count ? ZMQ_SNDMORE : 0)
      while zmq_send(pointer, part, part.count, flags) < 0 {
        let error = ZeroMQError.last
        if error.code == EAGAIN || error.code == EHOSTUNREACH { return false }
        guard error.code == EINTR else { throw error }
      }
    }
    return true
  }
}

@available(*, unavailable)
extension ZeroMQSocket: Sendable {}
