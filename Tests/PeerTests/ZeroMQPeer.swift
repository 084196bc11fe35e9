import CZeroMQ
import Foundation
import TestKit

/// A ZeroMQ socket of a scenario. For one thread at a time.
final class ZeroMQPeer {
  /// libzmq's numbers.
  enum Kind: Int32 {
    case subscriber = 2
    case request = 3
    case dealer = 5
    case push = 8
    case publisherThatSees = 9
  }

  private let context: UnsafeMutableRawPointer
  private let socket: UnsafeMutableRawPointer

  /// Connects; a subscriber to what begins with one of these topics.
  init(_ kind: Kind, to address: String, topics: [String] = []) throws {
    guard let context = zmq_ctx_new(), let socket = zmq_socket(context, kind.rawValue) else {
      throw TestFailure("no ZeroMQ socket")
    }
    (self.context, self.socket) = (context, socket)
    var none: Int32 = 0
    zmq_setsockopt(socket, ZMQ_LINGER, &none, MemoryLayout<Int32>.size)
    for topic in topics { zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, topic.utf8.count) }
    guard zmq_connect(socket, address) == 0 else { throw TestFailure("cannot connect to \(address)") }
  }

  deinit {
    zmq_close(socket)
    zmq_ctx_term(context)
  }

  /// Sends a message of one or several parts.
  func send(_ parts: [[UInt8]]) throws {
    for (index, part) in parts.enumerated() {
      guard zmq_send(socket, part, part.count, index + 1 < parts.count ? ZMQ_SNDMORE : 0) >= 0 else {
        throw TestFailure(String(cString: zmq_strerror(zmq_errno())))
      }
    }
  }

  /// The parts of the next message.
  func receive(_ deadline: Deadline) throws -> [[UInt8]] {
    var parts: [[UInt8]] = []
    while true {
      var item = zmq_pollitem_t(socket: socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
      guard zmq_poll(&item, 1, Int(deadline.pollMilliseconds)) > 0 else {
        throw TestFailure("no message came")
      }
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      guard zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) >= 0 else { continue }
      parts.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      if zmq_msg_more(&message) == 0 { return parts }
    }
  }
}
