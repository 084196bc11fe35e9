import Foundation

/// A client's connection that speaks HTTP/1.1: one request after another, each answer read to its exact end.
package final class HTTPConnection {
  /// The connection below, for exact bytes.
  package let connection: TCPConnection
  private let host: String
  private var buffer: [UInt8] = []
  private var position = 0

  /// Connects. Requests name `host` (the address where it is nil).
  package init(to address: Address, host: String? = nil) throws {
    connection = try TCPConnection(to: address)
    self.host = host ?? address.description
  }

  /// One request on a connection of its own.
  package static func exchange(
    _ address: Address, _ request: HTTPRequest, within duration: Duration = .seconds(30)
  ) throws -> HTTPResponse {
    try HTTPConnection(to: address).exchange(request, within: duration)
  }

  /// Sends a request and waits for its answer.
  package func exchange(_ request: HTTPRequest, within duration: Duration = .seconds(30)) throws -> HTTPResponse {
    try send(request)
    return try readResponse(to: request.method, within: duration)
  }

  /// Sends a request and does not wait.
  package func send(_ request: HTTPRequest) throws { try connection.send(request.bytes(host: host)) }

  /// Reads one response, by the framing that its head announces.
  package func readResponse(to method: String = "GET", within duration: Duration = .seconds(30)) throws -> HTTPResponse
  {
    let deadline = Deadline(in: duration)
    let head = try readHead(within: deadline.remaining)
    if method == "HEAD" || head.status == 204 || head.status == 304 { return HTTPResponse(head: head, body: []) }
    if head.isChunked {
      var body: [UInt8] = []
      while let chunk = try readChunk(within: deadline.remaining) { body += chunk }
      return HTTPResponse(head: head, body: body)
    }
    if let length = head.fields["Content-Length"] {
      guard let count = Int(length) else { throw TestFailure("Content-Length: \(length)") }
      return HTTPResponse(head: head, body: try take(count, deadline))
    }
    return HTTPResponse(head: head, body: try takeToEnd(deadline))
  }

  /// Reads the head of a response; interim ones (100 to 199) are passed over.
  package func readHead(within duration: Duration = .seconds(30)) throws -> HTTPResponseHead {
    let deadline = Deadline(in: duration)
    while true {
      var lines: [String] = []
      while true {
        let line = try takeLine(deadline)
        if line.isEmpty { break }
        lines.append(line)
      }
      let head = try HTTPResponseHead(lines: lines)
      if head.status >= 200 { return head }
    }
  }

  /// The next chunk of a chunked body, or `nil` after the last one.
  package func readChunk(within duration: Duration = .seconds(30)) throws -> [UInt8]? {
    let deadline = Deadline(in: duration)
    let line = try takeLine(deadline)
    guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
      throw TestFailure("this is no chunk size: \(line)")
    }
    if size == 0 {
      while try !takeLine(deadline).isEmpty {}
      return nil
    }
    let chunk = try take(size, deadline)
    guard try take(2, deadline) == [13, 10] else { throw TestFailure("a chunk does not end with CR LF") }
    return chunk
  }

  /// Whether the peer closes without another byte.
  package func isClosedByPeer(within duration: Duration) throws -> Bool {
    guard position == buffer.count else { return false }
    return try connection.receive(within: duration).isEmpty
  }

  private func takeLine(_ deadline: Deadline) throws -> String {
    while true {
      if let end = buffer[position...].firstIndex(of: 10) {
        var line = buffer[position..<end]
        position = end + 1
        if line.last == 13 { line = line.dropLast() }
        return String(decoding: line, as: UTF8.self)
      }
      try fill(deadline)
    }
  }

  private func take(_ count: Int, _ deadline: Deadline) throws -> [UInt8] {
    while buffer.count - position < count { try fill(deadline) }
    defer { position += count }
    return Array(buffer[position..<position + count])
  }

  private func takeToEnd(_ deadline: Deadline) throws -> [UInt8] {
    let start = buffer[position...]
    position = buffer.count
    return try Array(start) + connection.receiveToEnd(within: deadline.remaining)
  }

  private func fill(_ deadline: Deadline) throws {
    if position > 65_536 {
      buffer.removeFirst(position)
      position = 0
    }
    let next = try connection.receive(within: deadline.remaining)
    guard !next.isEmpty else {
      throw TestFailure(
        "the connection ended early, after: \(String(decoding: buffer[position...].prefix(400), as: UTF8.self))")
    }
    buffer += next
  }
}
