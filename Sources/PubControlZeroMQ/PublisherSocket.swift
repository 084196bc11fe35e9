import CZeroMQ

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What libzmq says of a call that did not work.
struct SocketFailure: Error, CustomStringConvertible {
  /// One line.
  let description: String

  /// The last call's on this thread.
  static func last(_ what: String) -> SocketFailure {
    SocketFailure(description: "\(what): \(String(cString: zmq_strerror(zmq_errno())))")
  }
}

/// libzmq's own thread and queues. It ends with the last of its sockets, when what they have to send has left or their
/// linger is over.
final class SocketContext {
  fileprivate let pointer: UnsafeMutableRawPointer

  init() throws(SocketFailure) {
    guard let pointer = zmq_ctx_new() else { throw .last("ZeroMQ") }
    self.pointer = pointer
  }

  deinit { zmq_ctx_term(pointer) }
}

@available(*, unavailable)
extension SocketContext: Sendable {}

/// A socket towards one endpoint. No call waits.
///
/// **Isolation**: one thread at a time.
final class PublisherSocket {
  /// What became of an attempt to send.
  enum Sending { case sent, full }

  let endpoint: ZeroMQEndpoint
  /// For `zmq_poll`.
  let pointer: UnsafeMutableRawPointer
  /// Tells of connections; only for the kind `publish`.
  private(set) var monitor: UnsafeMutableRawPointer?
  private let context: SocketContext

  /// Connects, now or as soon as there is somebody.
  ///
  /// - Parameter index: its number, which makes its inner names unique.
  init(
    _ endpoint: ZeroMQEndpoint, index: Int, sendQueue: Int, context: SocketContext
  ) throws(SocketFailure) {
    self.endpoint = endpoint
    self.context = context
    guard let pointer = zmq_socket(context.pointer, endpoint.kind == .push ? ZMQ_PUSH : ZMQ_XPUB) else {
      throw .last(endpoint.address)
    }
    self.pointer = pointer
    try set(ZMQ_SNDHWM, Int32(clamping: max(1, sendQueue)))
    try set(ZMQ_TCP_KEEPALIVE, 1)
    try set(ZMQ_TCP_KEEPALIVE_IDLE, 30)
    // Nothing is taken for a connection that is not there yet: where nobody listens, that is said. And who listened behind
    // one that is gone counts no longer.
    try set(ZMQ_IMMEDIATE, 1)
    if endpoint.kind == .publish {
      // What has no room waits, and is not dropped.
      try set(ZMQ_XPUB_NODROP, 1)
      var limit: Int64 = 65_536
      guard zmq_setsockopt(pointer, ZMQ_MAXMSGSIZE, &limit, MemoryLayout<Int64>.size) == 0 else {
        throw .last(endpoint.address)
      }
      try watch(index)
    }
    guard zmq_connect(pointer, endpoint.address) == 0 else { throw .last(endpoint.address) }
  }

  deinit {
    if let monitor {
      zmq_socket_monitor(pointer, nil, 0)
      zmq_close(monitor)
    }
    zmq_close(pointer)
  }

  /// How long what has been sent may take to leave when the socket ends.
  func setLinger(milliseconds: Int32) { try? set(ZMQ_LINGER, milliseconds) }

  /// Sends an item.
  func send(_ item: OutgoingItem) throws(SocketFailure) -> Sending {
    switch endpoint.kind {
    case .push: return try send(item.message, flags: ZMQ_DONTWAIT)
    case .publish:
      guard case .sent = try send(item.channel, flags: ZMQ_DONTWAIT | ZMQ_SNDMORE) else { return .full }
      // Room is counted in messages: where the first part had some, the second has.
      guard case .sent = try send(item.message, flags: ZMQ_DONTWAIT) else {
        throw SocketFailure(description: "\(endpoint.address): libzmq took a part of a message only")
      }
      return .sent
    }
  }

  private func send(_ bytes: [UInt8], flags: Int32) throws(SocketFailure) -> Sending {
    while zmq_send(pointer, bytes, bytes.count, flags) < 0 {
      switch zmq_errno() {
      case EINTR: continue
      case EAGAIN: return .full
      default: throw .last(endpoint.address)
      }
    }
    return .sent
  }

  /// What subscribers have said: a channel, and whether it is wanted. Channels whose names are no UTF-8 are left out.
  func readInterest(_ changed: (_ channel: String, _ isWanted: Bool) -> Void) {
    guard endpoint.kind == .publish else { return }
    while let bytes = Self.receive(from: pointer) {
      guard let first = bytes.first, first <= 1, let channel = String(validating: bytes.dropFirst(), as: UTF8.self)
      else { continue }
      changed(channel, first == 1)
    }
  }

  /// What has become of the connection since: whether it is there; `nil` where nothing has changed.
  func readConnection() -> Bool? {
    guard let monitor else { return nil }
    var isConnected: Bool?
    while let event = Self.receive(from: monitor) {
      // Two bytes of the event's kind and four of its value, in the machine's order; the next part is the address.
      guard event.count == 6 else { continue }
      let kind = Int32(event.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) })
      if kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED { isConnected = true }
      if kind == ZMQ_EVENT_DISCONNECTED { isConnected = false }
    }
    return isConnected
  }

  private func watch(_ index: Int) throws(SocketFailure) {
    let name = "inproc://connection-\(index)"
    guard zmq_socket_monitor(pointer, name, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) == 0,
      let monitor = zmq_socket(context.pointer, ZMQ_PAIR)
    else { throw .last(endpoint.address) }
    self.monitor = monitor
    guard zmq_connect(monitor, name) == 0 else { throw .last(endpoint.address) }
  }

  private func set(_ option: Int32, _ value: Int32) throws(SocketFailure) {
    var value = value
    guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Int32>.size) == 0 else {
      throw .last(endpoint.address)
    }
  }

  private static func receive(from socket: UnsafeMutableRawPointer) -> [UInt8]? {
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    while zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0 {
      guard zmq_errno() == EINTR else { return nil }
    }
    return Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
  }
}

@available(*, unavailable)
extension PublisherSocket: Sendable {}
