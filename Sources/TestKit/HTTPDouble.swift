import Foundation

/// An HTTP server of a test: an origin or a control port that answers as the test says, and remembers what it was asked.
///
/// A thread for each connection: for the few connections that a proxy keeps to its origin, not for thousands.
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
package final class HTTPDouble: @unchecked Sendable {
  /// What it was asked.
  package struct Request: Sendable {
    package var method: String
    package var target: String
    package var fields: HeaderFields
    package var body: [UInt8]
    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// What it answers.
  package enum Answer: Sendable {
    /// A response with its `Content-Length`.
    case response(status: Int, fields: HeaderFields = [], body: String = "")
    /// These bytes; the connection stays open for the next request if `isOpen`.
    case raw(String, isOpen: Bool = false)
    /// Nothing ever.
    case silence
  }

  /// Where it listens.
  package var address: Address { listener.address }

  private let listener: Listener
  private let answer: @Sendable (Request) -> Answer
  private let condition = NSCondition()
  private var received: [Request] = []
  private var openConnections: Set<Int32> = []
  private var isStopped = false

  /// Starts to listen, on a free port where none is given.
  package init(at address: Address? = nil, answer: @escaping @Sendable (Request) -> Answer) throws {
    listener = try Listener(port: address?.port ?? 0)
    self.answer = answer
    let listener = listener
    Thread.detachNewThread { [weak self] in
      while let connection = listener.accept() {
        guard let self, self.register(connection) else {
          close(connection)
          break
        }
        Thread.detachNewThread { [weak self] in self?.serve(connection) }
      }
    }
  }

  /// All requests so far.
  package var requests: [Request] { condition.withLock { received } }

  /// Waits until the requests so far satisfy `predicate`, and returns them.
  @discardableResult package func waitForRequests(
    within duration: Duration = .seconds(30), until predicate: ([Request]) -> Bool
  ) throws -> [Request] {
    let deadline = Deadline(in: duration)
    condition.lock()
    defer { condition.unlock() }
    while !predicate(received) {
      if deadline.hasPassed {
        throw TestFailure(
          "the expected requests did not come; these did: \(received.map { "\($0.method) \($0.target)" })")
      }
      _ = condition.wait(until: deadline.date)
    }
    return received
  }

  /// Stops listening and closes every connection; the port is free again when this returns.
  package func stop() {
    condition.withLock {
      isStopped = true
      for connection in openConnections { shutdown(connection, Int32(SHUT_RDWR)) }
    }
    listener.close()
  }

  deinit { stop() }

  private func register(_ connection: Int32) -> Bool {
    condition.withLock {
      if !isStopped { openConnections.insert(connection) }
      return !isStopped
    }
  }

  private func serve(_ descriptor: Int32) {
    let connection = TCPConnection(accepted: descriptor)
    defer { condition.withLock { _ = openConnections.remove(descriptor) } }
    var reader = RequestReader(connection: connection)
    while let request = try? reader.next() {
      condition.withLock {
        received.append(request)
        condition.broadcast()
      }
      switch answer(request) {
      case .response(let status, let fields, let body):
        var head = "HTTP/1.1 \(status) Answer\r\nContent-Length: \(body.utf8.count)\r\n"
        for field in fields.list { head += "\(field.name): \(field.value)\r\n" }
        if (try? connection.send(head + "\r\n" + (request.method == "HEAD" ? "" : body))) == nil { return }
      case .raw(let bytes, let isOpen):
        if (try? connection.send(bytes)) == nil || !isOpen { return }
      case .silence:
        _ = try? connection.receiveToEnd(within: .seconds(600))
        return
      }
    }
  }
}

/// Reads requests from a connection of a double. The peer is a program under test, so it may be strict and simple.
private struct RequestReader {
  let connection: TCPConnection
  var buffer: [UInt8] = []

  /// The next request, or `nil` at an orderly end.
  mutating func next() throws -> HTTPDouble.Request? {
    while buffer.firstRange(of: Array("\r\n\r\n".utf8)) == nil { if try !fill() { return nil } }
    guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
    buffer.removeFirst(end.upperBound)
    let parts = (lines.first ?? "").split(separator: " ").map(String.init)
    guard parts.count == 3 else { throw TestFailure("this is no request line: \(lines.first ?? "")") }
    let fields = HeaderFields(
      lines.dropFirst().compactMap { line in
        line.firstIndex(of: ":").map {
          (String(line[..<$0]), line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces))
        }
      })
    let body =
      fields["Transfer-Encoding"] != nil
      ? try takeChunks() : try take(fields["Content-Length"].flatMap { Int($0) } ?? 0)
    return .init(method: parts[0], target: parts[1], fields: fields, body: body)
  }

  private mutating func fill() throws -> Bool {
    let next = try connection.receive(within: .seconds(600))
    buffer += next
    return !next.isEmpty
  }

  private mutating func take(_ count: Int) throws -> [UInt8] {
    while buffer.count < count { if try !fill() { throw TestFailure("a request ended inside its body") } }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  private mutating func takeChunks() throws -> [UInt8] {
    var body: [UInt8] = []
    while true {
      while buffer.firstRange(of: [13, 10]) == nil { if try !fill() { throw TestFailure("a request ended early") } }
      guard let end = buffer.firstRange(of: [13, 10]),
        let size = Int(String(decoding: buffer[..<end.lowerBound], as: UTF8.self).prefix { $0 != ";" }, radix: 16)
      else { throw TestFailure("a request has a bad chunk size") }
      buffer.removeFirst(end.upperBound)
      body += try take(size)
      _ = try take(2)
      if size == 0 { return body }
    }
  }
}
