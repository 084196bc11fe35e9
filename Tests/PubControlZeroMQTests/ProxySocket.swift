import CZeroMQ
import GRIP
import PubControlZeroMQ

/// A proxy's socket, by libzmq alone: PULL or SUB, on a free port.
final class ProxySocket {
  /// What was waited for did not come.
  struct TooLong: Error {}

  let address: String
  private let context: UnsafeMutableRawPointer
  private let pointer: UnsafeMutableRawPointer

  /// Listens.
  ///
  /// - Parameters:
  ///   - kind: `ZMQ_PULL` or `ZMQ_SUB`.
  ///   - queue: messages that it keeps before it reads no more.
  init(_ kind: Int32, at address: String = "tcp://127.0.0.1:*", queue: Int32 = 1000) throws {
    guard let context = zmq_ctx_new(), let pointer = zmq_socket(context, kind) else { throw TooLong() }
    self.context = context
    self.pointer = pointer
    var (queue, none) = (queue, Int32(0))
    zmq_setsockopt(pointer, ZMQ_RCVHWM, &queue, MemoryLayout<Int32>.size)
    zmq_setsockopt(pointer, ZMQ_LINGER, &none, MemoryLayout<Int32>.size)
    guard zmq_bind(pointer, address) == 0 else { throw TooLong() }
    var bytes = [CChar](repeating: 0, count: 256)
    var count = bytes.count
    zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &bytes, &count)
    self.address = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    zmq_close(pointer)
    zmq_ctx_term(context)
  }

  /// Says that a channel has listeners, or none any more.
  func want(_ channel: String, _ isWanted: Bool = true) {
    let bytes = Array(channel.utf8)
    zmq_setsockopt(pointer, isWanted ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, bytes, bytes.count)
  }

  /// Lets libzmq do what it does in calls only: it takes new connections, and tells them who listens.
  func turn() {
    var (events, count) = (Int32(0), MemoryLayout<Int32>.size)
    zmq_getsockopt(pointer, ZMQ_EVENTS, &events, &count)
  }

  /// Waits until a client knows that somebody listens here.
  func wait(for channel: String, by control: PubControlZeroMQ) async throws {
    for _ in 0..<3000 {
      turn()
      if control.isWanted(channel, atEndpoint: 0) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw TooLong()
  }

  /// The next message, within thirty seconds.
  func receive() async throws -> [[UInt8]] {
    for _ in 0..<3000 {
      if let parts = receiveNow() { return parts }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw TooLong()
  }

  /// The next message as an item; of a SUB socket the first part is its channel.
  func receiveItem() async throws -> GRIPItem {
    let parts = try await receive()
    guard parts.count == 2 else { return try GRIPItem.decode(message: parts[0]) }
    return try GRIPItem.decode(message: parts[1], channel: String(decoding: parts[0], as: UTF8.self))
  }

  /// The next message, where one is here.
  func receiveNow() -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    while true {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      guard zmq_msg_recv(&message, pointer, ZMQ_DONTWAIT) >= 0 else { return nil }
      parts.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      if zmq_msg_more(&message) == 0 { return parts }
    }
  }
}

extension GRIPItem {
  /// An item for streams.
  static func stream(_ channel: String, _ text: String, id: String? = nil) -> GRIPItem {
    GRIPItem(channel: channel, id: id, httpStream: .send(.text(text)))
  }
}
