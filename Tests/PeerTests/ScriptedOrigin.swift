import Crypto
import Foundation
import NIOSSL
import TestKit

/// An origin that does what a scenario says: it takes one request at a time, in the order in which they come, on as many
/// connections as the proxy likes to open.
///
/// `@unchecked Sendable`: made before the servers start, because the routes name its port; used by the one thread that plays
/// the scenario.
final class ScriptedOrigin: @unchecked Sendable {
  /// A request as it came.
  struct Request {
    /// All lines up to the empty one, without it.
    var head: String
    var body: [UInt8]
  }

  /// Where it listens.
  var address: Address { listener.address }

  private let listener: Listener
  private let tls: NIOSSLContext?
  private var connections: [(connection: any Wire, buffer: [UInt8])] = []
  private var current: (any Wire)?
  private var lastHead = ""
  /// Its WebSocket, once it has accepted one.
  private(set) var socket: ScriptedSocket?

  /// - Parameter tls: with it, it speaks TLS.
  init(tls: NIOSSLContext? = nil) throws { (listener, self.tls) = (try Listener(), tls) }

  /// The next request. `name` is for messages.
  func next(within duration: Duration, _ name: String) throws -> Request {
    let deadline = Deadline(in: duration)
    while true {
      for index in connections.indices {
        if let (request, length) = try Self.request(in: connections[index].buffer) {
          connections[index].buffer.removeFirst(length)
          current = connections[index].connection
          lastHead = request.head
          return request
        }
      }
      if deadline.hasPassed { throw TestFailure("no request came to the origin (\(name))") }
      try turn(deadline)
    }
  }

  /// Sends to the connection of the last request.
  func reply(_ bytes: [UInt8]) throws {
    guard let current else { throw TestFailure("there was no request to reply to") }
    try current.send(bytes)
    guard bytes.starts(with: Array("HTTP/1.1 101 ".utf8)),
      let index = connections.firstIndex(where: { $0.connection === current })
    else { return }
    socket = ScriptedSocket(current, buffer: connections.remove(at: index).buffer, isClient: false)
  }

  /// What the answer to the last request's `Sec-WebSocket-Key` is (RFC 6455 §4.2.2).
  var acceptValue: String {
    let line = lastHead.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") }
    let key = line.map { $0.dropFirst(18).trimmingCharacters(in: .whitespaces) } ?? ""
    let digest = Insecure.SHA1.hash(data: Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
    return Data(digest).base64EncodedString()
  }

  /// Closes the connection of the last request.
  func hangUp() {
    current?.close(reset: false)
    connections.removeAll { $0.connection === current }
    current = nil
  }

  /// Closes all.
  func stop() {
    connections.forEach { $0.connection.close(reset: false) }
    connections = []
    socket?.close()
    listener.close()
  }

  private func turn(_ deadline: Deadline) throws {
    var table =
      [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      + connections.map { pollfd(fd: $0.connection.descriptor, events: Int16(POLLIN), revents: 0) }
    guard poll(&table, nfds_t(table.count), deadline.pollMilliseconds) > 0 else { return }
    var ended: [Int] = []
    for index in connections.indices where table[index + 1].revents != 0 {
      if let bytes = try connections[index].connection.receiveSome(within: .seconds(1)) {
        connections[index].buffer += bytes
      } else {
        ended.append(index)
      }
    }
    for index in ended.reversed() { connections.remove(at: index) }
    if table[0].revents != 0, let descriptor = listener.accept() {
      let connection = TCPConnection(accepted: descriptor)
      connections.append((try tls.map { try TLSWire(server: connection, $0) } ?? connection, []))
    }
  }

  /// The request at the beginning of the bytes, and its length; `nil` while it is not complete.
  private static func request(in bytes: [UInt8]) throws -> (Request, Int)? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
    let fields = head.lowercased().split(separator: "\r\n").dropFirst()
    let length = fields.first { $0.hasPrefix("content-length:") }.flatMap {
      Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces))
    }
    if fields.contains(where: { $0.hasPrefix("transfer-encoding:") && $0.contains("chunked") }) {
      guard let (body, count) = try Chunks.whole(bytes[end.upperBound...]) else { return nil }
      return (Request(head: head, body: body), end.upperBound + count)
    }
    let total = end.upperBound + (length ?? 0)
    guard bytes.count >= total else { return nil }
    return (Request(head: head, body: Array(bytes[end.upperBound..<total])), total)
  }
}

/// Chunked bodies.
enum Chunks {
  /// A whole body, with how many bytes it took; `nil` while it is not complete.
  static func whole(_ bytes: ArraySlice<UInt8>) throws -> (body: [UInt8], count: Int)? {
    var body: [UInt8] = []
    var rest = bytes
    while let (chunk, count) = try next(rest) {
      rest = rest.dropFirst(count)
      if let chunk { body += chunk } else { return (body, bytes.count - rest.count) }
    }
    return nil
  }

  /// The next chunk (`nil` inside for the last one, with its trailers) and how many bytes it took; `nil` while it is not
  /// complete.
  static func next(_ bytes: ArraySlice<UInt8>) throws -> (chunk: [UInt8]?, count: Int)? {
    guard let end = bytes.firstRange(of: [13, 10]) else { return nil }
    let line = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
    guard let size = Int(line.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces), radix: 16) else {
      throw TestFailure("this is no chunk size: \(line)")
    }
    let rest = bytes[end.upperBound...]
    if size == 0 {
      if rest.starts(with: [13, 10]) { return (nil, end.upperBound + 2 - bytes.startIndex) }
      guard let trailers = rest.firstRange(of: [13, 10, 13, 10]) else { return nil }
      return (nil, trailers.upperBound - bytes.startIndex)
    }
    guard rest.count >= size + 2 else { return nil }
    return (Array(rest.prefix(size)), end.upperBound + size + 2 - bytes.startIndex)
  }
}
