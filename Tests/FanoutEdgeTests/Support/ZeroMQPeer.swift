import CZeroMQ
import GRIP
import Testing

@testable import FanoutEdge

/// A peer of the edge's sockets.
final class ZeroMQPeer {
  let socket: ZeroMQSocket

  init(_ kind: ZeroMQSocket.Kind, to address: String?, listens: Bool = false) throws {
    socket = try ZeroMQSocket(kind, context: try ZeroMQContext())
    if kind == .subscribe { try socket.subscribe("", true) }
    let address = try #require(address)
    if listens { try socket.bind(address) } else { try socket.connect(address) }
  }

  func send(_ parts: String...) throws { try send(parts.map { Array($0.utf8) }) }

  /// Sends as soon as there is somebody to take it.
  func send(_ parts: [[UInt8]]) throws {
    for _ in 0..<3000 {
      if try socket.send(parts) { return }
      var item = zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLOUT), revents: 0)
      zmq_poll(&item, 1, 10)
    }
    throw WholeEdge.TooLong()
  }

  /// The next message that passes the test, within thirty seconds; others are dropped.
  func receive(where test: ([[UInt8]]) -> Bool = { _ in true }) throws -> [[UInt8]] {
    for _ in 0..<3000 {
      while let message = try socket.receive() { if test(message.parts) { return message.parts } }
      var item = zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
      zmq_poll(&item, 1, 10)
    }
    throw WholeEdge.TooLong()
  }

  func receiveText(_ beginning: String) throws -> String {
    let parts = try receive { $0.first?.starts(with: beginning.utf8) == true }
    return String(decoding: parts[0], as: UTF8.self)
  }

  /// Asks by the envelope of a REQ client, and gives the answer's body.
  func ask(_ body: String) throws -> String {
    try send("", body)
    return String(decoding: try receive().last ?? [], as: UTF8.self)
  }
}

/// Values of tagged netstrings, from text.
enum TNet {
  static func text(_ text: String) -> TNetValue { .bytes(Array(text.utf8)) }

  static func map(_ members: (String, TNetValue)...) -> TNetValue {
    .map(members.map { TNetValue.Member($0, $1) })
  }

  static func item(_ content: String) -> TNetValue {
    map(
      ("channel", text("news")),
      ("formats", map(("http-stream", map(("content", text(content)))))))
  }
}

extension TNetValue {
  var encoded: String {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
